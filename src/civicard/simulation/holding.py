"""What happens to cards in their holders' hands: losses, cancellations, cards nobody picks up. Pure.

Each card has one such story at most. The cards are those brought in where there are any, else those handed over in the
year.
"""

from dataclasses import dataclass, field

import numpy as np

from civicard.cards.codes import CancelCause, Channel
from civicard.people.rules import LeavingCause
from civicard.simulation.days import DAY_SECONDS, Ints
from civicard.simulation.intake import Applications, Group
from civicard.simulation.persons import NONE, REISSUE, BroughtIn, Persons
from civicard.simulation.plan import NEVER, Plan, seconds
from civicard.simulation.stages import Stage

CAUSES, LEAVING, CHANNELS = tuple(CancelCause), tuple(LeavingCause), tuple(Channel)
HOUR = 3600
# By word a loss is reported at any waking hour; in writing it takes the window of a station.
BY_WORD_HOURS = (6 * HOUR, 23 * HOUR)
BY_WORD = tuple(CHANNELS.index(one) for one in (Channel.PHONE, Channel.ONLINE, Channel.TERMINAL))
BY_WORD_WEIGHTS = (6, 3, 1)
COUNTER = CHANNELS.index(Channel.COUNTER)
DAYS_BEFORE_STORY = 2
# From the written report to the application for another card, in the same visit.
SAME_VISIT = (600, 1501)


@dataclass(slots=True)
class Rows:
    """Events of one kind that are put together from several sources.

    Attributes:
        parts: of each source the columns, the moment first.
    """

    parts: list[tuple[Ints, ...]] = field(default_factory=list)

    def add(self, *columns: Ints) -> None:
        """Add the events of a source."""
        self.parts.append(columns)

    def columns(self) -> tuple[Ints, ...]:
        """Return the columns of all events."""
        return tuple(np.concatenate(one) for one in zip(*self.parts, strict=True))


@dataclass(kw_only=True, slots=True)
class Stories:
    """Events of cards in hand; moments first.

    Attributes:
        by_word: moment, card, channel.
        in_writing: moment, card, channel.
        lapsed: moment, card.
        lifted: moment, card.
        cancelled: moment, card, cause, district.
        left: moment, person, cause, district.
        closed: moment, application whose account is closed.
        ends_activation: moment of each application after which its account is not activated any more.
    """

    by_word: Rows
    in_writing: Rows
    lapsed: Rows
    lifted: Rows
    cancelled: Rows
    left: Rows
    closed: Rows
    ends_activation: Ints


@dataclass(frozen=True, kw_only=True, slots=True)
class Hands:
    """Whose hands the cards are in.

    Attributes:
        handed_over: moment at which each application's card is handed over.
        card: number of each application's card.
        who: the people.
        before: the cards that are brought in.
    """

    handed_over: Ints
    card: Ints
    who: Persons
    before: BroughtIn


@dataclass(kw_only=True, slots=True)
class _Pool:
    """Cards that may have a story: number, holder, district, since when in hand, and the application, or `NONE`."""

    card: Ints
    person: Ints
    district: Ints
    since: Ints
    application: Ints


def uncollected(plan: Plan, received: Ints) -> tuple[Ints, Ints, Ints]:
    """Return the applications whose card nobody picks up, when it goes back and when it is at the centre again."""
    days = plan.days
    back_on = received.astype(np.int64) // DAY_SECONDS + plan.rules.uncollected_days + 1
    among = np.flatnonzero((received < days.end) & (back_on < days.length))
    rows = plan.chance.some("uncollected", among, plan.count(plan.opened.scenario.holding.uncollected))
    back = days.next_worked(back_on[rows])
    centre = days.at_place(
        days.place(back) + 1 + plan.chance.pick("uncollected-back", (1, 2, 2, 1), len(rows))
    )
    since, until = plan.hours(Stage.DISPATCH)
    returned = back * DAY_SECONDS + plan.chance.within("uncollected-time", since, until, len(rows))
    recalled = centre * DAY_SECONDS + plan.chance.within("recalled-time", since, until, len(rows))
    return rows, returned, recalled


def stories(plan: Plan, applications: Applications, hands: Hands) -> Stories:
    """Return what happens to the cards in hand."""
    return _Teller(plan, applications, hands).stories()


