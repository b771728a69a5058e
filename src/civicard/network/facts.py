"""Facts of the network."""

from dataclasses import dataclass

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
