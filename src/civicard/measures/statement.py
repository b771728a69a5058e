"""The SQL of a measure as a tree: what it may hold, its parameters, and the same text for other engines.

What DuckDB, Spark and PostgreSQL must answer alike is kept small: one SELECT over kinds of facts, whole numbers, and
only functions that sqlglot knows in all three.
"""

from collections.abc import Collection, Iterator
from datetime import date
from functools import lru_cache

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError

from civicard.kernel.text import Text

DIALECT = "duckdb"
PARAMETERS = ("since", "until", "year")
WHOLE_TYPES = frozenset({exp.DataType.Type.BIGINT, exp.DataType.Type.INT})
OTHER_TYPES = frozenset(
    {exp.DataType.Type.DATE, exp.DataType.Type.VARCHAR, exp.DataType.Type.TEXT, exp.DataType.Type.BOOLEAN}
)
# What divides or rounds would decide a figure before the exact fraction does.
INEXACT = (exp.Div, exp.IntDiv, exp.Mod, exp.Avg, exp.Round, exp.Floor, exp.Ceil, exp.Sqrt, exp.Pow)
# Named one by one, because of all others most come to binary floats, or ask the clock or chance. sqlglot counts AND,
# OR and CASE with its branches among the functions.
FUNCTIONS = (
    exp.And, exp.Or, exp.Case, exp.If, exp.Exists, exp.Cast, exp.Coalesce, exp.Nullif, exp.Count, exp.Sum, exp.Min, exp.Max,
    exp.RowNumber, exp.DateDiff, exp.TimestampTrunc, exp.Extract,
)  # fmt: skip
# Where these stand, a row of the result is not simply a row of the tables, or a clause may name a column of it.
SHAPING = ("distinct", "group", "having", "qualify", "order", "limit", "offset", "laterals")


def statement_faults(
    body: str, *, sources: Collection[str], wanted: Collection[str], has_denominator: bool
) -> list[tuple[int, Text]]:
    """Return what is wrong with a measure's SQL, each with its line in `body`; none when it is sound.

    Args:
        body: the SQL without the header.
        sources: the kinds that the header says it reads.
        wanted: keys and dimensions, which must be among its columns.
        has_denominator: whether a column `denominator` belongs to it.
    """
    try:
        trees = [one for one in sqlglot.parse(body, read=DIALECT) if one is not None]
    except ParseError as error:
        first = error.errors[0] if error.errors else {}
        said = str(first.get("description", error))
        return [(int(first.get("line", 1)), Text(f"SQL 无法解析：{said}", f"the SQL cannot be read: {said}"))]
    if len(trees) != 1 or not isinstance(trees[0], exp.Select | exp.SetOperation):
        return [(1, Text("应为一个 SELECT 语句", "must be one SELECT"))]
    tree = trees[0]
    return [
        *_column_faults(tree, wanted, has_denominator),
        *_table_faults(tree, sources),
        *_node_faults(tree),
    ]


def _column_faults(
    tree: exp.Query,
    wanted: Collection[str],
    has_denominator: bool,  # noqa: FBT001 - called once, just above
) -> Iterator[tuple[int, Text]]:
    for branch in branches(tree):
        names = [one.alias_or_name for one in branch.selects]
        if names != tree.named_selects:
            yield 1, Text("UNION 各支的列应同名同序", "the branches of a union must have the same columns")
        if any(one.is_star for one in branch.selects):
            yield 1, Text("应写明各列，不得用 *", "name the columns instead of *")
    needed = dict.fromkeys((*wanted, "numerator", *(["denominator"] if has_denominator else [])))
    names = tree.named_selects
    yield from (
        (1, Text(f"结果中没有列 {one}", f"there is no column {one} in its result"))
        for one in needed
        if one not in names
    )
    if not has_denominator and "denominator" in names:
        yield 1, Text("figure 为 sum 时不得有 denominator", "a sum has no denominator")
    if len(set(names)) < len(names):
        yield 1, Text("结果中有同名的列", "two columns of its result have the same name")


def _table_faults(tree: exp.Query, sources: Collection[str]) -> Iterator[tuple[int, Text]]:
    own = {one.alias for one in tree.find_all(exp.CTE)}
    read: set[str] = set()
    for table in tree.find_all(exp.Table):
        if not isinstance(table.this, exp.Identifier) or table.db or table.catalog:
            shown = table.sql(dialect=DIALECT)
            yield (
                _line(table),
                Text(f"只能读事实种类，不能读 {shown}", f"only kinds of facts are read, not {shown}"),
            )
        elif table.name not in own:
            read.add(table.name)
            if table.name not in sources:
                yield (
                    _line(table),
                    Text(f"{table.name} 不在 sources 中", f"{table.name} is not among the sources"),
                )
    yield from (
        (1, Text(f"sources 中的 {one} 没有用到", f"the source {one} is not read"))
        for one in sources
        if one not in read
    )


