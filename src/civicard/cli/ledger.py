"""`civicard ledger`: seal what happened, check what is sealed, export it."""

import argparse
import json
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from civicard.cli.evaluate import WrongUse
from civicard.cli.keeping import lake_folder, signers, trusted_keys
from civicard.cli.progress import Progress
from civicard.kernel.refusal import Refusal
from civicard.kernel.text import Text, counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from civicard.kernel.text import Language
    from civicard.ledger.checking import Fault, Report, Witness
    from civicard.ledger.lake import About, Seal

CITY, ZONE = "CIVICARD_CITY", "CIVICARD_ZONE"
MEGABYTE = 1_000_000
# What is found in a sound lake that is checked with keys which did not sign it.
OF_OTHER_KEYS = frozenset({"seal_signature_wrong", "seal_key_unknown"})


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command's arguments."""
    group = commands.add_parser("ledger", help="台账：封签、核验、导出 / the ledger: seal, check, export")
    actions = group.add_subparsers(dest="action", required=True, metavar="ACTION")
    _add_seal(actions)
    _add_check(actions)
    _add_export(actions)


def _add_seal(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    one = actions.add_parser(
        "seal",
        help="封签新的事实 / seal new facts",
        description="把数据库中尚未封签的事实，或运营方文件，封签到数据湖 / seal the facts of the database, or operators' files",
    )
    _add_lake(one)
    one.add_argument(
        "--file",
        type=Path,
        action="append",
        help="运营方文件，可多次 / operator's file (Parquet); may be repeated",
    )
    one.add_argument("--operators", type=Path, help="运营方公钥清单 / public keys of the operators (JSON)")
    one.add_argument("--city", help=f"首次封签时的城市名 / the city, for the first seal (default {CITY})")
    _add_shown(one)
    one.set_defaults(run=run_seal)


def _add_check(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    one = actions.add_parser(
        "check",
        help="核验数据湖 / check the lake",
        description="查出被改动、缺失、添加、调换的内容并逐一指明；完好则退出状态为 0，否则为 1 / find and name whatever "
        "is not as it was sealed",
    )
    _add_lake(one)
    one.add_argument(
        "--keys", type=Path, help="公钥清单，缺省取密钥库 / public keys (JSON; default: the keystore's)"
    )
    one.add_argument(
        "--witness",
        type=Path,
        action="append",
        help="外部见证，可多次 / witness: a file with a seal and its root",
    )
    one.add_argument(
        "--write-witness", type=Path, help="把最新封签写成见证文件 / write the newest seal as a witness"
    )
    one.add_argument(
        "--no-database", action="store_true", help="不与数据库比对 / do not compare with the database"
    )
    _add_shown(one)
    one.set_defaults(run=run_check)


def _add_export(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    one = actions.add_parser(
        "export",
        help="导出已封签的事实 / export sealed facts",
        description="导出更正、撤销之后的事实，或全部事实 / export the facts that stand after all corrections",
    )
    _add_lake(one)
    one.add_argument("--kind", required=True, help="事实种类，见 facts.md / kind of fact, such as card_made")
    one.add_argument("--month", help="月份 / month, such as 2018-07")
    one.add_argument("--since", help="起始业务日期 / first business day, such as 2018-07-01")
    one.add_argument("--until", help="截止业务日期 / last business day")
    one.add_argument(
        "--all", action="store_true", help="含被更正或撤销的 / also what was corrected or retracted"
    )
    one.add_argument("--out", type=Path, required=True, help="文件 / file: .csv, .xlsx, .parquet or .jsonl")
    one.add_argument("--lang", choices=("zh", "en"), help="表头与屏幕语言 / language of headings and screen")
    one.set_defaults(run=run_export)


def _add_lake(one: argparse.ArgumentParser) -> None:
    one.add_argument(
        "--lake", type=Path, help="数据湖 / the lake (default CIVICARD_LAKE, or `lake` in CIVICARD_DATA)"
    )


def _add_shown(one: argparse.ArgumentParser) -> None:
    one.add_argument("--format", choices=("text", "json"), default="text", help="输出形式 / output")
    one.add_argument("--lang", choices=("zh", "en"), help="屏幕语言 / language on screen")


def run_seal(arguments: argparse.Namespace) -> int:
    """Seal what the database has, or operators' files."""
    at = datetime.now(UTC)
    folder = arguments.lake or lake_folder()
    about = _about(folder, arguments.city)
    files: list[Path] = arguments.file or []
    if bool(files) != (arguments.operators is not None):
        raise WrongUse(
            Text(
                "--file 与 --operators 须同时给出：运营方文件要用运营方公钥核验",
                "--file and --operators go together: an operator's file is checked with the operator's public key",
            )
        )
    with Progress(arguments.language) as progress:
        if files:
            from civicard.ledger.lake.operator_files import take

            progress.say(0, 1, Text("核验并封签运营方文件", "checking and sealing operators' files"))
            operators = trusted_keys(arguments.operators)
            seal: Seal | None = take(
                files, folder=folder, about=about, operators=operators, signers=signers(), at=at
            )
        else:
            from civicard.cli.django_setup import require_database

            require_database()
            from civicard.ledger import rows

            def step(_: str) -> None:
                progress.say(0, 1, Text("封签数据库中的事实", "sealing the facts of the database"))

            seal = rows.seal(folder=folder, about=about, signers=signers(), at=at, step=step)
    _print_seal(seal, folder, arguments)
    return 0


def _about(folder: Path, city: str | None) -> "About":
    """Return what the lake says of itself, or what an operated lake is to say that is not there yet.

    Raises:
        WrongUse: it is the first seal and nobody says whose it is.
        OtherLake: the city that is asked for is not that of the lake.
        LakePlaceTaken, LakeUnreadable: something else stands there, or what is there cannot be read.
    """
    import os

    from civicard.kernel.environment import is_set, text
    from civicard.ledger.lake import DEFAULT_ZONE, About
    from civicard.ledger.lake.places import lake_at

    if (found := lake_at(folder)) is not None:
        if city is not None:
            _require_city(found, folder, city)
        return found
    if city is None and not is_set(os.environ, CITY):
        raise WrongUse(
            Text(
                f"首次封签要写明是哪座城市：--city 示例市/Sample，或设置 {CITY}",
                f"the first seal says whose it is: give --city 示例市/Sample, or set {CITY}",
            )
        )
    zh, en = _named(city or text(os.environ, CITY))
    zone = text(os.environ, ZONE, default=DEFAULT_ZONE)
    return About(city=Text(zh, en or zh), origin="operated", zone=zone)


def _require_city(found: "About", folder: Path, city: str) -> None:
    """Refuse a city that is asked for and is not the lake's; a name without English is held to the Chinese alone."""
    from civicard.ledger.lake.sealing import OtherLake

    zh, en = _named(city)
    if zh != found.city.zh or (en and en != found.city.en):
        raise OtherLake(
            Text(
                f"--city {city} 与 {folder} 不符：这个数据湖属于{found.city.zh}，不能更改。未封签任何内容；"
                "请去掉 --city，或用 --lake 换一个文件夹。",
                f"--city {city} does not fit {folder}: the lake is that of {found.city.en or found.city.zh}, which "
                "nothing can change. Nothing was sealed; leave --city out, or name another folder with --lake.",
            )
        )


def _named(city: str) -> tuple[str, str]:
    """Return the Chinese and the English name of a city that is written `示例市/Sample`; the latter may be empty."""
    zh, _, en = city.partition("/")
    return zh.strip(), en.strip()


def _print_seal(seal: "Seal | None", folder: Path, arguments: argparse.Namespace) -> None:
    language: Language = arguments.language
    if arguments.format == "json":
        value = None if seal is None else {
            "seal": seal.number, "root": seal.root, "facts": seal.facts,
            "files": [one.to_json() for one in seal.files],
        }  # fmt: skip
        sys.stdout.write(json.dumps({"sealed": value}, ensure_ascii=False, indent=2) + "\n")
    elif seal is None:
        sys.stdout.write(Text("没有新的事实，未封签。\n", "Nothing new to seal.\n").into(language))
    else:
        # The second line is what a witness is read from: whoever keeps this output keeps one.
        sys.stdout.write(
            Text(
                f"已封签到 {folder}：{len(seal.files)} 个文件，累计 {seal.facts:,} 个事实\n封签 {seal.number} 根值 {seal.root}\n",
                f"Sealed into {folder}: {counted(len(seal.files), 'file')}, {counted(seal.facts, 'fact')} so far\nseal {seal.number} root {seal.root}\n",
            ).into(language)
        )


def run_check(arguments: argparse.Namespace) -> int:
    """Check the lake; exit status 1 and every fault when something is not as it was sealed."""
    from civicard.files import read_text, write_whole
    from civicard.ledger.checking import check, witnesses_in
    from civicard.ledger.checking.witness import MOST_WITNESS_BYTES

    folder = arguments.lake or lake_folder()
    witnesses: list[Witness] = []
    for path in arguments.witness or []:
        witnesses += witnesses_in(read_text(path, MOST_WITNESS_BYTES), path.name)
    trusted = trusted_keys(arguments.keys)
    with Progress(arguments.language) as progress:

        def tell(done: int, of: int) -> None:
            progress.say(done // MEGABYTE, of // MEGABYTE, Text("MB 已核验", "MB checked"))

        report = check(folder, trusted=trusted, witness=witnesses, progress=tell)
        try:
            beside = _database_faults(folder, report, arguments)
        except Refusal:
            # What was found in the lake is told all the same, and that the database was not looked at.
            _print_report(report, report.faults, is_compared=False, is_half=True, arguments=arguments)
            raise
    faults = [*report.faults, *(beside or ())]
    _print_report(report, faults, is_compared=beside is not None, arguments=arguments)
    if arguments.write_witness is not None:
        if faults or not report.number:
            said = Text(
                "未写见证：见证只从完好且已有封签的数据湖写出",
                "No witness was written: only a sound lake with a seal gives one",
            )
        else:
            write_whole(arguments.write_witness, report.witness.to_json().encode())
            said = Text(
                f"见证已写入 {arguments.write_witness}", f"Witness written to {arguments.write_witness}"
            )
        sys.stderr.write(f"{said.into(arguments.language)}\n")
    return 1 if faults else 0


def _database_faults(
    folder: Path, report: "Report", arguments: argparse.Namespace
) -> "Sequence[Fault] | None":
    """Return where the database differs from the lake; None when there is nothing to compare, or it is not asked for.

    Raises:
        DatabaseUnreachable, DatabaseNotPrepared: the database that the lake was sealed from cannot be read.
    """
    if arguments.no_database or report.origin != "operated" or folder.resolve() != lake_folder().resolve():
        return None
    from civicard.ledger.lake import LakeUnreadable, open_lake

    try:
        lake = open_lake(folder)
    except LakeUnreadable:  # told among the faults; such a lake cannot be compared with anything
        return None
    if all(seal.horizon is None for seal in lake.seals):  # nothing in it came from a database
        return None
    from civicard.cli.django_setup import require_database

    require_database()
    from civicard.ledger import queries

    return list(queries.differences(lake))


def _print_report(
    report: "Report",
    faults: "Sequence[Fault]",
    *,
    is_compared: bool,
    arguments: argparse.Namespace,
    is_half: bool = False,
) -> None:
    """Print what was found.

    Args:
        report: on the lake.
        faults: in the lake, and in the database where it was compared.
        is_compared: whether it was.
        arguments: of the command.
        is_half: whether it should have been compared and could not be.
    """
    language: Language = arguments.language
    if arguments.format == "json":
        value: dict[str, Any] = {
            "sound": not faults, "origin": report.origin, "seal": report.number, "root": report.root,
            "seals": report.seals, "facts": report.facts, "files": report.files, "bytes": report.bytes,
            "database": is_compared, "faults": [_plain(one) for one in faults],
            "notes": [_plain(one) for one in report.notes],
        }  # fmt: skip
        sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")
        return
    lines = [f"{one.where}  [{one.code}] {one.text.into(language)}" for one in faults]
    lines += [
        Text(f"提示：{one.where}：{one.text.zh}", f"Note: {one.where}: {one.text.en}").into(language)
        for one in report.notes
    ]
    size = f"{report.bytes / MEGABYTE:,.1f}"
    lines.append(
        Text(
            f"已核验 {report.seals} 个封签、{report.files} 个文件、{report.facts:,} 个事实，{size} MB",
            f"Checked {counted(report.seals, 'seal')}, {counted(report.files, 'file')}, "
            f"{counted(report.facts, 'fact')}, {size} MB",
        ).into(language)
    )
    if is_compared:
        lines.append(Text("已与数据库逐条比对", "Compared with the database, fact by fact").into(language))
    lines.append(
        Text(f"封签 {report.number} 根值 {report.root}", f"seal {report.number} root {report.root}").into(
            language
        )
    )
    if faults and all(one.code in OF_OTHER_KEYS for one in faults):
        lines.append(
            Text(
                "问题都在签名：公钥可能不是这个数据湖的，请用 --keys 指明它的公钥清单",
                "All faults are signatures: the public keys may be those of another lake; name its own with --keys",
            ).into(language)
        )
    if faults:
        verdict = Text(f"有 {len(faults)} 处问题，见上", f"{counted(len(faults), 'fault')}, see above")
    elif is_half:
        verdict = Text(
            "数据湖与封签时一致，但未能与数据库比对，原因如下",
            "The lake is as it was sealed; it could not be compared with the database, for the reason below",
        )
    else:
        verdict = Text("完好：与封签时一致", "Sound: all is as it was sealed")
    sys.stdout.write("\n".join([*lines, verdict.into(language)]) + "\n")


def _plain(one: "Fault") -> dict[str, str]:
    return {"code": one.code, "where": one.where, "zh": one.text.zh, "en": one.text.en}


def run_export(arguments: argparse.Namespace) -> int:
    """Export sealed facts."""
    from civicard.ledger.lake import open_lake
    from civicard.ledger.lake.export import Chosen, export

    since, until = _day(arguments.since, "--since"), _day(arguments.until, "--until")
    if arguments.month is not None:
        if since is not None or until is not None:
            raise WrongUse(
                Text("--month 不与 --since、--until 同用", "--month does not go with --since or --until")
            )
        since = _month(arguments.month)
        until = _last_day(since)
    elif since is not None and until is not None and until < since:
        raise WrongUse(
            Text(
                f"--until {until} 早于 --since {since}，期间内没有任何一天；请更正日期",
                f"--until {until} is before --since {since}, so that no day lies between; mend the dates",
            )
        )
    lake = open_lake(arguments.lake or lake_folder())
    chosen = Chosen(kind=arguments.kind, since=since, until=until, is_every=arguments.all)
    with Progress(arguments.language) as progress:

        def tell(done: int, of: int) -> None:
            progress.say(done, of, Text("行已导出", "rows exported"))

        rows = export(lake, chosen, arguments.out, language=arguments.language, progress=tell)
    sys.stderr.write(
        Text(
            f"已导出 {rows:,} 行到 {arguments.out}\n", f"{counted(rows, 'row')} exported to {arguments.out}\n"
        ).into(arguments.language)
    )
    return 0


def _day(written: str | None, option: str) -> date | None:
    if written is None:
        return None
    try:
        return date.fromisoformat(written)
    except ValueError:
        raise WrongUse(
            Text(
                f"{option} 的日期 {written} 不存在；写法如 2018-07-01",
                f"{option} {written} is no date; write it like 2018-07-01",
            )
        ) from None


def _month(written: str) -> date:
    """Return the first day of a month."""
    try:
        return date.fromisoformat(f"{written}-01")
    except ValueError:
        raise WrongUse(
            Text(
                f"--month 的月份 {written} 不存在；写法如 2018-07",
                f"--month {written} is no month; write it like 2018-07",
            )
        ) from None


def _last_day(first: date) -> date:
    import calendar

    return first.replace(day=calendar.monthrange(first.year, first.month)[1])
