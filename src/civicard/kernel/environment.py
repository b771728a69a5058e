"""Settings as text, read into types: from a mapping such as the process environment, never from the system itself. Pure.

A name that is set to nothing but blanks counts as not set, as many ways to start a process cannot leave a name out.
"""

import re
from collections.abc import Mapping
from typing import Final, TypeVar

from civicard.kernel.refusal import Refusal
from civicard.kernel.text import Text

__all__ = ["SettingWrong", "comma_list", "is_set", "one_of", "path_text", "text", "whole_number", "yes_or_no"]

YES: Final = frozenset({"1", "yes", "true", "on"})
NO: Final = frozenset({"0", "no", "false", "off"})
WHOLE: Final = re.compile(r"[+-]?[0-9]{1,18}")
# Control characters. Whatever else a path or a name holds, some keyboard writes.
UNFIT: Final = re.compile(r"[\x00-\x1f\x7f]")
MOST_SHOWN: Final = 60

T = TypeVar("T")


class SettingWrong(Refusal):
    """A setting is missing or holds what it cannot hold."""

    code = "setting_wrong"

    def __init__(
        self, name: str, possible: Text, *, held: str | None = None, is_secret: bool = False
    ) -> None:
        """Say what is wrong with one setting.

        Args:
            name: of the setting.
            possible: what it may hold, continuing "it must be ...".
            held: what it holds; None when it is not set.
            is_secret: never show what it holds.
        """
        if held is None:
            what = Text("未设置", "is not set")
        elif is_secret:
            what = Text("的值不可用（保密，不显示）", "holds something else (secret, not shown)")
        else:
            shown = ascii(held[:MOST_SHOWN]) if not held.isprintable() else f"“{held[:MOST_SHOWN]}”"
            more = "…" if len(held) > MOST_SHOWN else ""
            what = Text(f"的值为 {shown}{more}，不可用", f"holds {shown}{more}")
        super().__init__(
            Text(
                f"设置 {name} {what.zh}；应为{possible.zh}。",
                f"The setting {name} {what.en}; it must be {possible.en}.",
            )
        )


def is_set(environment: Mapping[str, str], name: str) -> bool:
    """Tell whether the setting holds anything."""
    return bool(environment.get(name, "").strip())


def text(
    environment: Mapping[str, str], name: str, *, default: str | None = None, is_secret: bool = False
) -> str:
    """Return a setting of one line, without blanks around it.

    Args:
        environment: names and values.
        name: of the setting.
        default: for a setting that is not set; None means that it must be.
        is_secret: never show what it holds.

    Raises:
        SettingWrong: it is not set and has no default, or holds control characters.
    """
    possible = Text("一行文字", "one line of text")
    held = _held(environment, name)
    if held is None:
        return _required(name, default, possible)
    if UNFIT.search(held):
        raise SettingWrong(name, possible, held=held, is_secret=is_secret)
    return held


def whole_number(
    environment: Mapping[str, str], name: str, *, default: int | None = None, least: int = 0, most: int
) -> int:
    """Return a whole number from `least` to `most`; a default of None means that it must be set.

    >>> whole_number({"WORKERS": " 4 "}, "WORKERS", least=1, most=64)
    4

    Raises:
        SettingWrong: it is not set and has no default, or is no such number.
    """
    possible = Text(f" {least} 至 {most} 的整数", f"a whole number from {least} to {most}")
    held = _held(environment, name)
    if held is None:
        return _required(name, default, possible)
    if not WHOLE.fullmatch(held) or not least <= int(held) <= most:
        raise SettingWrong(name, possible, held=held)
    return int(held)


def yes_or_no(environment: Mapping[str, str], name: str, *, default: bool | None = None) -> bool:
    """Return yes or no, in any of the usual words; a default of None means that it must be set.

    Raises:
        SettingWrong: it is not set and has no default, or is none of these words.
    """
    possible = Text(
        " yes 或 no（也可 1、0、true、false、on、off）", "yes or no (or 1, 0, true, false, on, off)"
    )
    held = _held(environment, name)
    if held is None:
        return _required(name, default, possible)
    word = held.lower()
    if word not in YES | NO:
        raise SettingWrong(name, possible, held=held)
    return word in YES


def one_of(
    environment: Mapping[str, str], name: str, options: tuple[str, ...], *, default: str | None = None
) -> str:
    """Return one of `options`, as written there; a default of None means that it must be set.

    Raises:
        SettingWrong: it is not set and has no default, or is none of them.
    """
    possible = Text(f"以下之一：{'、'.join(options)}", f"one of {', '.join(options)}")
    held = _held(environment, name)
    if held is None:
        return _required(name, default, possible)
    if held not in options:
        raise SettingWrong(name, possible, held=held)
    return held


def path_text(environment: Mapping[str, str], name: str, *, default: str | None = None) -> str:
    """Return a path as text; whether anything is there is not looked at. A default of None means it must be set.

    Raises:
        SettingWrong: it is not set and has no default, or holds control characters.
    """
    possible = Text("文件或文件夹的路径", "the path of a file or folder")
    held = _held(environment, name)
    if held is None:
        return _required(name, default, possible)
    if UNFIT.search(held):
        raise SettingWrong(name, possible, held=held)
    return held


def comma_list(
    environment: Mapping[str, str], name: str, *, default: tuple[str, ...] | None = None
) -> tuple[str, ...]:
    """Return what stands between commas, in order, without blanks; a default of None means that it must be set.

    >>> comma_list({"HOSTS": "card.example, www.card.example"}, "HOSTS")
    ('card.example', 'www.card.example')

    Raises:
        SettingWrong: it is not set and has no default, there is nothing between two commas, or it holds
            control characters.
    """
    possible = Text("以逗号分隔的若干项", "items with commas between them")
    held = _held(environment, name)
    if held is None:
        return _required(name, default, possible)
    items = tuple(item.strip() for item in held.split(","))
    if UNFIT.search(held) or not all(items):
        raise SettingWrong(name, possible, held=held)
    return items


def _held(environment: Mapping[str, str], name: str) -> str | None:
    """Return what the setting holds, or None when it is not set."""
    return environment.get(name, "").strip() or None


def _required(name: str, default: T | None, possible: Text) -> T:
    if default is None:
        raise SettingWrong(name, possible)
    return default
