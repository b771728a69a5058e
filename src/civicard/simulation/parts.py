"""The parts of a scenario file. Pure."""

from datetime import date, time
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field

from civicard.cards.codes import MakingCause, Reason
from civicard.kernel.exact import Fraction
from civicard.people.rules import AgeBand
from civicard.scoring.model import Part, Whole, Word, fault
from civicard.simulation.stages import Stage

MOST = 100_000_000
# More than the largest city has; positions of districts and of what varies by them are kept in two bytes.
MOST_DISTRICTS = 100
# Further than any delay of a scenario reaches, so that one calendar serves all.
MOST_DAYS = 120
Key = TypeVar("Key")


def _day(value: object) -> date:
    try:
        return value if isinstance(value, date) else date.fromisoformat(str(value))
    except ValueError:
        raise fault("需要日期，如 2018-07-01", "a date is needed, such as 2018-07-01") from None


def _clock(value: object) -> time:
    try:
        found = value if isinstance(value, time) else time.fromisoformat(str(value))
    except ValueError:
        raise fault("需要时刻，如 08:30", "a time of day is needed, such as 08:30") from None
    if found.tzinfo is not None or found.microsecond:
        raise fault("时刻精确到秒，不带时区", "a time of day has whole seconds and no zone")
    return found


def _number(value: object) -> object:
    """Return a whole number; keys of a file are always text."""
    if isinstance(value, Fraction) and value.denominator == 1:
        return value.numerator
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else value


def _code(value: object) -> object:
    """Return a code of digits as text, whether it stood in quotes or not."""
    return str(value.numerator) if isinstance(value, Fraction) and value.denominator == 1 else value


def some(weights: dict[Key, int]) -> dict[Key, int]:
    """Return shares of which one at least is above zero."""
    if not any(weights.values()):
        raise fault("至少一项份额应大于零", "at least one share must be above zero")
    return weights


Day = Annotated[date, BeforeValidator(_day)]
Clock = Annotated[time, BeforeValidator(_clock)]
Count = Annotated[Whole, Field(ge=0, le=MOST)]
Delay = Annotated[int, BeforeValidator(_number), Field(ge=0, le=MOST_DAYS)]
District = Annotated[str, BeforeValidator(_code), Field(pattern=r"^\d{6}$")]
Code = Annotated[str, BeforeValidator(_code), Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,31}$")]
Month = Annotated[int, BeforeValidator(_number), Field(ge=1, le=12)]
Delays = Annotated[dict[Delay, Count], AfterValidator(some), Field(min_length=1)]
AgeShares = Annotated[dict[AgeBand, Count], AfterValidator(some), Field(min_length=1)]


class DistrictPart(Part):
    """One district."""

    name: Word
    """Its name."""
    people: Annotated[Whole, Field(ge=1, le=MOST)]
    """Its weight among the districts, by people."""
    stations: Annotated[Whole, Field(ge=1, le=999)]
    """Stations in it, the district centre included."""


class Calendar(Part):
    """When offices work."""

    closed: list[Day] = Field(default_factory=list)
    """Weekdays and weekend days on which everything is closed."""
    worked: list[Day] = Field(default_factory=list)
    """Weekend days that are worked in exchange for a holiday."""
    saturday: Count = 0
    """Intake on an ordinary Saturday, of 100 on a working day."""
    sunday: Count = 0
    """Intake on an ordinary Sunday, of 100 on a working day."""


class TargetPart(Part):
    """A target of the year, or a change to it."""

    target: Code
    """Its code."""
    version: Annotated[Whole, Field(ge=1, le=99)]
    """1 when first set."""
    value: Count
    """The target at 1:1."""
    unit: Code
    """What is counted."""
    set_on: Day
    """The day it is recorded."""
    approved_on: Day
    """The day of the decision."""
    reason: Word
    """Why."""
    approval: Word
    """The decision."""


class Volumes(Part):
    """How much comes in and what becomes of it, at 1:1."""

    due: Count
    """Applications taken in and due in the year, refused ones left out."""
    late: Count
    """Of those, the ones not received at their station by the day they were due."""
    made: Count
    """Good cards: cards that passed inspection in the year."""
    refused: Count
    """Applications refused."""
    taken_in: Annotated[dict[Month, Count], Field(min_length=1)]
    """Applications by month: shares of `due` for what falls due in the year, counts for what falls due after it."""
    corrected_per_mille: Annotated[Whole, Field(ge=0, le=1000)]
    """Of 1,000 applications, those that the applicant must mend."""


