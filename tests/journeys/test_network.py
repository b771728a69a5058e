"""Districts, stations, hours, circulars and inspections through the actions, on a real database."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from civicard.kernel.actor import Actor, NotPermitted
from civicard.kernel.permissions import May, Reach
from civicard.ledger.models import Fact
from civicard.network import queries
from civicard.network.actions import (
    CircularNotWaiting,
    CircularToNobody,
    DayPassed,
    DistrictListedAlready,
    FindingNotOpen,
    Found,
    Opening,
    StationExists,
    acknowledge,
    close_station,
    list_district,
    mend_finding,
    open_station,
    record_inspection,
    send_circular,
    set_exception,
    set_hours,
)
from civicard.network.models import Circular, District, Station
from civicard.network.queries import DistrictUnknown, StationUnknown
from civicard.network.rules import HoursRefused, Span, StationKind, WordsRefused

CITY = ZoneInfo("Asia/Shanghai")
AT = datetime(2026, 1, 5, 1, tzinfo=UTC)
TODAY = date(2026, 1, 5)
MONDAY = date(2026, 1, 12)
NEEDED = (
    May.CHANGE_NETWORK, May.SEE_NETWORK, May.GUIDE_STATIONS, May.SEND_CIRCULARS, May.ACKNOWLEDGE_CIRCULARS,
    May.INSPECT_STATIONS,
)  # fmt: skip
CENTRE = Actor(code="centre-1", grants=dict.fromkeys(NEEDED, Reach.city()))
OFFICER = Actor(code="officer-1", grants=dict.fromkeys(NEEDED, Reach.of_district("310101")))
CLERK = Actor(
    code="clerk-1",
    grants=dict.fromkeys((May.SEE_NETWORK, May.ACKNOWLEDGE_CIRCULARS), Reach.of_station("310101-001")),
)
NOBODY = Actor(code="nobody")
FIRST = Opening(
    code="310101-001",
    kind=StationKind.STATION,
    name="外滩街道服务站",
    address="示例路 1 号",
    phone="021-12345",
)
WEEKDAYS = [
    Span(weekday=day, opens_minute=opens, closes_minute=closes)
    for day in range(1, 6)
    for opens, closes in ((9 * 60, 11 * 60 + 30), (13 * 60, 17 * 60))
]


@pytest.fixture
def network(db: None) -> None:  # noqa: ARG001 - it only has to come before
    """List two districts, with two stations and one."""
    list_district("310101", "甲区", actor=CENTRE, at=AT)
    list_district("310104", "乙区", actor=CENTRE, at=AT)
    for code in ("310101-001", "310101-002", "310104-001"):
        open_station(replace(FIRST, code=code), actor=CENTRE, at=AT)


def city(day: date, hour: int, minute: int = 0) -> datetime:
    """Return an instant by the city's clocks."""
    return datetime.combine(day, time(hour, minute), CITY)


def kinds() -> list[str]:
    """Return the kinds of all facts, oldest first."""
    return list(Fact.objects.order_by("number").values_list("kind", flat=True))


@pytest.mark.usefixtures("network")
def test_listing_opening_and_closing_are_facts() -> None:
    assert kinds() == ["district_listed"] * 2 + ["station_opened"] * 3
    close_station("310101-002", actor=OFFICER, at=AT + timedelta(days=30))
    assert Fact.objects.get(kind="station_closed").body == {"station": "310101-002", "district": "310101"}
    closed = {one.code: one.closed_on for one in queries.stations_visible(OFFICER)}
    assert closed == {"310101-001": None, "310101-002": date(2026, 2, 4)}
    there = [one.code for one in queries.stations_open_to_the_public(NOBODY, date(2026, 2, 4))]
    assert there == ["310101-001", "310104-001"]


@pytest.mark.usefixtures("network")
def test_each_actor_sees_the_stations_within_reach() -> None:
    assert [one.code for one in queries.stations_visible(CLERK)] == ["310101-001"]
    assert [one.code for one in queries.stations_visible(OFFICER)] == ["310101-001", "310101-002"]
    assert len(queries.stations_visible(CENTRE)) == 3
    assert queries.stations_visible(NOBODY) == []


@pytest.mark.usefixtures("network")
def test_a_code_is_given_once_even_after_its_station_closed() -> None:
    close_station("310101-001", actor=CENTRE, at=AT)
    with pytest.raises(StationExists):
        open_station(FIRST, actor=CENTRE, at=AT)
    with pytest.raises(StationUnknown):
        close_station("310101-001", actor=CENTRE, at=AT)
    with pytest.raises(DistrictListedAlready):
        list_district("310101", "甲区", actor=CENTRE, at=AT)
    with pytest.raises(DistrictUnknown):
        open_station(replace(FIRST, code="310199-001"), actor=CENTRE, at=AT)
    with pytest.raises(WordsRefused):
        open_station(replace(FIRST, code="310101-009", name=" "), actor=CENTRE, at=AT)
    assert (District.objects.count(), Station.objects.count()) == (2, 3)


