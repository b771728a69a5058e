"""Facts of the people."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from civicard.ledger.kinds import Fact, column
from civicard.people.rules import (
    AgeBand,
    CorrectionReason,
    DetailField,
    DisputeGrounds,
    LeavingCause,
    ReportSource,
    UndoGrounds,
)


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


class LookPurpose(StrEnum):
    """What a full ID number was looked at for."""

    COMPARE_DOCUMENT = "compare_document"
    ANSWER_AUTHORITY = "answer_authority"
    RESOLVE_DUPLICATE = "resolve_duplicate"


@dataclass(frozen=True, kw_only=True, slots=True)
class PersonDetailsCorrected(Fact):
    """A particular of a person was corrected; one fact a field, and never the value."""

    title = "更正人员信息"
    person: int = column("人员代号", "pseudonym of the person")
    district: str = column("区县代码", "district of residence after it")
    detail: DetailField = column("字段", "which field")
    correction_reason: CorrectionReason = column("原因", "why")


@dataclass(frozen=True, kw_only=True, slots=True)
class PersonFrozen(Fact):
    """A report of death or move froze a person provisionally."""

    title = "人员暂时冻结"
    person: int = column("人员代号", "pseudonym of the person")
    district: str = column("区县代码", "district of residence")
    leaving_cause: LeavingCause = column("通报内容", "what was reported")
    report_source: ReportSource = column("通报来源", "whose data it comes from")
    notice_until: date = column("公示期末日", "the last day of notice")


@dataclass(frozen=True, kw_only=True, slots=True)
class PersonReportDisputed(Fact):
    """A report of death or move was disputed."""

    title = "人员通报异议"
    person: int = column("人员代号", "pseudonym of the person")
    district: str = column("区县代码", "district of residence")
    grounds: DisputeGrounds = column("异议理由", "why")


@dataclass(frozen=True, kw_only=True, slots=True)
class PersonReleased(Fact):
    """A report of death or move was undone, and the person lives here as before."""

    title = "人员解除冻结"
    person: int = column("人员代号", "pseudonym of the person")
    district: str = column("区县代码", "district of residence")
    grounds: UndoGrounds = column("撤销理由", "why")
    had_left: bool = column("是否曾确认", "whether the report had been confirmed, and counted")


@dataclass(frozen=True, kw_only=True, slots=True)
class PersonReturned(Fact):
    """A person who had moved away came back."""

    title = "人员迁回"
    person: int = column("人员代号", "pseudonym of the person")
    district: str = column("区县代码", "district of residence")
    age_band: AgeBand = column("年龄段", "age band on that day")


@dataclass(frozen=True, kw_only=True, slots=True)
class FullIdNumberSeen(Fact):
    """Somebody looked at a person's full ID number."""

    title = "查看完整证件号码"
    person: int = column("人员代号", "pseudonym of the person")
    purpose: LookPurpose = column("目的", "what for")


@dataclass(frozen=True, kw_only=True, slots=True)
class NoticePeriodSet(Fact):
    """The period of notice after a report of death or move was set."""

    title = "设定公示期"
    leaving_cause: LeavingCause = column("通报内容", "what is reported")
    notice_days: int = column("公示天数", "days of notice")
    from_on: date = column("起始日期", "the first day on which reports get it")
    source: str = column("依据", "the decree or decision it rests on", words=True)
