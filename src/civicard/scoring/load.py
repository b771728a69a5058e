"""Programme files to a checked programme: read, join, validate, check; all faults at once. Pure.

The files come as text, so that whoever has them (a command, a page, a test) decides where from.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from civicard.kernel.text import Text
from civicard.scoring.checks import Checks
from civicard.scoring.faults import Fault, ProgrammeRefused, fault_at, from_validation
from civicard.scoring.programme import Programme
from civicard.scoring.source import Source, read

# Sections that a file beside may hold; the rest belongs together in the programme file.
BESIDE = ("figures", "evidence", "findings", "published", "claims", "slips", "narrative")


@dataclass(frozen=True, slots=True)
class Loaded:
    """A programme with the plain values it was made from, so that it can be made again with changes."""

    programme: Programme
    value: dict[str, Any]


def beside(text: str, name: str) -> list[str]:
    """Return the names of the files that the programme file wants read with it.

    Raises:
        SourceUnreadable: the text is no YAML.
        ProgrammeRefused: a name is not that of a file in the same folder.
    """
    source = read(text, name)
    names = source.value.get("beside") if isinstance(source.value, dict) else None
    found = []
    for at, one in enumerate(names if isinstance(names, list) else []):
        if not isinstance(one, str) or "/" in one or "\\" in one or one.startswith("."):
            why = Text("只能是同一文件夹中的文件名", "this must be the name of a file in the same folder")
            raise ProgrammeRefused([fault_at(source, ("beside", at), why)])
        found.append(one)
    return found


def load(texts: Mapping[str, str]) -> Loaded:
    """Return the programme that `texts` (file name to text, the programme file first) describe.

    Raises:
        SourceUnreadable: a text is no YAML, or breaks a limit.
        ProgrammeRefused: with all faults of all files, each with its line.
    """
    first, *others = [read(text, name) for name, text in texts.items()]
    if not isinstance(first.value, dict):
        why = Text("这不是计分方案文件", "this is no programme file")
        raise ProgrammeRefused([fault_at(first, (), why)])
    whole = Source(first.name, dict(first.value), dict(first.lines))
    faults = [fault for source in others for fault in _joined(whole, source)]
    return _checked(whole, faults)


def reloaded(value: dict[str, Any]) -> Programme:
    """Return the programme of values that were loaded before and changed since.

    Raises:
        ProgrammeRefused: a change does not fit.
    """
    try:
        return Programme.model_validate(value)
    except ValidationError as error:
        raise ProgrammeRefused(from_validation(error, Source("programme", value, {}), Programme)) from None


def _checked(whole: Source, faults: list[Fault]) -> Loaded:
    value: dict[str, Any] = whole.value  # type: ignore[assignment]  # both callers pass a mapping
    faults += Checks(whole).run()
    try:
        programme = Programme.model_validate(value)
    except ValidationError as error:
        raise ProgrammeRefused([*faults, *from_validation(error, whole, Programme)]) from None
    if faults:
        raise ProgrammeRefused(faults)
    return Loaded(programme, value)


def _joined(whole: Source, source: Source) -> list[Fault]:
    """Add the sections of a file beside to `whole`; return what is wrong with them."""
    faults: list[Fault] = []
    value: dict[str, Any] = whole.value  # type: ignore[assignment]  # load() made it a mapping
    if not isinstance(source.value, dict):
        return [fault_at(source, (), Text("需要键值对照", "a mapping is needed"))]
    for section, content in source.value.items():
        if section not in BESIDE:
            options = ", ".join(BESIDE)
            why = Text(f"旁附文件只能含：{options}", f"a file beside may hold only: {options}")
            faults.append(fault_at(source, (section,), why))
        elif section in value:
            why = Text(f"{section} 已在另一文件中给出", f"{section} is given in another file already")
            faults.append(fault_at(source, (section,), why))
        else:
            value[section] = content
            whole.files[section] = source.name
            whole.lines.update(
                {place: line for place, line in source.lines.items() if place[:1] == (section,)}
            )
    return faults
