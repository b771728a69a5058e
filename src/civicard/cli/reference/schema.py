"""The JSON Schema of programme files, from the models that read them, described by the docstrings below their keys."""

import ast
import inspect
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import core_schema

from civicard.kernel.exact import Fraction
from civicard.kernel.text import Text
from civicard.scoring.load import BESIDE
from civicard.scoring.model import Ambiguous, Exact, Said, Word
from civicard.scoring.programme import Programme
from civicard.scoring.rules import KINDS
from civicard.scoring.source import WORDS

JSON = dict[str, Any]

PROGRAMME_SCHEMA, BESIDE_SCHEMA = "programme.schema.json", "beside.schema.json"
TITLES = {
    PROGRAMME_SCHEMA: "A Civicard programme file: who is evaluated, how it is scored, and what the source says.",
    BESIDE_SCHEMA: "A file beside a Civicard programme file, which holds some of its sections.",
}
REF = "#/$defs/"
NULL = {"type": "null"}
# What stands beside a shape and is no part of it.
ASIDE = ("description", "default")
ORDER = ("description", "type", "enum", "const", "required", "properties", "additionalProperties")


class Shape(NamedTuple):
    """A shape that the values of many keys have, described once.

    Attributes:
        found: as pydantic makes it.
        made: as the schema gives it.
        words: what it is called in a table.
        meaning: what it takes.
    """

    found: JSON
    made: JSON
    words: str
    meaning: str


def _shape(kind: Any, words: str, meaning: str) -> Shape:  # noqa: ANN401 - an annotation may be anything
    found = TypeAdapter(kind).json_schema()
    return Shape(found, found, words, meaning)


# YAML readers disagree about yes and no, so that the schema takes the words and what readers make of them.
YES_OR_NO = {"enum": [True, False, *(word for word, value in WORDS.items() if isinstance(value, bool))]}
SHARED: Mapping[str, Shape] = {
    "number": _shape(Exact, "number", "An exact number: 99.60, 30501000.00, 1/7. No quotes, no unit, no commas."),
    "text": _shape(Said, "text, or `{zh: …, en: …}`", "Text in Chinese, or a mapping with `zh` and, if there is one, `en`."),
    "word": _shape(Word, "word", "A code or another short word; digits without quotes are taken as they are printed."),
    "yes_or_no": Shape({"type": "boolean"}, YES_OR_NO, "yes or no", "yes or no, 是 or 否."),
}  # fmt: skip


def attribute_docs(model: type[BaseModel]) -> dict[str, str]:
    """Return the docstring below each attribute of `model` and its bases, read from their source.

    >>> from civicard.scoring.model import Ambiguity
    >>> attribute_docs(Ambiguity)["chosen"]
    'The reading in force.'
    """
    found: dict[str, str] = {}
    for one in reversed(model.__mro__):
        if issubclass(one, BaseModel) and one is not BaseModel:
            found |= _own_docs(one)
    return found


@cache
def _own_docs(model: type[BaseModel]) -> dict[str, str]:
    (tree,) = ast.parse(textwrap.dedent(inspect.getsource(model))).body
    assert isinstance(tree, ast.ClassDef)
    found = {}
    for attribute, below in pairwise(tree.body):
        match attribute, below:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                found[name] = flowing(text)
    return found


def flowing(text: str) -> str:
    """Return a docstring with each paragraph on one line."""
    return "\n\n".join(" ".join(part.split()) for part in inspect.cleandoc(text).split("\n\n"))


class _Generator(GenerateJsonSchema):
    """Describes each key by the docstring below it, and leaves out titles that repeat the key."""

    def field_title_should_be_set(self, _schema: Any) -> bool:  # noqa: ANN401 - as pydantic declares it
        return False

    def encode_default(self, dft: Any) -> Any:  # noqa: ANN401 - as pydantic declares it
        if isinstance(dft, Fraction):
            return dft.numerator if dft.denominator == 1 else str(dft)
        return str(dft) if isinstance(dft, str | Text) else super().encode_default(dft)

    def model_schema(self, schema: core_schema.ModelSchema) -> JSON:
        made = super().model_schema(schema)
        described = {"kind": "The kind of the rule."} | attribute_docs(schema["cls"])
        for key, one in made["properties"].items():
            if key in described:
                one["description"] = described[key]
        return made


