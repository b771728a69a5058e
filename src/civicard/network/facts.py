"""Facts of the network."""

from dataclasses import dataclass
from datetime import date

from civicard.ledger.kinds import Fact, column
from civicard.network.rules import StationKind


@dataclass(frozen=True, kw_only=True, slots=True)
class DistrictListed(Fact):
    """A district takes part in the programme."""

    title = "列入区县"
    district: str = column("区县代码", "six digits of the administrative division")
    name: str = column("区县名称", "name of the district", words=True)


@dataclass(frozen=True, kw_only=True, slots=True)
class StationOpened(Fact):
    """A station opened its window."""

    title = "网点启用"
    station: str = column("网点代码", "code of the station")
    district: str = column("区县代码", "its district")
    station_kind: StationKind = column("网点类别", "kind of station")
    name: str = column("网点名称", "name of the station", words=True)


@dataclass(frozen=True, kw_only=True, slots=True)
class StationClosed(Fact):
    """A station closed its window for good."""

    title = "网点撤销"
    station: str = column("网点代码", "code of the station")
    district: str = column("区县代码", "its district")


@dataclass(frozen=True, kw_only=True, slots=True)
class OpeningHoursSet(Fact):
    """The opening hours of a station were set, from a day on or for one day."""

    title = "设定服务时间"
    station: str = column("网点代码", "code of the station")
    starts_on: date = column("起始日期", "the first day they hold; for an exception the only one")
    is_exception: bool = column("是否特例", "whether they hold for that day alone")
    open_minutes: int = column("服务分钟数", "minutes open in a week, or on the day of an exception")


@dataclass(frozen=True, kw_only=True, slots=True)
class CircularSent(Fact):
    """The centre sent a circular to districts and stations."""

    title = "下发通知"
    circular: int = column("通知编号", "number of the circular")
    subject: str = column("标题", "what it is about", words=True)
    districts: int = column("区县数", "districts it was sent to")
    stations: int = column("网点数", "stations it was sent to")
    due_on: date | None = column("签收期限", "the day by which it is to be acknowledged", optional=True)


@dataclass(frozen=True, kw_only=True, slots=True)
class CircularAcknowledged(Fact):
    """A district or station acknowledged a circular."""

    title = "签收通知"
    circular: int = column("通知编号", "number of the circular")
    place: str = column("签收单位", "code of the district or station")


@dataclass(frozen=True, kw_only=True, slots=True)
class StationInspected(Fact):
    """A station was inspected."""

    title = "检查网点"
    inspection: int = column("检查编号", "number of the inspection")
    station: str = column("网点代码", "code of the station")
    findings: int = column("问题数", "how many findings there were, zero for none")


@dataclass(frozen=True, kw_only=True, slots=True)
class FindingRecorded(Fact):
    """An inspection found something to be mended."""

    title = "记录检查问题"
    finding: int = column("问题编号", "number of the finding")
    inspection: int = column("检查编号", "number of the inspection")
    station: str = column("网点代码", "code of the station")
    due_on: date = column("整改期限", "the day by which it is to be mended")


@dataclass(frozen=True, kw_only=True, slots=True)
class FindingMended(Fact):
    """What an inspection found was seen to be mended."""

    title = "检查问题整改"
    finding: int = column("问题编号", "number of the finding")
    station: str = column("网点代码", "code of the station")