class Reasons(Part):
    """Why cards are applied for, from a day on."""

    since: Day
    """The first day."""
    shares: Annotated[dict[Reason, Count], AfterValidator(some), Field(min_length=1)]
    """Share by reason."""


class Busy(Part):
    """Longer delays at a busy time."""

    months: Annotated[list[Month], Field(min_length=1)]
    """Months of intake in which they hold."""
    days: Delays
    """Share by number of days."""


class StagePart(Part):
    """One stage: how long it takes and at what hours it ends."""

    hours: Annotated[list[Clock], Field(min_length=2, max_length=2)]
    """From and to, local time."""
    days: Delays
    """Share by number of days."""
    busy: Busy | None = None
    """What differs at a busy time."""


class Trouble(Part):
    """Where and when late applications are more frequent."""

    stage: Stage
    """The stage that loses the time."""
    months: list[Month] = Field(default_factory=list)
    """Months of intake; all when empty."""
    districts: list[District] = Field(default_factory=list)
    """Districts; all when empty."""
    times: Annotated[Whole, Field(ge=1, le=1000)]
    """How many times as frequent."""


class Lateness(Part):
    """Late applications."""

    stages: Annotated[dict[Stage, Count], AfterValidator(some)]
    """Share by the stage that loses the time."""
    troubles: list[Trouble] = Field(default_factory=list)
    """What makes them uneven; several multiply."""
    over_days: Delays
    """Share by working days over the first working day after the one that was due."""


class Failures(Part):
    """First attempts that fail."""

    per_hundred_thousand: Annotated[Whole, Field(ge=0, le=20_000)]
    """Of 100,000 cards made, those whose first attempt failed."""
    in_machine: Annotated[dict[MakingCause, Count], AfterValidator(some)]
    """Share by cause of those that fail in the machine."""
    at_inspection: Annotated[dict[MakingCause, Count], AfterValidator(some)]
    """Share by cause of those that fail at inspection."""
    inspection_percent: Annotated[Whole, Field(ge=0, le=100)]
    """How many of them fail at inspection."""
    again_percent: Annotated[Whole, Field(ge=0, le=100)]
    """Of those that fail in the machine, how many fail a second time."""


class Accounts(Part):
    """The financial accounts."""

    banks: Annotated[dict[Code, Count], AfterValidator(some), Field(min_length=1)]
    """Share by bank."""
    activated_percent: Annotated[Whole, Field(ge=0, le=100)]
    """Of the cards handed over, those whose account is activated sooner or later."""
    after_days: Delays
    """Share by calendar days from hand-over to activation; 0 is in the same visit."""


class Holding(Part):
    """What happens to cards in their holders' hands, at 1:1. Each card has one such story at most."""

    reissued: Count
    """Cards handed over in the year, lost for good and reissued within it; the first loss report is in writing."""
    replaced: Count
    """Cards handed over in the year and replaced within it."""
    word_before_percent: Annotated[Whole, Field(ge=0, le=100)]
    """Of the reissued, those reported by word first."""
    temporary_lapsed: Count
    """Losses reported by word that lapse."""
    temporary_lifted: Count
    """Losses reported by word whose card is found."""
    formal_lapsed: Count
    """Losses reported in writing that lapse."""
    formal_lifted: Count
    """Losses reported in writing whose card is found."""
    died: Count
    """Holders who die and whose card is cancelled."""
    moved_away: Count
    """Holders who move away and whose card is cancelled."""
    asked: Count
    """Cards cancelled because the holder asks."""
    uncollected: Count
    """Cards that nobody picks up and that go back."""


class Production(Part):
    """Batches and blanks, at 1:1."""

    batch: Annotated[Whole, Field(ge=1, le=MOST)]
    """Most applications of a batch."""
    lot: Annotated[Whole, Field(ge=1, le=MOST)]
    """Blanks of a lot."""
    lot_ahead_days: Annotated[Whole, Field(ge=1, le=MOST_DAYS)]
    """Calendar days by which a lot comes in before it is needed."""


class BroughtIn(Part):
    """Cards that are brought into the ledger one by one, and e-cards, at 1:1."""

    cards: Count
    """Cards in force when the year begins."""
    active_percent: Annotated[Whole, Field(ge=0, le=100)]
    """Of those, the ones whose financial account is active."""
    ecards: Count
    """Holders who sign up for the electronic card by the end of the year."""
    ecards_before: Count
    """Of those, the ones who had when the year began."""
    apps: Annotated[dict[Code, Count], AfterValidator(some), Field(min_length=1)]
    """Share of sign-ups by app."""
