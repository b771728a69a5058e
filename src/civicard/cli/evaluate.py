"""`civicard evaluate`: a programme file to scores, documents and a receipt; or a table of units to their scores.

With `--lake` the figures that name a measure come from the lake, once nothing was found wrong with it.
"""

import argparse
import shutil
import sys
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from civicard.kernel.refusal import Refusal
from civicard.kernel.text import Text, counted

if TYPE_CHECKING:
    from civicard.evaluation.measured import Measurement
    from civicard.evaluation.measuring import Sample, Session
    from civicard.evaluation.opening import Opened
    from civicard.scoring.evaluate import Evaluation
    from civicard.scoring.load import Loaded

ON_SCREEN = ("text", "json")
DOCUMENT_FORMATS = ("html", "docx", "pdf", "xlsx")
RECEIPT = "receipt.json"
EVIDENCE_FORMATS = ("parquet", "csv", "xlsx")
EVIDENCE = "evidence"
# Evidence is written here first, and moved when everything else stands.
UNFINISHED = ".evidence.part"


class WrongUse(Refusal):
    """The options do not go together."""

    code = "wrong_use"


@dataclass(frozen=True, kw_only=True, slots=True)
class Given:
    """An evaluation and what it was made from.

    Attributes:
        opened: the programme as it stands in its files.
        loaded: the programme that was evaluated: on the figures of a lake, where one was measured.
        evaluation: its scores.
        measurement: what was measured; None where nothing was.
        samples: evidence rows of the measured figures.
    """

    opened: "Opened"
    loaded: "Loaded"
    evaluation: "Evaluation"
    measurement: "Measurement | None" = None
    samples: "Mapping[str, Sample]" = field(default_factory=dict)


