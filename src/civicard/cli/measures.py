"""`civicard measures`: what the measures are, what they give over a period, and the evidence rows behind them."""

import argparse
import datetime as dt
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from civicard.cli.evaluate import day
from civicard.kernel.refusal import Refusal
from civicard.kernel.text import Language, Text, counted

if TYPE_CHECKING:
    from collections.abc import Callable

    from civicard.kernel.exact import Fraction
    from civicard.ledger.lake import Lake
    from civicard.measures.definition import Measure
    from civicard.measures.engine import Engine

NONE = "—"
UNCHECKED = Text(
    "未核验：数据湖的文件未与封签核对，请用 civicard ledger check 核验",
    "Not checked: the files of the lake were not held against their seals; `civicard ledger check` does that",
)


class AskedWrongly(Refusal):
    """A period, a filter or a place to go on from is not written as it must be."""

    code = "measures_asked_wrongly"


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the commands and their arguments."""
    group = commands.add_parser("measures", help="测算口径及其结果 / the measures and what they give")
    actions = group.add_subparsers(dest="action", required=True, metavar="ACTION")
    listed = actions.add_parser("list", help="列出全部测算口径 / list every measure")
    listed.set_defaults(run=run_list)
    show = actions.add_parser(
        "show",
        help="说明一项口径；给出期间则计算 / explain a measure, and measure it where a period is given",
    )
    show.set_defaults(run=run_show)
    rows = actions.add_parser("rows", help="列出或导出证据行 / list or export the evidence rows")
    rows.set_defaults(run=run_rows)
    for one in (show, rows):
        one.add_argument("name", help="测算口径的名称 / name of the measure")
        one.add_argument(
            "--lake", type=Path, help="数据湖 / the lake (default CIVICARD_LAKE, or `lake` in CIVICARD_DATA)"
        )
        one.add_argument("--year", type=int, help="年度 / calendar year, in place of --since and --until")
        one.add_argument("--since", type=day, help="首日 / first day, such as 2018-01-01")
        one.add_argument("--until", type=day, help="末日 / last day")
    show.add_argument(
        "--by", action="append", default=[], help="按此列分组，可重复 / break down by; repeat for two"
    )
    rows.add_argument(
        "--where",
        action="append",
        default=[],
        metavar="COLUMN=VALUE",
        help="只取此值的行，可重复 / only these rows",
    )
    rows.add_argument("--misses", action="store_true", help="只取分子小于分母的行 / only the rows that miss")
    rows.add_argument("--limit", type=int, default=50, help="最多行数 / most rows")
    rows.add_argument("--after", help="从此键之后继续，逗号分隔 / go on after these keys, with commas")
    rows.add_argument(
        "--out", type=Path, help="写入文件（.parquet、.csv、.xlsx），含全部行 / write all rows into a file"
    )
    for one in (listed, show, rows):
        one.add_argument("--lang", choices=("zh", "en"), help="屏幕语言 / language on screen")


def run_list(arguments: argparse.Namespace) -> int:
    """List every measure with its title and unit."""
    from civicard.cli.printing import columns
    from civicard.measures.definition import all_measures

    language = arguments.language
    head = [
        one.into(language)
        for one in (Text("名称", "name"), Text("口径", "measure"), Text("单位", "unit"), Text("分组", "by"))
    ]
    rows = [
        [one.name, one.title.into(language), one.unit, ", ".join(one.by) or NONE]
        for one in all_measures().values()
    ]
    _print(columns([head, *rows]))
    return 0


def run_show(arguments: argparse.Namespace) -> int:
    """Explain a measure; measure it where a lake, a period or a breakdown is named."""
    from civicard.cli.printing import columns
    from civicard.measures.definition import measure_named

    measure, language = measure_named(arguments.name), arguments.language
    lines = [
        (Text("口径", "measure"), f"{measure.title.into(language)}　{measure.name}"),
        (Text("单位", "unit"), measure.unit),
        (Text("定义", "definition"), measure.definition.into(language)),
        (Text("证据行", "evidence row"), measure.grain.into(language)),
        (Text("何时无值", "no figure when"), measure.null.into(language)),
        (Text("依据", "answers"), measure.clause),
        (Text("读取事实", "reads"), ", ".join(measure.sources)),
        (Text("可分组", "by"), ", ".join(measure.by) or NONE),
    ]
    _print(columns([name.into(language), said] for name, said in lines))
    asked = (arguments.lake, arguments.year, arguments.since, arguments.until)
    if not arguments.by and all(one is None for one in asked):
        return 0
    with _engine(arguments) as engine:
        found = engine.result(measure, check=True)
        named = (
            Text("数值", "figure"),
            Text("分子", "numerator"),
            Text("分母", "denominator"),
            Text("行数", "rows"),
        )
        table = [["", *(one.into(language) for one in named)]]
        whole = Text("全部", "all").into(language)
        table.append([whole, *_numbers(found.figure, found.numerator, found.denominator, found.rows)])
        for group in engine.by(measure, *arguments.by) if arguments.by else []:
            name = " ".join(value or NONE for value in group.values)
            table.append([name, *_numbers(group.figure, group.numerator, group.denominator, group.rows)])
        _print(["", *_about(engine, language), *columns(table, right=(1, 2, 3, 4))])
    return 0


def run_rows(arguments: argparse.Namespace) -> int:
    """Print a page of evidence rows, or write all of them into a file."""
    from civicard.cli.printing import columns
    from civicard.measures.definition import measure_named
    from civicard.measures.export import export
    from civicard.measures.results import in_words

    measure, language = measure_named(arguments.name), arguments.language
    if arguments.limit < 1:
        raise AskedWrongly(
            Text(
                f"--limit 至少为 1，而不是 {arguments.limit}。",
                f"--limit is 1 or more, not {arguments.limit}.",
            )
        )
    where = _where(arguments.where)
    with _engine(arguments) as engine:
        if arguments.out is not None:
            written = export(engine, measure, arguments.out, where=where, misses=arguments.misses)
            said = Text(
                f"已写入 {arguments.out}：{written:,} 行",
                f"{counted(written, 'row')} written to {arguments.out}",
            )
            _print([said.into(language), UNCHECKED.into(language)])
            return 0
        after = _after(engine, measure, arguments.after)
        page = engine.rows(measure, after=after, limit=arguments.limit, where=where, misses=arguments.misses)
        table = [
            [in_words(name, value).into(language) for name, value in zip(page.columns, row, strict=True)]
            for row in page.rows
        ]
        _print([*_about(engine, language), *columns([list(page.columns), *table])])
        if page.next is not None:
            following = ",".join(map(str, page.next))
            _print(
                [
                    Text(f"还有更多：--after {following}", f"There are more: --after {following}").into(
                        language
                    )
                ]
            )
    return 0


def _engine(arguments: argparse.Namespace) -> "Engine":
    from civicard.cli.keeping import lake_folder
    from civicard.ledger.lake import open_lake
    from civicard.measures.engine import Engine

    lake = open_lake(arguments.lake or lake_folder())
    return Engine(lake, *_period(arguments))


def _period(arguments: argparse.Namespace) -> tuple[dt.date, dt.date]:
    days = (arguments.since, arguments.until)
    if arguments.year is not None and days == (None, None) and dt.MINYEAR <= arguments.year <= dt.MAXYEAR:
        return dt.date(arguments.year, 1, 1), dt.date(arguments.year, 12, 31)
    if arguments.year is None and None not in days:
        return days
    raise AskedWrongly(
        Text(
            "请指定期间：--year 2018，或 --since 2018-01-01 --until 2018-12-31，二者取一。",
            "Name the period: --year 2018, or --since 2018-01-01 --until 2018-12-31, one of the two.",
        )
    )


def _where(written: list[str]) -> dict[str, str | None]:
    """Return filters by column; an empty value asks for rows that have none."""
    found: dict[str, str | None] = {}
    for one in written:
        column, sign, value = one.partition("=")
        if not sign:
            raise AskedWrongly(
                Text(
                    f"--where 应写成 列=值，如 district=310101，而不是 {one}。",
                    f"--where takes COLUMN=VALUE, such as district=310101, not {one}.",
                )
            )
        found[column] = value or None
    return found


def _after(engine: "Engine", measure: "Measure", written: str | None) -> tuple[object, ...] | None:
    """Return the keys that were written as text, each as what its column holds."""
    if written is None:
        return None
    read: dict[str, Callable[[str], object]] = {"DATE": dt.date.fromisoformat, "VARCHAR": str}
    types = engine.columns(measure)
    try:
        return tuple(
            read.get(types[key], int)(part)
            for key, part in zip(measure.keys, written.split(","), strict=True)
        )
    except ValueError:
        listed = ",".join(measure.keys)
        raise AskedWrongly(
            Text(
                f"--after 应为上一页给出的键 {listed}，而不是 {written}。",
                f"--after takes the keys {listed} that the page before printed, not {written}.",
            )
        ) from None


def _numbers(
    figure: "Fraction | None", numerator: int | None, denominator: int | None, rows: int
) -> list[str]:
    from civicard.kernel.exact import plain

    counts = [NONE if one is None else f"{one:,}" for one in (numerator, denominator)]
    return [NONE if figure is None else plain(figure), *counts, f"{rows:,}"]


def _about(engine: "Engine", language: Language) -> list[str]:
    """Return the lines that say what the figures rest on."""
    from civicard.cli.printing import SIMULATED

    lake: Lake = engine.lake
    marks = [SIMULATED.into(language)] if lake.about.origin == "simulated" else []
    period = f"{engine.since} – {engine.until}"
    said = Text(
        f"{lake.about.city.zh}　1:{lake.about.scale}　期间 {period}　封签 {len(lake.seals)}　根 {lake.root[:16]}",
        f"{lake.about.city.into(language)}, 1:{lake.about.scale}, {period}, seal {len(lake.seals)}, root {lake.root[:16]}",
    )
    return [*marks, said.into(language), UNCHECKED.into(language)]


def _print(lines: list[str]) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))