def _node_faults(tree: exp.Query) -> Iterator[tuple[int, Text]]:
    for node in tree.walk():
        shown = "" if isinstance(node, exp.Query) else node.sql(dialect=DIALECT)
        match node:
            case exp.DML() | exp.DDL() if not isinstance(node, exp.Query):
                yield _line(node), Text(f"不得写入：{shown}", f"it may not write: {shown}")
            case exp.Parameter() | exp.Placeholder() if node.name not in PARAMETERS:
                yield _line(node), Text(f"没有参数 {shown}", f"there is no parameter {shown}")
            case exp.Anonymous():
                yield (
                    _line(node),
                    Text(f"各引擎不通用的函数：{shown}", f"not a function of every engine: {shown}"),
                )
            case exp.Literal() if not node.is_string and not node.is_int:
                yield _line(node), Text(f"应为整数：{shown}", f"must be a whole number: {shown}")
            case exp.DataType() if node.this not in WHOLE_TYPES | OTHER_TYPES:
                yield _line(node), Text(f"不得用类型 {shown}", f"the type {shown} may not be used")
            case _ if isinstance(node, INEXACT):
                yield (
                    _line(node),
                    Text(f"不得相除或舍入：{shown}", f"it may not divide or round: {shown}"),
                )
            case exp.Func() if not isinstance(node, FUNCTIONS):
                yield _line(node), Text(f"不得用函数 {shown}", f"the function {shown} may not be used")


def _line(node: exp.Expr) -> int:
    """Return the line of the first name in `node`, which is as near as the tree knows."""
    return next((int(one.meta["line"]) for one in node.walk() if "line" in one.meta), 1)


@lru_cache(maxsize=256)
def parsed(body: str) -> exp.Query:
    """Return a measure's SQL as a tree, which nobody may change."""
    tree = sqlglot.parse_one(body, read=DIALECT)
    assert isinstance(tree, exp.Query)  # it was checked when the measure was read
    return tree


def branches(tree: exp.Query) -> list[exp.Select]:
    """Return the SELECTs that give the rows: one, or those of a union in order."""
    if isinstance(tree, exp.SetOperation):
        return [*branches(tree.left), *branches(tree.right)]
    assert isinstance(tree, exp.Select)  # a query is one or the other
    return [tree]


def filled(tree: exp.Query, since: date, until: date) -> exp.Query:
    """Return a copy with the period in place of the parameters; the year is that of `until`."""
    values = {"since": _day(since), "until": _day(until), "year": exp.Literal.number(until.year)}

    def fill(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Parameter | exp.Placeholder):
            return values[node.name].copy()
        return node

    found = tree.copy().transform(fill)
    assert isinstance(found, exp.Query)  # only parameters were replaced
    return found


def _day(day: date) -> exp.Expr:
    return exp.cast(exp.Literal.string(day.isoformat()), exp.DataType.Type.DATE)


def lean(tree: exp.Query, columns: Collection[str], keys: Collection[str]) -> exp.Query:
    """Return a copy that gives only some columns, without the left joins that only the others needed.

    A left join takes no row away; it could only double one, and then the keys, which do not come from it, would
    stand twice, which the engine refuses. So leaving it out changes no sum. Where a column could decide which rows
    there are, the copy is whole.

    Args:
        tree: the SQL of a measure.
        columns: those to keep.
        keys: the measure's keys; what they come from stays.
    """
    copy = tree.copy()
    names = copy.named_selects
    if not _is_plain(copy):
        return copy
    for branch in branches(copy):
        kept = [one for name, one in zip(names, branch.selects, strict=True) if name in columns]
        needed = [
            one for name, one in zip(names, branch.selects, strict=True) if name in columns or name in keys
        ]
        _drop_joins(branch, needed)
        branch.set("expressions", kept)
    return copy


def _is_plain(tree: exp.Query) -> bool:
    """Tell whether each row of the result stands for one of the tables, whichever columns are left out."""
    if isinstance(tree, exp.SetOperation):
        is_all = isinstance(tree, exp.Union) and not tree.args.get("distinct")
        return is_all and not _is_shaped(tree) and _is_plain(tree.left) and _is_plain(tree.right)
    return not (
        _is_shaped(tree)
        or any(one.find(exp.AggFunc, exp.UDTF) for one in tree.selects)
        # A column without its table may be one of the result, or of any join.
        or any(not one.table for one in tree.find_all(exp.Column))
    )


def _is_shaped(tree: exp.Query) -> bool:
    return any(tree.args.get(one) for one in SHAPING)


def _drop_joins(branch: exp.Select, needed: list[exp.Expr]) -> None:
    joins: list[exp.Join] = branch.args.get("joins") or []
    where = branch.args.get("where")
    others = [where] if isinstance(where, exp.Expr) else []
    # From the last to the first, because a join may need one before it and never one after it.
    for join in reversed(joins):
        if join.side != "LEFT":
            continue
        rest = [*needed, *others, *(one for one in joins if one is not join)]
        used = {column.table.lower() for one in rest for column in one.find_all(exp.Column)}
        if join.alias_or_name.lower() not in used:
            joins = [one for one in joins if one is not join]
    branch.set("joins", joins)
