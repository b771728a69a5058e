"""The plan of the year with its changes, the cards made, and the two put together."""

from datetime import date
from typing import TYPE_CHECKING

import pytest

from civicard.cards.codes import MakingCause
from civicard.cards.facts import CardInspected, CardMade, InspectionFailed
from civicard.governance.facts import TargetSet
from civicard.kernel.exact import Fraction
from civicard.measures.definition import measure_named
from civicard.measures.engine import Engine
from civicard.measures.results import PeriodRefused, Result

if TYPE_CHECKING:
    from tests.journeys.test_measures.conftest import HandMade

    from civicard.ledger.lake import Lake

FIRST, LAST = date(2018, 1, 1), date(2018, 12, 31)


def target(version: int, value: int, approved: str, year: int = 2018, what: str = "cards_made") -> TargetSet:
    return TargetSet(
        year=year, target=what, version=version, value=value, unit="cards", reason="年度计划", approval="批复",
        approved_on=date.fromisoformat(approved),
    )  # fmt: skip


def made(card: int, district: str = "310101", attempt: int = 1) -> CardMade:
    return CardMade(
        application=card % 100, card=card, blank=card, attempt=attempt, district=district,
        station=f"{district}-001",
    )  # fmt: skip


def inspected(card: int) -> CardInspected:
    return CardInspected(application=card % 100, card=card)


@pytest.fixture
def lake(by_hand: "HandMade") -> "Lake":
    add = by_hand.add
    # The plan: 40 at first, 8 from the autumn, 5 decided only after the year. And what is not this year's cards.
    add("2018-01-10", target(1, 40, "2018-01-09"))
    add("2018-09-20", target(2, 8, "2018-09-18"))
    add("2019-01-15", target(3, 5, "2019-01-14"))
    add("2019-01-15", target(1, 70, "2019-01-14", year=2019))
    add("2018-01-10", target(1, 99, "2018-01-09", what="complaints"))
    # Good cards on the first and the last day, and in between.
    for day, card, district in (
        ("2018-01-01", 101, "310101"),
        ("2018-07-05", 102, "310101"),
        ("2018-07-31", 103, "310104"),
        ("2018-12-31", 104, "310104"),
    ):
        add(day, made(card, district))
        add(day, inspected(card), minutes=60)
    # Not in the year: inspected the day before it, and the day after it though made within.
    add("2017-12-31", made(105))
    add("2017-12-31", inspected(105), minutes=60)
    add("2018-12-31", made(106))
    add("2019-01-01", inspected(106))
    # Made, failed and made again as another card: only the second is a card.
    add("2018-07-10", made(107))
    add(
        "2018-07-10",
        InspectionFailed(application=7, card=107, blank=107, attempt=1, making_cause=MakingCause.PRINT),
    )
    add("2018-07-11", made(207, attempt=2))
    add("2018-07-11", inspected(207), minutes=60)
    # Passed by mistake, taken back.
    add("2018-08-01", made(108))
    by_hand.retract(add("2018-08-01", inspected(108), minutes=60), "2018-08-02")
    # Written down for the wrong card, corrected.
    add("2018-08-03", made(109, "310104"))
    by_hand.correct(add("2018-08-03", inspected(199), minutes=60), "2018-08-03", card=109, application=9)
    return by_hand.lake()


def measured(lake: "Lake", name: str, since: date = FIRST, until: date = LAST) -> Result:
    with Engine(lake, since, until) as engine:
        return engine.result(measure_named(name), check=True)


def test_the_first_plan_stays_whatever_becomes_of_it(lake: "Lake") -> None:
    assert measured(lake, "cards_planned_initial").figure == 40


@pytest.mark.parametrize(
    ("until", "planned"),
    [
        (date(2018, 9, 17), 40),
        (date(2018, 9, 18), 8),
        (LAST, 8),
    ],
)
def test_the_plan_is_the_latest_that_was_approved_by_the_end(lake: "Lake", until: date, planned: int) -> None:
    assert measured(lake, "cards_planned", until=until).figure == planned


