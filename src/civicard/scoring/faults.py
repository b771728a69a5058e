"""What is wrong with a file, all of it at once, each with its line. Pure."""

import difflib
import types
import typing
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from civicard.kernel.refusal import Refusal
from civicard.kernel.text import Text
from civicard.scoring.model import FAULT
from civicard.scoring.source import Place, Source


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong.

    Attributes:
        file: the name of the file.
        line: the line, from 1.
        path: where in the file, as people say it: framework.indicators[2].weight.
        text: what is wrong, and what would be right.
    """

    file: str
    line: int
    path: str
    text: Text

    def __str__(self) -> str:
        """Return it in English with its place."""
        return f"{self.file}:{self.line}: {self.path}: {self.text.en or self.text.zh}"


class ProgrammeRefused(Refusal):
    """A programme file has faults; nothing was evaluated.

    Attributes:
        faults: all of them, by file and line.
    """

    code = "programme_refused"

    def __init__(self, faults: Iterable[Fault]) -> None:
        """Sort the faults and make the sentence that lists them."""
        self.faults: Sequence[Fault] = sorted(
            set(faults), key=lambda one: (one.file, one.line, one.path, one.text.en)
        )
        number = len(self.faults)
        zh = [f"{one.file} 第 {one.line} 行 {one.path}：{one.text.zh}" for one in self.faults]
        en = [str(one) for one in self.faults]
        super().__init__(
            Text(
                "\n".join([f"文件有 {number} 处问题，未作评价：", *zh]),
                "\n".join(
                    [f"The file has {number} fault{'s' if number > 1 else ''}; nothing was evaluated:", *en]
                ),
            )
        )


def path_of(place: Place) -> str:
    """Return `place` as people say it."""
    text = "".join(f"[{key + 1}]" if isinstance(key, int) else f".{key}" for key in place)
    return text.removeprefix(".") or "file"


def fault_at(source: Source, place: Place, text: Text) -> Fault:
    """Return the fault of one place of a file."""
    return Fault(source.file(place), source.line(place), path_of(place), text)


def from_validation(error: ValidationError, source: Source, model: type[BaseModel]) -> list[Fault]:
    """Return the faults of a failed validation, in our words and with lines."""
    faults = []
    for detail in error.errors(include_url=False, include_input=True):
        place = _place(detail["loc"], source)
        faults.append(fault_at(source, place, _words(detail, place, model)))
    return faults


def _place(loc: Sequence[int | str], source: Source) -> Place:
    """Return where in the file a validation error lies; the kind of a rule is no key of the file."""
    place: list[int | str] = []
    value: Any = source.value
    is_kind_passed = False
    for at, key in enumerate(loc):
        if isinstance(value, dict) and value.get("kind") == key and not is_kind_passed:
            is_kind_passed = True
            continue
        below = _entry(value, key)
        if below is not None or at == len(loc) - 1:
            place.append(key)
            value = below
            is_kind_passed = False
    return tuple(place)


def _entry(value: object, key: int | str) -> object:
    """Return what stands under `key`; None where there is nothing."""
    if isinstance(value, dict):
        return value.get(key)
    if isinstance(value, list) and isinstance(key, int) and key < len(value):
        return value[key]
    return None


KNOWN_WORDS: dict[str, tuple[str, str]] = {
    "missing": ("缺少这一项", "this is missing"),
    "string_type": ("需要文字", "text is needed"),
    "bool_type": ("需要“是”或“否”", "yes or no is needed"),
    "bool_parsing": ("需要“是”或“否”", "yes or no is needed"),
    "int_type": ("需要整数", "a whole number is needed"),
    "list_type": ("需要列表", "a list is needed"),
    "dict_type": ("需要键值对照", "a mapping is needed"),
    "model_type": ("需要键值对照", "a mapping is needed"),
    "model_attributes_type": ("需要键值对照", "a mapping is needed"),
    "union_tag_not_found": ("缺少规则种类 kind", "the kind of the rule is missing"),
}


def _words(detail: ErrorDetails, place: Place, model: type[BaseModel]) -> Text:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == FAULT:
        return Text(context["zh"], context["en"])
    if kind == "extra_forbidden":
        key = str(place[-1])
        known = sorted(_keys(model, detail["loc"][:-1]))
        return unknown(key, known, Text("键", "key"))
    if kind in {"enum", "literal_error", "union_tag_invalid"}:
        expected = str(context.get("expected") or context.get("expected_tags"))
        given = str(context.get("tag") or detail.get("input"))
        options = [one.strip(" '") for one in expected.replace(" or ", ",").split(",")]
        return unknown(given, options, Text("取值", "value"))
    if kind in KNOWN_WORDS:
        return Text(*KNOWN_WORDS[kind])
    return Text(f"不合要求：{detail['msg']}", detail["msg"])


def unknown(given: str, known: Sequence[str], what: Text) -> Text:
    """Return the sentence for a word that is not known, with the nearest one that is."""
    near = difflib.get_close_matches(given, known, n=1)
    options = ", ".join(known)
    hint = (f"，是否想写“{near[0]}”？", f"; did you mean {near[0]!r}?") if near else ("；", ";")
    return Text(
        f"没有“{given}”这个{what.zh}{hint[0]}可用：{options}",
        f"there is no {what.en} {given!r}{hint[1]} possible: {options}",
    )


def _keys(model: type[BaseModel], loc: Sequence[int | str]) -> set[str]:
    """Return the keys that the model at `loc` knows."""
    here: list[Any] = [model]
    for key in loc:
        here = [below for one in here for below in _below(one, key)] or here
    return {
        name
        for one in here
        if isinstance(one, type) and issubclass(one, BaseModel)
        for name in one.model_fields
    }


def _below(annotation: Any, key: int | str) -> list[Any]:  # noqa: ANN401 - an annotation may be anything
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        tag = annotation.model_fields.get("kind")
        if tag is not None and key in get_args(tag.annotation):
            return [annotation]
        field = annotation.model_fields.get(str(key))
        return _flat(field.annotation) if field is not None else []
    if get_origin(annotation) in {list, dict}:
        return _flat(get_args(annotation)[-1])
    return []


def _flat(annotation: Any) -> list[Any]:  # noqa: ANN401 - an annotation may be anything
    """Return the alternatives of an annotation, without Annotated and Union around them."""
    if get_origin(annotation) is Annotated:
        return _flat(get_args(annotation)[0])
    if get_origin(annotation) in {typing.Union, types.UnionType}:
        return [one for part in get_args(annotation) for one in _flat(part)]
    return [annotation]
