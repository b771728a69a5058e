"""Rows of sealed facts changed at random by whoever owns the tables: each is found, and named by its number.

CIVICARD_TAMPERINGS sets how many are tried, CIVICARD_TAMPERING_SEED where the chances begin.
"""
# ruff: noqa: S608 - the SQL is made of this module's own names

import os
import random
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection, transaction

from civicard.cards.codes import Channel, CheckCause, Reason
from civicard.cards.facts import ApplicationBatched, ApplicationTakenIn, CorrectionAsked
from civicard.kernel.actor import Actor
from civicard.ledger.actions import Entry, record_all
from civicard.ledger.kinds import Fact
from civicard.ledger.lake import Seal, open_lake
from civicard.ledger.queries import differences
from civicard.people.rules import AgeBand

pytestmark = pytest.mark.django_db(transaction=True)

TRIES = int(os.environ.get("CIVICARD_TAMPERINGS", "120"))
FIRST_SEED = int(os.environ.get("CIVICARD_TAMPERING_SEED", "1"))
AT_ONCE = 6
SEALS, FACTS = 3, 60
COLUMNS = "number, xact, kind, at, day, recorded_at, actor, cause, corrects, body"
AT = datetime(2018, 7, 30, 8, 0, tzinfo=UTC)
SealNow = Callable[[], Seal | None]
AsOwner = Callable[[], AbstractContextManager[None]]


def fact(at: int) -> Fact:
    """Return one of three kinds of facts."""
    match at % 3:
        case 0:
            return ApplicationTakenIn(
                application=at, person=at * 7, application_reason=Reason.FIRST, channel=Channel.COUNTER,
                district="310101", station=f"310101-{at % 9:03d}", age_band=AgeBand.FROM_26, promised_days=30,
                due_on=date(2018, 8, 29),
            )  # fmt: skip
        case 1:
            return ApplicationBatched(application=at, batch=at // 10)
        case _:
            return CorrectionAsked(application=at, check_cause=CheckCause.PHOTO)


def tamper(number: int, rng: random.Random) -> str:
    """Do one thing to a sealed row, and say what."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {COLUMNS} FROM ledger_fact WHERE number = %s", [number])
        row = dict(zip(COLUMNS.split(", "), cursor.fetchone(), strict=True))
        deed = rng.choice(["body", "at", "day", "recorded_at", "actor", "cause", "corrects", "kind", "gone"])
        if deed == "gone":
            cursor.execute("DELETE FROM ledger_fact WHERE number = %s", [number])
            return deed
        value: object
        match deed:
            case "body":
                body = str(row["body"]) if connection.vendor == "sqlite" else _text(number)
                digits = [place for place, sign in enumerate(body) if sign.isdigit()]
                place = rng.choice(digits)
                # No zero: a number that began with it would be no JSON, which the column itself refuses.
                other = rng.choice([sign for sign in "123456789" if sign != body[place]])
                value = body[:place] + other + body[place + 1 :]
            case "at" | "recorded_at":
                shift = timedelta(**{rng.choice(["microseconds", "seconds", "days"]): rng.choice([-1, 1])})
                value = _instant(row[deed]) + shift
                value = (
                    value.replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")
                    if connection.vendor == "sqlite"
                    else value
                )
            case "day":
                value = date.fromisoformat(str(row["day"])) + timedelta(days=rng.choice([-1, 1, 31]))
            case "actor":
                value = f"clerk-{rng.randint(2, 99)}"
            case "kind":
                value = rng.choice(["application_passed", "no_such_kind", "Application_Batched"])
            case _:
                value = 10_000 + number
        cursor.execute(f"UPDATE ledger_fact SET {deed} = %s WHERE number = %s", [value, number])
        return f"{deed} = {value}"


def _text(number: int) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT body::text FROM ledger_fact WHERE number = %s", [number])
        return str(cursor.fetchone()[0])


def _instant(value: object) -> datetime:
    found = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def test_every_row_tampered_with_at_random_is_named_and_no_other(
    tmp_path: Path, seal_now: SealNow, as_owner: AsOwner
) -> None:
    for part in range(SEALS):
        entries = [Entry(fact(part * FACTS + at), AT + timedelta(minutes=at)) for at in range(FACTS)]
        with transaction.atomic():
            record_all(entries, actor=Actor(code="clerk-1"))
        seal_now()
    lake = open_lake(tmp_path / "lake")
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE sound AS SELECT * FROM ledger_fact")
        cursor.execute("SELECT number FROM ledger_fact ORDER BY number")
        numbers = [number for (number,) in cursor.fetchall()]
    try:
        for seed in range(FIRST_SEED, FIRST_SEED + -(-TRIES // AT_ONCE)):
            rng = random.Random(seed)  # noqa: S311 - a seed that fails must fail again
            chosen = rng.sample(numbers, AT_ONCE)
            with as_owner():
                deeds = {number: tamper(number, rng) for number in chosen}
            named = {one.where for one in differences(lake)}
            assert named == {f"fact {number}" for number in chosen}, f"seed {seed}: {deeds}"
            with as_owner(), transaction.atomic(), connection.cursor() as cursor:
                marks = ", ".join(["%s"] * len(chosen))
                cursor.execute(f"DELETE FROM ledger_fact WHERE number IN ({marks})", chosen)
                cursor.execute(
                    f"INSERT INTO ledger_fact ({COLUMNS}) SELECT {COLUMNS} FROM sound WHERE number IN ({marks})",
                    chosen,
                )
        assert differences(lake) == []
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE sound")
