"""Replay: a whole story is allowed, and each thing that a fact may not do is found in it, alone and by name."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from civicard.cards.codes import (
    BlankState,
    CancelCause,
    CardState,
    Channel,
    CheckCause,
    MakingCause,
    PickedUpBy,
    Reason,
)
from civicard.cards.facts import (
    AccountActivated,
    AccountClosed,
    AccountFrozen,
    AccountOpened,
    ApplicationBatched,
    ApplicationPassed,
    ApplicationRefused,
    ApplicationTakenIn,
    BlanksStocked,
    BlanksTaken,
    CardBroughtIn,
    CardCancelled,
    CardDestroyed,
    CardDispatched,
    CardHandedOver,
    CardInspected,
    CardLocked,
    CardMade,
    CardRecalled,
    CardReceived,
    CardReturned,
    CardUnlocked,
    CorrectionAsked,
    CorrectionGiven,
    FormalLossReported,
    HoldersCounted,
    InspectionFailed,
    LossLapsed,
    LossLifted,
    MakingFailed,
    MakingStarted,
    TemporaryLossReported,
)
from civicard.cards.rules import FaultCode, Lives, RulesNotInForce, load_rules, replay
from civicard.ledger.kinds import Fact, kind_name, kind_named
from civicard.people.facts import PersonRegistered
from civicard.people.rules import AgeBand

FOLDER = Path(__file__).parents[2] / "programme-rules"
SHANGHAI = load_rules((FOLDER / "shanghai.yaml").read_text(encoding="utf-8"))
PLACE = {"district": "310101", "station": "310101-001"}
BEGIN = datetime(2018, 7, 2, 1, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
LOST = {"channel": Channel.PHONE}

STOCKED = BlanksStocked(lot="L1", first_blank=1000, quantity=100)
TAKEN = BlanksTaken(batch=7, first_blank=1000, quantity=10)
INTAKE = ApplicationTakenIn(
    application=1, person=11, application_reason=Reason.FIRST, channel=Channel.COUNTER, age_band=AgeBand.FROM_26,
    promised_days=30, due_on=date(2018, 8, 1), district="310101", station="310101-001",
)  # fmt: skip
PASSED = ApplicationPassed(application=1)
BATCHED = ApplicationBatched(application=1, batch=7)
OPENED = AccountOpened(application=1, account=31, bank="B1")
STARTED = MakingStarted(application=1, card=21, blank=1000, attempt=1)
FAILED = MakingFailed(application=1, card=21, blank=1000, attempt=1, making_cause=MakingCause.CHIP)
MADE = CardMade(application=1, card=21, blank=1000, attempt=1, valid_until=date(2038, 7, 2), **PLACE)
UNFIT = InspectionFailed(application=1, card=21, blank=1000, attempt=1, making_cause=MakingCause.PRINT)
INSPECTED = CardInspected(application=1, card=21)
DISPATCHED = CardDispatched(application=1, card=21, box=3)
RECEIVED = CardReceived(application=1, card=21, **PLACE)
HANDED = CardHandedOver(application=1, card=21, person=11, picked_up_by=PickedUpBy.HOLDER, **PLACE)

READY = [STOCKED, TAKEN, INTAKE, PASSED, BATCHED, OPENED]
WAITING = [*READY, STARTED, MADE, INSPECTED, DISPATCHED, RECEIVED]
ISSUED = [*WAITING, HANDED]


def values(fact: Fact) -> Mapping[str, object]:
    """Return a fact as the ledger's JSON holds it."""
    return kind_named(kind_name(type(fact))).body(fact)


def numbered(
    facts: Iterable[Fact], step: timedelta = HOUR
) -> list[tuple[int, str, Mapping[str, object], datetime]]:
    return [
        (number, kind_name(type(fact)), values(fact), BEGIN + number * step)
        for number, fact in enumerate(facts)
    ]


def found(facts: Iterable[Fact]) -> list[tuple[int, FaultCode]]:
    return [(number, fault.code) for number, fault in replay(numbered(facts), SHANGHAI)]


def after_all(facts: Iterable[Fact]) -> Lives:
    lives = Lives()
    for _, kind, body, at in numbered(facts):
        lives.take(kind, body, at)
    return lives


def of_second(fact: Fact) -> Fact:
    """Return a fact of the first story as one of a second application, of another person, beside it."""
    second = {"application": 2, "person": 12, "card": 22, "account": 32, "blank": 1001}
    return replace(fact, **{key: value for key, value in second.items() if hasattr(fact, key)})  # type: ignore[type-var]  # every fact is a dataclass


