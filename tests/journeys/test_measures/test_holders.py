"""Who holds a card, whose account works, where each card stands, and who signed up for the e-card."""

from datetime import date
from typing import TYPE_CHECKING

import pytest

from civicard.cards.codes import CancelCause, CardState, Channel, MakingCause, PickedUpBy, Reason
from civicard.cards.facts import (
    AccountActivated,
    ApplicationTakenIn,
    CardBroughtIn,
    CardCancelled,
    CardDestroyed,
    CardHandedOver,
    CardLocked,
    CardMade,
    CardRecalled,
    CardUnlocked,
    FormalLossReported,
    HoldersCounted,
    InspectionFailed,
    LossLapsed,
    LossLifted,
    MakingFailed,
    MakingStarted,
    TemporaryLossReported,
)
from civicard.ecard.facts import EcardSigned
from civicard.kernel.exact import Fraction
from civicard.measures.definition import measure_named
from civicard.measures.engine import Engine
from civicard.people.facts import PopulationCounted
from civicard.people.rules import AgeBand

if TYPE_CHECKING:
    from tests.journeys.test_measures.conftest import HandMade

YEAR = (date(2018, 1, 1), date(2018, 12, 31))
BAND = next(iter(AgeBand))
HUANGPU, XUHUI = "310101", "310104"


def population(district: str, persons: int, counted: str, band: AgeBand = BAND) -> PopulationCounted:
    return PopulationCounted(
        counted_on=date.fromisoformat(counted), district=district, age_band=band, persons=persons
    )


def brought_in(
    card: int, state: CardState = CardState.NORMAL, *, district: str = HUANGPU, active: bool = False
) -> CardBroughtIn:
    return CardBroughtIn(
        card=card, person=card, district=district, age_band=BAND, state=state, is_account_active=active
    )


def cancelled(card: int, cause: CancelCause, district: str = HUANGPU) -> CardCancelled:
    return CardCancelled(card=card, cancel_cause=cause, district=district)


def apply(
    by_hand: "HandMade", number: int, reason: Reason, *, district: str = HUANGPU, old_card: int | None = None,
    handed_over: str | None = "2018-04-01",
) -> int:  # fmt: skip
    """Take in application `number` and make its card 1000 + `number`; return that card."""
    card, station = 1000 + number, f"{district}-001"
    by_hand.add(
        "2018-03-01",
        ApplicationTakenIn(
            application=number, person=number, application_reason=reason, channel=Channel.COUNTER, age_band=BAND,
            promised_days=30, due_on=date(2018, 3, 31), old_card=old_card, district=district, station=station,
        ),
    )  # fmt: skip
    by_hand.add(
        "2018-03-05",
        CardMade(application=number, card=card, blank=card, attempt=1, district=district, station=station),
    )
    if handed_over is not None:
        by_hand.add(
            handed_over,
            CardHandedOver(
                application=number,
                card=card,
                person=number,
                picked_up_by=PickedUpBy.HOLDER,
                district=district,
                station=station,
            ),
        )
    return card


def holders(by_hand: "HandMade") -> int | None:
    """Return the numerator of coverage at the end of 2018."""
    with Engine(by_hand.lake(), *YEAR) as engine:
        return engine.result(measure_named("coverage"), check=True).numerator


