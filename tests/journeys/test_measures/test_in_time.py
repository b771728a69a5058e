"""Applications that came due, each with what became of it, and who counts as in time."""

from datetime import date
from typing import TYPE_CHECKING

import pytest

from civicard.cards.codes import Channel, CheckCause, Reason
from civicard.cards.facts import ApplicationRefused, ApplicationTakenIn, CardReceived
from civicard.kernel.exact import Fraction
from civicard.measures.definition import measure_named
from civicard.measures.engine import Engine
from civicard.measures.results import DimensionUnknown
from civicard.people.rules import AgeBand

if TYPE_CHECKING:
    from tests.journeys.test_measures.conftest import HandMade

    from civicard.ledger.lake import Lake

HUANGPU, XUHUI = ("310101", "310101-001"), ("310104", "310104-002")
IN_TIME = measure_named("in_time")
YEAR = (date(2018, 1, 1), date(2018, 12, 31))


def taken_in(
    application: int, due: str, at: tuple[str, str] = HUANGPU, channel: Channel = Channel.COUNTER
) -> ApplicationTakenIn:
    return ApplicationTakenIn(
        application=application, person=application, application_reason=Reason.CHANGEOVER, channel=channel,
        district=at[0], station=at[1], age_band=next(iter(AgeBand)), promised_days=30, due_on=date.fromisoformat(due),
    )  # fmt: skip


def received(application: int, at: tuple[str, str] = HUANGPU) -> CardReceived:
    return CardReceived(application=application, card=1000 + application, district=at[0], station=at[1])


@pytest.fixture
def lake(by_hand: "HandMade") -> "Lake":
    add = by_hand.add
    # In time: 1 on the very day it was due, 2 long before, 3 on the first day of the year, 4 on the last.
    add("2018-03-01", taken_in(1, "2018-03-31"))
    add("2018-03-31", received(1))
    add("2018-03-02", taken_in(2, "2018-04-01", XUHUI))
    add("2018-03-05", received(2, XUHUI))
    add("2017-12-02", taken_in(3, "2018-01-01"))
    add("2017-12-20", received(3))
    add("2018-12-01", taken_in(4, "2018-12-31", XUHUI))
    add("2018-12-31", received(4, XUHUI))
    # Late: 5 by one day, 6 never received, 7 received in the next year.
    add("2018-05-01", taken_in(5, "2018-05-31", XUHUI, Channel.ONLINE))
    add("2018-06-01", received(5, XUHUI))
    add("2018-05-02", taken_in(6, "2018-06-01"))
    add("2018-11-20", taken_in(7, "2018-12-20"))
    add("2019-01-08", received(7))
    # Not asked after: 8 due the day before the year, 9 the day after it, though its card is there already.
    add("2017-12-01", taken_in(8, "2017-12-31"))
    add("2018-12-02", taken_in(9, "2019-01-01"))
    add("2018-12-10", received(9))
    # Refused: 10 within the year does not count; 11 only in the next year, so at the year's end it was late.
    add("2018-06-01", taken_in(10, "2018-07-01"))
    add("2018-06-03", ApplicationRefused(application=10, check_cause=CheckCause.DUPLICATE))
    add("2018-12-01", taken_in(11, "2018-12-31"))
    add("2019-01-02", ApplicationRefused(application=11, check_cause=CheckCause.IDENTITY))
    # 12: the arrival was written down for the wrong day, and corrected from late to in time.
    add("2018-07-01", taken_in(12, "2018-07-31"))
    wrong = add("2018-08-05", received(12))
    corrected = by_hand.correct(wrong, "2018-07-30", station=HUANGPU[1])
    assert corrected == wrong + 1
    # 13: an arrival that was none, taken back: it is late again.
    add("2018-07-02", taken_in(13, "2018-08-01"))
    mistaken = add("2018-07-20", received(13))
    by_hand.retract(mistaken, "2018-07-21")
    # 14: its refusal was taken back, and it arrived in time.
    add("2018-09-01", taken_in(14, "2018-10-01"))
    refusal = add("2018-09-02", ApplicationRefused(application=14, check_cause=CheckCause.PHOTO))
    by_hand.retract(refusal, "2018-09-03")
    add("2018-09-30", received(14))
    return by_hand.lake()


