"""The rules of a city's programme that go by date: validity by age, fees, loss timers, promised days. Pure.

They are data with effective dates, never constants: `programme-rules/` holds a file a city. Each entry says from which
day it is in force, on what source it rests and whether that source was seen (`confirmed`); the last one that has begun
is in force. docs/reference/programme-rules.md is made from them.

Source: each entry names its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Generic, TypeVar

from civicard.cards.codes import Reason, ReplaceCause
from civicard.kernel.refusal import Refusal
from civicard.kernel.text import Text

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class RulesNotInForce(Refusal):
    """No entry of the programme's rules was in force on the day asked for."""

    code = "programme_rules_not_in_force"


class FeeCauseMissing(Refusal):
    """The fee of a replacement was asked for without the cause that it goes by, or that of another card with one."""

    code = "fee_cause_missing"


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry(Generic[T_co]):
    """One item of the rules from one day on.

    Attributes:
        from_on: the first day it is in force.
        source: the decree and article, or what else it rests on.
        is_confirmed: whether that source was seen; what is not confirmed may turn out otherwise.
        value: the rule itself.
    """

    from_on: date
    source: Text
    is_confirmed: bool
    value: T_co


@dataclass(frozen=True, kw_only=True, slots=True)
class AgeRow:
    """How long the card of an applicant of certain ages is valid.

    Attributes:
        from_age: the least age in whole years.
        below_age: the age from which the next row holds; None in the last row.
        years: valid so many years; None when it ends otherwise.
        until_age: valid until the birthday of this age; None when it ends otherwise. Both None is without end.
    """

    from_age: int
    below_age: int | None
    years: int | None = None
    until_age: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Fees:
    """What a card costs, in fen; None where no source says it, which is not free.

    Attributes:
        by_reason: for all reasons but replacement.
        of_replacement: for each cause of a replacement.
    """

    by_reason: Mapping[Reason, int | None]
    of_replacement: Mapping[ReplaceCause, int | None]


@dataclass(frozen=True, kw_only=True, slots=True)
class RulesInForce:
    """The rules of one day.

    Attributes:
        validity: the ages in order, without gap or overlap.
        fees: what a card costs.
        temporary_loss_hours: after so many hours a temporary loss lapses.
        formal_loss_days: after so many days a formal loss lapses, unless a reissue was asked for.
        promised_days: days from intake until the card is ready.
        uncollected_days: days a card waits at its station until it is uncollected.
        least_age_to_act: from this age a person applies without a guardian.
    """

    validity: tuple[AgeRow, ...]
    fees: Fees
    temporary_loss_hours: int
    formal_loss_days: int
    promised_days: int
    uncollected_days: int
    least_age_to_act: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ProgrammeRules:
    """The rules of a programme through time; each item has its entries, the oldest first.

    Attributes:
        title: the programme they belong to.
    """

    title: Text
    validity: tuple[Entry[tuple[AgeRow, ...]], ...]
    fees: tuple[Entry[Fees], ...]
    temporary_loss_hours: tuple[Entry[int], ...]
    formal_loss_days: tuple[Entry[int], ...]
    promised_days: tuple[Entry[int], ...]
    uncollected_days: tuple[Entry[int], ...]
    least_age_to_act: tuple[Entry[int], ...]

    def at(self, day: date) -> RulesInForce:
        """Return the rules in force on `day`.

        Raises:
            RulesNotInForce: an item had not begun yet.
        """
        return RulesInForce(
            validity=self._entry(self.validity, day),
            fees=self._entry(self.fees, day),
            temporary_loss_hours=self._entry(self.temporary_loss_hours, day),
            formal_loss_days=self._entry(self.formal_loss_days, day),
            promised_days=self._entry(self.promised_days, day),
            uncollected_days=self._entry(self.uncollected_days, day),
            least_age_to_act=self._entry(self.least_age_to_act, day),
        )

    def _entry(self, entries: tuple[Entry[T], ...], day: date) -> T:
        begun = [one for one in entries if one.from_on <= day]
        if not begun:
            first = entries[0].from_on
            raise RulesNotInForce(
                Text(
                    f"{self.title.zh}没有 {day} 施行的规则：最早一条自 {first} 起。"
                    "请在规则文件中补上更早的条目及其依据。",
                    f"{self.title.en or self.title.zh} has no rules in force on {day}: the first begin on {first}. "
                    "Add an earlier entry with its source to the file of rules.",
                )
            )
        return begun[-1].value


def fee_fen(rules: ProgrammeRules, reason: Reason, cause: ReplaceCause | None, day: date) -> int | None:
    """Return what a card applied for on `day` costs, in fen; None when no source says, which is not free.

    Args:
        rules: the programme's.
        reason: why the card is applied for.
        cause: why it is replaced; None for every other reason.
        day: day of the application.

    Raises:
        RulesNotInForce: there are none for that day.
        FeeCauseMissing: a replacement has no cause, or another reason has one.
    """
    if (reason is Reason.REPLACEMENT) != (cause is not None):
        raise FeeCauseMissing(
            Text(
                f"不能确定费用：申领原因 {reason} 与换卡原因 {cause or '（无）'} 不相配。"
                f"换卡须注明原因（{'、'.join(ReplaceCause)}），其他申领不注明。",
                f"The fee cannot be told: the reason {reason} does not go with the cause {cause or '(none)'}. A "
                f"replacement needs one of {', '.join(ReplaceCause)}, any other application has none.",
            )
        )
    fees = rules.at(day).fees
    return fees.by_reason[reason] if cause is None else fees.of_replacement[cause]
