"""The four lives: every arrow and every other step, against a list written by hand from the survey of the field."""

import pytest

from civicard.cards import codes, facts
from civicard.cards.codes import CardState, State
from civicard.cards.rules import (
    ARROWS,
    LIVES,
    Balance,
    BatchUnbalanced,
    Life,
    ReissueAsked,
    StepNotAllowed,
    after,
    card_after,
    events_from,
)
from civicard.ledger.kinds import Fact, kind_name

# One line an arrow: event, from, to; `-` is a life that has not begun.
EXPECTED = {
    Life.APPLICATION: """
        application_taken_in  -                    taken_in
        application_taken_in  draft                taken_in
        correction_asked      taken_in             awaiting_correction
        correction_given      awaiting_correction  taken_in
        application_refused   taken_in             not_taken_in
        application_refused   awaiting_correction  not_taken_in
        application_passed    taken_in             passed
        application_batched   passed               batched
        account_opened        batched              account_opened
        making_started        account_opened       in_making
        making_started        in_making            in_making
        making_failed         in_making            in_making
        card_made             in_making            made
        card_inspected        made                 inspected
        inspection_failed     made                 in_making
        card_dispatched       inspected            dispatched
        card_received         dispatched           received
        card_handed_over      received             issued
        card_returned         received             returned
        card_recalled         returned             recalled
    """,
    Life.CARD: """
        making_started           -               in_making
        making_failed            in_making       spoiled
        card_made                in_making       not_enabled
        inspection_failed        not_enabled     spoiled
        card_handed_over         not_enabled     normal
        card_recalled            not_enabled     cancelled
        card_recalled            cancelled       cancelled
        temporary_loss_reported  normal          temporary_loss
        formal_loss_reported     normal          formal_loss
        formal_loss_reported     temporary_loss  formal_loss
        loss_lapsed              temporary_loss  normal
        loss_lapsed              formal_loss     normal
        loss_lifted              temporary_loss  normal
        loss_lifted              formal_loss     normal
        card_locked              normal          locked
        card_unlocked            locked          normal
        card_cancelled           not_enabled     cancelled
        card_cancelled           normal          cancelled
        card_cancelled           temporary_loss  cancelled
        card_cancelled           formal_loss     cancelled
        card_cancelled           locked          cancelled
        card_destroyed           cancelled       destroyed
        card_destroyed           spoiled         destroyed
    """,
    Life.ACCOUNT: """
        account_opened     -           pre_opened
        card_handed_over   pre_opened  inactive
        account_activated  inactive    active
        account_frozen     inactive    frozen
        account_frozen     active      frozen
        account_closed     pre_opened  closed
        account_closed     inactive    closed
        account_closed     active      closed
        account_closed     frozen      closed
    """,
    Life.BLANK: """
        blanks_stocked     -           in_stock
        blanks_taken       in_stock    taken
        making_started     taken       in_machine
        making_failed      in_machine  spoiled
        card_made          in_machine  good
        inspection_failed  good        spoiled
        card_destroyed     good        destroyed
        card_destroyed     spoiled     destroyed
    """,
}
# Opening facts say themselves where a card stands.
BROUGHT_IN = {"not_enabled", "normal", "temporary_loss", "formal_loss", "locked", "cancelled"}
STANDS = [(life, state) for life in Life for state in (None, *LIVES[life].states)]
# These begin no life and end none: they count what was there, by district.
MOVE_NOTHING = {"holders_counted"}


def expected(life: Life) -> dict[tuple[str, str], str]:
    lines = [line.split() for line in EXPECTED[life].strip().splitlines()]
    return {(event, start): to for event, start, to in lines}


@pytest.mark.parametrize(("life", "state"), STANDS, ids=str)
def test_a_life_takes_the_steps_of_the_table_and_no_other(life: Life, state: State | None) -> None:
    table = expected(life)
    for event in ARROWS:
        to = table.get((event, state or "-"))
        if to is not None:
            assert after(life, state, event) == to
            continue
        with pytest.raises(StepNotAllowed) as caught:
            after(life, state, event)
        assert caught.value.code == f"{life}_step_not_allowed"


@pytest.mark.parametrize(("life", "state"), STANDS, ids=str)
def test_a_refusal_says_in_both_languages_what_is_possible_now(life: Life, state: State | None) -> None:
    possible = sorted(event for event, start in expected(life) if start == (state or "-"))
    if (life, state) == (Life.CARD, None):
        possible.append("card_brought_in")
    assert sorted(events_from(life, state)) == sorted(possible)
    with pytest.raises(StepNotAllowed) as caught:
        after(life, state, "holders_counted")
    text = caught.value.text
    for event in possible:
        assert event in text.zh
        assert event in text.en
    if not possible:
        assert "终点" in text.zh
        assert "this state is final" in text.en