def cancelled(card: int, cause: CancelCause = CancelCause.REISSUED) -> CardCancelled:
    return CardCancelled(card=card, cancel_cause=cause, district="310101")


ALLOWED: dict[str, list[Fact]] = {
    "from intake to an active account": [*ISSUED, AccountActivated(application=1, account=31, **PLACE)],
    "a correction on the way": [
        INTAKE,
        CorrectionAsked(application=1, check_cause=CheckCause.PHOTO),
        CorrectionGiven(application=1),
        PASSED,
    ],
    "a refusal": [INTAKE, ApplicationRefused(application=1, check_cause=CheckCause.DUPLICATE)],
    "an attempt that failed, and a card that failed its inspection": [
        *READY,
        STARTED,
        FAILED,
        MakingStarted(application=1, card=22, blank=1001, attempt=2),
        replace(MADE, card=22, blank=1001, attempt=2),
        replace(UNFIT, card=22, blank=1001, attempt=2),
        MakingStarted(application=1, card=23, blank=1002, attempt=3),
        replace(MADE, card=23, blank=1002, attempt=3),
        replace(INSPECTED, card=23),
    ],
    "an uncollected card": [
        *WAITING,
        CardReturned(application=1, card=21),
        CardRecalled(application=1, card=21),
        CardDestroyed(card=21, blank=1000),
        AccountClosed(account=31),
    ],
    "a card cancelled while it waited": [
        *WAITING,
        cancelled(21, CancelCause.DIED),
        CardReturned(application=1, card=21),
        CardRecalled(application=1, card=21),
        CardDestroyed(card=21),
    ],
    "a loss that was lifted and one that turned formal": [
        *ISSUED,
        TemporaryLossReported(card=21, **LOST),
        LossLifted(card=21),
        TemporaryLossReported(card=21, **LOST),
        FormalLossReported(card=21, **LOST),
        LossLifted(card=21),
        CardLocked(card=21),
        CardUnlocked(card=21),
        AccountFrozen(account=31),
        AccountClosed(account=31),
    ],
    "a reissue": [
        CardBroughtIn(card=9, person=11, state=CardState.FORMAL_LOSS, is_account_active=True, district="310101",
                      age_band=AgeBand.FROM_26),
        *[replace(one, application_reason=Reason.REISSUE, old_card=9) if isinstance(one, ApplicationTakenIn) else one
          for one in WAITING],
        cancelled(9),
        HANDED,
    ],
    "two people side by side": [
        *ISSUED,
        *[of_second(one) for one in ISSUED[2:]],
    ],
    "facts that move no life": [
        PersonRegistered(person=11, district="310101", age_band=AgeBand.FROM_26),
        HoldersCounted(district="310101", age_band=AgeBand.FROM_26, holders=5),
    ],
    "the last blank of a lot taken alone": [
        BlanksStocked(lot="L1", first_blank=1, quantity=5),
        BlanksTaken(batch=7, first_blank=5, quantity=1),
    ],
    "blanks of two lots taken at once": [
        BlanksStocked(lot="L1", first_blank=1, quantity=5),
        BlanksStocked(lot="L2", first_blank=6, quantity=5),
        BlanksTaken(batch=7, first_blank=3, quantity=6),
        BlanksTaken(batch=8, first_blank=9, quantity=2),
    ],
}  # fmt: skip

BROUGHT = CardBroughtIn(
    card=9,
    person=11,
    state=CardState.NORMAL,
    is_account_active=True,
    district="310101",
    age_band=AgeBand.FROM_26,
)
REISSUE = replace(INTAKE, application_reason=Reason.REISSUE, old_card=9)

