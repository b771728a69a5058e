"""What a scenario comes to at one scale and seed: counts, calendar, stations, streams of chance. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import time
from functools import cached_property
from zoneinfo import ZoneInfo

from civicard.cards.rules import RulesInForce
from civicard.kernel.refusal import Refusal
from civicard.kernel.text import Text
from civicard.simulation.chance import Chance
from civicard.simulation.counts import bounds, scaled
from civicard.simulation.days import Days
from civicard.simulation.opening import Opened
from civicard.simulation.stages import Stage

# A moment that does not come within any simulation.
NEVER = 2**31 - 1
CLERKS = 3
SCALE = re.compile(r"1:([1-9][0-9]{0,5})")
# Further down a district has too few people for its counts to mean anything.
MOST_SCALE = 1000
MOST_SEED = 2**63 - 1


class ScenarioImpossible(Refusal):
    """The counts of a scenario cannot all be reached at once."""

    code = "scenario_impossible"


class ScaleWrong(Refusal):
    """The scale is none that a city can be simulated at."""

    code = "scale_wrong"


class SeedWrong(Refusal):
    """The seed is none that chance can begin from."""

    code = "seed_wrong"


def scale_of(text: str) -> int:
    """Return N of a scale 1:N.

    Raises:
        ScaleWrong: it is not written so, or N is not from 1 to `MOST_SCALE`.

    >>> scale_of("1:100")
    100
    """
    found = SCALE.fullmatch(text.strip().replace("：", ":"))
    scale = int(found[1]) if found else 0
    if not 1 <= scale <= MOST_SCALE:
        raise ScaleWrong(
            Text(
                f"不能按比例“{text}”模拟；可用 1:1 至 1:{MOST_SCALE}，如 1:100。",
                f"Cannot simulate at the scale {text!r}; possible: 1:1 to 1:{MOST_SCALE}, such as 1:100.",
            )
        )
    return scale


def seed_of(number: int) -> int:
    """Return a seed that chance can begin from.

    Raises:
        SeedWrong: it is below 0 or larger than a lake's description holds.
    """
    if not 0 <= number <= MOST_SEED:
        raise SeedWrong(
            Text(
                f"种子 {number} 不可用；可用 0 至 {MOST_SEED} 的整数。",
                f"The seed {number} cannot be used; possible: whole numbers from 0 to {MOST_SEED}.",
            )
        )
    return number


@dataclass(frozen=True)
class Plan:
    """A scenario at a scale and seed.

    Attributes:
        opened: the scenario with its rules.
        scale: one invented person stands for so many.
        seed: of all chance.
    """

    opened: Opened
    scale: int
    seed: int

    @cached_property
    def days(self) -> Days:
        """The calendar."""
        scenario = self.opened.scenario
        calendar = scenario.calendar
        return Days(scenario.year, ZoneInfo(scenario.zone), calendar.closed, calendar.worked)

    @cached_property
    def chance(self) -> Chance:
        """The streams of chance."""
        return Chance(self.seed)

    @cached_property
    def rules(self) -> RulesInForce:
        """The rules in force on the first of January, which must hold for the whole simulated year.

        Raises:
            ScenarioImpossible: they change within it, fees apart, which no simulated fact goes by.
        """
        found = self.opened.rules.at(self.days.first)
        for number in range(self.days.length):
            if replace(self.opened.rules.at(self.days.day(number)), fees=found.fees) != found:
                raise self.impossible(
                    f"{self.days.day(number)} 起规则有变，模拟只支持全年不变的规则",
                    f"the rules of the programme change on {self.days.day(number)}, and it needs the same all year",
                )
        return found

    @cached_property
    def districts(self) -> list[str]:
        """Codes of the districts."""
        return list(self.opened.scenario.districts)

    @cached_property
    def people(self) -> list[int]:
        """Weight of each district."""
        return [one.people for one in self.opened.scenario.districts.values()]

    @cached_property
    def station_bounds(self) -> list[int]:
        """Number of the first station of each district, and of all stations at the end."""
        return bounds([one.stations for one in self.opened.scenario.districts.values()])

    @cached_property
    def stations(self) -> list[str]:
        """Codes of the stations, district by district."""
        return [
            f"{code}-{number:03d}"
            for code, district in self.opened.scenario.districts.items()
            for number in range(1, district.stations + 1)
        ]

    @cached_property
    def brought_in(self) -> int:
        """Cards that are brought in one by one."""
        found = self.opened.scenario.brought_in
        return 0 if found is None else self.count(found.cards)

    def count(self, number: int) -> int:
        """Return a count of the scenario at this scale."""
        return scaled(number, self.scale)

    def hours(self, stage: Stage) -> tuple[int, int]:
        """Return the hours of a stage as seconds of the day."""
        return seconds(self.opened.scenario.stages[stage].hours)

    def impossible(self, zh: str, en: str) -> ScenarioImpossible:
        """Return the refusal of counts that exclude each other."""
        return ScenarioImpossible(
            Text(
                f"{self.opened.name} 在 1:{self.scale}、种子 {self.seed} 下无法模拟：{zh}。未写入任何内容；请相应修改情景或规则。",
                f"{self.opened.name} cannot be simulated at 1:{self.scale} with seed {self.seed}: {en}. "
                "Nothing was written; change the scenario or the rules it names.",
            )
        )


def seconds(hours: Sequence[time]) -> tuple[int, int]:
    """Return two times of day as seconds since midnight."""
    since, until = (one.hour * 3600 + one.minute * 60 + one.second for one in hours)
    return since, until
