"""`civicard accounts`: the first administrator from the command line, once."""

import subprocess
import sys

import pytest

from civicard.access.models import Account

PASSWORD = "plum-kettle-orbit-47"  # noqa: S105 - invented here


def first_administrator(
    environment: dict[str, str], typed: str, *words: str
) -> subprocess.CompletedProcess[str]:
    """Run the command with a password piped in."""
    command = [sys.executable, "-m", "civicard.cli.main", "accounts", "first-administrator", *words]
    return subprocess.run(
        command, env=environment, input=typed, capture_output=True, text=True, check=False, encoding="utf-8"
    )


@pytest.mark.django_db(transaction=True)
def test_the_first_administrator_is_made_once_and_the_password_is_not_shown(
    environment_of_database: dict[str, str],
) -> None:
    weak = first_administrator(environment_of_database, "short\n", "admin")
    assert (weak.returncode, weak.stderr.count("[password_too_weak]")) == (1, 2)
    assert "short" not in weak.stderr.replace("too short", "")
    done = first_administrator(environment_of_database, f"{PASSWORD}\n", "admin", "--lang", "en")
    assert done.returncode == 0, done.stderr
    assert "staff-00000001" in done.stdout
    assert PASSWORD not in done.stdout + done.stderr
    again = first_administrator(environment_of_database, f"{PASSWORD}\n", "second")
    assert (again.returncode, again.stderr.count("[not_first_administrator]")) == (1, 2)
    assert [row.login for row in Account.objects.all()] == ["admin"]