class _Teller:
    def __init__(self, plan: Plan, applications: Applications, hands: Hands) -> None:
        self.plan, self.chance, self.applications = plan, plan.chance, applications
        self.handed_over, self.card, self.who = hands.handed_over, hands.card, hands.who
        self.pool = self._pool(hands.before)
        self.told = Stories(
            by_word=Rows(), in_writing=Rows(), lapsed=Rows(), lifted=Rows(), cancelled=Rows(), left=Rows(),
            closed=Rows(), ends_activation=np.full(len(applications), NEVER, dtype=np.int64),
        )  # fmt: skip

    def _pool(self, before: BroughtIn) -> _Pool:
        end = self.plan.days.end
        if self.plan.brought_in:
            is_free = np.ones(self.plan.brought_in, dtype=bool)
            is_free[self.who.old_card[self.who.old_card > 0] - 1] = False
            rows = np.flatnonzero(is_free)
            return _Pool(
                card=rows + 1, person=rows, district=before.district[rows], since=np.zeros(len(rows), dtype=np.int64),
                application=np.full(len(rows), NONE),
            )  # fmt: skip
        old = self.who.old_application
        is_free = self.handed_over < end
        is_free[old[old != NONE]] = False
        rows = np.flatnonzero(is_free)
        return _Pool(
            card=self.card[rows], person=self.who.of[rows], district=self.applications.district[rows],
            since=self.handed_over[rows].astype(np.int64), application=rows,
        )  # fmt: skip

    def stories(self) -> Stories:
        holding = self.plan.opened.scenario.holding
        kinds = {
            "temporary_lapsed": holding.temporary_lapsed, "temporary_lifted": holding.temporary_lifted,
            "formal_lapsed": holding.formal_lapsed, "formal_lifted": holding.formal_lifted,
            "died": holding.died, "moved_away": holding.moved_away, "asked": holding.asked,
        }  # fmt: skip
        counts = [self.plan.count(one) for one in kinds.values()]
        chosen = self.chance.some("stories", np.arange(len(self.pool.card)), sum(counts))
        chosen = self.chance.stream("stories-order").permutation(chosen)
        since = 0
        for (name, _), count in zip(kinds.items(), counts, strict=True):
            rows, since = chosen[since : since + count], since + count
            rows, begins = self._begins(name, rows)
            self._end_activation(self.pool.application[rows], begins * DAY_SECONDS)
            match name:
                case "temporary_lapsed" | "temporary_lifted":
                    self._by_word(rows, begins, is_lifted=name == "temporary_lifted")
                case "formal_lapsed" | "formal_lifted":
                    self._in_writing(rows, begins, is_lifted=name == "formal_lifted")
                case _:
                    self._cancelled(name, rows, begins)
        self._replaced()
        return self.told

    def _begins(self, name: str, rows: Ints) -> tuple[Ints, Ints]:
        """Return the cards whose story begins within the year, and the day it does."""
        first = self.pool.since[rows] // DAY_SECONDS + DAYS_BEFORE_STORY
        span = self.plan.days.length - first
        rows, first, span = rows[span > 0], first[span > 0], span[span > 0]
        spread = self.chance.stream(f"story-{name}").integers(0, 1 << 31, len(rows))
        return rows, first + (spread * span >> 31)

    def _end_activation(self, applications: Ints, moment: Ints) -> None:
        known = applications != NONE
        self.told.ends_activation[applications[known]] = moment[known]

    def _by_word(self, rows: Ints, day: Ints, *, is_lifted: bool) -> None:
        card, hours = self.pool.card[rows], self.plan.rules.temporary_loss_hours
        at = day * DAY_SECONDS + self.chance.within(f"by-word-{is_lifted}", *BY_WORD_HOURS, len(rows))
        self.told.by_word.add(at, card, self._channels(f"by-word-channel-{is_lifted}", len(rows)))
        if is_lifted:
            after = self.chance.within("by-word-lifted", HOUR // 2, hours * HOUR, len(rows))
            self.told.lifted.add(at + after, card)
        else:
            self.told.lapsed.add(at + hours * HOUR, card)

    def _channels(self, label: str, number: int) -> Ints:
        return np.array(BY_WORD)[self.chance.pick(label, BY_WORD_WEIGHTS, number)]

    def _in_writing(self, rows: Ints, day: Ints, *, is_lifted: bool) -> None:
        card = self.pool.card[rows]
        day = self.plan.days.next_worked(day)
        at = self._at_window(f"in-writing-{is_lifted}", day)
        self.told.in_writing.add(at, card, np.full(len(rows), COUNTER))
        days = self.plan.rules.formal_loss_days
        if is_lifted:
            # What comes after the year is not told, however long a loss may stand.
            within = max(2, min(days, self.plan.days.length) - 7)
            later = self.chance.within("in-writing-lifted", 1, within, len(rows))
            # The next window may lie behind a holiday, but never behind the day on which the loss lapses.
            found = np.minimum(self.plan.days.next_worked(day + later), day + days)
            self.told.lifted.add(self._at_window("in-writing-lifted-time", found), card)
        else:
            # It ends with its last day: the first second of the next.
            self.told.lapsed.add((day + days + 1) * DAY_SECONDS, card)

    def _at_window(self, label: str, day: Ints) -> Ints:
        hours = seconds(self.plan.opened.scenario.intake)
        return np.asarray(day * DAY_SECONDS + self.chance.within(label, *hours, len(day)))

    def _cancelled(self, name: str, rows: Ints, day: Ints) -> None:
        pool, days = self.pool, self.plan.days
        cause = CancelCause.HOLDER_ASKED if name == "asked" else CancelCause(name)
        if cause is not CancelCause.HOLDER_ASKED:
            left = self._at_window(f"left-{name}", day)
            which = np.full(len(rows), LEAVING.index(LeavingCause(name)))
            self.told.left.add(left, pool.person[rows], which, pool.district[rows])
            day = days.at_place(
                days.place(day) + 1 + self.chance.pick(f"heard-{name}", (4, 3, 2, 1), len(rows))
            )
        at = self._at_window(f"cancelled-{name}", days.next_worked(day))
        self.told.cancelled.add(
            at, pool.card[rows], np.full(len(rows), CAUSES.index(cause)), pool.district[rows]
        )
        known = pool.application[rows] != NONE
        closing = days.at_place(days.place(at[known] // DAY_SECONDS) + 5)
        self.told.closed.add(self._at_window(f"closed-{name}", closing), pool.application[rows][known])

    def _replaced(self) -> None:
        """End the cards that another takes the place of: at the intake of a reissue, else as the new one is handed over."""
        is_new = self.who.old_card > 0
        is_reissue = (
            is_new & (self.applications.reason == REISSUE) & (self.applications.group != Group.REFUSED)
        )
        rows = np.flatnonzero(is_reissue)
        card, district = self.who.old_card[rows], self.applications.district[rows]
        intake = self.applications.at[rows].astype(np.int64)
        report = intake - self.chance.within("same-visit", *SAME_VISIT, len(rows))
        self.told.in_writing.add(report, card, np.full(len(rows), COUNTER))
        percent = self.plan.opened.scenario.holding.word_before_percent
        is_word = self.chance.within("word-before", 0, 100, len(rows)) < percent
        hours = self.plan.rules.temporary_loss_hours
        latest = max((hours - 1) * HOUR, HOUR // 2 + 1)
        word = report - self.chance.within("word-before-time", HOUR // 2, latest, len(rows))
        # What happened before the year is not in the lake.
        is_word &= word > 0
        self.told.by_word.add(
            word[is_word], card[is_word], self._channels("word-before-channel", len(rows))[is_word]
        )
        self.told.cancelled.add(
            intake + 1, card, np.full(len(rows), CAUSES.index(CancelCause.REISSUED)), district
        )
        self._end_activation(self.who.old_application[rows], report)
        others = np.flatnonzero(is_new & ~is_reissue)
        self.told.cancelled.add(
            np.minimum(self.handed_over[others], NEVER).astype(np.int64) - 1, self.who.old_card[others],
            np.full(len(others), CAUSES.index(CancelCause.REPLACED)), self.applications.district[others],
        )  # fmt: skip
        self._end_activation(
            self.who.old_application[others], self.handed_over[others].astype(np.int64) - DAY_SECONDS
        )
