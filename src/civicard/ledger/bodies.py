"""What a fact says, as the JSON of its row: one form for each fact, so that equal facts are equal text. No Django.

The form is that in which PostgreSQL prints `jsonb`: keys by length and then by letter, a blank after each comma and
colon, None left out; instants in UTC with microseconds. SQLite keeps the very same text. DuckDB takes a body apart
into typed columns and puts it together again from them, and a body that does not come out as it went in does not
fit its kind.
"""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache

from civicard.ledger.kinds import MOST_WHOLE, Column, Fact, Kind, Store, kind_of
from civicard.ledger.lake.engine import literal

__all__ = ["body_sql", "encoded", "key_order", "kind_of_fact", "structure"]

# Districts, stations, banks and reasons come again and again; people and cards are numbers.
REMEMBERED = 16_384
Writer = Callable[[object], str]
PLANS: dict[type[Fact], Sequence[tuple[str, str, bool, Writer]]] = {}


class _Unfit(Exception):
    """A value does not fit its column."""


def encoded(fact: Fact) -> str:
    """Return the body of `fact`.

    Raises:
        FactRefused: a field is missing or of the wrong type; all faults are named.
    """
    parts = []
    try:
        for name, start, optional, written in _plan(fact):
            value = getattr(fact, name)
            if value is not None or not optional:
                parts.append(start + written(value))
    except _Unfit:
        kind = kind_of_fact(fact)
        raise kind.refused({each.name: getattr(fact, each.name) for each in kind.columns}) from None
    return "{" + ", ".join(parts) + "}"


def key_order(kind: Kind) -> list[Column]:
    """Return the kind's own columns in the order of their keys in a body."""
    return sorted(kind.columns, key=lambda one: (len(one.name), one.name))


def kind_of_fact(fact: Fact) -> Kind:
    """Return the kind of a fact."""
    return kind_of(type(fact))  # type: ignore[arg-type]  # mypy takes the hash of a class for that of its instances


def _plan(fact: Fact) -> Sequence[tuple[str, str, bool, Writer]]:
    """Return how the columns of a fact are written, which is worked out once for its kind."""
    found = PLANS.get(type(fact))
    if found is None:
        columns = key_order(kind_of_fact(fact))
        found = tuple((one.name, f'"{one.name}": ', one.optional, _writer(one)) for one in columns)
        PLANS[type(fact)] = found
    return found


def _writer(column: Column) -> Writer:
    match column.store:
        case Store.WHOLE:
            return _whole
        case Store.YES_NO:
            return _yes_no
        case Store.DAY:
            return _day
        case Store.INSTANT:
            return _instant
        case Store.TEXT:
            return _text_writer(column)


def _whole(value: object) -> str:
    if type(value) is int and -MOST_WHOLE <= value <= MOST_WHOLE:
        return str(value)
    raise _Unfit


def _yes_no(value: object) -> str:
    if value is True:
        return "true"
    if value is False:
        return "false"
    raise _Unfit


def _day(value: object) -> str:
    if type(value) is date:
        return f'"{value.isoformat()}"'
    raise _Unfit


def _instant(value: object) -> str:
    if isinstance(value, datetime) and value.utcoffset() is not None:
        return f'"{value.astimezone(UTC).isoformat(timespec="microseconds")}"'
    raise _Unfit


def _text_writer(column: Column) -> Writer:
    def checked(value: str) -> str:
        if column.fault(value) is not None:
            raise _Unfit
        return json.dumps(value, ensure_ascii=False)

    quoted = checked if column.words else lru_cache(REMEMBERED)(checked)

    def written(value: object) -> str:
        if isinstance(value, str):
            return quoted(str(value))
        raise _Unfit

    return written


def structure(kind: Kind) -> str:
    """Return the columns of `kind` as DuckDB's `from_json` wants them."""
    return json.dumps(
        {one.name: "VARCHAR" if one.store is Store.INSTANT else str(one.store) for one in kind.columns}
    )


def body_sql(kind: Kind, relation: str) -> str:
    """Return the SQL of DuckDB that puts the body of a fact together from its typed columns.

    Args:
        kind: of the fact.
        relation: the name before the columns, such as `f`.
    """
    columns = key_order(kind)
    keys = [f'"{one.name}": ' for one in columns]
    parts = [_value_parts(one, f'{relation}."{one.name}"') for one in columns]
    first = next((at for at, one in enumerate(columns) if not one.optional), None)
    if first is None:
        written = [f"{literal(key)} || {' || '.join(part)}" for key, part in zip(keys, parts, strict=True)]
        return f"'{{' || concat_ws(', ', {', '.join(written)}) || '}}'"
    pieces = ["'{'"]
    for at, (one, key, part) in enumerate(zip(columns, keys, parts, strict=True)):
        # Commas follow the optional ones before the first that is always there, and precede all after it.
        piece = [literal(f", {key}" if at > first else key), *part, *(["', '"] if at < first else [])]
        # One call that joins everything is several times as quick as joining pair by pair.
        pieces += [f"({' || '.join(piece)})"] if one.optional else piece
    return f"concat({', '.join([*pieces, literal('}')])})"


def _value_parts(column: Column, value: str) -> list[str]:
    """Return the terms of SQL that together print a value as JSON."""
    match column.store:
        case Store.WHOLE | Store.YES_NO:
            return [f"{value}::VARCHAR"]
        case Store.DAY:
            return ["'\"'", f"{value}::VARCHAR", "'\"'"]
        case Store.INSTANT:
            return ["'\"'", f"strftime({value} AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%f+00:00')", "'\"'"]
        case Store.TEXT if column.words:
            return [f"to_json({value})::VARCHAR"]
        case Store.TEXT:
            # Codes hold nothing that JSON would escape; whether they are codes is checked apart.
            return ["'\"'", value, "'\"'"]