def test_there_is_no_plan_before_one_was_approved(lake: "Lake") -> None:
    assert measured(lake, "cards_planned", until=date(2018, 1, 8)).figure is None


def test_another_year_has_its_own_plan(lake: "Lake") -> None:
    assert measured(lake, "cards_planned", date(2019, 1, 1), date(2019, 12, 31)).figure == 70


def test_a_card_made_is_one_that_passed_its_inspection_in_the_period(lake: "Lake") -> None:
    found = measured(lake, "cards_made")
    # 101, 102, 103, 104, 207 and 109.
    assert (found.numerator, found.denominator, found.rows, found.figure) == (6, None, 6, Fraction(6))


def test_the_period_includes_both_of_its_days(lake: "Lake") -> None:
    assert measured(lake, "cards_made", date(2018, 1, 2), date(2018, 12, 30)).figure == 4
    assert measured(lake, "cards_made", date(2018, 7, 5), date(2018, 7, 5)).figure == 1
    assert measured(lake, "cards_made", date(2017, 12, 31), date(2019, 1, 1)).figure == 8


def test_cards_are_broken_down_by_where_they_were_made_for(lake: "Lake") -> None:
    measure = measure_named("cards_made")
    with Engine(lake, FIRST, LAST) as engine:
        districts = {one.values[0]: one.numerator for one in engine.by(measure, "district")}
        months = {one.values[0]: one.numerator for one in engine.by(measure, "month")}
        stations = {one.values[0]: one.numerator for one in engine.by(measure, "station")}
    assert districts == {"310101": 3, "310104": 3}
    assert months == {"2018-01": 1, "2018-07": 3, "2018-08": 1, "2018-12": 1}
    assert stations == {"310101-001": 3, "310104-001": 3}


def test_completion_is_cards_over_the_plan_and_may_exceed_it(lake: "Lake") -> None:
    current, first = measured(lake, "completion"), measured(lake, "completion_initial")
    assert (current.numerator, current.denominator, current.rows) == (6, 8, 7)
    assert current.figure == 75
    assert (first.numerator, first.denominator, first.figure) == (6, 40, Fraction(15))


def test_the_row_of_the_plan_belongs_to_no_district(lake: "Lake") -> None:
    with Engine(lake, FIRST, LAST) as engine:
        groups = {one.values[0]: one for one in engine.by(measure_named("completion"), "district")}
    assert (groups[None].numerator, groups[None].denominator) == (0, 8)
    assert (groups["310101"].numerator, groups["310101"].denominator) == (3, 0)
    # No district has a plan of its own, so none has a figure; 0 would say that nothing was made.
    assert groups["310101"].figure is None


def test_without_a_plan_there_is_no_completion(lake: "Lake") -> None:
    before = measured(lake, "completion", date(2017, 1, 1), date(2017, 12, 31))
    assert (before.numerator, before.denominator, before.figure) == (1, 0, None)


def test_the_monthly_average_counts_each_month_of_the_period(lake: "Lake") -> None:
    year = measured(lake, "made_monthly_average")
    assert (year.numerator, year.denominator, year.figure) == (6, 12, Fraction(1, 2))
    # From mid-July to mid-September are three months; 103, 207 and 109 fall into these days.
    part = measured(lake, "made_monthly_average", date(2018, 7, 11), date(2018, 9, 15))
    assert (part.numerator, part.denominator, part.figure) == (3, 3, Fraction(1))
    idle = measured(lake, "made_monthly_average", date(2018, 2, 1), date(2018, 6, 30))
    assert (idle.rows, idle.figure) == (0, None)


@pytest.mark.parametrize("name", ["completion", "cards_planned", "made_monthly_average"])
def test_what_holds_for_a_year_is_not_measured_over_two(lake: "Lake", name: str) -> None:
    with pytest.raises(PeriodRefused, match="one year at a time"):
        measured(lake, name, date(2018, 7, 1), date(2019, 6, 30))


def test_a_period_that_ends_before_it_begins_is_refused(lake: "Lake") -> None:
    with pytest.raises(PeriodRefused):
        Engine(lake, LAST, FIRST)
