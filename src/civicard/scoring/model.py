"""How the parts of a programme file are declared: one pydantic model a part, frozen, no unknown keys. Pure.

The models are the file format, the JSON Schema, and the objects that score, all three from one declaration.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    model_validator,
)
from pydantic_core import PydanticCustomError, core_schema

from civicard.kernel.exact import Fraction, Rounding, plain, rounded
from civicard.kernel.text import Text
from civicard.scoring.source import MOST_DIGITS

FAULT = "civicard"


def fault(zh: str, en: str) -> PydanticCustomError:
    """Return the error that reports one fault of a file in both languages."""
    return PydanticCustomError(FAULT, "{en}", {"zh": zh, "en": en})


def _number(value: object) -> Fraction:
    """Return an exact number; text, yes/no and binary floats are not numbers."""
    if isinstance(value, Fraction):
        if value.denominator > 10**MOST_DIGITS or abs(value.numerator) > 10**MOST_DIGITS:
            raise fault(f"数字超过 {MOST_DIGITS} 位", f"the number has more than {MOST_DIGITS} digits")
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return Fraction(value)
    if isinstance(value, str):
        raise fault(
            f"需要数值，这里是文字“{value[:40]}”；数字不加引号，也不带单位",
            f"a number is needed, here stands the text {value[:40]!r}; write digits without quotes or unit",
        )
    raise fault("需要数值", "a number is needed")


def _text(value: object) -> Text:
    """Return plain text (Chinese), or that of a mapping with `zh` and `en`."""
    match value:
        case Text():
            return value
        case {"zh": str(zh), "en": str(en), **rest} if not rest:
            return Text(zh.strip(), en.strip())
        case {"zh": str(zh), **rest} if not rest:
            return Text(zh.strip())
    return Text(word(value))


def _written(text: Text) -> str | dict[str, str]:
    return {"zh": text.zh, "en": text.en} if text.en else text.zh


def word(value: object) -> str:
    """Return a code or short word as text; a number that stands without quotes is taken as it is printed."""
    match value:
        case str():
            return value.strip()
        case bool():
            return "是" if value else "否"
        case Fraction():
            return plain(value)
    raise fault("需要文字，或 {zh: …, en: …}", "text is needed, or {zh: …, en: …}")


def _whole(value: object) -> object:
    return value.numerator if isinstance(value, Fraction) and value.denominator == 1 else value


BOTH_LANGUAGES = {
    "type": "object",
    "properties": {"zh": {"type": "string"}, "en": {"type": "string"}},
    "required": ["zh"],
    "additionalProperties": False,
}


@dataclass(frozen=True, slots=True, eq=False)
class Read:
    """How a field is read, written and described; pydantic's own plain validator costs a tenth of a start."""

    read: Callable[[object], object]
    write: Callable[[Any], object]
    schema: dict[str, Any]

    def __get_pydantic_core_schema__(self, _source: object, _handler: object) -> core_schema.CoreSchema:
        """Return the schema that calls the two functions."""
        return core_schema.no_info_plain_validator_function(
            self.read, serialization=core_schema.plain_serializer_function_ser_schema(self.write)
        )

    def __get_pydantic_json_schema__(self, _core: object, _handler: object) -> dict[str, Any]:
        """Return what an editor is told."""
        return {**self.schema}  # pydantic adds to what it is given


NUMBER_SCHEMA = {"anyOf": [{"type": "number"}, {"type": "string", "pattern": r"^-?\d+/\d+$"}]}
TEXT_SCHEMA = {"anyOf": [{"type": "string"}, {"type": "number"}, {"type": "boolean"}, BOTH_LANGUAGES]}

Exact = Annotated[Fraction, Read(_number, plain, NUMBER_SCHEMA)]
Said = Annotated[Text, Read(_text, _written, TEXT_SCHEMA)]
Word = Annotated[str, Read(word, str, {"type": ["string", "number"]})]
Whole = Annotated[int, BeforeValidator(_whole), Field(strict=True)]


class Part(BaseModel):
    """Any part of a programme file."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class RoundTo(Part):
    """A rounding that the framework itself prescribes."""

    to: Exact
    """The step to round to: 0.01 keeps two decimals."""
    mode: Rounding = Rounding.HALF_UP
    """What happens between two steps."""

    @model_validator(mode="after")
    def _step_is_positive(self) -> "RoundTo":
        if self.to <= 0:
            raise fault("取整步长必须大于零", "the step of a rounding must be above zero")
        return self

    def __call__(self, number: Fraction) -> Fraction:
        """Return `number` rounded as prescribed."""
        return rounded(number, self.to, self.mode)


class Reading(Part):
    """One way to understand an ambiguous wording."""

    why: Said = Text("")
    """What speaks for this reading."""
    literal: bool = False
    """This is what the printed words say when nothing else is considered."""
    set: dict[str, Any] = Field(default_factory=dict)
    """The keys of the surrounding part that differ under this reading."""


class Ambiguity(Part):
    """A wording that can be understood in more than one way, and the choice that somebody made."""

    question: Said
    """What is open."""
    chosen: str
    """The reading in force."""
    readings: dict[str, Reading] = Field(min_length=2)
    """All plausible readings, by name."""

    @model_validator(mode="after")
    def _chosen_is_one(self) -> "Ambiguity":
        if self.chosen not in self.readings:
            options = "、".join(self.readings)
            raise fault(
                f"所选读法“{self.chosen}”不在其中：{options}",
                f"the chosen reading {self.chosen!r} is none of {', '.join(self.readings)}",
            )
        return self


# What a reading cannot change: a wording is open, not what the part is made of.
FIXED = frozenset({"ambiguities", "kind", "indicators", "parts", "items"})


class Ambiguous(Part):
    """A part of which some key can be read in more than one way.

    The part itself stands as it is under the chosen readings; `readings.under` gives the programme under others.
    Every reading is validated when the file is loaded, so one that cannot work is a fault of the file.
    """

    # Keys of the class that are ambiguous by nature, with their readings.
    by_nature: ClassVar[Mapping[str, type[StrEnum]]] = {}

    ambiguities: dict[str, Ambiguity] = Field(default_factory=dict)
    """Wordings of this part with more than one plausible reading."""

    @model_validator(mode="wrap")
    @classmethod
    def _each_reading_must_work(cls, data: object, handler: ModelWrapValidatorHandler[Self]) -> Self:
        if not isinstance(data, dict):
            return handler(data)
        ambiguities = data.get("ambiguities")
        part = handler({**data, **_chosen(ambiguities)})
        for name, ambiguity in part.ambiguities.items():
            for reading in ambiguity.readings.values():
                if unknown := set(reading.set) - set(cls.model_fields) | (FIXED & set(reading.set)):
                    raise fault(
                        f"读法“{name}”设置了不存在的键：{'、'.join(sorted(unknown))}",
                        f"a reading of {name!r} sets keys that do not exist: {', '.join(sorted(unknown))}",
                    )
                handler({**data, **_chosen(ambiguities), **reading.set})
        return part


def _chosen(ambiguities: object) -> dict[str, Any]:
    """Return the keys that the chosen readings set; whatever has a wrong shape is left to the validators."""
    keys: dict[str, Any] = {}
    if isinstance(ambiguities, dict):
        for one in ambiguities.values():
            match one:
                case {"readings": dict(readings), "chosen": str(chosen)}:
                    match readings.get(chosen):
                        case {"set": dict(changes)}:
                            keys |= changes
    return keys
