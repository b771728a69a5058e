"""`commands.md`: every command and option, from the parser itself."""

import argparse
from collections.abc import Iterator

from civicard.cli.main import parser
from civicard.cli.reference.markdown import code, page, table

STATUS = (
    ("0", "done"),
    ("1", "refused, or a receipt that does not hold; what is wrong stands on the error stream, with the code of the [refusal](refusals.md) in brackets, in Chinese and English"),
    ("2", "the command line itself cannot be understood"),
    ("130", "stopped with Ctrl-C"),
)  # fmt: skip


def commands(one: argparse.ArgumentParser | None = None) -> Iterator[argparse.ArgumentParser]:
    """Yield the parser of every command that does something, in order."""
    one = parser() if one is None else one
    below = [action for action in one._actions if isinstance(action, argparse._SubParsersAction)]  # noqa: SLF001 - argparse has no public way to its arguments
    if not below:
        yield one
    for action in below:
        for command in action.choices.values():
            yield from commands(command)


def commands_page() -> str:
    """Return `commands.md`."""
    blocks = []
    for one in commands():
        actions = [action for action in one._actions if not isinstance(action, argparse._HelpAction)]  # noqa: SLF001 - as above
        blocks += [
            f"## {one.prog}",
            one.description or _help(one),
            code(_usage(one, actions), "console"),
            table(("argument", "meaning", "default"), [_row(action) for action in actions])
            if actions
            else "",
        ]
    return page(
        "Commands",
        "`civicard --help` and `civicard COMMAND --help` print what follows; `civicard --version` the version. "
        "Commands speak Chinese, or English with `--lang en` or `CIVICARD_LANG=en` in the environment. What a command "
        "writes, it writes whole or not at all.",
        *blocks,
        "## Exit status",
        table(("status", "meaning"), STATUS),
    )


def _help(of: argparse.ArgumentParser) -> str:
    """Return the line that the command has in the list of its parent."""
    *above, name = of.prog.split()
    top = parser()
    for word in above[1:]:
        top = _choices(top).choices[word]
    return next(one.help or "" for one in _choices(top)._choices_actions if one.dest == name)  # noqa: SLF001 - as above


def _choices(of: argparse.ArgumentParser) -> "argparse._SubParsersAction[argparse.ArgumentParser]":
    return next(action for action in of._actions if isinstance(action, argparse._SubParsersAction))  # noqa: SLF001 - as above


def _usage(one: argparse.ArgumentParser, actions: list[argparse.Action]) -> str:
    words = [
        _written(action) if action.required else f"[{_written(action)}]"
        for action in sorted(actions, key=lambda action: bool(action.option_strings))
    ]
    return " ".join([f"$ {one.prog}", *words])


def _written(action: argparse.Action) -> str:
    choices = "|".join(map(str, action.choices or ()))
    if not action.option_strings:
        return action.dest.upper()
    return action.option_strings[0] + ("" if action.nargs == 0 else f" {choices or action.dest.upper()}")


def _row(action: argparse.Action) -> tuple[str, str, str]:
    default = action.default if isinstance(action.default, str | int) else None
    return f"`{_written(action)}`", action.help or "", "" if default is None else f"`{default}`"
