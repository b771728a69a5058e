"""A PostgreSQL database of the benchmark's own, made for it and dropped after it, and facts to fill it with."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlsplit, urlunsplit

import psycopg

from civicard.cards.codes import Channel, PickedUpBy, Reason
from civicard.cards.facts import (
    AccountOpened,
    ApplicationBatched,
    ApplicationPassed,
    ApplicationTakenIn,
    CardDispatched,
    CardHandedOver,
    CardInspected,
    CardMade,
    CardReceived,
    MakingStarted,
)
from civicard.ledger.kinds import Fact
from civicard.people.rules import AgeBand

SERVER = "postgresql://postgres@127.0.0.1:5432/postgres"
BEGIN = datetime(2018, 7, 1, 1, tzinfo=UTC)
FACTS_A_CARD = 10


@contextmanager
def scratch_database() -> Iterator[str | None]:
    """Make a database, set Django up on it with all tables, and drop it afterwards.

    Yields:
        Its address; None when no PostgreSQL answers, neither the one named in `POSTGRESQL` nor that of this machine.
    """
    server = os.environ.get("POSTGRESQL", SERVER)
    name = f"benchmark_civicard_{os.getpid()}"
    try:
        psycopg.connect(server, connect_timeout=5).close()
    except psycopg.OperationalError:
        yield None
        return
    _on(server, f'CREATE DATABASE "{name}"')
    try:
        address = urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
        os.environ["CIVICARD_DATABASE_URL"] = address
        os.environ["DJANGO_SETTINGS_MODULE"] = "civicard.config.settings"
        import django

        django.setup()
        from django.core.management import call_command
        from django.db import connection

        call_command("migrate", verbosity=0)
        try:
            yield address
        finally:
            connection.close()
    finally:
        _on(server, f'DROP DATABASE "{name}" WITH (FORCE)')


def _on(server: str, statement: str) -> None:
    with psycopg.connect(server, autocommit=True) as base:
        base.execute(statement.encode())


def facts(cards: int) -> Iterator[tuple[Fact, datetime]]:
    """Yield the facts of so many cards, ten for each, from application to pick-up, spread over two months."""
    reasons, channels, ages, takers = list(Reason), list(Channel), list(AgeBand), list(PickedUpBy)
    between = timedelta(days=60) / cards
    for card in range(cards):
        at = BEGIN + card * between
        district = f"3101{card % 16 + 1:02d}"
        station = f"{district}-{card % 40 + 1:03d}"
        due_on = (at + timedelta(days=30)).date()
        blank = card + 10**10
        for fact in (
            ApplicationTakenIn(
                application=card, person=card + 7, promised_days=30, due_on=due_on, district=district,
                station=station, application_reason=reasons[card % len(reasons)],
                channel=channels[card % len(channels)], age_band=ages[card % len(ages)],
            ),
            ApplicationPassed(application=card),
            ApplicationBatched(application=card, batch=card // 500),
            AccountOpened(application=card, account=card + 10**9, bank="icbc"),
            MakingStarted(application=card, card=card, blank=blank, attempt=1),
            CardMade(
                application=card, card=card, blank=blank, attempt=1, district=district, station=station,
                valid_until=None if card % 3 else date(2038, 7, 1),
            ),
            CardInspected(application=card, card=card),
            CardDispatched(application=card, card=card, box=card // 200),
            CardReceived(application=card, card=card, district=district, station=station),
            CardHandedOver(
                application=card, card=card, person=card + 7, district=district, station=station,
                picked_up_by=takers[card % len(takers)],
            ),
        ):  # fmt: skip
            yield fact, at
