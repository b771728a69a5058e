"""`civicard accounts`: the first account of an installation; all others are opened by administrators."""

import argparse
import getpass
import sys

from civicard.kernel.refusal import Refusal
from civicard.kernel.text import Text


class PasswordsDiffer(Refusal):
    """The password was typed twice, and differently."""

    code = "passwords_differ"


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command's arguments."""
    group = commands.add_parser("accounts", help="工作账户 / accounts of staff")
    actions = group.add_subparsers(dest="action", required=True, metavar="ACTION")
    one = actions.add_parser(
        "first-administrator",
        help="建立首位账户管理员 / make the first administrator of accounts",
        description="在尚无账户时建立首位账户管理员；密码从终端输入两次，或经管道给出一行 / make the first administrator "
        "of accounts while there are none; the password is typed twice at the terminal, or piped in as one line",
    )
    one.add_argument("login", help="登录名 / login name")
    one.add_argument("--lang", choices=("zh", "en"), help="屏幕语言 / language on screen")
    one.set_defaults(run=run_first_administrator)


def run_first_administrator(arguments: argparse.Namespace) -> int:
    """Make the first administrator and print the code of the account."""
    from datetime import UTC, datetime

    from civicard.cli.django_setup import require_database

    require_database()
    from civicard.access.actions import first_administrator

    password = _password(arguments)
    code = first_administrator(arguments.login, password, at=datetime.now(UTC))
    done = Text(
        f"已建立账户管理员 {code}；首次登录时须绑定手机验证器。\n",
        f"The administrator of accounts {code} is made; a second factor is set up at the first sign-in.\n",
    )
    sys.stdout.write(done.into(arguments.language))
    return 0


def _password(arguments: argparse.Namespace) -> str:
    """Return the password: never an argument, which other users of the machine could read.

    Raises:
        PasswordsDiffer: it was typed differently the second time.
    """
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    asked, again = Text("密码：", "Password: "), Text("再次输入：", "Again: ")
    typed = getpass.getpass(asked.into(arguments.language))
    if getpass.getpass(again.into(arguments.language)) != typed:
        raise PasswordsDiffer(
            Text(
                "两次输入的密码不同；未作改动，请重试。",
                "The two passwords differ. Nothing was changed; try again.",
            )
        )
    return typed
