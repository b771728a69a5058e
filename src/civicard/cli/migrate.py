"""`civicard migrate`: prepare the database, or bring it up to this version."""

import argparse
import sys

from civicard.kernel.text import Text


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command's arguments."""
    one = commands.add_parser(
        "migrate", help="准备或升级数据库 / prepare the database or bring it up to date"
    )
    one.add_argument(
        "--check", action="store_true", help="只列出待做的步骤 / only list the steps that are due"
    )
    one.add_argument("--lang", choices=("zh", "en"), help="屏幕语言 / language on screen")
    one.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Migrate; with `--check` exit status 1 when steps are due."""
    from civicard.cli.django_setup import migrations_due, set_up_django
    from civicard.vault.installation import make_data_folder

    set_up_django()
    from django.conf import settings
    from django.core.management import call_command

    if not arguments.check:
        make_data_folder(settings.CIVICARD_DATA)
    due = migrations_due(makes=not arguments.check)
    for step in due:
        sys.stdout.write(f"{step}\n")
    if arguments.check:
        return 1 if due else 0
    call_command("migrate", interactive=False, verbosity=0)
    done = Text("数据库已准备好\n", "The database is prepared\n")
    sys.stdout.write(done.into(arguments.language))
    return 0