WRONG: dict[str, tuple[list[Fact], FaultCode]] = {
    "a step left out": ([INTAKE, BATCHED], FaultCode.APPLICATION_STEP),
    "an intake told twice": ([INTAKE, INTAKE], FaultCode.APPLICATION_STEP),
    "a card handed over and cancelled, then reported lost": (
        [*ISSUED, cancelled(21), TemporaryLossReported(card=21, **LOST)],
        FaultCode.CARD_STEP,
    ),
    "a loss of a card that nobody knows": ([TemporaryLossReported(card=404, **LOST)], FaultCode.CARD_STEP),
    "a card brought in that only the workshop could know": (
        [replace(BROUGHT, state=CardState.SPOILED)],
        FaultCode.CARD_STEP,
    ),
    "a card brought in twice": ([BROUGHT, BROUGHT], FaultCode.CARD_STEP),
    "an account activated twice": (
        [*ISSUED, *[AccountActivated(application=1, account=31, **PLACE)] * 2],
        FaultCode.ACCOUNT_STEP,
    ),
    "an account activated before the card was handed over": (
        [*WAITING, AccountActivated(application=1, account=31, **PLACE)],
        FaultCode.ACCOUNT_STEP,
    ),
    "an account activated for another application": (
        [*ISSUED, AccountActivated(application=2, account=31, **PLACE)],
        FaultCode.OTHER_ACCOUNT,
    ),
    "a blank that was not taken out": ([*READY, replace(STARTED, blank=1050)], FaultCode.BLANK_STEP),
    "a blank that never came": ([*READY, replace(STARTED, blank=5000)], FaultCode.BLANK_STEP),
    "a blank used twice": (
        [*READY, STARTED, FAILED, MakingStarted(application=1, card=22, blank=1000, attempt=2)],
        FaultCode.BLANK_TWICE,
    ),
    "a blank of another batch": (
        [*READY, BlanksTaken(batch=8, first_blank=1010, quantity=5), replace(STARTED, blank=1010)],
        FaultCode.BLANK_OF_OTHER_BATCH,
    ),
    "a lot that overlaps another": ([STOCKED, replace(STOCKED, first_blank=1099)], FaultCode.RANGE),
    "blanks taken twice": ([STOCKED, TAKEN, replace(TAKEN, first_blank=1009)], FaultCode.RANGE),
    "blanks taken past the lot": ([STOCKED, replace(TAKEN, first_blank=1095)], FaultCode.RANGE),
    "a lot of none": ([replace(STOCKED, quantity=0)], FaultCode.RANGE),
    "a second attempt while the first is open": (
        [*READY, STARTED, MakingStarted(application=1, card=22, blank=1001, attempt=2)],
        FaultCode.ATTEMPT_OPEN,
    ),
    "a first attempt that is not the first": ([*READY, replace(STARTED, attempt=2)], FaultCode.ATTEMPT),
    "a second attempt told as a third": (
        [*READY, STARTED, FAILED, MakingStarted(application=1, card=22, blank=1001, attempt=3)],
        FaultCode.ATTEMPT,
    ),
    "a card made at another attempt": ([*READY, STARTED, replace(MADE, attempt=2)], FaultCode.ATTEMPT),
    "a card handed over to somebody else": ([*WAITING, replace(HANDED, person=12)], FaultCode.OTHER_PERSON),
    "a reissue of somebody else's card": ([replace(BROUGHT, person=12), REISSUE], FaultCode.OTHER_PERSON),
    "a card dispatched that is another's": (
        [*WAITING[:-2], replace(DISPATCHED, card=22)],
        FaultCode.OTHER_CARD,
    ),
    "a card received at a station where nobody applied": (
        [*WAITING[:-1], replace(RECEIVED, station="310101-002")],
        FaultCode.OTHER_STATION,
    ),
    "a card handed over in another district": (
        [*WAITING, replace(HANDED, district="310104")],
        FaultCode.OTHER_STATION,
    ),
    "an account activated at another station": (
        [*ISSUED, AccountActivated(application=1, account=31, district="310101", station="310101-002")],
        FaultCode.OTHER_STATION,
    ),
    "a second living card": ([BROUGHT, *ISSUED], FaultCode.SECOND_CARD),
    "a second card brought in": ([BROUGHT, replace(BROUGHT, card=8)], FaultCode.SECOND_CARD),
    "a lost card lifted though a reissue was asked for": (
        [replace(BROUGHT, state=CardState.FORMAL_LOSS), REISSUE, LossLifted(card=9)],
        FaultCode.REISSUE_ASKED,
    ),
    "a locked card released though a reissue was asked for": (
        [replace(BROUGHT, state=CardState.LOCKED), REISSUE, CardUnlocked(card=9)],
        FaultCode.REISSUE_ASKED,
    ),
    "a temporary loss that lapsed after an hour": (
        [*ISSUED, TemporaryLossReported(card=21, **LOST), LossLapsed(card=21)],
        FaultCode.TOO_EARLY,
    ),
    "a formal loss that lapsed after an hour": (
        [*ISSUED, FormalLossReported(card=21, **LOST), LossLapsed(card=21)],
        FaultCode.TOO_EARLY,
    ),
    "another promise than the rules give": ([replace(INTAKE, promised_days=31)], FaultCode.PROMISE),
    "another due date than the rules give": ([replace(INTAKE, due_on=date(2018, 8, 2))], FaultCode.PROMISE),
    "a destroyed card with another's blank": (
        [*ISSUED, cancelled(21), CardDestroyed(card=21, blank=1001)],
        FaultCode.OTHER_BLANK,
    ),
    "a card of before the ledger destroyed with a blank of the store": (
        [STOCKED, replace(BROUGHT, state=CardState.CANCELLED), CardDestroyed(card=9, blank=1000)],
        FaultCode.BLANK_STEP,
    ),
}


