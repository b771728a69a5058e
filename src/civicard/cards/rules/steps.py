"""The four linked lives as a table of arrows: application, card, financial account, piece of plastic. Pure.

Each kind of fact of cards is an event that moves one or more lives; the events join them. docs/reference/card-life.md
is made from this table.

Source: the stages of Shanghai's published evaluation of 2018 and the field survey of card bureaus; status codes differ
by place and are mapped at the interfaces.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from civicard.cards.codes import AccountState, ApplicationState, BlankState, CardState, State
from civicard.kernel.refusal import Refusal
from civicard.kernel.text import Text

APPLICATION = ApplicationState
CARD = CardState
ACCOUNT = AccountState
BLANK = BlankState


class Life(StrEnum):
    """One of the four lives."""

    APPLICATION = "application"
    CARD = "card"
    ACCOUNT = "account"
    BLANK = "blank"


class LifeName(NamedTuple):
    """How a life is called, and the states it knows."""

    text: Text
    states: type[State]


LIVES: Mapping[Life, LifeName] = MappingProxyType(
    {
        Life.APPLICATION: LifeName(Text("申领", "application"), ApplicationState),
        Life.CARD: LifeName(Text("卡片", "card"), CardState),
        Life.ACCOUNT: LifeName(Text("金融账户", "financial account"), AccountState),
        Life.BLANK: LifeName(Text("白卡", "blank"), BlankState),
    }
)

NOT_BEGUN = Text("尚未开始", "not begun")


class Arrow(NamedTuple):
    """One step of one life.

    Attributes:
        starts: the states it may be taken from; None among them means a life that has not begun.
        to: the state it leads to; None means the one that the fact itself says.
    """

    starts: frozenset[State | None]
    to: State | None


def _arrow(*steps: State | None) -> Arrow:
    """Return the arrow from all states but the last to the last."""
    return Arrow(frozenset(steps[:-1]), steps[-1])


# What a card brought in from before the ledger may be. Not what only the workshop knows: in making and spoiled belong to
# an application, an attempt and a blank that such a fact does not name, and a destroyed card is nobody's.
BROUGHT_IN = frozenset(
    {
        CARD.NOT_ENABLED, CARD.NORMAL, CARD.TEMPORARY_LOSS, CARD.FORMAL_LOSS, CARD.LOCKED, CARD.CANCELLED,
    }
)  # fmt: skip

# Event by event, the arrows it takes: in each line the states from which, and last the state to which.
ARROWS: Mapping[str, Mapping[Life, Arrow]] = MappingProxyType({
    "application_taken_in": {
        Life.APPLICATION: _arrow(None, APPLICATION.DRAFT, APPLICATION.TAKEN_IN),
    },
    "correction_asked": {
        Life.APPLICATION: _arrow(APPLICATION.TAKEN_IN, APPLICATION.AWAITING_CORRECTION),
    },
    "correction_given": {
        Life.APPLICATION: _arrow(APPLICATION.AWAITING_CORRECTION, APPLICATION.TAKEN_IN),
    },
    "application_refused": {
        Life.APPLICATION: _arrow(
            APPLICATION.TAKEN_IN, APPLICATION.AWAITING_CORRECTION, APPLICATION.NOT_TAKEN_IN
        ),
    },
    "application_passed": {
        Life.APPLICATION: _arrow(APPLICATION.TAKEN_IN, APPLICATION.PASSED),
    },
    "application_batched": {
        Life.APPLICATION: _arrow(APPLICATION.PASSED, APPLICATION.BATCHED),
    },
    "account_opened": {
        Life.APPLICATION: _arrow(APPLICATION.BATCHED, APPLICATION.ACCOUNT_OPENED),
        Life.ACCOUNT: _arrow(None, ACCOUNT.PRE_OPENED),
    },
    "making_started": {
        Life.APPLICATION: _arrow(APPLICATION.ACCOUNT_OPENED, APPLICATION.IN_MAKING, APPLICATION.IN_MAKING),
        Life.CARD: _arrow(None, CARD.IN_MAKING),
        Life.BLANK: _arrow(BLANK.TAKEN, BLANK.IN_MACHINE),
    },
    "making_failed": {
        Life.APPLICATION: _arrow(APPLICATION.IN_MAKING, APPLICATION.IN_MAKING),
        Life.CARD: _arrow(CARD.IN_MAKING, CARD.SPOILED),
        Life.BLANK: _arrow(BLANK.IN_MACHINE, BLANK.SPOILED),
    },
    "card_made": {
        Life.APPLICATION: _arrow(APPLICATION.IN_MAKING, APPLICATION.MADE),
        Life.CARD: _arrow(CARD.IN_MAKING, CARD.NOT_ENABLED),
        Life.BLANK: _arrow(BLANK.IN_MACHINE, BLANK.GOOD),
    },
    "card_inspected": {
        Life.APPLICATION: _arrow(APPLICATION.MADE, APPLICATION.INSPECTED),
    },
    "inspection_failed": {
        Life.APPLICATION: _arrow(APPLICATION.MADE, APPLICATION.IN_MAKING),
        Life.CARD: _arrow(CARD.NOT_ENABLED, CARD.SPOILED),
        Life.BLANK: _arrow(BLANK.GOOD, BLANK.SPOILED),
    },
    "card_dispatched": {
        Life.APPLICATION: _arrow(APPLICATION.INSPECTED, APPLICATION.DISPATCHED),
    },
    "card_received": {
        Life.APPLICATION: _arrow(APPLICATION.DISPATCHED, APPLICATION.RECEIVED),
    },
    "card_handed_over": {
        Life.APPLICATION: _arrow(APPLICATION.RECEIVED, APPLICATION.ISSUED),
        Life.CARD: _arrow(CARD.NOT_ENABLED, CARD.NORMAL),
        Life.ACCOUNT: _arrow(ACCOUNT.PRE_OPENED, ACCOUNT.INACTIVE),
    },
    "card_returned": {
        Life.APPLICATION: _arrow(APPLICATION.RECEIVED, APPLICATION.RETURNED),
    },
    # A card that was cancelled while it waited, because its holder died, still has to come back as plastic.
    "card_recalled": {
        Life.APPLICATION: _arrow(APPLICATION.RETURNED, APPLICATION.RECALLED),
        Life.CARD: _arrow(CARD.NOT_ENABLED, CARD.CANCELLED, CARD.CANCELLED),
    },
    "account_activated": {
        Life.ACCOUNT: _arrow(ACCOUNT.INACTIVE, ACCOUNT.ACTIVE),
    },
    "account_frozen": {
        Life.ACCOUNT: _arrow(ACCOUNT.INACTIVE, ACCOUNT.ACTIVE, ACCOUNT.FROZEN),
    },
    "account_closed": {
        Life.ACCOUNT: _arrow(
            ACCOUNT.PRE_OPENED, ACCOUNT.INACTIVE, ACCOUNT.ACTIVE, ACCOUNT.FROZEN, ACCOUNT.CLOSED
        ),
    },
    "temporary_loss_reported": {
        Life.CARD: _arrow(CARD.NORMAL, CARD.TEMPORARY_LOSS),
    },
    "formal_loss_reported": {
        Life.CARD: _arrow(CARD.NORMAL, CARD.TEMPORARY_LOSS, CARD.FORMAL_LOSS),
    },
    "loss_lapsed": {
        Life.CARD: _arrow(CARD.TEMPORARY_LOSS, CARD.FORMAL_LOSS, CARD.NORMAL),
    },
    "loss_lifted": {
        Life.CARD: _arrow(CARD.TEMPORARY_LOSS, CARD.FORMAL_LOSS, CARD.NORMAL),
    },
    "card_locked": {
        Life.CARD: _arrow(CARD.NORMAL, CARD.LOCKED),
    },
    "card_unlocked": {
        Life.CARD: _arrow(CARD.LOCKED, CARD.NORMAL),
    },
    "card_cancelled": {
        Life.CARD: _arrow(
            CARD.NOT_ENABLED, CARD.NORMAL, CARD.TEMPORARY_LOSS, CARD.FORMAL_LOSS, CARD.LOCKED, CARD.CANCELLED
        ),
    },
    "card_destroyed": {
        Life.CARD: _arrow(CARD.CANCELLED, CARD.SPOILED, CARD.DESTROYED),
        Life.BLANK: _arrow(BLANK.GOOD, BLANK.SPOILED, BLANK.DESTROYED),
    },
    "blanks_stocked": {
        Life.BLANK: _arrow(None, BLANK.IN_STOCK),
    },
    "blanks_taken": {
        Life.BLANK: _arrow(BLANK.IN_STOCK, BLANK.TAKEN),
    },
    "card_brought_in": {
        Life.CARD: Arrow(frozenset({None}), None),
    },
})  # fmt: skip

# A card in one of these works, or can work again: a person has at most one such card.
LIVING = frozenset({CARD.NORMAL, CARD.TEMPORARY_LOSS, CARD.FORMAL_LOSS, CARD.LOCKED})
# These bring a stopped card back to work, which a reissue rules out.
REVIVING = frozenset({"loss_lapsed", "loss_lifted", "card_unlocked"})


class StepNotAllowed(Refusal):
    """There is no such step in any of the four lives.

    Attributes:
        life: the life that was to move.
        state: where it stands; None when it has not begun.
        event: the kind of fact that was to move it.
    """

    code = "step_not_allowed"

    def __init__(self, life: Life, state: State | None, event: str) -> None:
        self.life, self.state, self.event = life, state, event
        name, stands = LIVES[life].text, title(state)
        options = events_from(life, state)
        possible = Text("、".join(options), ", ".join(options))
        nothing = Text("无，此状态为终点", "nothing: this state is final")
        super().__init__(
            Text(
                f"不能对{name.zh}作 {event}：该{name.zh}的状态为“{stands.zh}”。现在可以：{(possible or nothing).zh}。",
                f"Cannot take {event} on a {name.en} that is {stands.en}. "
                f"Possible now: {(possible or nothing).en}.",
            )
        )


class ApplicationStepNotAllowed(StepNotAllowed):
    """The application is not in a state from which this step can be taken."""

    code = "application_step_not_allowed"


class CardStepNotAllowed(StepNotAllowed):
    """The card is not in a state from which this step can be taken."""

    code = "card_step_not_allowed"


class AccountStepNotAllowed(StepNotAllowed):
    """The financial account is not in a state from which this step can be taken."""

    code = "account_step_not_allowed"


class BlankStepNotAllowed(StepNotAllowed):
    """The blank is not in a state from which this step can be taken."""

    code = "blank_step_not_allowed"


class ReissueAsked(Refusal):
    """The old card can never work again, because a reissue was asked for in its place."""

    code = "card_reissue_asked"

    def __init__(self, event: str) -> None:
        super().__init__(
            Text(
                f"不能作 {event}：该卡已申请补卡，旧卡不再恢复使用。现在可以：注销旧卡，领取新卡。",
                f"Cannot take {event}: a reissue was asked for in place of this card, which never works again. "
                "Possible now: cancel it and pick up the new one.",
            )
        )


def title(state: State | None) -> Text:
    """Return the name of a state that people read; None is a life that has not begun."""
    return NOT_BEGUN if state is None else state.text


def events_from(life: Life, state: State | None) -> list[str]:
    """Return the events that a life in `state` may take, in the order of the table; empty where it ends."""
    return [
        event
        for event, arrows in ARROWS.items()
        if (arrow := arrows.get(life)) is not None and state in arrow.starts
    ]


def after(life: Life, state: State | None, event: str, *, says: State | None = None) -> State:
    """Return the state that `event` leads to.

    Args:
        life: the life that moves.
        state: where it stands; None when it has not begun.
        event: name of a kind of fact.
        says: the state that the fact itself names; only `card_brought_in` does.

    Raises:
        StepNotAllowed: the table has no such arrow; the subclass and its code name the life.

    >>> after(Life.CARD, CardState.NORMAL, "card_locked")
    <CardState.LOCKED: 'locked'>
    """
    arrow = ARROWS.get(event, {}).get(life)
    if arrow is None or state not in arrow.starts:
        raise refused(life, state, event)
    if arrow.to is not None:
        return arrow.to
    if says is None or says not in BROUGHT_IN:
        raise refused(life, says, event)
    return says


def refused(life: Life, state: State | None, event: str) -> StepNotAllowed:
    """Return the refusal of a step that the table does not have."""
    if event not in ARROWS:
        return StepNotAllowed(life, state, event)
    match life:
        case Life.APPLICATION:
            return ApplicationStepNotAllowed(life, state, event)
        case Life.CARD:
            return CardStepNotAllowed(life, state, event)
        case Life.ACCOUNT:
            return AccountStepNotAllowed(life, state, event)
        case Life.BLANK:
            return BlankStepNotAllowed(life, state, event)


def card_after(state: CardState | None, event: str, *, is_reissue_asked: bool) -> CardState:
    """Return the state that `event` leads a card to, where it matters whether a reissue was asked in its place.

    Raises:
        ReissueAsked: the event would bring the old card back to work.
        CardStepNotAllowed: the table has no such arrow.
    """
    reached = after(Life.CARD, state, event)
    if is_reissue_asked and event in REVIVING:
        raise ReissueAsked(event)
    return CardState(reached)