def test_coverage_is_holders_over_people_at_the_end_of_the_period(by_hand: "HandMade") -> None:
    add = by_hand.add
    # Two counts of 黄浦, of which the later is the one; 徐汇 was counted once; and one count after the period.
    add("2018-01-02", population(HUANGPU, 500, "2017-12-31"))
    add("2018-10-01", population(HUANGPU, 80, "2018-09-30"))
    add("2018-10-01", population(HUANGPU, 20, "2018-09-30", list(AgeBand)[-1]))
    add("2018-01-02", population(XUHUI, 40, "2017-12-31"))
    add("2019-02-01", population(XUHUI, 1, "2019-01-31"))
    add("2018-01-01", HoldersCounted(district=HUANGPU, age_band=BAND, holders=30))
    add("2018-01-01", HoldersCounted(district=XUHUI, age_band=BAND, holders=10))
    add("2018-01-01", brought_in(1))
    add("2018-01-01", brought_in(2, CardState.FORMAL_LOSS, district=XUHUI))
    add("2018-01-01", brought_in(3, CardState.CANCELLED))
    first = apply(by_hand, 1, Reason.FIRST)
    apply(by_hand, 2, Reason.CHANGEOVER)
    # Moved to 徐汇 and gave the card up there, where the end of it is counted.
    add("2018-08-01", cancelled(first, CancelCause.HOLDER_ASKED, XUHUI))
    with Engine(by_hand.lake(), *YEAR) as engine:
        coverage = measure_named("coverage")
        whole = engine.result(coverage, check=True)
        districts = {
            one.values[0]: (one.numerator, one.denominator) for one in engine.by(coverage, "district")
        }
        entries = {one.values[0]: one.numerator for one in engine.by(coverage, "entry")}
    # 黄浦: 30 + 1 + 1 of 100; 徐汇: 10 + 1 - 1 of 40.
    assert districts == {HUANGPU: (32, 100), XUHUI: (10, 40)}
    assert (whole.numerator, whole.denominator, whole.figure) == (42, 140, Fraction(30))
    assert entries == {"counted": 40, "brought_in": 2, "first_card": 1, "left": -1, "population": 0}


def test_a_first_card_adds_a_holder_when_it_is_handed_over(by_hand: "HandMade") -> None:
    apply(by_hand, 1, Reason.FIRST)
    apply(by_hand, 2, Reason.FIRST, handed_over=None)
    apply(by_hand, 3, Reason.FIRST, handed_over="2019-01-01")
    assert holders(by_hand) == 1


@pytest.mark.parametrize("reason", [Reason.CHANGEOVER, Reason.REPLACEMENT, Reason.REISSUE])
def test_a_new_card_in_place_of_an_old_one_changes_nothing(by_hand: "HandMade", reason: Reason) -> None:
    by_hand.add("2018-01-01", brought_in(1))
    apply(by_hand, 1, reason, old_card=1)
    cause = CancelCause.REISSUED if reason is Reason.REISSUE else CancelCause.REPLACED
    by_hand.add("2018-04-01", cancelled(1, cause))
    assert holders(by_hand) == 1


def test_a_card_left_uncollected_takes_nobody_away(by_hand: "HandMade") -> None:
    by_hand.add("2018-01-01", brought_in(1))
    first = apply(by_hand, 1, Reason.FIRST, handed_over=None)
    changeover = apply(by_hand, 2, Reason.CHANGEOVER, old_card=1, handed_over=None)
    by_hand.add("2018-09-01", cancelled(first, CancelCause.UNCOLLECTED))
    by_hand.add("2018-09-01", cancelled(changeover, CancelCause.UNCOLLECTED))
    assert holders(by_hand) == 1


def test_who_dies_before_a_first_card_is_handed_over_was_no_holder(by_hand: "HandMade") -> None:
    by_hand.add("2018-01-01", brought_in(1))
    card = apply(by_hand, 1, Reason.FIRST, handed_over=None)
    by_hand.add("2018-03-20", cancelled(card, CancelCause.DIED))
    assert holders(by_hand) == 1


def test_who_dies_with_an_old_card_in_hand_and_a_new_one_on_its_way_is_one_holder_less(
    by_hand: "HandMade",
) -> None:
    for card in (1, 2):
        by_hand.add("2018-01-01", brought_in(card))
    new = apply(by_hand, 1, Reason.CHANGEOVER, old_card=1, handed_over=None)
    by_hand.add("2018-03-20", cancelled(1, CancelCause.DIED))
    by_hand.add("2018-03-20", cancelled(new, CancelCause.DIED))
    assert holders(by_hand) == 1


