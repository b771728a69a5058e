"""A programme's rules from plain values, as a YAML file gives them, with all faults named at once. Pure."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from numbers import Rational
from types import MappingProxyType
from typing import TypeVar

from civicard.cards.codes import Reason, ReplaceCause
from civicard.cards.rules.programme import AgeRow, Entry, Fees, ProgrammeRules
from civicard.kernel.refusal import Refusal
from civicard.kernel.text import Text
from civicard.scoring.faults import path_of, unknown
from civicard.scoring.source import Place, Source, read

T = TypeVar("T")

# The items that are one whole number, with the least and most that make sense; beyond it a unit was mistaken.
NUMBERS = {
    "temporary_loss_hours": (1, 24 * 365),
    "formal_loss_days": (1, 3650),
    "promised_days": (1, 365),
    "uncollected_days": (1, 3650),
    "least_age_to_act": (0, 100),
}
TABLES = ("validity", "fees")
MOST_AGE = 150
MOST_YEARS = 100
MOST_FEN = 100_000_00


@dataclass(frozen=True, kw_only=True, slots=True)
class RuleFault:
    """One thing that is wrong with a file of rules.

    Attributes:
        path: where, as people say it: validity[1].ages[2].years.
        line: the line, from 1; None when the values did not come from a file.
        text: what is wrong, and what would be right.
    """

    path: str
    line: int | None
    text: Text


class RulesRefused(Refusal):
    """A file of programme rules has faults; no rule of it was taken.

    Attributes:
        faults: all of them, in the order of the file.
    """

    code = "programme_rules_refused"

    def __init__(self, name: str, faults: Iterable[RuleFault]) -> None:
        """Make the sentence that lists the faults of the file `name`."""
        self.faults = tuple(faults)
        zh, en = (
            [f"{name} 有 {len(self.faults)} 处问题，规则未采用："],
            [
                f"{name} has {len(self.faults)} fault{'s' if len(self.faults) > 1 else ''}; none of its rules was taken:"
            ],
        )
        for one in self.faults:
            zh.append(f"{f'第 {one.line} 行 ' if one.line else ''}{one.path}：{one.text.zh}")
            en.append(f"{f'line {one.line}, ' if one.line else ''}{one.path}: {one.text.en}")
        super().__init__(Text("\n".join(zh), "\n".join(en)))


def load_rules(text: str, name: str = "programme-rules.yaml") -> ProgrammeRules:
    """Return the rules that a YAML text holds.

    Raises:
        SourceUnreadable: it is no YAML that can be read safely.
        RulesRefused: it has faults, all of them named with their lines.
    """
    return _Reader(name, read(text, name)).rules()


def read_rules(values: object, name: str = "programme-rules") -> ProgrammeRules:
    """Return the rules that already parsed values hold.

    Args:
        values: a mapping; whole numbers as int or exact fractions, dates as dates or ISO 8601 text.
        name: what it is called in messages.

    Raises:
        RulesRefused: it has faults, all of them named.
    """
    return _Reader(name, None, values).rules()


class _Reader:
    """Reads values and gathers what is wrong with them; what cannot be read is None and has its fault."""

    def __init__(self, name: str, source: Source | None, values: object = None) -> None:
        self.name = name
        self.source = source
        self.values = values if source is None else source.value
        self.faults: list[RuleFault] = []

    def fault(self, place: Place, zh: str, en: str) -> None:
        line = None if self.source is None else self.source.line(place)
        self.faults.append(RuleFault(path=path_of(place), line=line, text=Text(zh, en)))

    def rules(self) -> ProgrammeRules:
        given = self.mapping(self.values, (), {"title", *TABLES, *NUMBERS}, set())
        title = self.text(given.get("title"), ("title",)) if "title" in given else None
        validity = self.entries(given, "validity", "ages", self.ages)
        fees = self.entries(given, "fees", "fen", self.fees)
        numbers = {
            item: self.entries(given, item, "value", partial(self.whole, limits=limits))
            for item, limits in NUMBERS.items()
        }
        if self.faults or title is None:
            raise RulesRefused(self.name, self.faults)
        return ProgrammeRules(title=title, validity=validity, fees=fees, **numbers)

    def mapping(
        self, value: object, place: Place, needed: set[str], optional: set[str]
    ) -> Mapping[str, object]:
        if not isinstance(value, Mapping):
            self.fault(place, "需要键值对照", "a mapping is needed")
            return {}
        known = sorted(needed | optional)
        for key in value:
            if key not in known:
                said = unknown(str(key), known, Text("键", "key"))
                self.fault((*place, str(key)), said.zh, said.en)
        for key in sorted(needed - set(value)):
            self.fault((*place, key), "缺少这一项", "this is missing")
        return {key: one for key, one in value.items() if key in known}

    def rows(self, value: object, place: Place) -> list[object]:
        if isinstance(value, list) and value:
            return value
        self.fault(place, "需要至少一行的列表", "a list with at least one line is needed")
        return []

    def entries(
        self, given: Mapping[str, object], item: str, key: str, content: Callable[[object, Place], T | None]
    ) -> tuple[Entry[T], ...]:
        """Return the entries of one item, the oldest first; no two may begin on one day."""
        if item not in given:
            return ()
        found: list[Entry[T]] = []
        for number, line in enumerate(self.rows(given[item], (item,))):
            place = (item, number)
            one = self.mapping(line, place, {"from_on", "source", "confirmed", key}, set())
            if len(one) < len(("from_on", "source", "confirmed", key)):
                continue
            from_on = self.day(one["from_on"], (*place, "from_on"))
            source = self.text(one["source"], (*place, "source"))
            confirmed = self.yes_no(one["confirmed"], (*place, "confirmed"))
            value = content(one[key], (*place, key))
            if from_on is None or source is None or confirmed is None or value is None:
                continue
            if any(from_on == other.from_on for other in found):
                self.fault(
                    (*place, "from_on"),
                    f"已有一条自 {from_on} 起施行；同一天只能有一条",
                    f"another entry begins on {from_on}; there can be only one",
                )
            found.append(Entry(from_on=from_on, source=source, is_confirmed=confirmed, value=value))
        return tuple(sorted(found, key=lambda one: one.from_on))

    def text(self, value: object, place: Place) -> Text | None:
        """Return words in both languages: `{zh: …, en: …}`."""
        given = self.mapping(value, place, {"zh", "en"}, set())
        words = [given.get(key) for key in ("zh", "en")]
        if len(given) < len(words):
            return None
        for key, one in zip(("zh", "en"), words, strict=True):
            if not isinstance(one, str) or not one.strip():
                self.fault((*place, key), "需要文字", "text is needed")
                return None
        return Text(str(words[0]), str(words[1]))

    def yes_no(self, value: object, place: Place) -> bool | None:
        if isinstance(value, bool):
            return value
        self.fault(place, "需要“是”或“否”", "yes or no is needed")
        return None

    def day(self, value: object, place: Place) -> date | None:
        if isinstance(value, date) and not isinstance(value, datetime):
            return value
        try:
            return date.fromisoformat(value if isinstance(value, str) else "")
        except ValueError:
            self.fault(place, "需要日期，如 2018-07-01", "a date is needed, such as 2018-07-01")
            return None

    def whole(self, value: object, place: Place, limits: tuple[int, int]) -> int | None:
        """Return a whole number; YAML's yes and no are none, though Python takes them for 1 and 0."""
        if isinstance(value, bool) or not isinstance(value, Rational) or value.denominator != 1:
            self.fault(place, "需要整数", "a whole number is needed")
            return None
        least, most = limits
        number = int(value.numerator)
        if least <= number <= most:
            return number
        self.fault(
            place, f"应在 {least} 至 {most} 之间，却是 {number}", f"{number} lies outside {least} to {most}"
        )
        return None

    def fees(self, value: object, place: Place) -> Fees | None:
        """Return the fees of one entry: every reason stands there, null where no source says the fee."""
        reasons = [one for one in Reason if one is not Reason.REPLACEMENT]
        given = self.mapping(value, place, {*map(str, Reason)}, set())
        if Reason.REPLACEMENT not in given:
            return None
        here = (*place, str(Reason.REPLACEMENT))
        replaced = self.mapping(given[Reason.REPLACEMENT], here, {*map(str, ReplaceCause)}, set())
        fees: dict[Reason, int | None] = {
            one: self.fen(given.get(one), (*place, str(one))) for one in reasons
        }
        of_replacement = {one: self.fen(replaced.get(one), (*here, str(one))) for one in ReplaceCause}
        return Fees(by_reason=MappingProxyType(fees), of_replacement=MappingProxyType(of_replacement))

    def fen(self, value: object, place: Place) -> int | None:
        return None if value is None else self.whole(value, place, (0, MOST_FEN))

    def ages(self, value: object, place: Place) -> tuple[AgeRow, ...] | None:
        """Return the table of validity by age: from 0 on every age stands in exactly one row."""
        faults = len(self.faults)
        rows = [self.age_row(line, (*place, number)) for number, line in enumerate(self.rows(value, place))]
        table = [one for one in rows if one is not None]
        if len(self.faults) > faults:
            return None
        expected: int | None = 0
        for number, row in enumerate(table):
            here = (*place, number, "from_age")
            if expected is None:
                self.fault(
                    here, "上一行已无上限，其后不能再有行", "the row before has no end; none can follow it"
                )
                return None
            if row.from_age > expected:
                self.fault(
                    here,
                    f"年龄有缺口：{expected} 至 {row.from_age - 1} 岁不在表中",
                    f"a gap: ages {expected} to {row.from_age - 1} stand in no row",
                )
            elif row.from_age < expected:
                self.fault(
                    here,
                    f"年龄重叠：{row.from_age} 至 {expected - 1} 岁出现两次（各行应按年龄从小到大）",
                    f"an overlap: ages {row.from_age} to {expected - 1} stand in two rows (the youngest come first)",
                )
            expected = row.below_age
        if expected is not None:
            last = (*place, len(table) - 1, "below_age")
            self.fault(
                last,
                f"年龄有缺口：{expected} 岁及以上不在表中（最后一行不写 below_age）",
                f"a gap: ages from {expected} stand in no row (the last row has no below_age)",
            )
        return tuple(table) if len(self.faults) == faults else None

    def age_row(self, value: object, place: Place) -> AgeRow | None:
        faults = len(self.faults)
        ends = {"years", "until_age", "without_end"}
        given = self.mapping(value, place, {"from_age"}, {"below_age", *ends})
        if len(ends & set(given)) != 1:
            self.fault(
                place,
                "years、until_age、without_end 须有且只有一项",
                "exactly one of years, until_age, without_end is needed",
            )
        from_age = self.number(given, "from_age", place, (0, MOST_AGE))
        below_age = self.number(given, "below_age", place, (1, MOST_AGE))
        years = self.number(given, "years", place, (1, MOST_YEARS))
        until_age = self.number(given, "until_age", place, (1, MOST_AGE))
        if "without_end" in given and given["without_end"] is not True:
            self.fault((*place, "without_end"), "只能是“是”", "can only be yes")
        if below_age is not None and from_age is not None and below_age <= from_age:
            self.fault((*place, "below_age"), f"应大于 {from_age}", f"must be more than {from_age}")
        if until_age is not None and (below_age is None or until_age < below_age):
            self.fault(
                (*place, "until_age"),
                "应不小于 below_age，否则发卡时已过期",
                "must not be less than below_age, or some cards end before they begin",
            )
        if len(self.faults) > faults or from_age is None:
            return None
        return AgeRow(from_age=from_age, below_age=below_age, years=years, until_age=until_age)

    def number(
        self, given: Mapping[str, object], key: str, place: Place, limits: tuple[int, int]
    ) -> int | None:
        return self.whole(given[key], (*place, key), limits) if key in given else None
