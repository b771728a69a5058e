"""Where the days of an application went."""

from datetime import date
from typing import TYPE_CHECKING

import pytest

from civicard.cards.codes import Channel, CheckCause, PickedUpBy, Reason
from civicard.cards.facts import (
    AccountOpened,
    ApplicationPassed,
    ApplicationTakenIn,
    CardHandedOver,
    CardInspected,
    CardMade,
    CardReceived,
    CorrectionAsked,
    CorrectionGiven,
)
from civicard.measures.definition import measure_named
from civicard.measures.engine import Engine
from civicard.people.rules import AgeBand

if TYPE_CHECKING:
    from tests.journeys.test_measures.conftest import HandMade

    from civicard.ledger.lake import Lake

DAYS = measure_named("days_by_stage")
DISTRICT, STATION = "310101", "310101-001"


def whole_life(by_hand: "HandMade", application: int, days: dict[str, str]) -> None:
    """Add the facts of one application; `days` says on which day each stage ended."""
    card = 1000 + application
    by_hand.add(
        days["taken_in"],
        ApplicationTakenIn(
            application=application, person=application, application_reason=Reason.FIRST,
            channel=Channel.COUNTER, age_band=next(iter(AgeBand)), promised_days=30,
            due_on=date(2018, 12, 31), district=DISTRICT, station=STATION,
        ),
    )  # fmt: skip
    if "passed" in days:
        by_hand.add(days["passed"], ApplicationPassed(application=application))
    by_hand.add(days["opened"], AccountOpened(application=application, account=application, bank="bank-1"))
    by_hand.add(
        days["made"],
        CardMade(
            application=application, card=card, blank=card, attempt=1, district=DISTRICT, station=STATION
        ),
        minutes=10,
    )
    by_hand.add(days["inspected"], CardInspected(application=application, card=card), minutes=20)
    by_hand.add(
        days["received"],
        CardReceived(application=application, card=card, district=DISTRICT, station=STATION),
        minutes=30,
    )
    if "handed_over" in days:
        by_hand.add(
            days["handed_over"],
            CardHandedOver(
                application=application,
                card=card,
                person=application,
                picked_up_by=PickedUpBy.HOLDER,
                district=DISTRICT,
                station=STATION,
            ),
        )


@pytest.fixture
def lake(by_hand: "HandMade") -> "Lake":
    # 1: 10 days to the pass, of which 3 + 2 were the applicant's; then 4, 5, 1, 6 days, and 20 until picked up.
    whole_life(
        by_hand, 1,
        {
            "taken_in": "2018-03-01", "passed": "2018-03-11", "opened": "2018-03-15", "made": "2018-03-20",
            "inspected": "2018-03-21", "received": "2018-03-27", "handed_over": "2018-04-16",
        },
    )  # fmt: skip
    by_hand.add("2018-03-02", CorrectionAsked(application=1, check_cause=CheckCause.PHOTO))
    by_hand.add("2018-03-05", CorrectionGiven(application=1))
    by_hand.add("2018-03-06", CorrectionAsked(application=1, check_cause=CheckCause.PHOTO))
    by_hand.add("2018-03-08", CorrectionGiven(application=1))
    # 2: straight through, over the end of February; handed over only after the period.
    whole_life(
        by_hand, 2,
        {
            "taken_in": "2018-02-26", "passed": "2018-02-27", "opened": "2018-03-01", "made": "2018-03-01",
            "inspected": "2018-03-02", "received": "2018-03-04", "handed_over": "2019-01-04",
        },
    )  # fmt: skip
    # 3: its check is not in the ledger, so neither is what begins or ends with it.
    whole_life(
        by_hand, 3,
        {
            "taken_in": "2018-05-01", "opened": "2018-05-03", "made": "2018-05-05", "inspected": "2018-05-05",
            "received": "2018-05-06",
        },
    )  # fmt: skip
    # 4: arrived only in the next year.
    whole_life(
        by_hand, 4,
        {
            "taken_in": "2018-12-01", "passed": "2018-12-02", "opened": "2018-12-03", "made": "2018-12-04",
            "inspected": "2018-12-05", "received": "2019-01-01",
        },
    )  # fmt: skip
    return by_hand.lake()


def test_each_stage_has_its_days_from_business_day_to_business_day(lake: "Lake") -> None:
    with Engine(lake, date(2018, 1, 1), date(2018, 12, 31)) as engine:
        found = {one.values[0]: (one.numerator, one.denominator) for one in engine.by(DAYS, "stage")}
        whole = engine.result(DAYS, check=True)
    assert found == {
        "applicant": (5 + 0 + 0, 3),
        "check": (5 + 1, 2),
        "bank": (4 + 2, 2),
        "making": (5 + 0 + 2, 3),
        "inspection": (1 + 1 + 0, 3),
        "courier": (6 + 2 + 1, 3),
        "pick_up": (20, 1),
    }
    assert (whole.numerator, whole.denominator, whole.rows) == (55, 17, 17)


def test_the_stages_up_to_arrival_add_up_to_the_days_from_intake(lake: "Lake") -> None:
    with Engine(lake, date(2018, 3, 1), date(2018, 3, 31)) as engine:
        rows = engine.rows(DAYS, limit=100)
    at = {name: place for place, name in enumerate(rows.columns)}
    spent = {1: 0, 2: 0}
    for row in rows.rows:
        if row[at["stage"]] != "pick_up":
            spent[int(str(row[at["application"]]))] += int(str(row[at["numerator"]]))
    # 1 March to 27 March, and 26 February to 4 March of a year without a leap day.
    assert spent == {1: 26, 2: 6}


def test_a_pick_up_after_the_period_is_not_known_in_it(lake: "Lake") -> None:
    with Engine(lake, date(2018, 3, 1), date(2018, 3, 31)) as engine:
        assert "pick_up" not in {one.values[0] for one in engine.by(DAYS, "stage")}