def test_who_dies_while_waiting_for_a_reissue_is_one_holder_less(by_hand: "HandMade") -> None:
    for card in (1, 2):
        by_hand.add("2018-01-01", brought_in(card))
    by_hand.add("2018-03-01", cancelled(1, CancelCause.REISSUED))
    new = apply(by_hand, 1, Reason.REISSUE, old_card=1, handed_over=None)
    by_hand.add("2018-03-20", cancelled(new, CancelCause.DIED))
    assert holders(by_hand) == 1


def test_who_dies_with_an_old_card_that_was_only_counted_is_one_holder_less(by_hand: "HandMade") -> None:
    by_hand.add("2018-01-01", HoldersCounted(district=HUANGPU, age_band=BAND, holders=5))
    waiting = apply(by_hand, 1, Reason.CHANGEOVER, handed_over=None)
    by_hand.add("2018-03-20", cancelled(waiting, CancelCause.DIED))
    done = apply(by_hand, 2, Reason.CHANGEOVER)
    by_hand.add("2018-06-01", cancelled(done, CancelCause.MOVED_AWAY))
    later = apply(by_hand, 3, Reason.CHANGEOVER)
    by_hand.add("2019-01-01", cancelled(later, CancelCause.DIED))
    assert holders(by_hand) == 3


def test_an_account_counts_as_activated_when_it_was_by_the_end(by_hand: "HandMade") -> None:
    def activated(day: str, application: int) -> None:
        by_hand.add(
            day,
            AccountActivated(
                application=application, account=application, district=HUANGPU, station=f"{HUANGPU}-001"
            ),
        )

    apply(by_hand, 1, Reason.FIRST, handed_over="2018-01-01")
    activated("2018-12-31", 1)
    apply(by_hand, 2, Reason.CHANGEOVER, handed_over="2018-12-31")
    activated("2019-01-01", 2)
    apply(by_hand, 3, Reason.CHANGEOVER)
    # Not of this year: handed over the year before, and after it.
    apply(by_hand, 4, Reason.FIRST, handed_over="2017-12-31")
    activated("2018-01-01", 4)
    apply(by_hand, 5, Reason.FIRST, handed_over="2019-01-01")
    apply(by_hand, 6, Reason.FIRST, handed_over=None)
    # Brought in: one active, one not, one active but of no use any more.
    by_hand.add("2018-01-01", brought_in(1, active=True))
    by_hand.add("2018-01-01", brought_in(2))
    by_hand.add("2018-01-01", brought_in(3, CardState.CANCELLED, active=True))
    # An activation that was none.
    apply(by_hand, 7, Reason.FIRST, district=XUHUI)
    by_hand.retract(
        by_hand.add(
            "2018-05-01",
            AccountActivated(application=7, account=7, district=XUHUI, station=f"{XUHUI}-001"),
        ),
        "2018-05-02",
    )
    activation = measure_named("account_activation")
    with Engine(by_hand.lake(), *YEAR) as engine:
        found = engine.result(activation, check=True)
        districts = {
            one.values[0]: (one.numerator, one.denominator) for one in engine.by(activation, "district")
        }
    # Active: 1 and the first brought in. Not: 2, 3, 7 and the second brought in.
    assert (found.numerator, found.denominator) == (2, 6)
    assert districts == {HUANGPU: (2, 5), XUHUI: (0, 1)}


