"""What the migrations promise: they are complete, they can be undone, and every model of ours is in an app's own."""

from io import StringIO
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection

import civicard

SOURCE = Path(civicard.__file__).parent


@pytest.mark.django_db
def test_the_models_and_the_migrations_say_the_same() -> None:
    out = StringIO()
    call_command("makemigrations", check=True, dry_run=True, stdout=out)
    assert out.getvalue() == "No changes detected\n"


@pytest.mark.django_db(transaction=True)
def test_the_ledgers_migrations_can_be_undone_and_done_again() -> None:
    before = _triggers()
    assert before
    try:
        call_command("migrate", "ledger", "zero", verbosity=0)
        assert _triggers() == set()
        assert not {"ledger_fact", "ledger_seal"} & set(connection.introspection.table_names())
    finally:
        call_command("migrate", "ledger", verbosity=0)
    assert _triggers() == before


def _triggers() -> set[str]:
    """Return the names of all triggers of the ledger, and on PostgreSQL of the functions behind them."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgname LIKE 'ledger%' "
                "UNION SELECT proname FROM pg_proc WHERE proname LIKE 'ledger%'"
            )
        else:
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'ledger%'")
        return {name for (name,) in cursor.fetchall()}


def test_every_app_with_models_is_installed_and_has_migrations() -> None:
    with_models = {path.parent.name for path in SOURCE.glob("*/models.py")}
    installed = {one.name.removeprefix("civicard.") for one in apps.get_app_configs()}
    assert "ledger" in with_models
    assert with_models <= installed
    assert [
        name for name in sorted(with_models) if not list((SOURCE / name / "migrations").glob("0001_*.py"))
    ] == []


def test_no_module_attaches_a_file_of_sqlite_to_another_engine() -> None:
    # A second library of SQLite in one process drops the locks of the first, and with them committed data.
    words = ("sqlite_scanner", "sqlite_attach", "sqlite_scan", "TYPE sqlite", "adbc_driver_sqlite")
    found = [
        f"{path.relative_to(SOURCE)}: {word}"
        for path in sorted(SOURCE.rglob("*.py"))
        for word in words
        if word.lower() in path.read_text(encoding="utf-8").lower()
    ]
    assert found == []


def test_migrations_are_numbered_without_gaps() -> None:
    for folder in sorted(SOURCE.glob("*/migrations")):
        numbers = [int(path.name[:4]) for path in sorted(folder.glob("[0-9]*.py"))]
        assert numbers == list(range(1, len(numbers) + 1)), folder.parent.name
