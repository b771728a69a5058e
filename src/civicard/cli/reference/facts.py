"""`facts.md`: every kind of fact with its columns, taken from the apps' own declarations."""

from collections.abc import Iterable, Iterator

from civicard.cli.reference.markdown import page, table
from civicard.kernel.text import Text
from civicard.ledger.kinds import ENVELOPE, Arrival, Column, Kind, Store, all_kinds
from civicard.ledger.lake import MONTHLY
from civicard.ledger.lake.rollups import rollup_columns

# What each app owns, as readers of both languages call it.
APPS = {
    "access": Text("账户与授权", "Access"),
    "cards": Text("卡片", "Cards"),
    "ecard": Text("电子社保卡", "The e-card"),
    "governance": Text("管理与计划", "Governance"),
    "ledger": Text("台账", "The ledger"),
    "network": Text("服务网络", "The network"),
    "people": Text("人员", "People"),
    "uses": Text("用卡", "Uses"),
}
STORES = {
    Store.WHOLE: Text("整数", "whole number, 64 bits"),
    Store.TEXT: Text("代码", "code"),
    Store.YES_NO: Text("是或否", "yes or no"),
    Store.DAY: Text("日期", "date"),
    Store.INSTANT: Text("时刻", "instant, UTC, microseconds"),
}
WORDS = Text("文字", "words, up to 500 characters")
HEAD = ("column", "type", "may be empty", "含义", "meaning")


def facts_page() -> str:
    """Return `facts.md`."""
    kinds = list(all_kinds().values())
    apps = sorted({kind.app for kind in kinds})
    return page(
        "Facts",
        "Everything that happened is a fact of one of these kinds. 凡发生的事都记为下列种类之一的事实。Sealed facts "
        "are Parquet files with exactly these columns, in this order; `civicard ledger export --kind NAME` gives "
        "them as tables. A fact never changes: a wrong one is corrected by a later fact of its kind that names it "
        "under `corrects`, or taken back by a [fact_retracted](#fact_retracted). A column that may be empty is empty "
        "where the value is unknown, which is not zero. Columns are only ever added, and those may be empty.",
        "A code has up to 64 letters, digits and `_ . : / -`. Nothing that looks like an ID number, an account or a "
        "telephone number is taken in any column. 人员、卡片、账户均为代号（假名），仍属个人信息。",
        "\n".join(_contents(kinds, apps)),
        "## Every fact",
        "Before its own columns every fact has these. 每个事实在自身各列之前都有：",
        _columns(ENVELOPE),
        *(block for app in apps for block in _app(app, [kind for kind in kinds if kind.app == app])),
    )


def _contents(kinds: Iterable[Kind], apps: Iterable[str]) -> Iterator[str]:
    for app in apps:
        own = ", ".join(f"[{kind.name}](#{kind.name})" for kind in kinds if kind.app == app)
        yield f"- {APPS[app].zh} {APPS[app].en}: {own}"


def _app(app: str, kinds: Iterable[Kind]) -> Iterator[str]:
    yield f"## {APPS[app].zh} {APPS[app].en}"
    for kind in kinds:
        yield f"### {kind.name}"
        yield f"**{kind.title.zh}** {kind.title.en}."
        if kind.cls.arrival is Arrival.FILE:
            yield (
                "Comes as signed files of an operator. 由运营方以签名文件报送。The file has `at`, the columns below "
                "and, if it likes, `day`; the rest of the envelope is put on when it is sealed."
            )
        yield _columns(kind.columns)
        if kind.cls.rollup is not None:
            yield (
                f"Sealing also makes a monthly summary, `{kind.name}{MONTHLY}`, one row of each combination. "
                "封签时另做月度汇总："
            )
            yield _columns(rollup_columns(kind))


def _columns(columns: Iterable[Column]) -> str:
    rows = [
        (
            f"`{one.name}`",
            _type(one),
            "yes 可空" if one.optional else "",
            one.title.zh,
            one.title.en,
        )
        for one in columns
    ]
    return table(HEAD, rows)


def _type(one: Column) -> str:
    if one.values:
        return "one of " + ", ".join(f"`{value}`" for value in one.values)
    kept = WORDS if one.words else STORES[one.store]
    return f"{kept.zh} {kept.en}"