def test_each_card_stands_where_the_last_thing_left_it(by_hand: "HandMade") -> None:
    add = by_hand.add

    def started(card: int, day: str = "2018-03-01") -> None:
        add(day, MakingStarted(application=card, card=card, blank=card, attempt=1))

    started(1)
    started(2)
    add("2018-03-02", MakingFailed(application=2, card=2, blank=2, attempt=1, making_cause=MakingCause.CHIP))
    spoiled = apply(by_hand, 3, Reason.FIRST, handed_over=None)
    add(
        "2018-03-06",
        InspectionFailed(application=3, card=spoiled, blank=3, attempt=1, making_cause=MakingCause.PRINT),
    )
    apply(by_hand, 4, Reason.FIRST, handed_over=None)
    apply(by_hand, 5, Reason.FIRST)
    # Lost and lapsed; lost and lifted; lost by word and then in writing; locked; locked and released.
    for number in (6, 7, 8, 9, 10):
        apply(by_hand, number, Reason.FIRST)
    add("2018-05-01", TemporaryLossReported(card=1006, channel=Channel.PHONE))
    add("2018-05-02", LossLapsed(card=1006))
    add("2018-05-01", FormalLossReported(card=1007, channel=Channel.COUNTER))
    add("2018-05-03", LossLifted(card=1007))
    add("2018-05-01", TemporaryLossReported(card=1008, channel=Channel.PHONE))
    add("2018-05-01", FormalLossReported(card=1008, channel=Channel.COUNTER), minutes=30)
    add("2018-05-01", CardLocked(card=1009))
    add("2018-05-01", CardLocked(card=1010))
    add("2018-05-01", CardUnlocked(card=1010), minutes=1)
    # Brought in as lost; recalled; cancelled and destroyed; cancelled only after the year.
    add("2018-01-01", brought_in(11, CardState.TEMPORARY_LOSS))
    recalled = apply(by_hand, 12, Reason.FIRST, handed_over=None)
    add("2018-10-01", CardRecalled(application=12, card=recalled))
    add("2018-01-01", brought_in(13))
    add("2018-02-01", cancelled(13, CancelCause.DIED))
    add("2018-02-05", CardDestroyed(card=13))
    add("2018-01-01", brought_in(14))
    add("2019-01-01", cancelled(14, CancelCause.DIED))
    # Cancelled, and only then was the district of its hand-over corrected: it stays cancelled.
    late = apply(by_hand, 15, Reason.FIRST)
    handed_over = len(by_hand.facts)
    add("2018-06-01", cancelled(late, CancelCause.MOVED_AWAY))
    by_hand.correct(handed_over, "2018-04-01", district=XUHUI)
    states = measure_named("cards_by_state")
    with Engine(by_hand.lake(), *YEAR) as engine:
        found = {one.values[0]: one.numerator for one in engine.by(states, "state")}
        total = engine.result(states, check=True)
    assert found == {
        "in_making": 1,  # 1
        "spoiled": 2,  # 2, 3
        "not_enabled": 1,  # 4
        "normal": 5,  # 5, 6, 7, 10, 14
        "formal_loss": 1,  # 8
        "locked": 1,  # 9
        "temporary_loss": 1,  # 11
        "cancelled": 2,  # 12, 15
        "destroyed": 1,  # 13
    }
    assert (total.numerator, total.rows) == (15, 15)


def test_what_happens_at_one_instant_is_taken_in_the_order_of_the_facts(by_hand: "HandMade") -> None:
    by_hand.add("2018-01-01", brought_in(1))
    by_hand.add("2018-05-01", CardLocked(card=1))
    by_hand.add("2018-05-01", CardUnlocked(card=1))
    by_hand.add("2018-05-01", CardLocked(card=1))
    with Engine(by_hand.lake(), *YEAR) as engine:
        (group,) = engine.by(measure_named("cards_by_state"), "state")
    assert group.values == ("locked",)


def test_who_signed_for_the_e_card_twice_counts_once(by_hand: "HandMade") -> None:
    def signed(day: str, person: int, channel: str) -> None:
        by_hand.add(day, EcardSigned(person=person, district=HUANGPU, channel=channel))

    signed("2017-06-01", 1, "bank-app")
    signed("2018-03-01", 1, "city-app")
    signed("2018-12-31", 2, "city-app")
    signed("2019-01-01", 3, "city-app")
    by_hand.add("2018-01-02", population(HUANGPU, 8, "2017-12-31"))
    penetration = measure_named("ecard_penetration")
    with Engine(by_hand.lake(), *YEAR) as engine:
        found = engine.result(penetration, check=True)
        channels = {one.values[0]: one.numerator for one in engine.by(penetration, "channel")}
    assert (found.numerator, found.denominator, found.figure) == (2, 8, Fraction(25))
    assert channels == {"bank-app": 1, "city-app": 1, None: 0}