@pytest.mark.parametrize("state", CardState)
def test_a_card_brought_in_begins_where_its_fact_says_unless_only_the_workshop_knows_it(
    state: CardState,
) -> None:
    if state in BROUGHT_IN:
        assert after(Life.CARD, None, "card_brought_in", says=state) is state
    else:
        with pytest.raises(StepNotAllowed):
            after(Life.CARD, None, "card_brought_in", says=state)
    with pytest.raises(StepNotAllowed):
        after(Life.CARD, state, "card_brought_in", says=CardState.NORMAL)


def test_a_card_brought_in_must_say_where_it_stands() -> None:
    with pytest.raises(StepNotAllowed):
        after(Life.CARD, None, "card_brought_in")


def test_an_event_of_no_life_has_a_code_of_its_own() -> None:
    with pytest.raises(StepNotAllowed) as caught:
        after(Life.CARD, CardState.NORMAL, "person_left")
    assert caught.value.code == "step_not_allowed"


def test_every_kind_of_fact_of_cards_moves_a_life_or_is_known_to_move_none() -> None:
    kinds = {
        kind_name(one)
        for one in vars(facts).values()
        if isinstance(one, type) and issubclass(one, Fact) and one.__module__ == facts.__name__
    }
    assert kinds == set(ARROWS) | MOVE_NOTHING


@pytest.mark.parametrize("life", Life)
def test_every_state_but_the_draft_is_reached_by_an_event(life: Life) -> None:
    reached = set(expected(life).values())
    unreached = (
        {str(one) for one in LIVES[life].states} - reached - (BROUGHT_IN if life is Life.CARD else set())
    )
    assert unreached == ({"draft"} if life is Life.APPLICATION else set())


@pytest.mark.parametrize("event", ["loss_lapsed", "loss_lifted"])
@pytest.mark.parametrize("state", [CardState.TEMPORARY_LOSS, CardState.FORMAL_LOSS])
def test_a_lost_card_comes_back_only_while_no_reissue_was_asked_for(event: str, state: CardState) -> None:
    assert card_after(state, event, is_reissue_asked=False) is CardState.NORMAL
    with pytest.raises(ReissueAsked) as caught:
        card_after(state, event, is_reissue_asked=True)
    assert caught.value.code == "card_reissue_asked"
    assert "cancel it" in caught.value.text.en


def test_a_card_that_a_reissue_was_asked_for_can_still_be_cancelled() -> None:
    assert card_after(CardState.FORMAL_LOSS, "card_cancelled", is_reissue_asked=True) is CardState.CANCELLED


def test_a_locked_card_is_not_released_once_a_reissue_was_asked_for() -> None:
    with pytest.raises(ReissueAsked):
        card_after(CardState.LOCKED, "card_unlocked", is_reissue_asked=True)


def test_every_state_has_a_name_in_both_languages() -> None:
    for life in Life:
        names = [one.text for one in LIVES[life].states]
        assert all(name.zh and name.en for name in names)
        assert len({name.zh for name in names}) == len({name.en for name in names}) == len(names)


def test_a_state_is_found_by_its_value_and_written_as_it() -> None:
    assert CardState("formal_loss") is CardState.FORMAL_LOSS
    assert f"{codes.BlankState.IN_STOCK}" == "in_stock"


@pytest.mark.parametrize(
    ("good", "spoiled", "samples", "returned", "difference"),
    [(95, 2, 1, 2, 0), (95, 2, 1, 1, 1), (96, 2, 1, 2, -1), (0, 0, 0, 0, 100), (100, 0, 0, 0, 0)],
)
def test_a_batch_of_a_hundred_balances_or_says_by_how_much_not(
    good: int, spoiled: int, samples: int, returned: int, difference: int
) -> None:
    balance = Balance(taken=100, good=good, spoiled=spoiled, samples=samples, returned=returned)
    assert balance.difference == difference
    if difference == 0:
        balance.require()
        return
    with pytest.raises(BatchUnbalanced) as caught:
        balance.require()
    assert caught.value.code == "batch_unbalanced"
    said = f"{difference} missing" if difference > 0 else f"{-difference} too many"
    assert said in caught.value.text.en
