"""Which database: a file of SQLite unless one setting names a PostgreSQL server. Pure: nothing is opened here."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from civicard.kernel import environment
from civicard.kernel.environment import SettingWrong
from civicard.kernel.text import Text

SETTING = "CIVICARD_DATABASE_URL"
SQLITE_FILE = "civicard.sqlite3"
SCHEMES = frozenset({"postgresql", "postgres"})
# What of libpq's options an installation needs; everything else in an address is taken for a mistake.
OPTIONS = frozenset({"host", "sslmode", "sslrootcert", "sslcert", "sslkey"})
# A connection that is kept saves half the time of a short request.
KEPT_SECONDS = 60
WAIT_SECONDS = 20
# psycopg prepares a statement once it has been executed so often on one connection.
PREPARE_AFTER = 5

POSSIBLE = Text(
    "形如 postgresql://用户:口令@主机:5432/库名 的地址（特殊字符用 %XX；可加 ?sslmode=require 等），"
    "不设则使用 SQLite 文件",
    "an address such as postgresql://user:password@host:5432/name (special characters as %XX; options such as "
    "?sslmode=require may follow), or not set at all for a file of SQLite",
)


def database(values: Mapping[str, str], data: Path) -> dict[str, Any]:
    """Return Django's description of the database.

    Args:
        values: the environment.
        data: the folder that holds the file of SQLite.

    Raises:
        SettingWrong: the address is none of PostgreSQL; it is not shown, since it may hold a password.
    """
    address = environment.text(values, SETTING, default="", is_secret=True)
    return _postgresql(address) if address else _sqlite(data / SQLITE_FILE)


def _sqlite(file: Path) -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(file),
        "OPTIONS": {
            # A transaction that reads first and then writes would otherwise fail instead of waiting its turn.
            "transaction_mode": "IMMEDIATE",
            "timeout": WAIT_SECONDS,
            # WAL lets readers go on while one writes; FULL because a fact once recorded survives a power cut.
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
        },
    }


def _postgresql(address: str) -> dict[str, Any]:
    try:
        parts = urlsplit(address)
        port = parts.port
        options = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)))
    except ValueError:
        raise _wrong(address) from None
    name = unquote(parts.path.removeprefix("/"))
    if not _is_sound(parts, name, options):
        raise _wrong(address)
    host = options.pop("host", None) or unquote(parts.hostname or "")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": "" if port is None else str(port),
        "CONN_MAX_AGE": KEPT_SECONDS,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {**options, "prepare_threshold": PREPARE_AFTER},
    }


def _is_sound(parts: SplitResult, name: str, options: Mapping[str, str]) -> bool:
    return (
        parts.scheme in SCHEMES
        and bool(name)
        and "/" not in name
        and not parts.fragment
        and options.keys() <= OPTIONS
        and all(options.values())
        and bool(parts.hostname or options.get("host"))
    )


def _wrong(address: str) -> SettingWrong:
    return SettingWrong(SETTING, POSSIBLE, held=address, is_secret=True)
