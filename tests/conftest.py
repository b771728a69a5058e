"""What the tests that use a database share. `CIVICARD_DATABASE_URL` says which; without it a file of SQLite.

Every such test has the marker `database`, so that `pytest -m database` with another address runs exactly those again.
"""

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection

from civicard.kernel.text import Text
from civicard.ledger.lake import About, Seal
from civicard.vault.keystore import Keystore, Purpose
from civicard.vault.master import Master

DATABASE_FIXTURES = {"db", "transactional_db", "django_db_reset_sequences"}
LONGEST_WAIT = 60
SEALED_AT = datetime(2018, 9, 1, tzinfo=UTC)


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", "database: uses the database, and runs on SQLite and on PostgreSQL")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    """Mark the tests that use the database, before any are chosen by their markers."""
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        if item.get_closest_marker("django_db") is not None or fixtures & DATABASE_FIXTURES:
            item.add_marker(pytest.mark.database)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Name the database of this process after itself, so that any number of runs may share one server.

    SQLite gets a file, as in real life, so that processes which a test starts can open it too.
    """
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        database["TEST"]["NAME"] = str(tmp_path_factory.mktemp("database") / Path(str(database["NAME"])).name)
    else:
        database["TEST"]["NAME"] = f"test_civicard_{os.getpid()}"


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> Iterator[None]:  # noqa: ARG001 - it only has to come before
    """Let the tables be emptied after a test: what the triggers refuse, only their owner can do."""
    with pytest.MonkeyPatch.context() as patch:
        emptied = connection.ops.execute_sql_flush

        def emptied_by_owner(statements: list[str]) -> None:
            with triggers_off():
                emptied(statements)

        patch.setattr(connection.ops, "execute_sql_flush", emptied_by_owner)
        yield


@contextmanager
def triggers_off() -> Iterator[None]:
    """Switch the triggers off, as the owner of the tables can, and nobody else."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET session_replication_role = replica")
            try:
                yield
            finally:
                cursor.execute("SET session_replication_role = origin")
            return
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        triggers = cursor.fetchall()
        for name, _ in triggers:
            cursor.execute(f"DROP TRIGGER {name}")
        try:
            yield
        finally:
            for _, text in triggers:
                cursor.execute(text)


@pytest.fixture
def as_owner() -> Callable[[], AbstractContextManager[None]]:
    """Return what a tamperer who owns the tables does: within it no trigger holds."""
    return triggers_off


@pytest.fixture
def environment_of_database(transactional_db: None) -> dict[str, str]:  # noqa: ARG001 - it only has to come before
    """Return the environment in which another process opens the database of this test."""
    found: dict[str, Any] = connection.settings_dict
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CIVICARD_")}
    kept["DJANGO_SETTINGS_MODULE"] = "civicard.config.settings"
    if connection.vendor == "sqlite":
        return {**kept, "CIVICARD_DATA": str(Path(str(found["NAME"])).parent)}
    who = quote(found["USER"]) + (f":{quote(found['PASSWORD'])}" if found["PASSWORD"] else "")
    host = f"{found['HOST']}:{found['PORT'] or 5432}"
    return {**kept, "CIVICARD_DATABASE_URL": f"postgresql://{who}@{host}/{found['NAME']}"}


@pytest.fixture
def all_final(transactional_db: None) -> Callable[[], None]:  # noqa: ARG001 - it only has to come before
    """Return a function that waits until every fact recorded so far is final.

    On PostgreSQL any transaction on the same server holds the mark back, also those of tests that run beside this.
    """

    def wait() -> None:
        if connection.vendor != "postgresql":
            return
        deadline, pause = time.monotonic() + LONGEST_WAIT, threading.Event()
        with connection.cursor() as cursor:
            while True:
                cursor.execute(
                    "SELECT count(*) FROM ledger_fact "
                    "WHERE xact >= pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
                )
                if cursor.fetchone() == (0,):
                    return
                assert time.monotonic() < deadline, "another transaction on the server has run for very long"
                pause.wait(0.01)

    return wait


@pytest.fixture
def about() -> About:
    """Return the description of the lakes that tests seal into."""
    return About(city=Text("示例市", "Sample City"), origin="operated")


@pytest.fixture
def keystore(tmp_path: Path) -> Keystore:
    """Return a keystore with a key for seals."""
    store = Keystore.create(tmp_path / "keys.json", Master.random())
    store.add("seal", Purpose.SIGNATURE_ED25519)
    return store


@pytest.fixture
def seal_now(
    tmp_path: Path, about: About, keystore: Keystore, all_final: Callable[[], None]
) -> Callable[[], Seal | None]:
    """Return a function that seals all that was recorded into `lake` under the folder of this test."""
    from civicard.ledger import rows

    def seal_all() -> Seal | None:
        all_final()
        signers = [keystore.signer("seal")]
        return rows.seal(folder=tmp_path / "lake", about=about, signers=signers, at=SEALED_AT)

    return seal_all
