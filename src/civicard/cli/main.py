"""The one entry: `civicard COMMAND …`."""

import argparse
import contextlib
import importlib
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

import civicard
from civicard.kernel.refusal import Refusal
from civicard.kernel.text import Language

# Each command's module adds its own arguments and imports what it needs only when it runs, so that the plain
# evaluation of a file starts in a fraction of a second.
COMMANDS = (
    "evaluate",
    "sensitivity",
    "framework",
    "receipt",
    "ledger",
    "keys",
    "measures",
    "simulate",
    "demo",
    "migrate",
    "accounts",
)


class Parser(argparse.ArgumentParser):
    """A parser that refuses in both languages, and names the refusal by its code like all others."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong with the words of the command, and stop with status 2."""
        self.print_usage(sys.stderr)
        sys.stderr.write(f"[wrong_use] 命令写法有误，用法见上，或加 --help：{message}\n")
        self.exit(2, f"[wrong_use] The command is written wrongly; see above, or add --help: {message}\n")


def parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    top = Parser(
        prog="civicard",
        description="社会保障卡项目的运行与绩效评价 / Runs and evaluates a citizen card programme",
    )
    top.add_argument("--version", action="version", version=f"civicard {civicard.__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name in COMMANDS:
        importlib.import_module(f"civicard.cli.{name}").add(commands)
    return top


def language_of(arguments: argparse.Namespace) -> Language:
    """Return the language asked for: the option, then `CIVICARD_LANG`, then Chinese."""
    asked = getattr(arguments, "lang", None) or os.environ.get("CIVICARD_LANG", "")
    return Language.ENGLISH if asked.lower().startswith("en") else Language.CHINESE


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status: 0 done, 1 refused or different, 2 asked wrongly."""
    for stream in (sys.stdout, sys.stderr):
        # Figures and Chinese must come out whole even where the system's locale says ASCII.
        with contextlib.suppress(AttributeError):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]  # text streams have it
    arguments = parser().parse_args(argv)
    arguments.language = language_of(arguments)
    try:
        status: int = arguments.run(arguments)
    except Refusal as refusal:
        sys.stderr.write(f"[{refusal.code}] {refusal.into(Language.CHINESE)}\n")
        if refusal.text.en and refusal.text.en != refusal.text.zh:
            sys.stderr.write(f"[{refusal.code}] {refusal.into(Language.ENGLISH)}\n")
        return 1
    except BrokenPipeError:
        # The reader (head, less) went away; what it wanted it has.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        sys.stderr.write("已中断，未留下不完整的文件 / Stopped; no incomplete file was left.\n")
        return 130
    return status


if __name__ == "__main__":
    sys.exit(main())
