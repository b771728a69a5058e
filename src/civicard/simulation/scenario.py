"""A scenario: what an invented city is like, as a file declares it. Pure.

Counts are those of the city at 1:1; `counts` scales them. Shares are whole-number weights, so that nothing is drawn
by binary fractions. Delays are working days unless a field says otherwise.
"""

from datetime import date
from math import prod
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, model_validator

from civicard.cards.codes import Channel, CheckCause, PickedUpBy
from civicard.ledger.kinds import kind_named
from civicard.scoring.model import Part, Said, Whole, Word, fault
from civicard.simulation.days import offsets
from civicard.simulation.parts import (
    MOST_DISTRICTS,
    Accounts,
    AgeShares,
    BroughtIn,
    Calendar,
    Clock,
    Count,
    District,
    DistrictPart,
    Failures,
    Holding,
    Lateness,
    Production,
    Reasons,
    StagePart,
    TargetPart,
    Volumes,
    some,
)
from civicard.simulation.stages import MAY_CAUSE, SAME_DAY_AFTER, Stage

# Times the applications of a year, it must stay a whole number of 64 bits.
MOST_LATENESS = 10**10


class Scenario(Part):
    """A whole scenario file."""

    civicard_scenario: Literal[1]
    """Version of the file format."""
    city: Said
    """Whose programme it is."""
    zone: Word = "Asia/Shanghai"
    """Time zone of business days; it must have no summer time in the year."""
    year: Annotated[Whole, Field(ge=1992, le=2100)]
    """The year that is simulated."""
    rules: Word
    """File of the programme's rules, from the folder of this file: validity, promised days, loss timers."""
    adds_up: list[list[Word]] = Field(default_factory=list)
    """Figures of the city's programme file that shrink with it, in groups whose sums hold."""
    districts: Annotated[dict[District, DistrictPart], Field(min_length=1)]
    """Districts by code."""
    population: Count
    """People entitled to a card when the year begins, at 1:1."""
    holders: Count = 0
    """Holders when the year begins who are only counted, at 1:1."""
    brought_in: BroughtIn | None = None
    """Cards that are brought in one by one instead."""
    ages: AgeShares
    """Share of people by age band."""
    applicants: AgeShares
    """Share of applications by age band."""
    calendar: Calendar
    """When offices work."""
    targets: list[TargetPart] = Field(default_factory=list)
    """Targets of the year."""
    volumes: Volumes
    """How much comes in."""
    reasons: Annotated[list[Reasons], Field(min_length=1)]
    """Why cards are applied for; the first entry must hold from the first day of the year."""
    channels: Annotated[dict[Channel, Count], AfterValidator(some)]
    """Share of applications by channel."""
    picked_up_by: Annotated[dict[PickedUpBy, Count], AfterValidator(some)]
    """Share of hand-overs by who takes the card; children's go to a guardian."""
    checks: Annotated[dict[CheckCause, Count], AfterValidator(some)]
    """Share of corrections by cause."""
    refusals: Annotated[dict[CheckCause, Count], AfterValidator(some)]
    """Share of refusals by cause."""
    intake: Annotated[list[Clock], Field(min_length=2, max_length=2)]
    """Hours of intake, local time."""
    stages: dict[Stage, StagePart]
    """The stages; all of them."""
    lateness: Lateness
    """Late applications."""
    failures: Failures
    """First attempts that fail."""
    accounts: Accounts
    """The financial accounts."""
    holding: Holding
    """Cards in their holders' hands."""
    production: Production
    """Batches and blanks."""

    @model_validator(mode="after")
    def _zone_is_known(self) -> "Scenario":
        try:
            zone = ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise fault(f"没有时区“{self.zone}”", f"there is no time zone {self.zone!r}") from None
        if len(offsets(zone, self.year)) > 1:
            raise fault(
                f"时区 {self.zone} 在 {self.year} 年前后改变时差，模拟不支持",
                f"the offset of {self.zone} changes around {self.year}, which a simulation does not support",
            )
        return self

    @model_validator(mode="after")
    def _words_may_be_facts(self) -> "Scenario":
        for one in self.targets:
            _may_be_fact("target_set", {**one.model_dump(exclude={"set_on"}), "year": self.year})
        for code, district in self.districts.items():
            _may_be_fact("district_listed", {"district": code, "name": district.name})
        return self

    @model_validator(mode="after")
    def _counts_fit(self) -> "Scenario":
        volumes = self.volumes
        if volumes.late > volumes.due:
            raise fault("逾期数大于应完成数", "more late than due")
        if len(self.districts) > MOST_DISTRICTS:
            raise fault(
                f"区县不能多于 {MOST_DISTRICTS} 个", f"there can be {MOST_DISTRICTS} districts at most"
            )
        if self.holders > self.population:
            raise fault("持卡人数大于应持卡人口", "more holders than people entitled")
        if self.brought_in is not None:
            if self.holders:
                raise fault("holders 与 brought_in 只能有一个", "holders and brought_in cannot both be given")
            if not self.brought_in.ecards_before <= self.brought_in.ecards <= self.brought_in.cards:
                raise fault("电子卡数不能大于持卡数", "there cannot be more e-cards than cards")
        if self.reasons[0].since > date(self.year, 1, 1):
            raise fault("第一条申领原因须自年初起", "the first reasons must hold from the first of January")
        if (
            unknown := {one for trouble in self.lateness.troubles for one in trouble.districts}
            - self.districts.keys()
        ):
            raise fault(
                f"没有区县 {'、'.join(sorted(unknown))}", f"there is no district {', '.join(sorted(unknown))}"
            )
        return self

    @model_validator(mode="after")
    def _lateness_can_be_weighed(self) -> "Scenario":
        times = prod(one.times for one in self.lateness.troubles)
        if times * sum(self.lateness.stages.values()) > MOST_LATENESS:
            raise fault(
                "逾期的份额和倍数相乘过大，请约小",
                "shares and times of lateness multiply to too much; make them smaller",
            )
        return self

    @model_validator(mode="after")
    def _stages_fit(self) -> "Scenario":
        if missing := [one.value for one in Stage if one not in self.stages]:
            raise fault(f"缺少环节：{'、'.join(missing)}", f"stages are missing: {', '.join(missing)}")
        named = [*self.lateness.stages, *(one.stage for one in self.lateness.troubles)]
        if wrong := [one.value for one in named if one not in MAY_CAUSE]:
            raise fault(f"逾期原因不能是 {'、'.join(wrong)}", f"lateness cannot come from {', '.join(wrong)}")
        if self.intake[0] >= self.intake[1]:
            raise fault("受理时段起止颠倒", "the hours of intake end before they begin")
        if self.stages[Stage.INSPECTION].hours[1] >= self.stages[Stage.MAKING].hours[0]:
            raise fault(
                "质检须在制卡时段之前结束，不合格的当日重制",
                "inspection must end before making begins: what fails is made again on the same day",
            )
        for name, stage in self.stages.items():
            if stage.hours[0] >= stage.hours[1]:
                raise fault(f"{name} 的时段起止颠倒", f"the hours of {name} end before they begin")
            before = SAME_DAY_AFTER.get(name)
            if before is None and not min(stage.days):
                raise fault(f"{name} 至少一天", f"{name} takes a day at least")
            if before is not None and self.stages[before].hours[1] >= stage.hours[0]:
                raise fault(
                    f"{name} 可在同日接着 {before}，须在其时段之后开始",
                    f"{name} may follow {before} on the same day, so it must begin after its hours",
                )
        return self


def _may_be_fact(kind: str, values: dict[str, object]) -> None:
    """Report the first fault of values that are to stand in a fact."""
    for name, why in kind_named(kind).faults(values):
        raise fault(f"{name} 不能写入事实：{why.zh}", f"{name} cannot stand in a fact: it {why.en}")