def test_of_the_applications_due_those_that_arrived_by_then_are_in_time(lake: "Lake") -> None:
    with Engine(lake, *YEAR) as engine:
        found = engine.result(IN_TIME)
    # In time: 1, 2, 3, 4, 12, 14. Late: 5, 6, 7, 11, 13.
    assert (found.numerator, found.denominator, found.rows) == (6, 11, 11)
    assert found.figure == Fraction(600, 11)


def test_a_breakdown_adds_up_to_the_whole(lake: "Lake") -> None:
    with Engine(lake, *YEAR) as engine:
        districts = {one.values: (one.numerator, one.denominator) for one in engine.by(IN_TIME, "district")}
        months = {one.values[0]: (one.numerator, one.denominator) for one in engine.by(IN_TIME, "month")}
        pairs = engine.by(IN_TIME, "district", "channel")
    # 徐汇: 2 and 4 in time, 5 late; 黄浦 the other eight.
    assert districts == {("310101",): (4, 8), ("310104",): (2, 3)}
    # By the month in which they were due.
    assert months == {
        "2018-01": (1, 1), "2018-03": (1, 1), "2018-04": (1, 1), "2018-05": (0, 1), "2018-06": (0, 1),
        "2018-07": (1, 1), "2018-08": (0, 1), "2018-10": (1, 1), "2018-12": (1, 3),
    }  # fmt: skip
    assert [(one.values, one.numerator, one.denominator) for one in pairs] == [
        (("310101", "counter"), 4, 8), (("310104", "counter"), 2, 2), (("310104", "online"), 0, 1),
    ]  # fmt: skip


def test_the_rows_that_miss_are_the_late_applications_with_their_days(lake: "Lake") -> None:
    with Engine(lake, *YEAR) as engine:
        page = engine.rows(IN_TIME, misses=True)
    place = {name: at for at, name in enumerate(page.columns)}
    late = {row[place["application"]]: row for row in page.rows}
    assert list(late) == [5, 6, 7, 11, 13]
    assert late[5][place["taken_in_on"]] == date(2018, 5, 1)
    assert late[5][place["received_on"]] == date(2018, 6, 1)
    assert late[5][place["days_taken"]] == 31
    assert late[6][place["received_on"]] is None
    assert all(row[place["is_late"]] for row in page.rows)


def test_one_day_more_in_the_period_takes_in_what_is_due_on_it(lake: "Lake") -> None:
    with Engine(lake, date(2018, 1, 1), date(2019, 1, 1)) as engine:
        later = engine.result(IN_TIME)
    with Engine(lake, date(2018, 1, 2), date(2018, 12, 30)) as engine:
        shorter = engine.result(IN_TIME)
    # 9 comes in, and 11 is still not refused on 1 January.
    assert (later.numerator, later.denominator) == (7, 12)
    # Without 3 (1 January), 4 and 11 (31 December).
    assert (shorter.numerator, shorter.denominator) == (4, 8)


def test_pages_follow_each_other_without_gap_or_overlap(lake: "Lake") -> None:
    seen: list[object] = []
    with Engine(lake, *YEAR) as engine:
        after = None
        while True:
            page = engine.rows(IN_TIME, after=after, limit=4)
            assert len(page.rows) <= 4
            seen += [row[page.columns.index("application")] for row in page.rows]
            if page.next is None:
                break
            after = page.next
    assert seen == [1, 2, 3, 4, 5, 6, 7, 11, 12, 13, 14]


def test_rows_can_be_kept_to_a_month_and_a_district(lake: "Lake") -> None:
    with Engine(lake, *YEAR) as engine:
        page = engine.rows(IN_TIME, where={"month": "2018-12", "district": "310101"})
        none = engine.rows(IN_TIME, where={"channel": None})
        hostile = engine.rows(IN_TIME, where={"district": "' OR 1=1 --"})
    assert [row[page.columns.index("application")] for row in page.rows] == [7, 11]
    assert none.rows == ()
    assert hostile.rows == ()


def test_a_dimension_that_a_measure_does_not_declare_is_refused(lake: "Lake") -> None:
    with Engine(lake, *YEAR) as engine, pytest.raises(DimensionUnknown) as by:
        engine.by(IN_TIME, "age_band")
    assert "application_reason" in by.value.text.en
    with Engine(lake, *YEAR) as engine, pytest.raises(DimensionUnknown):
        engine.rows(IN_TIME, where={"numerator": "1"})