@pytest.mark.parametrize("story", ALLOWED)
def test_what_the_rules_allow_is_found_right(story: str) -> None:
    assert found(ALLOWED[story]) == []


@pytest.mark.parametrize("story", WRONG)
def test_the_last_fact_of_a_story_is_found_wrong(story: str) -> None:
    facts, code = WRONG[story]
    result = found(facts)
    last = len(facts) - 1
    assert (last, code) in result
    assert [one for one in result if one[0] != last] == []


@pytest.mark.parametrize(
    "story", [one for one, (_, code) in WRONG.items() if code is not FaultCode.OTHER_BLANK]
)
def test_one_wrong_thing_is_found_once(story: str) -> None:
    facts, code = WRONG[story]
    assert [one for _, one in found(facts)] == [code]


def test_every_code_but_the_time_is_met_by_a_story() -> None:
    assert {code for _, code in WRONG.values()} == set(FaultCode) - {FaultCode.BEFORE_CAUSE}


@pytest.mark.parametrize("number", range(3, len(ISSUED)))
def test_a_fact_dated_before_its_cause_is_found(number: int) -> None:
    facts = numbered(ISSUED)
    early = facts[number - 1][3] - timedelta(seconds=1)
    facts[number] = (*facts[number][:3], early)
    assert [(one, fault.code) for one, fault in replay(facts)][:1] == [(number, FaultCode.BEFORE_CAUSE)]


def test_blanks_taken_before_they_came_are_found() -> None:
    (stocked, taken) = numbered([STOCKED, TAKEN])
    assert [fault.code for _, fault in replay([stocked, (*taken[:3], BEGIN - HOUR)])] == [
        FaultCode.BEFORE_CAUSE
    ]


def test_a_blank_in_the_machine_before_it_was_taken_out_is_found() -> None:
    facts = numbered(READY)
    facts[1] = (*facts[1][:3], BEGIN + 50 * HOUR)
    facts.append((6, "making_started", values(STARTED), BEGIN + 49 * HOUR))
    assert [(one, fault.code) for one, fault in replay(facts)] == [(6, FaultCode.BEFORE_CAUSE)]


def test_what_happened_at_one_instant_is_in_order() -> None:
    assert list(replay(numbered(ISSUED, step=timedelta()))) == []


@pytest.mark.parametrize(
    ("report", "ends_at"),
    [
        (TemporaryLossReported(card=9, **LOST), datetime(2018, 7, 3, 1, 0, tzinfo=UTC)),
        # Reported on 2 July in Shanghai: the 30th day is 1 August, which ends at 16:00 UTC.
        (FormalLossReported(card=9, **LOST), datetime(2018, 8, 1, 16, 0, tzinfo=UTC)),
    ],
)
def test_a_loss_lapses_at_its_end_and_not_a_second_before(report: Fact, ends_at: datetime) -> None:
    def lapse(at: datetime) -> list[FaultCode]:
        lives = Lives(SHANGHAI)
        lives.take("card_brought_in", values(BROUGHT), BEGIN)
        lives.take(kind_name(type(report)), values(report), BEGIN)
        return [fault.code for fault in lives.take("loss_lapsed", {"card": 9}, at)]

    assert lapse(ends_at) == []
    assert lapse(ends_at - timedelta(seconds=1)) == [FaultCode.TOO_EARLY]


def test_without_rules_neither_promises_nor_lapses_are_judged() -> None:
    facts = [*ISSUED, TemporaryLossReported(card=21, **LOST), LossLapsed(card=21)]
    facts[2] = replace(INTAKE, promised_days=99)
    assert list(replay(numbered(facts))) == []