@pytest.mark.usefixtures("network")
@pytest.mark.parametrize(
    "deed",
    [
        lambda actor: list_district("310106", "丙区", actor=actor, at=AT),
        lambda actor: open_station(replace(FIRST, code="310104-002"), actor=actor, at=AT),
        lambda actor: close_station("310104-001", actor=actor, at=AT),
        lambda actor: set_hours("310104-001", WEEKDAYS, starts_on=MONDAY, actor=actor, at=AT),
        lambda actor: set_exception("310104-001", MONDAY, [], reason="停电", actor=actor, at=AT),
        lambda actor: send_circular("标题", "正文", districts=["310101", "310104"], actor=actor, at=AT),
        lambda actor: send_circular("标题", "正文", stations=["310104-001"], actor=actor, at=AT),
        lambda actor: acknowledge(1, "310104", actor=actor, at=AT),
        lambda actor: acknowledge(1, "310104-001", actor=actor, at=AT),
        lambda actor: record_inspection("310104-001", "良好", [], actor=actor, at=AT),
    ],
)
@pytest.mark.parametrize("actor", [OFFICER, CLERK, NOBODY], ids=lambda one: one.code)
def test_no_deed_is_done_out_of_reach(deed: Callable[[Actor], object], actor: Actor) -> None:
    before = kinds()
    with pytest.raises(NotPermitted):
        deed(actor)
    assert kinds() == before


@pytest.mark.usefixtures("network")
def test_a_window_is_open_by_the_hours_of_its_week() -> None:
    assert queries.is_open(NOBODY, "310101-001", city(MONDAY, 10)) is None
    set_hours("310101-001", WEEKDAYS, starts_on=MONDAY, actor=OFFICER, at=AT)
    for hour, minute, expected in (
        (8, 59, False), (9, 0, True), (11, 29, True), (11, 30, False), (13, 0, True), (17, 0, False),
    ):  # fmt: skip
        assert queries.is_open(NOBODY, "310101-001", city(MONDAY, hour, minute)) is expected
    assert queries.is_open(NOBODY, "310101-001", city(MONDAY + timedelta(days=5), 10)) is False
    assert queries.is_open(NOBODY, "310101-001", city(MONDAY - timedelta(days=1), 10)) is None
    # 01:00 UTC is 09:00 in the city.
    assert queries.is_open(NOBODY, "310101-001", datetime(2026, 1, 12, 1, tzinfo=UTC)) is True
    assert Fact.objects.get(kind="opening_hours_set").body["open_minutes"] == 5 * (150 + 240)


@pytest.mark.usefixtures("network")
def test_an_exception_goes_before_the_week_and_new_hours_begin_on_their_day() -> None:
    set_hours("310101-001", WEEKDAYS, starts_on=TODAY, actor=OFFICER, at=AT)
    set_exception("310101-001", MONDAY, [], reason="设备检修", actor=OFFICER, at=AT)
    sunday = MONDAY + timedelta(days=6)
    set_exception("310101-001", sunday, [(600, 720)], reason="调休上班", actor=OFFICER, at=AT)
    all_day = [Span(weekday=day, opens_minute=0, closes_minute=1440) for day in range(1, 8)]
    march = date(2026, 3, 1)
    set_hours("310101-001", all_day, starts_on=march, actor=OFFICER, at=AT)
    assert queries.is_open(NOBODY, "310101-001", city(MONDAY, 10)) is False
    assert queries.is_open(NOBODY, "310101-001", city(sunday, 10)) is True
    assert queries.is_open(NOBODY, "310101-001", city(sunday, 12)) is False
    assert queries.is_open(NOBODY, "310101-001", city(march - timedelta(days=1), 10)) is False  # a Saturday
    assert queries.is_open(NOBODY, "310101-001", city(march, 23, 59)) is True


@pytest.mark.usefixtures("network")
def test_a_closed_station_is_not_open_and_one_that_never_was_is_refused() -> None:
    set_hours("310101-001", WEEKDAYS, starts_on=TODAY, actor=OFFICER, at=AT)
    close_station("310101-001", actor=CENTRE, at=city(MONDAY, 8))
    assert queries.is_open(NOBODY, "310101-001", city(MONDAY, 10)) is False
    with pytest.raises(StationUnknown):
        queries.is_open(NOBODY, "310101-099", city(MONDAY, 10))
    with pytest.raises(StationUnknown):
        set_hours("310101-001", WEEKDAYS, starts_on=MONDAY, actor=OFFICER, at=city(MONDAY, 9))