def programme_schema() -> JSON:
    """Return the JSON Schema of a programme file."""
    made = Programme.model_json_schema(schema_generator=_Generator)
    definitions: JSON = {name: _tidy(one) for name, one in made.pop("$defs").items()}
    kinds = [{"$ref": f"{REF}{kind.__name__}"} for kind in KINDS]
    definitions["Rule"] = {"description": "A rule; `kind` says which of these it is.", "oneOf": kinds}
    for name, shape in SHARED.items():
        definitions[name] = {"description": shape.meaning, **shape.made}
    for one in _subclasses(Ambiguous):
        if one.__name__ in definitions:
            _leave_room_for_readings(definitions[one.__name__])
    whole = _tidy(made)
    # A bare yes or no is an answer.
    answers = [{"$ref": f"{REF}yes_or_no"}, {"$ref": f"{REF}Answer"}]
    whole["properties"]["evidence"]["additionalProperties"] = {"anyOf": answers}
    return _file(PROGRAMME_SCHEMA, whole, definitions)


def beside_schema() -> JSON:
    """Return the JSON Schema of a file beside: the sections that it may hold."""
    whole = programme_schema()
    sections = {key: whole["properties"][key] for key in BESIDE}
    body = {"type": "object", "minProperties": 1, "properties": sections, "additionalProperties": False}
    return _file(BESIDE_SCHEMA, body, whole["$defs"])


def _file(name: str, body: JSON, definitions: JSON) -> JSON:
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": name, "title": TITLES[name]}
    used = sorted(led_to(body, definitions), key=str.lower)
    rest = {key: one for key, one in body.items() if key not in {"title", "description"}}
    return {**head, **rest, "$defs": {key: definitions[key] for key in used}}


def _tidy(value: Any) -> Any:  # noqa: ANN401 - any part of a schema
    """Return a part of a schema with shared shapes named, without titles, and with its keys in one order."""
    if isinstance(value, list):
        return [_tidy(one) for one in value]
    if not isinstance(value, dict):
        return value
    aside = {key: value[key] for key in ASIDE if key in value}
    shape = {key: one for key, one in value.items() if key not in {*ASIDE, "discriminator"}}
    if "oneOf" in shape:  # the only one there is: the kinds of rule
        return {"$ref": f"{REF}Rule"} | aside
    options = [one for one in shape.get("anyOf", []) if one != NULL]
    core = {**shape, "anyOf": options} if options else shape
    for name, shared in SHARED.items():
        if core == shared.found:
            named = {"$ref": f"{REF}{name}"}
            return (named if core == shape else {"anyOf": [named, NULL]}) | aside
    if isinstance(shape.get("title"), str):
        del shape["title"]
    # pydantic leaves the limits of our own number types under its own names.
    renamed = {{"ge": "minimum", "le": "maximum"}.get(key, key): one for key, one in shape.items()}
    made = {key: _tidy(one) for key, one in renamed.items()} | aside
    if isinstance(made.get("description"), str):
        made["description"] = flowing(made["description"])
    return {key: made[key] for key in (*ORDER, *made) if key in made}


def _leave_room_for_readings(schema: JSON) -> None:
    """Let a key be missing that a chosen reading may set; only the kind of a rule stands always."""
    needed = [key for key in schema.get("required", []) if key != "kind"]
    if needed:
        if "kind" in schema.pop("required"):
            schema["required"] = ["kind"]
        schema["anyOf"] = [{"required": needed}, {"required": ["ambiguities"]}]


def required(schema: JSON) -> set[str]:
    """Return the keys that a part must have, if no reading sets them."""
    always: list[str] = schema.get("required", [])
    (mostly, *_) = schema.get("anyOf", [{}])
    return {*always, *mostly.get("required", [])}


def _subclasses(of: type[Any]) -> Iterator[type[Any]]:
    for one in of.__subclasses__():
        yield one
        yield from _subclasses(one)


def led_to(value: object, definitions: Mapping[str, Any], *, past: Iterable[str] = ()) -> list[str]:
    """Return the names of the definitions that `value` leads to, in the order in which it does.

    Args:
        value: a part of a schema.
        definitions: all definitions by name.
        past: names that are not gone into.
    """
    found: dict[str, None] = dict.fromkeys(past)
    known = len(found)
    _collect(value, definitions, found)
    return list(found)[known:]


def _collect(value: object, definitions: Mapping[str, Any], found: dict[str, None]) -> None:
    if isinstance(value, str) and value.startswith(REF) and (name := value.removeprefix(REF)) not in found:
        found[name] = None
        _collect(definitions[name], definitions, found)
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            _collect(one, definitions, found)
