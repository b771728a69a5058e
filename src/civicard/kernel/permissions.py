"""What may be done, and where: the permissions that roles grant, and the places that a grant reaches. Pure.

Which role grants what is data of `civicard.access.rules`; here are only the words that every layer shares.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from civicard.kernel.text import Text

__all__ = ["May", "Reach"]


class May(StrEnum):
    """Something that an actor may do, or may see."""

    TAKE_APPLICATIONS = "take_applications"
    HAND_OVER = "hand_over"
    CHANGE_CARDS = "change_cards"
    SEND_UNIT_BATCHES = "send_unit_batches"
    SIGN_OUT_CARDS = "sign_out_cards"
    SEE_CARDS = "see_cards"
    SEE_PEOPLE = "see_people"
    SEE_FULL_ID = "see_full_id"
    CHANGE_PEOPLE = "change_people"
    IMPORT_PEOPLE = "import_people"
    SEE_NETWORK = "see_network"
    CHANGE_NETWORK = "change_network"
    GUIDE_STATIONS = "guide_stations"
    SEND_CIRCULARS = "send_circulars"
    ACKNOWLEDGE_CIRCULARS = "acknowledge_circulars"
    INSPECT_STATIONS = "inspect_stations"
    MAKE_CARDS = "make_cards"
    INSPECT_CARDS = "inspect_cards"
    KEEP_STOCK = "keep_stock"
    SEE_FUNDS = "see_funds"
    MANAGE_FUNDS = "manage_funds"
    ANSWER_TICKETS = "answer_tickets"
    PUBLISH_NOTICES = "publish_notices"
    MANAGE_EXCHANGE = "manage_exchange"
    EXCHANGE_DATA = "exchange_data"
    VERIFY_CARDS = "verify_cards"
    MANAGE_QUALITY = "manage_quality"
    SEE_TARGETS = "see_targets"
    CHANGE_TARGETS = "change_targets"
    CHANGE_RULES = "change_rules"
    SEE_EVALUATION = "see_evaluation"
    EVALUATE = "evaluate"
    REVIEW_EVALUATION = "review_evaluation"
    MANAGE_ACCOUNTS = "manage_accounts"

    @property
    def words(self) -> Text:
        """What it is called, in both languages."""
        return _TITLES[self]


_TITLES: Final = {
    May.TAKE_APPLICATIONS: Text("受理申领", "take applications"),
    May.HAND_OVER: Text("发放卡片", "hand cards over"),
    May.CHANGE_CARDS: Text(
        "办理挂失、解挂、换补和注销", "report loss, lift, replace, reissue and cancel cards"
    ),
    May.SEND_UNIT_BATCHES: Text("提交单位批量申领", "send an employer's or school's batches"),
    May.SIGN_OUT_CARDS: Text("单位签领发卡", "sign a unit's cards out to its people"),
    May.SEE_CARDS: Text("查询卡片", "see cards"),
    May.SEE_PEOPLE: Text("查询人员", "see people"),
    May.SEE_FULL_ID: Text("查看完整证件号码", "see full ID numbers"),
    May.CHANGE_PEOPLE: Text("登记和变更人员信息", "register people and change their particulars"),
    May.IMPORT_PEOPLE: Text("批量导入人员", "import people from files"),
    May.SEE_NETWORK: Text("查询服务网点", "see the network of stations"),
    May.CHANGE_NETWORK: Text("维护服务网点", "change the network of stations"),
    May.GUIDE_STATIONS: Text("指导服务网点", "guide stations"),
    May.SEND_CIRCULARS: Text("发布通知", "send circulars"),
    May.ACKNOWLEDGE_CIRCULARS: Text("签收通知", "acknowledge circulars"),
    May.INSPECT_STATIONS: Text("检查服务网点", "inspect stations"),
    May.MAKE_CARDS: Text("制卡", "make cards"),
    May.INSPECT_CARDS: Text("卡片质检", "inspect cards made"),
    May.KEEP_STOCK: Text("管理库存", "keep the stock of blanks and consumables"),
    May.SEE_FUNDS: Text("查询资金", "see the funds"),
    May.MANAGE_FUNDS: Text("管理预算和支付", "manage budget and payments"),
    May.ANSWER_TICKETS: Text("处理来电和工单", "answer calls and tickets"),
    May.PUBLISH_NOTICES: Text("发布公告", "publish notices"),
    May.MANAGE_EXCHANGE: Text("管理数据交换", "manage the data exchange"),
    May.EXCHANGE_DATA: Text("交换数据", "exchange data"),
    May.VERIFY_CARDS: Text("核验卡片", "verify cards"),
    May.MANAGE_QUALITY: Text("管理质量体系", "manage the quality system"),
    May.SEE_TARGETS: Text("查询年度目标", "see the targets of a year"),
    May.CHANGE_TARGETS: Text("设定和变更年度目标", "set and change the targets of a year"),
    May.CHANGE_RULES: Text("变更项目规则", "change the programme's rules"),
    May.SEE_EVALUATION: Text("查询绩效评价", "see the evaluation"),
    May.EVALUATE: Text("开展绩效评价", "evaluate"),
    May.REVIEW_EVALUATION: Text("独立复评", "review an evaluation independently"),
    May.MANAGE_ACCOUNTS: Text("管理账户和授权", "manage accounts and roles"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Reach:
    """The places that a grant reaches. A district covers its stations; a station does not cover its district.

    Attributes:
        is_city_wide: it reaches everything.
        districts: codes of six digits.
        stations: codes such as `310101-007`, in which the district comes first.
    """

    is_city_wide: bool = False
    districts: frozenset[str] = frozenset()
    stations: frozenset[str] = frozenset()

    @classmethod
    def city(cls) -> "Reach":
        """Return the reach of the whole city."""
        return cls(is_city_wide=True)

    @classmethod
    def of_district(cls, *codes: str) -> "Reach":
        """Return the reach of districts and all their stations."""
        return cls(districts=frozenset(codes))

    @classmethod
    def of_station(cls, *codes: str) -> "Reach":
        """Return the reach of stations."""
        return cls(stations=frozenset(codes))

    def covers(self, *, station: str | None = None, district: str | None = None) -> bool:
        """Tell whether what concerns a place is within reach; without a place it concerns the whole city.

        What concerns a station and a district, such as a move, must be within reach at both.

        >>> Reach.of_district("310101").covers(station="310101-007")
        True
        >>> Reach.of_station("310101-007").covers(district="310101"), Reach.of_station("310101-007").covers()
        (False, False)
        """
        if self.is_city_wide:
            return True
        if station is None and district is None:
            return False
        return (station is None or self._covers_station(station)) and (
            district is None or district in self.districts
        )

    def __or__(self, other: "Reach") -> "Reach":
        """Return the reach of both together."""
        return Reach(
            is_city_wide=self.is_city_wide or other.is_city_wide,
            districts=self.districts | other.districts,
            stations=self.stations | other.stations,
        )

    def __str__(self) -> str:
        """Return the codes it reaches, for a message; the whole city is `*`."""
        return "*" if self.is_city_wide else ", ".join([*sorted(self.districts), *sorted(self.stations)])

    def _covers_station(self, station: str) -> bool:
        return station in self.stations or station.partition("-")[0] in self.districts
