"""Blanks during a replay: ranges of serials as they come and are taken out, single ones once they are used. Pure."""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from civicard.cards.codes import BlankState
from civicard.cards.rules.balance import Balance
from civicard.cards.rules.standing import FaultCode, Found, Standing
from civicard.cards.rules.steps import Life


@dataclass(frozen=True, slots=True)
class Span:
    """A range of serials that follow each other.

    Attributes:
        first: its first serial.
        last: its last serial, which belongs to it.
        batch: the batch it was taken out for; None in the store.
        at: when it came there.
    """

    first: int
    last: int
    batch: object
    at: datetime


class Spans:
    """Ranges of serials that do not overlap, found by any serial in them."""

    def __init__(self) -> None:
        self._firsts: list[int] = []
        self._spans: list[Span] = []

    def holding(self, serial: int) -> Span | None:
        """Return the range that holds `serial`, or None."""
        place = bisect_right(self._firsts, serial) - 1
        if place < 0 or self._spans[place].last < serial:
            return None
        return self._spans[place]

    def is_touched(self, first: int, last: int) -> bool:
        """Tell whether any serial from `first` to `last` is in a range."""
        place = bisect_right(self._firsts, last) - 1
        return place >= 0 and self._spans[place].last >= first

    def covering(self, first: int, last: int) -> list[Span] | None:
        """Return the ranges that hold all serials from `first` to `last`, or None where one is in no range."""
        found = []
        while first <= last:
            span = self.holding(first)
            if span is None:
                return None
            found.append(span)
            first = span.last + 1
        return found

    def add(self, span: Span) -> None:
        """Add a range, which touches no other."""
        place = bisect_right(self._firsts, span.first)
        self._firsts.insert(place, span.first)
        self._spans.insert(place, span)


class Blank(Standing):
    """A blank that went into a machine.

    Attributes:
        batch: the batch it was taken out for; None when it never was.
    """

    __slots__ = ("batch",)

    def __init__(self, number: object) -> None:
        super().__init__(number)
        self.batch: object = None


class Counts:
    """What became of the blanks of one batch.

    Attributes:
        taken: taken out of the store.
        became: of those that were used, how many came to each state last among good and spoiled.
    """

    __slots__ = ("became", "taken")

    def __init__(self) -> None:
        self.taken = 0
        self.became = {BlankState.GOOD: 0, BlankState.SPOILED: 0}


class Blanks:
    """All blanks, with what is wrong about them put into `found`."""

    def __init__(self, found: Found) -> None:
        """Begin with an empty store."""
        self._found = found
        self._stocked, self._taken = Spans(), Spans()
        self._used: dict[object, Blank] = {}
        self._batches: dict[object, Counts] = {}

    def known(self, serial: int) -> Blank | None:
        """Return a blank as it stands; None when it never came into the store."""
        used = self._used.get(serial)
        if used is not None:
            return used
        one = Blank(serial)
        span = self._taken.holding(serial)
        if span is not None:
            one.state, one.at, one.batch = BlankState.TAKEN, span.at, span.batch
            return one
        span = self._stocked.holding(serial)
        if span is None:
            return None
        one.state, one.at = BlankState.IN_STOCK, span.at
        return one

    def counts(self, batch: object) -> Counts:
        """Return what became of the blanks of a batch, to be read or changed."""
        one = self._batches.get(batch)
        if one is None:
            one = self._batches[batch] = Counts()
        return one

    def balance(self, batch: int, samples: int, returned: int) -> Balance:
        """Return the balance of a batch, with the samples and returns that no kind of fact says yet."""
        one = self._batches.get(batch) or Counts()
        return Balance(
            taken=one.taken,
            good=one.became[BlankState.GOOD],
            spoiled=one.became[BlankState.SPOILED],
            samples=samples,
            returned=returned,
        )

    def go_in(self, serial: int, batch: object, event: str, at: datetime) -> None:
        """Put a blank into the machine for an application of `batch`."""
        used = self._used.get(serial)
        if used is not None and used.state is not None:
            self._found.add(
                FaultCode.BLANK_TWICE,
                f"{serial}：该白卡已用过，现为“{used.state.text.zh}”",
                f"{serial}: this blank was used before and is {used.state.text.en}",
            )
            self._found.since(used, at)
            used.state = BlankState.IN_MACHINE
            return
        one = self._used[serial] = self.known(serial) or Blank(serial)
        if one.state == BlankState.TAKEN:
            self._found.same(FaultCode.BLANK_OF_OTHER_BATCH, "batch", one.batch, batch)
        self._found.move(Life.BLANK, one, event, at)

    def move(self, serial: int, event: str, at: datetime) -> None:
        """Move a blank that is in the machine or came out of it."""
        one = self._used.get(serial)
        if one is None:
            one = self._used[serial] = self.known(serial) or Blank(serial)
        was = one.state
        self._found.move(Life.BLANK, one, event, at)
        if one.state == BlankState.DESTROYED:
            return
        became = self.counts(one.batch).became
        for state, change in ((was, -1), (one.state, 1)):
            if isinstance(state, BlankState) and state in became:
                became[state] += change

    def stock(self, values: Mapping[str, object], at: datetime) -> None:
        """Take a lot into the store."""
        first, last = _range(values)
        if self._is_none(first, last):
            return
        if self._stocked.is_touched(first, last):
            self._wrong(first, last, "有已入库者", "some are in the store already")
            return
        self._stocked.add(Span(first, last, None, at))

    def take(self, values: Mapping[str, object], at: datetime) -> None:
        """Take blanks out of the store for a batch."""
        first, last = _range(values)
        if self._is_none(first, last):
            return
        if self._taken.is_touched(first, last):
            self._wrong(first, last, "有已领用者", "some were taken out already")
            return
        lots = self._stocked.covering(first, last)
        if lots is None:
            self._wrong(first, last, "有未入库者", "some never came into the store")
        elif any(lot.at > at for lot in lots):
            self._found.add(
                FaultCode.BEFORE_CAUSE,
                f"{first}–{last}：白卡的领用早于入库",
                f"{first} to {last}: these blanks were taken out before they came in",
            )
        self._taken.add(Span(first, last, values["batch"], at))
        self.counts(values["batch"]).taken += last - first + 1

    def _is_none(self, first: int, last: int) -> bool:
        if first <= last:
            return False
        self._found.add(
            FaultCode.RANGE, f"{first}：白卡数量至少应为 1", f"{first}: the quantity must be at least 1"
        )
        return True

    def _wrong(self, first: int, last: int, zh: str, en: str) -> None:
        self._found.add(
            FaultCode.RANGE, f"{first}–{last}：白卡中{zh}", f"{first} to {last}: of these blanks {en}"
        )


def _range(values: Mapping[str, object]) -> tuple[int, int]:
    """Return the first and the last serial of a range."""
    first = whole(values, "first_blank")
    return first, first + whole(values, "quantity") - 1


def whole(values: Mapping[str, object], name: str) -> int:
    """Return a column that holds a whole number."""
    value = values[name]
    assert isinstance(value, int)  # the ledger lets no other in
    return value