@pytest.mark.usefixtures("network")
def test_hours_that_cannot_be_or_begin_in_the_past_are_refused() -> None:
    overlapping = [*WEEKDAYS, Span(weekday=1, opens_minute=680, closes_minute=700)]
    with pytest.raises(HoursRefused):
        set_hours("310101-001", overlapping, starts_on=MONDAY, actor=OFFICER, at=AT)
    with pytest.raises(DayPassed):
        set_hours("310101-001", WEEKDAYS, starts_on=date(2026, 1, 4), actor=OFFICER, at=AT)
    with pytest.raises(WordsRefused):
        set_exception("310101-001", MONDAY, [], reason="", actor=OFFICER, at=AT)
    assert queries.is_open(NOBODY, "310101-001", city(MONDAY, 10)) is None
    assert "opening_hours_set" not in kinds()


@pytest.mark.usefixtures("network")
def test_a_circular_waits_at_each_place_until_it_is_acknowledged_there() -> None:
    number = send_circular(
        "换发安排", "自三月起。", districts=["310101"], stations=["310101-001", "310104-001"],
        due_on=date(2026, 1, 20), actor=CENTRE, at=AT,
    )  # fmt: skip
    assert [one.place for one in queries.circulars_waiting(CLERK)] == ["310101-001"]
    assert {one.place for one in queries.circulars_waiting(OFFICER)} == {"310101", "310101-001"}
    acknowledge(number, "310101-001", actor=CLERK, at=AT + timedelta(hours=1))
    assert queries.circulars_waiting(CLERK) == []
    assert [one.place for one in queries.circulars_waiting(OFFICER)] == ["310101"]
    with pytest.raises(CircularNotWaiting):
        acknowledge(number, "310101-001", actor=CLERK, at=AT)
    with pytest.raises(CircularNotWaiting):
        acknowledge(number, "310101-002", actor=OFFICER, at=AT)
    with pytest.raises(NotPermitted):
        acknowledge(number, "310101", actor=CLERK, at=AT)
    acknowledge(number, "310101", actor=OFFICER, at=AT)
    told = {one.place: one.acknowledged_by for one in queries.acknowledgements(CENTRE, number)}
    assert told == {"310101": "officer-1", "310101-001": "clerk-1", "310104-001": ""}
    assert len(queries.acknowledgements(OFFICER, number)) == 2
    assert kinds().count("circular_acknowledged") == 2


@pytest.mark.usefixtures("network")
def test_a_circular_to_nobody_or_nowhere_or_due_in_the_past_is_not_sent() -> None:
    with pytest.raises(CircularToNobody):
        send_circular("标题", "正文", actor=CENTRE, at=AT)
    with pytest.raises(StationUnknown):
        send_circular("标题", "正文", stations=["310101-099"], actor=CENTRE, at=AT)
    with pytest.raises(DayPassed):
        send_circular("标题", "正文", districts=["310101"], due_on=date(2026, 1, 4), actor=CENTRE, at=AT)
    with pytest.raises(WordsRefused):
        send_circular("标题", "", districts=["310101"], actor=CENTRE, at=AT)
    assert Circular.objects.count() == 0


@pytest.mark.usefixtures("network")
def test_a_finding_is_open_until_it_is_seen_to_be_mended() -> None:
    found = [
        Found(text="未公示收费标准", due_on=date(2026, 2, 1)),
        Found(text="无障碍通道被占", due_on=date(2026, 1, 9)),
    ]
    inspection = record_inspection("310101-001", "总体良好", found, actor=OFFICER, at=AT)
    waiting = queries.findings_open(CLERK)
    assert [one.text for one in waiting] == ["无障碍通道被占", "未公示收费标准"]
    assert Fact.objects.get(kind="station_inspected").body["findings"] == 2
    recorded = Fact.objects.filter(kind="finding_recorded")
    assert {one.body["inspection"] for one in recorded} == {inspection}
    assert {one.cause for one in recorded} == {Fact.objects.get(kind="station_inspected").number}
    mend_finding(waiting[0].finding, "已清理", actor=OFFICER, at=AT + timedelta(days=2))
    assert [one.text for one in queries.findings_open(CLERK)] == ["未公示收费标准"]
    for wrong in (waiting[0].finding, 10**6):
        with pytest.raises(FindingNotOpen):
            mend_finding(wrong, "已清理", actor=OFFICER, at=AT)
    with pytest.raises(NotPermitted):
        mend_finding(waiting[1].finding, "已公示", actor=CLERK, at=AT)
    with pytest.raises(WordsRefused):
        mend_finding(waiting[1].finding, "", actor=OFFICER, at=AT)
    assert kinds().count("finding_mended") == 1


@pytest.mark.usefixtures("network")
def test_an_inspection_without_findings_is_recorded_too() -> None:
    record_inspection("310101-001", "良好", [], actor=OFFICER, at=AT)
    assert Fact.objects.get(kind="station_inspected").body["findings"] == 0
    with pytest.raises(DayPassed):
        record_inspection(
            "310101-001", "一般", [Found(text="问题", due_on=date(2026, 1, 4))], actor=OFFICER, at=AT
        )
    assert kinds().count("station_inspected") == 1