def day(text: str) -> date:
    """Return the day that an option gives, such as 2018-12-31."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"“{text}”不是日期，应如 2018-12-31 / {text!r} is no date such as 2018-12-31"
        ) from None


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command's arguments."""
    one = commands.add_parser(
        "evaluate",
        help="评价一个项目 / evaluate a programme",
        description="评价一个项目：每项得分、计算过程、总分、等级、文件与凭据",
    )
    one.add_argument("programme", type=Path, help="计分方案文件 / programme file (YAML)")
    one.add_argument(
        "--out",
        type=Path,
        help="输出文件夹；与 --units 同用时为输出文件 / folder for documents; with --units the file",
    )
    one.add_argument(
        "--format",
        default=None,
        help=f"逗号分隔 / any of, with commas: {','.join(ON_SCREEN + DOCUMENT_FORMATS)}",
    )
    one.add_argument(
        "--document", default=None, help="逗号分隔，缺省全部 / which documents: report,table,form,scores"
    )
    one.add_argument("--template", type=Path, help="本市的 Word 模板 / the city's own Word template (docx)")
    one.add_argument("--units", type=Path, help="多单位数据表 / table of many units (CSV, xlsx, Parquet)")
    one.add_argument(
        "--lake", type=Path, help="数据湖文件夹，由其中的事实实测 / measure in the lake in this folder"
    )
    one.add_argument(
        "--keys",
        type=Path,
        help="核验封签的公钥文件，缺省用密钥库 / public keys the lake was signed with (JSON)",
    )
    one.add_argument(
        "--since", type=day, help="实测首日，缺省为年度首日 / first day to measure, else the year's"
    )
    one.add_argument(
        "--until", type=day, help="实测末日，缺省为年度末日 / last day to measure, else the year's"
    )
    one.add_argument(
        "--evidence",
        help=f"证据行的格式，逗号分隔 / forms of the evidence rows: {','.join(EVIDENCE_FORMATS)} (default parquet)",
    )
    one.add_argument(
        "--lang", choices=("zh", "en"), help="屏幕语言 / language on screen (default zh, or CIVICARD_LANG)"
    )
    one.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Evaluate and print or write."""
    from civicard.evaluation.opening import open_programme

    formats, evidence = formats_asked(arguments), _evidence(arguments)
    opened = open_programme(arguments.programme)
    if arguments.units is not None:
        from civicard.cli.units import score_table

        return score_table(opened, arguments)
    from civicard.scoring.evaluate import evaluate

    if arguments.lake is not None:
        _on_lake(opened, formats, evidence, arguments)
        return 0
    evaluation = evaluate(opened.loaded.programme)
    _give(Given(opened=opened, loaded=opened.loaded, evaluation=evaluation), formats, {}, arguments)
    return 0


def _on_lake(
    opened: "Opened", formats: Sequence[str], evidence: Sequence[str], arguments: argparse.Namespace
) -> None:
    """Measure in the lake, then evaluate; evidence rows are exported while the lake is open."""
    from civicard.cli.keeping import trusted_keys
    from civicard.cli.progress import Progress
    from civicard.evaluation.measuring import measuring, open_sound, period_of
    from civicard.scoring.evaluate import evaluate

    since, until = period_of(opened.loaded, arguments.since, arguments.until)
    trusted, out = trusted_keys(arguments.keys), arguments.out
    is_new = out is not None and not out.exists()
    try:
        with Progress(arguments.language) as progress:
            checking = Text("检查数据湖（兆字节）", "checking the lake (megabytes)")
            lake = open_sound(
                arguments.lake, trusted, lambda done, of: progress.say(done >> 20, of >> 20, checking)
            )
            progress.say(0, 1, Text("实测", "measuring"))
            with measuring(opened.loaded, lake, since, until) as session:
                loaded = session.measurement.loaded
                evaluation = evaluate(loaded.programme)
                figures = dict.fromkeys(session.evidence(evaluation).values())
                given = Given(
                    opened=opened, loaded=loaded, evaluation=evaluation, measurement=session.measurement,
                    samples={figure: session.sample(figure) for figure in figures},
                )  # fmt: skip
                files = {} if out is None else _exported(session, evaluation, evidence, out)
        _give(given, formats, files, arguments)
    finally:
        if out is not None:
            shutil.rmtree(out / UNFINISHED, ignore_errors=True)
        if is_new:
            with suppress(OSError):  # it holds the results
                out.rmdir()


def _exported(
    session: "Session", evaluation: "Evaluation", evidence: Sequence[str], out: Path
) -> dict[str, tuple[str, ...]]:
    """Export the evidence rows beside their place; return their file names by indicator and figure."""
    from civicard.measures.export import export

    folder = out / UNFINISHED
    files: dict[str, tuple[str, ...]] = {}
    shutil.rmtree(folder, ignore_errors=True)
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise _not_written(out, error) from error
    for name, figure in session.evidence(evaluation).items():
        files[name] = tuple(f"{name}.{form}" for form in evidence)
        for file in files[name]:
            export(session.engine, session.measures[figure], folder / file)
    return files


def _evidence(arguments: argparse.Namespace) -> list[str]:
    """Return the forms of evidence rows; refuse what only goes with a lake."""
    if arguments.lake is None:
        given = [one for one in ("keys", "since", "until", "evidence") if getattr(arguments, one) is not None]
        if given:
            listed = ", ".join(f"--{one}" for one in given)
            raise WrongUse(Text(f"{listed} 只与 --lake 同用", f"{listed} goes with --lake"))
        return []
    if arguments.units is not None:
        raise WrongUse(
            Text(
                "--units 评价多个单位，--lake 只有一个城市的事实，不能同用",
                "--units scores many units and --lake holds the facts of one city; give one of them",
            )
        )
    if arguments.evidence is not None and arguments.out is None:
        raise WrongUse(
            Text("--evidence 需要用 --out 指定文件夹", "--evidence needs a folder: give --out DIR")
        )
    asked = list(dict.fromkeys((arguments.evidence or EVIDENCE_FORMATS[0]).split(",")))
    if unknown := [one for one in asked if one not in EVIDENCE_FORMATS]:
        raise WrongUse(
            Text(
                f"证据行没有格式 {'、'.join(unknown)}；可用：{'、'.join(EVIDENCE_FORMATS)}",
                f"there is no form {', '.join(unknown)} of evidence rows; possible: {', '.join(EVIDENCE_FORMATS)}",
            )
        )
    return asked


def formats_asked(arguments: argparse.Namespace) -> list[str]:
    """Return the formats that are asked for; refuse what there is not, or does not go together.

    Raises:
        WrongUse: a format is unknown or needs a folder, or a template goes with none of them.
    """
    known = ON_SCREEN + DOCUMENT_FORMATS
    asked = (arguments.format or "text").split(",")
    if unknown := [one for one in asked if one not in known]:
        raise WrongUse(
            Text(
                f"没有格式 {'、'.join(unknown)}；可用：{'、'.join(known)}",
                f"there is no format {', '.join(unknown)}; possible: {', '.join(known)}",
            )
        )
    if arguments.out is None and (files := [one for one in asked if one not in ON_SCREEN]):
        raise WrongUse(
            Text(
                f"{'、'.join(files)} 需要用 --out 指定文件夹",
                f"a folder is needed for {', '.join(files)}: give --out DIR",
            )
        )
    if arguments.template is not None and "docx" not in asked:
        raise WrongUse(Text("--template 只用于 docx 格式", "--template goes with the format docx"))
    return list(dict.fromkeys(asked))


def _give(
    given: Given, formats: Sequence[str], files: Mapping[str, Sequence[str]], arguments: argparse.Namespace
) -> None:
    """Print, or write and print."""
    if arguments.out is None:
        for form in formats:
            sys.stdout.write(_shown(given, form, {}, arguments))
        return
    places = {name: [str(arguments.out / EVIDENCE / file) for file in some] for name, some in files.items()}
    _write(given, formats, places, arguments)
    sys.stdout.write(_shown(given, "text", places, arguments))


def _shown(
    given: Given, form: str, places: Mapping[str, Sequence[str]], arguments: argparse.Namespace
) -> str:
    """Return the evaluation as JSON or text."""
    if form == "json":
        from civicard.evaluation.record import as_json, of_evaluation

        return as_json(of_evaluation(given.evaluation, given.measurement))
    from civicard.cli.printing import evaluation_text, facts_text

    text = evaluation_text(given.evaluation, arguments.language)
    if given.measurement is not None:
        text += facts_text(given.evaluation, given.measurement, given.samples, places, arguments.language)
    return text


def _write(
    given: Given, formats: Sequence[str], places: Mapping[str, Sequence[str]], arguments: argparse.Namespace
) -> None:
    """Make every file in memory, and only then write them: all or none."""
    from civicard.evaluation.receipts import receipt
    from civicard.evaluation.record import as_json
    from civicard.files import read_bytes, write_all

    made: dict[str, bytes] = {}
    lake = None if given.measurement is None else given.measurement.lake
    proof = receipt(given.opened, lake)
    made[RECEIPT] = as_json(proof).encode()
    for form, name in (("text", "scores.txt"), ("json", "scores.json")):
        if form in formats:
            made[name] = _shown(given, form, places, arguments).encode()
    if wanted := [one for one in formats if one not in ON_SCREEN]:
        from civicard.cli.progress import Progress
        from civicard.reports.documents import MOST_TEMPLATE_BYTES, make_documents
        from civicard.scoring.sensitivity import sensitivity

        template = None if arguments.template is None else read_bytes(arguments.template, MOST_TEMPLATE_BYTES)
        kinds = None if arguments.document is None else arguments.document.split(",")
        with Progress(arguments.language) as progress:
            progress.say(0, 1, Text("敏感性分析", "sensitivity"))
            made |= make_documents(
                given.evaluation, sensitivity(given.loaded), digest=proof["digest"], formats=wanted, kinds=kinds,
                template=template, measurement=given.measurement, advance=progress.say,
            )  # fmt: skip
    evidence = [Path(place).name for some in places.values() for place in some]
    older = _others(arguments.out, made, (*DOCUMENT_FORMATS, "json", "txt"))
    older += [f"{EVIDENCE}/{name}" for name in _others(arguments.out / EVIDENCE, evidence, EVIDENCE_FORMATS)]
    write_all(arguments.out, made)
    _place(arguments.out, evidence)
    if older:
        listed = ", ".join(older)
        sys.stderr.write(
            Text(
                f"注意：{arguments.out} 中还有与本次凭据无关的文件：{listed}\n",
                f"Note: {arguments.out} also holds files that this receipt is not of: {listed}\n",
            ).into(arguments.language)
        )
    number = len(made) + len(evidence)
    sys.stderr.write(
        Text(
            f"已写入 {arguments.out}：{number} 个文件\n",
            f"{counted(number, 'file')} written to {arguments.out}\n",
        ).into(arguments.language)
    )


def _place(folder: Path, evidence: Sequence[str]) -> None:
    """Move evidence files to their place, each of them whole."""
    if not evidence:
        return
    try:
        (folder / EVIDENCE).mkdir(exist_ok=True)
        for name in evidence:
            (folder / UNFINISHED / name).replace(folder / EVIDENCE / name)
    except OSError as error:
        raise _not_written(folder / EVIDENCE, error) from error


def _not_written(folder: Path, error: OSError) -> Refusal:
    from civicard.files import FileUnwritable

    said = error.strerror or str(error)
    return FileUnwritable(
        Text(
            f"证据行未能写入 {folder}：系统报告：{said}。请换一个文件夹。",
            f"The evidence rows could not be written to {folder}: the system says: {said}. Name another folder.",
        )
    )


def _others(folder: Path, made: Collection[str], forms: Sequence[str]) -> list[str]:
    """Return the results in `folder` that this run does not replace: of another programme, or of older figures."""
    if not folder.is_dir():
        return []
    endings = {f".{one}" for one in forms}
    return sorted(path.name for path in folder.iterdir() if path.suffix in endings and path.name not in made)
