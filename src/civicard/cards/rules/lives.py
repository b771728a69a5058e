"""Replay: facts in the order of their numbers through the four lives, and what the rules do not allow in them. Pure.

A wrong fact stands in the ledger all the same, so a life goes on from where that fact puts it: one wrong fact gives its
own faults and does not make the right ones after it wrong.

ASSUMPTION: facts are sound in form, as the ledger lets only such in, and those that were retracted or replaced by a
correction are left out by the caller.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import TypeVar

from civicard.cards.codes import BlankState, CardState, Reason
from civicard.cards.rules.balance import Balance
from civicard.cards.rules.blanks import Blanks, whole
from civicard.cards.rules.programme import ProgrammeRules
from civicard.cards.rules.standing import Fault, FaultCode, Found, Standing
from civicard.cards.rules.steps import ARROWS, BROUGHT_IN, LIVING, REVIVING, Life, ReissueAsked
from civicard.cards.rules.timers import business_day, due_on, loss_ends

Values = Mapping[str, object]
# What a taker returns is for those that build on it; here it is passed over.
Taker = Callable[[str, Values, datetime], object]
# District and station.
Place = tuple[object, object]
S = TypeVar("S", bound=Standing)


class _Application(Standing):
    __slots__ = ("account", "attempt", "batch", "card", "person", "place")

    def __init__(self, number: object) -> None:
        super().__init__(number)
        self.person: object = None
        self.place: Place | None = None
        self.batch: object = None
        self.account: object = None
        self.card: object = None
        self.attempt = 0


class _Card(Standing):
    __slots__ = ("blank", "is_reissue_asked", "person")

    def __init__(self, number: object) -> None:
        super().__init__(number)
        self.person: object = None
        self.blank: int | None = None
        self.is_reissue_asked = False


class _Account(Standing):
    __slots__ = ("application",)

    def __init__(self, number: object) -> None:
        super().__init__(number)
        self.application: object = None


def _standing(of: type[S], lives: dict[object, S], number: object) -> S:
    """Return the life with this number, which begins its book-keeping here if it must."""
    one = lives.get(number)
    if one is None:
        one = lives[number] = of(number)
    return one


class Lives:
    """All lives of a ledger, as far as its facts have been taken."""

    def __init__(self, rules: ProgrammeRules | None = None) -> None:
        """Begin with nothing.

        Args:
            rules: the programme's, by which promises and lapsed losses are checked; None checks neither.
        """
        self._rules = rules
        self._found = Found()
        self._applications: dict[object, _Application] = {}
        self._cards: dict[object, _Card] = {}
        self._accounts: dict[object, _Account] = {}
        self._blanks = Blanks(self._found)
        self._living: dict[object, object] = {}
        own: dict[str, Taker] = {
            "application_taken_in": self._taken_in,
            "application_batched": self._batched,
            "account_opened": self._account_opened,
            "making_started": self._making_started,
            "making_failed": self._making_goes_on,
            "card_made": self._making_goes_on,
            "inspection_failed": self._making_goes_on,
            "card_handed_over": self._handed_over,
            "card_recalled": self._recalled,
            "card_destroyed": self._destroyed,
            "card_brought_in": self._brought_in,
            "blanks_stocked": lambda _, values, at: self._blanks.stock(values, at),
            "blanks_taken": lambda _, values, at: self._blanks.take(values, at),
        }
        # The rest move one life and nothing else.
        simple: dict[Life, Taker] = {
            Life.APPLICATION: self._application_moves,
            Life.CARD: self._card_in_hand,
            Life.ACCOUNT: self._account_moves,
        }
        self._takers = {
            event: own[event] if event in own else simple[next(iter(arrows))]
            for event, arrows in ARROWS.items()
        }

    def take(self, kind: str, values: Values, at: datetime) -> list[Fault]:
        """Take the next fact, and return what it does that the rules do not allow; empty when all is well.

        Args:
            kind: name of its kind; kinds that move no life are passed over.
            values: its own columns by name, from the ledger's JSON or from the lake.
            at: when it happened, an aware instant.

        Raises:
            RulesNotInForce: there are no rules for the day of an intake or loss.
        """
        taker = self._takers.get(kind)
        if taker is None:
            return []
        self._found.faults = []
        taker(kind, values, at)
        return self._found.faults

    def card_state(self, card: int) -> CardState | None:
        """Return where a card stands; None when no fact has begun its life."""
        life = self._cards.get(card)
        return None if life is None or life.state is None else CardState(life.state)

    def blank_state(self, blank: int) -> BlankState | None:
        """Return where a blank stands; None when it never came into the store."""
        life = self._blanks.known(blank)
        return None if life is None or life.state is None else BlankState(life.state)

    def balance(self, batch: int, *, samples: int = 0, returned: int = 0) -> Balance:
        """Return the balance of a batch.

        Args:
            batch: number of the batch.
            samples: blanks that became samples; no kind of fact says it yet.
            returned: blanks that went back to the store unused; no kind of fact says it yet.
        """
        return self._blanks.balance(batch, samples, returned)

    def _application_moves(self, kind: str, values: Values, at: datetime) -> _Application:
        one = _standing(_Application, self._applications, values["application"])
        self._found.move(Life.APPLICATION, one, kind, at)
        if "card" in values and kind != "making_started":
            self._found.same(FaultCode.OTHER_CARD, "card", values["card"], one.card)
        self._check_place(one, values)
        return one

    def _check_place(self, one: _Application, values: Values) -> None:
        """Note when a fact puts an application elsewhere than its intake, after which it stays at its station."""
        if "station" not in values:
            return
        place = values["district"], values["station"]
        if one.place is None:
            one.place = place
        for name, given, known in zip(("district", "station"), place, one.place, strict=True):
            self._found.same(FaultCode.OTHER_STATION, name, given, known)

    def _taken_in(self, kind: str, values: Values, at: datetime) -> None:
        one = self._application_moves(kind, values, at)
        one.person = values["person"]
        old = self._cards.get(values.get("old_card"))
        if old is not None:
            self._found.same(FaultCode.OTHER_PERSON, "person", one.person, old.person)
            old.is_reissue_asked |= values["application_reason"] == Reason.REISSUE
        if self._rules is not None:
            self._check_promise(self._rules, values, business_day(at))

    def _check_promise(self, rules: ProgrammeRules, values: Values, day: date) -> None:
        self._found.same(
            FaultCode.PROMISE, "promised_days", values["promised_days"], rules.at(day).promised_days
        )
        # Dates are text in the ledger's JSON and dates in the lake.
        self._found.same(FaultCode.PROMISE, "due_on", str(values["due_on"]), str(due_on(rules, day)))

    def _batched(self, kind: str, values: Values, at: datetime) -> None:
        self._application_moves(kind, values, at).batch = values["batch"]

    def _account_opened(self, kind: str, values: Values, at: datetime) -> None:
        one = self._application_moves(kind, values, at)
        account = _standing(_Account, self._accounts, values["account"])
        self._found.move(Life.ACCOUNT, account, kind, at)
        one.account, account.application = account.number, one.number

    def _account_moves(self, kind: str, values: Values, at: datetime) -> None:
        account = _standing(_Account, self._accounts, values["account"])
        self._found.move(Life.ACCOUNT, account, kind, at)
        if "application" in values:
            self._found.same(
                FaultCode.OTHER_ACCOUNT, "application", values["application"], account.application
            )
            opened_for = self._applications.get(account.application)
            if opened_for is not None:
                self._check_place(opened_for, values)

    def _making_started(self, kind: str, values: Values, at: datetime) -> None:
        one = self._application_moves(kind, values, at)
        before = self._cards.get(one.card)
        if before is not None and before.state == CardState.IN_MAKING:
            self._found.add(
                FaultCode.ATTEMPT_OPEN,
                f"{one.number}：上一次制卡（卡 {before.number}）尚无结果，不能开始下一次",
                f"{one.number}: the attempt before, card {before.number}, has no result yet; no other may start",
            )
        attempt = whole(values, "attempt")
        self._found.same(FaultCode.ATTEMPT, "attempt", attempt, one.attempt + 1)
        card = _standing(_Card, self._cards, values["card"])
        card.person, card.blank = one.person, whole(values, "blank")
        self._move_card(card, kind, at)
        one.attempt, one.card = attempt, card.number
        self._blanks.go_in(card.blank, one.batch, kind, at)

    def _making_goes_on(self, kind: str, values: Values, at: datetime) -> None:
        one = self._application_moves(kind, values, at)
        card = _standing(_Card, self._cards, values["card"])
        self._found.same(FaultCode.ATTEMPT, "attempt", values["attempt"], one.attempt)
        self._found.same(FaultCode.OTHER_BLANK, "blank", values["blank"], card.blank)
        self._move_card(card, kind, at)
        self._blanks.move(whole(values, "blank"), kind, at)

    def _handed_over(self, kind: str, values: Values, at: datetime) -> None:
        one = self._application_moves(kind, values, at)
        self._found.same(FaultCode.OTHER_PERSON, "person", values["person"], one.person)
        card = _standing(_Card, self._cards, values["card"])
        card.person = values["person"]
        self._move_card(card, kind, at)
        self._found.move(Life.ACCOUNT, _standing(_Account, self._accounts, one.account), kind, at)

    def _recalled(self, kind: str, values: Values, at: datetime) -> None:
        self._application_moves(kind, values, at)
        self._move_card(_standing(_Card, self._cards, values["card"]), kind, at)

    def _card_in_hand(self, kind: str, values: Values, at: datetime) -> None:
        card = _standing(_Card, self._cards, values["card"])
        if kind in REVIVING and card.is_reissue_asked:
            text = ReissueAsked(kind).text
            self._found.add(FaultCode.REISSUE_ASKED, f"{card.number}：{text.zh}", f"{card.number}: {text.en}")
        if kind == "loss_lapsed" and self._rules is not None and card.state is not None:
            ends = loss_ends(self._rules, CardState(card.state), card.at)
            if ends is not None and at < ends:
                self._found.add(
                    FaultCode.TOO_EARLY,
                    f"{card.number}：该挂失至 {ends.isoformat()} 方失效",
                    f"{card.number}: this loss lapses at {ends.isoformat()} and not before",
                )
        self._move_card(card, kind, at)

    def _destroyed(self, kind: str, values: Values, at: datetime) -> None:
        card = _standing(_Card, self._cards, values["card"])
        self._move_card(card, kind, at)
        if values.get("blank") is not None:
            blank = whole(values, "blank")
            if card.blank is not None:
                self._found.same(FaultCode.OTHER_BLANK, "blank", blank, card.blank)
        elif card.blank is not None:
            blank = card.blank
        else:
            return
        # The blank of a card from before the ledger never was in its store, so it has no life that could end.
        if self._blanks.known(blank) is not None:
            self._blanks.move(blank, kind, at)

    def _brought_in(self, kind: str, values: Values, at: datetime) -> None:
        card = _standing(_Card, self._cards, values["card"])
        state = CardState(str(values["state"]))
        if card.state is not None or state not in BROUGHT_IN:
            self._found.not_allowed(Life.CARD, card, card.state or state, kind)
        self._found.since(card, at)
        card.person, card.state = values["person"], state
        self._count_living(card)

    def _move_card(self, card: _Card, event: str, at: datetime) -> None:
        was_living = card.state in LIVING
        self._found.move(Life.CARD, card, event, at)
        if was_living is not (card.state in LIVING):
            self._count_living(card)

    def _count_living(self, card: _Card) -> None:
        holder = card.person
        if card.state not in LIVING:
            if self._living.get(holder) == card.number:
                del self._living[holder]
            return
        other = self._living.get(holder, card.number)
        if other != card.number:
            self._found.add(
                FaultCode.SECOND_CARD,
                f"{card.number}：持卡人 {holder} 已有可用的卡 {other}",
                f"{card.number}: its holder {holder} has a living card already, {other}",
            )
        self._living[holder] = card.number


def replay(
    facts: Iterable[tuple[int, str, Values, datetime]], rules: ProgrammeRules | None = None
) -> Iterator[tuple[int, Fault]]:
    """Yield what is wrong in a whole ledger, each with the number of the fact that does it.

    Args:
        facts: number, kind, columns and instant of each, in the order of their numbers.
        rules: the programme's; None checks neither promises nor when a loss lapses.

    Raises:
        RulesNotInForce: there are no rules for the day of an intake or loss.
    """
    lives = Lives(rules)
    for number, kind, values, at in facts:
        for fault in lives.take(kind, values, at):
            yield number, fault
