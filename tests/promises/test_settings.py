"""What an installation may rely on: settings are typed and refused when wrong, and production is closed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from civicard.config.database import database
from civicard.kernel.environment import SettingWrong

SECRET = "k" * 20 + "0123456789abcdefghijklmnopqrstuvwxyz"
PRODUCTION = {"CIVICARD_MODE": "production", "CIVICARD_SECRET_KEY": SECRET, "CIVICARD_HOSTS": "card.example"}
DATA = Path("var")
SHOWN = (
    "import json, sys; from civicard.config import settings as s; "
    "json.dump([getattr(s, name) for name in sys.argv[1:]], sys.stdout, default=str)"
)


def run(command: list[str], folder: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run Python with these settings and no others of ours."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CIVICARD_")}
    environment = {**kept, "DJANGO_SETTINGS_MODULE": "civicard.config.settings", **settings}
    return subprocess.run(
        [sys.executable, *command], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def test_production_passes_the_deployment_check_without_a_warning(tmp_path: Path) -> None:
    done = run(["-m", "django", "check", "--deploy", "--fail-level", "WARNING"], tmp_path, **PRODUCTION)
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


def test_development_needs_no_setting_and_writes_nothing_by_being_read(tmp_path: Path) -> None:
    done = run(["-m", "django", "check"], tmp_path)
    assert done.returncode == 0, done.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_defaults_are_the_embedded_database_utc_and_the_programmes_zone(tmp_path: Path) -> None:
    names = [
        "DEBUG",
        "TIME_ZONE",
        "USE_TZ",
        "CIVICARD_ZONE",
        "CIVICARD_DATA",
        "ALLOWED_HOSTS",
        "LANGUAGE_CODE",
    ]
    done = run(["-c", SHOWN, *names], tmp_path)
    data = str(tmp_path / "var")
    assert done.stdout == (
        f'[false, "UTC", true, "Asia/Shanghai", "{data}", ["localhost", "127.0.0.1", "[::1]"], "zh-hans"]'
    )


def test_the_key_of_development_is_never_the_same_twice(tmp_path: Path) -> None:
    keys = {run(["-c", SHOWN, "SECRET_KEY"], tmp_path).stdout for _ in range(2)}
    assert len(keys) == 2


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({"CIVICARD_MODE": "prod"}, "CIVICARD_MODE"),
        ({"CIVICARD_ZONE": "Shanghai"}, "CIVICARD_ZONE"),
        ({"CIVICARD_DATABASE_URL": "mysql://a@b/c"}, "CIVICARD_DATABASE_URL"),
        ({**PRODUCTION, "CIVICARD_SECRET_KEY": ""}, "CIVICARD_SECRET_KEY"),
        ({**PRODUCTION, "CIVICARD_SECRET_KEY": "short-secret"}, "CIVICARD_SECRET_KEY"),
        ({**PRODUCTION, "CIVICARD_HOSTS": ""}, "CIVICARD_HOSTS"),
        ({**PRODUCTION, "CIVICARD_HOSTS": "a,,b"}, "CIVICARD_HOSTS"),
        ({"CIVICARD_SIGN_IN_FAILURES": "0"}, "CIVICARD_SIGN_IN_FAILURES"),
        ({"CIVICARD_SIGN_IN_LOCKED_MINUTES": "never"}, "CIVICARD_SIGN_IN_LOCKED_MINUTES"),
        ({"CIVICARD_SESSION_IDLE_MINUTES": "-1"}, "CIVICARD_SESSION_IDLE_MINUTES"),
        ({"CIVICARD_SESSION_HOURS": "25"}, "CIVICARD_SESSION_HOURS"),
    ],
)
def test_a_wrong_setting_is_refused_in_both_languages_by_its_name(
    settings: dict[str, str], name: str, tmp_path: Path
) -> None:
    done = run(["-m", "civicard.cli.main", "migrate"], tmp_path, **settings)
    assert done.returncode == 1
    assert f"[setting_wrong] 设置 {name} " in done.stderr
    assert f"[setting_wrong] The setting {name} " in done.stderr
    assert "short-secret" not in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_whole_address_of_postgresql_is_read() -> None:
    address = "postgresql://card%40city:p%3Aw%2Fd@db.example:6432/civic%20card?sslmode=require"
    found = database({"CIVICARD_DATABASE_URL": address}, DATA)
    assert found["ENGINE"] == "django.db.backends.postgresql"
    assert [found[key] for key in ("USER", "PASSWORD", "HOST", "PORT", "NAME")] == [
        "card@city", "p:w/d", "db.example", "6432", "civic card",
    ]  # fmt: skip
    assert found["OPTIONS"]["sslmode"] == "require"


def test_a_socket_of_the_machine_can_be_the_host() -> None:
    found = database({"CIVICARD_DATABASE_URL": "postgresql:///civicard?host=/run/postgresql"}, DATA)
    assert (found["HOST"], found["NAME"], found["PORT"], found["USER"]) == (
        "/run/postgresql",
        "civicard",
        "",
        "",
    )


@pytest.mark.parametrize(
    "address",
    [
        "postgresql",
        "postgresql://",
        "postgresql://host",
        "postgresql://host/",
        "postgresql:///name",
        "postgresql://host/a/b",
        "postgresql://host:port/name",
        "postgresql://host:99999/name",
        "postgresql://host/name#part",
        "postgresql://host/name?sslmod=require",
        "postgresql://host/name?sslmode",
        "postgresql://host/name?sslmode=",
        "mysql://host/name",
        "sqlite:///file",
        "host=x dbname=y",
        "postgresql://[::1/name",
    ],
)
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(SettingWrong) as refused:
        database({"CIVICARD_DATABASE_URL": address}, DATA)
    assert "CIVICARD_DATABASE_URL" in refused.value.text.en


def test_the_password_in_a_wrong_address_is_not_shown() -> None:
    with pytest.raises(SettingWrong) as refused:
        database({"CIVICARD_DATABASE_URL": "postgresql://someone:geheim@host/a/b"}, DATA)
    assert "geheim" not in refused.value.text.zh + refused.value.text.en


def test_sqlite_writes_in_one_transaction_at_a_time_and_waits_its_turn() -> None:
    found = database({}, DATA)
    assert found["NAME"] == str(DATA / "civicard.sqlite3")
    assert found["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert found["OPTIONS"]["timeout"] == 20
    assert "journal_mode=WAL" in found["OPTIONS"]["init_command"]


def test_the_command_prepares_the_database_in_a_folder_that_was_not_there(tmp_path: Path) -> None:
    settings = {"CIVICARD_DATA": str(tmp_path / "a" / "b")}
    first = run(["-m", "civicard.cli.main", "migrate", "--lang", "en"], tmp_path, **settings)
    assert first.returncode == 0, first.stderr
    assert "ledger.0001_the_tables" in first.stdout
    assert first.stdout.endswith("The database is prepared\n")
    assert (tmp_path / "a" / "b" / "civicard.sqlite3").is_file()
    again = run(["-m", "civicard.cli.main", "migrate", "--check"], tmp_path, **settings)
    assert (again.returncode, again.stdout) == (0, "")


def test_a_server_that_does_not_answer_is_a_refusal(tmp_path: Path) -> None:
    address = "postgresql://someone:geheim@127.0.0.1:1/civicard"
    done = run(["-m", "civicard.cli.main", "migrate"], tmp_path, CIVICARD_DATABASE_URL=address)
    assert done.returncode == 1
    assert done.stderr.count("[database_unreachable]") == 2
    assert "geheim" not in done.stderr


def test_the_application_of_the_web_server_starts(tmp_path: Path) -> None:
    done = run(["-c", "from civicard.config.wsgi import application; print(callable(application))"], tmp_path)
    assert done.stdout == "True\n", done.stderr
