"""Django, for the commands that need the database; the others start without it."""

import os
from pathlib import Path

from civicard.kernel.refusal import Refusal
from civicard.kernel.text import Text, counted


class DatabaseUnreachable(Refusal):
    """The database does not answer, or does not let us in."""

    code = "database_unreachable"


class DatabaseNotPrepared(Refusal):
    """The database lacks tables of this version."""

    code = "database_not_prepared"


def set_up_django() -> None:
    """Read the settings from the environment and load the apps; a second call does nothing.

    Raises:
        SettingWrong: a setting holds what it cannot hold.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "civicard.config.settings")
    import django

    django.setup()


def migrations_due(*, makes: bool = False) -> list[str]:
    """Return the steps of `civicard migrate` that the database still lacks, such as `ledger.0001_the_tables`.

    Args:
        makes: whether a file of SQLite that is not there is made, empty; otherwise all steps are due, and none is.

    Raises:
        SettingWrong: a setting holds what it cannot hold.
        DatabaseUnreachable: the database does not answer.
    """
    set_up_django()
    from django.db import OperationalError, connection
    from django.db.migrations.executor import MigrationExecutor

    # A file of SQLite stands at an absolute path; any other database has a name.
    file = Path(str(connection.settings_dict["NAME"]))
    is_there = makes or not file.is_absolute() or os.path.lexists(file)
    try:
        executor = MigrationExecutor(connection if is_there else None)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except OperationalError as error:
        why = str(error).strip().splitlines()[0]
        raise DatabaseUnreachable(
            Text(
                f"数据库没有应答或拒绝连接：{why}。请检查 CIVICARD_DATABASE_URL（不设则为 CIVICARD_DATA 下的"
                " SQLite 文件）和数据库服务。",
                f"The database does not answer or lets nobody in: {why}. Check CIVICARD_DATABASE_URL (without it, "
                "the file of SQLite under CIVICARD_DATA) and the database's server.",
            )
        ) from error
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]


def require_database() -> None:
    """Set up Django and hold the database to be there and prepared.

    Raises:
        SettingWrong: a setting holds what it cannot hold.
        DatabaseUnreachable: the database does not answer.
        DatabaseNotPrepared: `civicard migrate` was not run since this version was installed.
    """
    due = migrations_due()
    if due:
        raise DatabaseNotPrepared(
            Text(
                f"数据库尚未准备好，还缺 {len(due)} 步；请先运行 civicard migrate。",
                f"The database is not prepared, {counted(len(due), 'step')} due; run `civicard migrate` first.",
            )
        )
