"""`civicard evaluate`: a programme file to scores, documents and a receipt; or a table of units to their scores."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from civicard.kernel.refusal import Refusal
from civicard.kernel.text import Text

if TYPE_CHECKING:
    from civicard.evaluation.opening import Opened
    from civicard.scoring.evaluate import Evaluation

ON_SCREEN = ("text", "json")
DOCUMENT_FORMATS = ("html", "docx", "pdf", "xlsx")
RECEIPT = "receipt.json"


class WrongUse(Refusal):
    """The options do not go together."""

    code = "wrong_use"


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
        "--lang", choices=("zh", "en"), help="屏幕语言 / language on screen (default zh, or CIVICARD_LANG)"
    )
    one.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Evaluate and print or write."""
    from civicard.evaluation.opening import open_programme

    formats = _formats(arguments)
    opened = open_programme(arguments.programme)
    if arguments.units is not None:
        from civicard.cli.units import score_table

        return score_table(opened, arguments)
    from civicard.scoring.evaluate import evaluate

    evaluation = evaluate(opened.loaded.programme)
    if arguments.out is not None:
        _write(opened, evaluation, formats, arguments)
        _print(evaluation, "text", arguments)
    else:
        for form in formats:
            _print(evaluation, form, arguments)
    return 0


def _formats(arguments: argparse.Namespace) -> list[str]:
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


def _print(evaluation: "Evaluation", form: str, arguments: argparse.Namespace) -> None:
    if form == "json":
        from civicard.evaluation.record import as_json, of_evaluation

        sys.stdout.write(as_json(of_evaluation(evaluation)))
        return
    from civicard.cli.printing import evaluation_text

    sys.stdout.write(evaluation_text(evaluation, arguments.language))


def _write(
    opened: "Opened", evaluation: "Evaluation", formats: list[str], arguments: argparse.Namespace
) -> None:
    """Make every file in memory, and only then write them: all or none."""
    from civicard.cli.printing import evaluation_text
    from civicard.evaluation.files import read_bytes, write_all
    from civicard.evaluation.receipts import receipt
    from civicard.evaluation.record import as_json, of_evaluation

    made: dict[str, bytes] = {}
    proof: dict[str, Any] = receipt(opened)
    made[RECEIPT] = as_json(proof).encode()
    if "text" in formats:
        made["scores.txt"] = evaluation_text(evaluation, arguments.language).encode()
    if "json" in formats:
        made["scores.json"] = as_json(of_evaluation(evaluation)).encode()
    if wanted := [one for one in formats if one not in ON_SCREEN]:
        from civicard.cli.progress import Progress
        from civicard.reports.documents import MOST_TEMPLATE_BYTES, make_documents
        from civicard.scoring.sensitivity import sensitivity

        template = None if arguments.template is None else read_bytes(arguments.template, MOST_TEMPLATE_BYTES)
        kinds = None if arguments.document is None else arguments.document.split(",")
        with Progress(arguments.language) as progress:
            progress.say(0, 1, Text("敏感性分析", "sensitivity"))
            made |= make_documents(
                evaluation, sensitivity(opened.loaded), digest=proof["digest"], formats=wanted, kinds=kinds,
                template=template, advance=progress.say,
            )  # fmt: skip
    older = _others(arguments.out, made)
    write_all(arguments.out, made)
    if older:
        listed = ", ".join(older)
        sys.stderr.write(
            Text(
                f"注意：{arguments.out} 中还有与本次凭据无关的文件：{listed}\n",
                f"Note: {arguments.out} also holds files that this receipt is not of: {listed}\n",
            ).into(arguments.language)
        )
    sys.stderr.write(
        Text(
            f"已写入 {arguments.out}：{len(made)} 个文件\n", f"{len(made)} files written to {arguments.out}\n"
        ).into(arguments.language)
    )


def _others(folder: Path, made: dict[str, bytes]) -> list[str]:
    """Return the results in `folder` that this run does not replace: of another programme, or of older figures."""
    if not folder.is_dir():
        return []
    endings = {f".{one}" for one in DOCUMENT_FORMATS} | {".json", ".txt"}
    return sorted(path.name for path in folder.iterdir() if path.suffix in endings and path.name not in made)