def test_an_intake_before_the_first_rules_is_refused() -> None:
    with pytest.raises(RulesNotInForce):
        Lives(SHANGHAI).take("application_taken_in", values(INTAKE), datetime(2017, 6, 1, tzinfo=UTC))


def test_one_wrong_fact_does_not_make_the_right_ones_after_it_wrong() -> None:
    without_inspection = [one for one in ISSUED if one is not INSPECTED]
    assert found(without_inspection) == [(without_inspection.index(DISPATCHED), FaultCode.APPLICATION_STEP)]


def test_dates_as_the_lake_gives_them_are_read_like_text() -> None:
    body = {**values(INTAKE), "due_on": date(2018, 8, 1)}
    assert Lives(SHANGHAI).take("application_taken_in", body, BEGIN) == []


def test_a_fault_says_in_both_languages_what_it_concerns() -> None:
    ((_, fault),) = replay(numbered([*READY, replace(STARTED, blank=1050)]))
    assert "1050" in fault.text.zh
    assert "1050" in fault.text.en
    assert "Possible now: blanks_taken" in fault.text.en


def test_each_life_stands_where_its_last_fact_left_it() -> None:
    lives = after_all([*ISSUED, FormalLossReported(card=21, **LOST)])
    assert lives.card_state(21) is CardState.FORMAL_LOSS
    assert lives.card_state(22) is None
    assert [lives.blank_state(one) for one in (1000, 1001, 1010, 1100)] == [
        BlankState.GOOD,
        BlankState.TAKEN,
        BlankState.IN_STOCK,
        None,
    ]


def test_a_batch_balances_from_its_facts_with_samples_and_returns() -> None:
    lives = after_all(ALLOWED["an attempt that failed, and a card that failed its inspection"])
    balance = lives.balance(7, samples=1, returned=5)
    assert (balance.taken, balance.good, balance.spoiled, balance.difference) == (10, 1, 2, 1)
    assert lives.balance(7, samples=1, returned=6).difference == 0


def test_a_destroyed_card_was_a_good_one_all_the_same() -> None:
    balance = after_all(ALLOWED["an uncollected card"]).balance(7)
    assert (balance.taken, balance.good, balance.spoiled) == (10, 1, 0)


def test_a_batch_without_blanks_has_a_balance_of_nothing() -> None:
    assert Lives().balance(404).difference == 0


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(1, 12), st.booleans()), max_size=30))
def test_ranges_are_judged_as_if_every_serial_were_listed(ranges: list[tuple[int, int, bool]]) -> None:
    lives = Lives()
    stocked: set[int] = set()
    taken: set[int] = set()
    for first, quantity, is_stocking in ranges:
        serials = set(range(first, first + quantity))
        if is_stocking:
            fact: Fact = BlanksStocked(lot="L", first_blank=first, quantity=quantity)
            is_wrong = bool(serials & stocked)
            stocked |= set() if is_wrong else serials
        else:
            fact = BlanksTaken(batch=1, first_blank=first, quantity=quantity)
            is_wrong = bool(serials & taken) or not serials <= stocked
            taken |= set() if serials & taken else serials
        faults = lives.take(kind_name(type(fact)), values(fact), BEGIN)
        assert [fault.code for fault in faults] == ([FaultCode.RANGE] if is_wrong else [])
    assert lives.balance(1).taken == len(taken)


# A card in its holder's hands, by hand: where each event leads from where.
IN_HAND = {
    ("temporary_loss_reported", "normal"): "temporary_loss",
    ("formal_loss_reported", "normal"): "formal_loss",
    ("formal_loss_reported", "temporary_loss"): "formal_loss",
    ("loss_lifted", "temporary_loss"): "normal",
    ("loss_lifted", "formal_loss"): "normal",
    ("card_locked", "normal"): "locked",
    ("card_unlocked", "locked"): "normal",
}


@given(st.lists(st.sampled_from(sorted({event for event, _ in IN_HAND})), max_size=12))
def test_any_run_of_events_goes_on_while_the_rules_allow_it(events: list[str]) -> None:
    lives = Lives()
    lives.take("card_brought_in", values(BROUGHT), BEGIN)
    state = "normal"
    for event in events:
        faults = lives.take(event, {"card": 9}, BEGIN)
        if (event, state) not in IN_HAND:
            assert [fault.code for fault in faults] == [FaultCode.CARD_STEP]
            return
        assert faults == []
        state = IN_HAND[event, state]
        assert lives.card_state(9) == state
