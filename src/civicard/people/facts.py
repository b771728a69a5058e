"""Facts of the people."""

from dataclasses import dataclass
from datetime import date

from civicard.ledger.kinds import Fact, column
from civicard.people.rules import AgeBand, LeavingCause


@dataclass(frozen=True, kw_only=True, slots=True)
class PersonRegistered(Fact):
    """A person came into the base register."""

    title = "人员入库"
    person: int = column("人员代号", "pseudonym of the person")
    district: str = column("区县代码", "district of residence")
    age_band: AgeBand = column("年龄段", "age band on that day")


@dataclass(frozen=True, kw_only=True, slots=True)
class PersonLeft(Fact):
    """A person died or moved away."""

    title = "人员离开"
    person: int = column("人员代号", "pseudonym of the person")
    district: str = column("区县代码", "last district of residence")
    leaving_cause: LeavingCause = column("离开原因", "why")


@dataclass(frozen=True, kw_only=True, slots=True)
class PopulationCounted(Fact):
    """The people entitled to a card were counted, by district and age band."""

    title = "应持卡人口统计"
    counted_on: date = column("统计日期", "the day they were counted for")
    district: str = column("区县代码", "district")
    age_band: AgeBand = column("年龄段", "age band")
    persons: int = column("人数", "people entitled to a card")
