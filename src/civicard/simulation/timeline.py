"""When each application passes each stage, so that the counts of the scenario come out exactly. Pure.

Stages are reckoned in places among the worked days. What would miss its day without being one of the late ones is
hurried along; a late one loses its time at the stage that causes it. What is taken in too late to be due in the year
fills the count of good cards: once it is reached, inspection rests until the new year.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from civicard.simulation.days import DAY_SECONDS, Flags, Ints
from civicard.simulation.intake import Applications, Group
from civicard.simulation.lateness import IN_TIME, STAGES, late_stages
from civicard.simulation.plan import NEVER, Plan
from civicard.simulation.stages import UNTIL_RECEIPT, Stage

# How a first attempt may end.
GOOD, SPOILED_ONCE, SPOILED_TWICE, FAILED_INSPECTION = range(4)
Delays = dict[Stage, npt.NDArray[np.int16]]


@dataclass(kw_only=True, slots=True)
class Timeline:
    """Moments of every application, `NEVER` where it does not come to it.

    Attributes:
        asked: a correction is asked for.
        given: it is given.
        passed: the check is passed.
        refused: the application is refused.
        batched_on: place of the day on which it is batched; `NEVER` for refused ones.
        opened: the account is opened.
        started: the first attempt begins.
        inspected_at_first: a made card fails its inspection.
        remade: the attempt after that begins.
        inspected: the good card passes.
        dispatched: it leaves; `dispatched_on` is the place of the day.
        received: it arrives at its station.
        handed_over: it is handed over.
        ending: how the first attempt ends.
        cause: position in `STAGES` of what makes it late, or `IN_TIME`.
    """

    asked: Ints
    given: Ints
    passed: Ints
    refused: Ints
    batched_on: Ints
    opened: Ints
    started: Ints
    inspected_at_first: Ints
    remade: Ints
    inspected: Ints
    dispatched: Ints
    dispatched_on: Ints
    received: Ints
    handed_over: Ints
    ending: Ints
    cause: Ints


def timeline(plan: Plan, applications: Applications) -> Timeline:
    """Return when each application passes each stage.

    Raises:
        ScenarioImpossible: the good cards of the year cannot be reached, or are passed by what is due alone.
    """
    return _Line(plan, applications).timeline()


class _Line:
    """Works out the places of one city's applications."""

    def __init__(self, plan: Plan, applications: Applications) -> None:
        self.plan = plan
        self.applications = applications
        self.days = plan.days
        self.number = len(applications)
        self.intake = self.days.place(applications.day)
        self.due = self.days.place(applications.day + plan.rules.promised_days)
        self.cause = late_stages(plan, applications)
        self.ending = self._endings()
        self.is_corrected = self._corrected()
        self.receipts = self._receipts()
        self.delays = self._delays()
        self._hurried: Ints | None = None

    def _endings(self) -> npt.NDArray[np.int8]:
        """Return how first attempts end; only cards that are certain to be made in the year fail, so the share holds."""
        failures, chance = self.plan.opened.scenario.failures, self.plan.chance
        made = self.plan.opened.scenario.volumes.made
        number = self.plan.count(made * failures.per_hundred_thousand // 100_000)
        among = np.flatnonzero(self.applications.is_due & (self.cause == IN_TIME))
        failed = chance.some("failed", among, number)
        at_inspection = failures.inspection_percent
        in_machine = 100 - at_inspection
        again = in_machine * failures.again_percent
        kinds = (SPOILED_ONCE, SPOILED_TWICE, FAILED_INSPECTION)
        weights = (in_machine * 100 - again, again, at_inspection * 100)
        ending = np.zeros(self.number, dtype=np.int8)
        ending[failed] = np.array(kinds, dtype=np.int8)[chance.pick("failed-how", weights, len(failed))]
        return ending

    def _corrected(self) -> Flags:
        per_mille = self.plan.opened.scenario.volumes.corrected_per_mille
        drawn = self.plan.chance.within("corrected", 0, 1000, self.number) < per_mille
        is_refused = self.applications.group == Group.REFUSED
        return np.asarray((drawn & ~is_refused) | (self.cause == STAGES.index(Stage.APPLICANT)))

    def _receipts(self) -> npt.NDArray[np.int16]:
        """Return how long a box takes, by station and place of its dispatch: a box arrives whole."""
        places = len(self.days.open_days)
        number = self.plan.station_bounds[-1] * places
        return self._drawn(Stage.RECEIPT, np.tile(self.days.open_days, self.plan.station_bounds[-1])).reshape(
            number // places, places
        )

    def _drawn(self, stage: Stage, day: Ints) -> npt.NDArray[np.int16]:
        """Return the delay of a stage for whatever begins on each day."""
        part, chance = self.plan.opened.scenario.stages[stage], self.plan.chance
        drawn = chance.days(f"delay-{stage}", part.days, len(day))
        if part.busy is not None:
            month = self.days.month[np.minimum(day, self.days.length - 1)]
            is_busy = np.isin(month, part.busy.months) & (day < self.days.length)
            drawn = np.where(is_busy, chance.days(f"delay-{stage}-busy", part.busy.days, len(day)), drawn)
        return drawn

    def _delays(self) -> Delays:
        stages = [one for one in UNTIL_RECEIPT if one is not Stage.RECEIPT]
        delays: Delays = {one: self._drawn(one, self.applications.day) for one in stages}
        for stage in (Stage.CORRECTION, Stage.APPLICANT):
            delays[stage][~self.is_corrected] = 0
        delays[Stage.INSPECTION] += self.ending == FAILED_INSPECTION
        return delays

    def _hurry(self, rows: Ints) -> None:
        """Give `rows` the least delay of each stage."""
        for stage, delay in self.delays.items():
            least = min(self.plan.opened.scenario.stages[stage].days)
            if stage in {Stage.CORRECTION, Stage.APPLICANT}:
                delay[rows] = np.where(self.is_corrected[rows], least, 0)
            elif stage is Stage.INSPECTION:
                delay[rows] = least + (self.ending[rows] == FAILED_INSPECTION)
            else:
                delay[rows] = least

    def _ends(self, until: Stage, rows: Ints | slice = slice(None)) -> Ints:
        """Return the place at which each of `rows` ends a stage."""
        place = self.intake[rows].copy()
        for stage, delay in self.delays.items():
            place += delay[rows]
            if stage is until:
                break
        return np.asarray(place)

    def _known(self, places: Ints) -> Ints:
        """Return places, all of which the calendar has."""
        if places.max(initial=0) >= len(self.days.open_days):
            raise self.plan.impossible(
                "各环节合计的时间超出推算到的日历",
                "the stages together take longer than the calendar reaches",
            )
        return places

    def _received(self, rows: Ints | slice = slice(None)) -> Ints:
        dispatched = self._known(self._ends(Stage.DISPATCH, rows))
        return dispatched + self.receipts[self.applications.station[rows], dispatched]

    def timeline(self) -> Timeline:
        """Return the moments."""
        received = self._in_time_or_late()
        inspected = self._ends(Stage.INSPECTION)
        is_held = self._held(inspected)
        if self._hurried is not None:
            inspected = self._ends(Stage.INSPECTION)
            received[self._hurried] = self._received(self._hurried)
        is_refused = self.applications.group == Group.REFUSED
        dispatched = self._ends(Stage.DISPATCH)
        boxes = dispatched.astype(np.int64) * self.plan.station_bounds[-1] + self.applications.station
        moments = {
            "asked": self._moment(Stage.CORRECTION, "asked", ~self.is_corrected),
            "given": self._moment(Stage.APPLICANT, "given", ~self.is_corrected),
            "passed": self._moment(Stage.CHECK, "passed", is_refused),
            "refused": self._moment(Stage.CHECK, "refused", ~is_refused),
            "opened": self._moment(Stage.BANK, "opened", is_refused),
            "started": self._moment(Stage.MAKING, "started", is_refused),
        }
        is_remade = self.ending == FAILED_INSPECTION
        stopped = is_refused | is_held
        handed = received + self._drawn(Stage.PICK_UP, self.applications.day)
        return Timeline(
            **moments,
            batched_on=np.where(is_refused, NEVER, self._ends(Stage.BATCHING)),
            inspected_at_first=self._at(Stage.INSPECTION, "inspected-first", inspected - 1, ~is_remade),
            remade=self._at(Stage.MAKING, "remade", inspected - 1, ~is_remade),
            inspected=self._at(Stage.INSPECTION, "inspected", inspected, stopped),
            dispatched=self._of_box(Stage.DISPATCH, boxes, dispatched, stopped),
            dispatched_on=np.where(stopped, NEVER, dispatched),
            received=self._at(Stage.RECEIPT, "received", received, stopped),
            handed_over=self._at(Stage.PICK_UP, "handed-over", handed, stopped),
            ending=self.ending,
            cause=self.cause,
        )

    def _in_time_or_late(self) -> Ints:
        """Hurry what would be late and must not be, delay what is late, and return the places of receipt."""
        received = self._received()
        must = self.applications.is_due & (self.cause == IN_TIME)
        if len(rows := np.flatnonzero(must & (received > self.due))):
            self._hurry(rows)
            received[rows] = self._received(rows)
            if (received[rows] > self.due[rows]).any():
                raise self.plan.impossible(
                    "即使各环节都最快，也赶不上承诺期限",
                    "the promised days are too short even where every stage is quickest",
                )
        rows = np.flatnonzero(self.cause != IN_TIME)
        over = self.plan.chance.days("late-over", self.plan.opened.scenario.lateness.over_days, len(rows))
        target = self.due[rows] + 1 + over
        # By now the box has left for those whom the courier makes late; the others miss it, so they leave a day before.
        lost = np.maximum(target - 1 - self._ends(Stage.DISPATCH, rows), 0)
        for at, stage in enumerate(STAGES):
            if stage in self.delays:
                chosen = self.cause[rows] == at
                self.delays[stage][rows[chosen]] += lost[chosen].astype(np.int16)
        received[rows] = np.maximum(self._received(rows), target)
        return received

    def _held(self, inspected: Ints) -> Flags:
        """Return which cards must wait for their inspection until the new year, so that the count comes out."""
        last = int(self.days.place(np.array([self.days.length - 1]))[0])
        in_year = inspected <= last
        wanted = self.plan.count(self.plan.opened.scenario.volumes.made)
        wanted -= int((in_year & self.applications.is_due).sum())
        rows = np.flatnonzero(self.applications.group == Group.AFTER)
        is_held = np.zeros(self.number, dtype=bool)
        if wanted < 0:
            raise self.plan.impossible(
                "仅到期的申领就已超过 made", "what is due alone makes more cards than `made`"
            )
        made = rows[in_year[rows]]
        if len(made) >= wanted:
            order = np.argsort(inspected[made], kind="stable")
            is_held[made[order[wanted:]]] = True
            return is_held
        waiting = rows[~in_year[rows]]
        self._hurry(waiting)
        waiting = waiting[self._ends(Stage.INSPECTION, waiting) <= last]
        if len(waiting) < wanted - len(made):
            raise self.plan.impossible(
                "年末受理太少，达不到 made", "too few are taken in at the end of the year to reach `made`"
            )
        is_held[waiting[wanted - len(made) :]] = True
        self._hurried = rows[~in_year[rows]]
        return is_held

    def _moment(self, stage: Stage, label: str, never: Flags) -> Ints:
        return self._at(stage, label, self._ends(stage), never)

    def _at(self, stage: Stage, label: str, places: Ints, never: Flags) -> Ints:
        """Return moments at some time of day within the hours of a stage."""
        drawn = self.plan.chance.within(f"time-{label}", *self.plan.hours(stage), self.number)
        moments = self.days.at_place(self._known(np.where(never, 0, places))) * DAY_SECONDS + drawn
        return np.where(never, NEVER, moments).astype(np.int32)

    def _of_box(self, stage: Stage, boxes: Ints, places: Ints, never: Flags) -> Ints:
        """Return moments that all cards of a box share."""
        since, until = self.plan.hours(stage)
        spread = self.plan.chance.pseudonyms(f"time-{stage}", boxes) % (until - since)
        moments = self.days.at_place(np.where(never, 0, places)) * DAY_SECONDS + since + spread
        return np.where(never, NEVER, moments).astype(np.int32)
