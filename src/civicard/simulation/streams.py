"""The facts of an invented city, kind by kind: moments, and columns for any rows asked for.

The order of the streams is that in which facts of one and the same second follow one another: causes before effects.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

import numpy as np
import pyarrow as pa

from civicard.cards.codes import CardState, CheckCause, PickedUpBy
from civicard.network.rules import StationKind
from civicard.people.rules import AgeBand
from civicard.simulation.city import City
from civicard.simulation.counts import shared
from civicard.simulation.days import DAY_SECONDS, Ints
from civicard.simulation.holding import CAUSES as CANCEL_CAUSES
from civicard.simulation.holding import CHANNELS, LEAVING
from civicard.simulation.intake import AGES, REASONS
from civicard.simulation.making import CAUSES as MAKING_CAUSES
from civicard.simulation.persons import born, valid_until
from civicard.simulation.plan import CLERKS, Plan

CHECKS, STATES, PICKERS = tuple(CheckCause), tuple(CardState), tuple(PickedUpBy)
BUREAU, BANK, CENTRE, SYSTEM, COURIER, INSPECTOR = (
    f"sim-{one}" for one in ("bureau", "bank", "centre", "system", "courier", "inspector")
)
CHILDREN = tuple(AGES.index(one) for one in (AgeBand.UNDER_7, AgeBand.FROM_7))
GUARDIAN = PICKERS.index(PickedUpBy.GUARDIAN)
Code = TypeVar("Code", bound=StrEnum)
Columns = Callable[[Ints], dict[str, pa.Array]]


@dataclass(frozen=True, slots=True)
class Stream:
    """The facts of one kind.

    Attributes:
        kind: its name.
        at: the moment of each, in any order; those not within the year are not written.
        columns: gives the own columns of rows, and `actor`.
    """

    kind: str
    at: Ints
    columns: Columns


def whole(values: Ints) -> pa.Array:
    """Return whole numbers as a column."""
    return pa.array(values.astype(np.int64, copy=False))


def words(positions: Ints, values: Sequence[str]) -> pa.Array:
    """Return words, given by their positions, as a column."""
    plain = [str(one) for one in values]
    return pa.DictionaryArray.from_arrays(pa.array(positions.astype(np.int32)), pa.array(plain, pa.string()))


def same(word: str, number: int) -> pa.Array:
    """Return one word, again and again, as a column."""
    return words(np.zeros(number, dtype=np.int32), [word])


class Streams:
    """Makes the streams of one city."""

    def __init__(self, city: City) -> None:
        """Take the city."""
        self.city, self.plan = city, city.plan
        plan = city.plan
        self.person = plan.chance.pseudonyms("person", city.who.of)
        self.account = plan.chance.pseudonyms("account", np.arange(len(city.who.of)))
        self.clerks = [
            f"sim-clerk-{code}-{number}" for code in plan.stations for number in range(1, CLERKS + 1)
        ]
        self.due = city.applications.day + plan.rules.promised_days
        check = plan.opened.scenario.checks
        refusal = plan.opened.scenario.refusals
        number = len(city.applications)
        self.check = self._picked("check-cause", check, CHECKS, number)
        self.refusal = self._picked("refusal-cause", refusal, CHECKS, number)
        picker = self._picked("picked-up-by", plan.opened.scenario.picked_up_by, PICKERS, number)
        self.picker = np.where(np.isin(city.who.age, CHILDREN), GUARDIAN, picker)
        self.clerk = plan.chance.within("clerk", 0, CLERKS, number)

    def _picked(self, label: str, shares: Mapping[Code, int], among: Sequence[Code], number: int) -> Ints:
        places = np.array([among.index(one) for one in shares], dtype=np.int8)
        return np.asarray(places[self.plan.chance.pick(label, list(shares.values()), number)])

    def all(self) -> list[Stream]:
        """Return all streams, causes before effects."""
        return [*opening(self.plan), *before(self), *self._applying(), *self._making(), *self._holding()]

    def station(self, rows: Ints) -> dict[str, pa.Array]:
        """Return district and station of applications, and a clerk there."""
        found = self.city.applications
        station = found.station[rows].astype(np.int32)
        return {
            "district": words(found.district[rows], self.plan.districts),
            "station": words(station, self.plan.stations),
            "actor": words(station * CLERKS + self.clerk[rows], self.clerks),
        }

    def _of(self, actor: str, **columns: Callable[[Ints], pa.Array]) -> Columns:
        """Return what gives the number of the application and more columns, all by one actor."""

        def found(rows: Ints) -> dict[str, pa.Array]:
            own = {name: column(rows) for name, column in columns.items()}
            return {"application": whole(rows + 1), "actor": same(actor, len(rows)), **own}

        return found

    def _card(self, rows: Ints) -> pa.Array:
        return whole(self.city.card[rows])

    def _applying(self) -> list[Stream]:
        city, line = self.city, self.city.line
        asked = self._of(SYSTEM, check_cause=lambda rows: words(self.check[rows], CHECKS))
        refused = self._of(SYSTEM, check_cause=lambda rows: words(self.refusal[rows], CHECKS))
        batched = self._of(CENTRE, batch=lambda rows: whole(city.batches.of[rows]))
        banks = list(self.plan.opened.scenario.accounts.banks)
        opened = self._of(
            BANK,
            account=lambda rows: whole(self.account[rows]),
            bank=lambda rows: words(city.bank[rows], banks),
        )
        return [
            Stream("application_taken_in", city.applications.at, self._taken_in),
            Stream("correction_asked", line.asked, asked),
            Stream(
                "correction_given", line.given,
                lambda rows: {"application": whole(rows + 1), "actor": self.station(rows)["actor"]},
            ),
            Stream("application_refused", line.refused, refused),
            Stream("application_passed", line.passed, self._of(SYSTEM)),
            Stream("application_batched", city.batches.at, batched),
            Stream("account_opened", line.opened, opened),
        ]  # fmt: skip

    def _taken_in(self, rows: Ints) -> dict[str, pa.Array]:
        found, who, days = self.city.applications, self.city.who, self.plan.days
        old = who.old_card[rows]
        return {
            "application": whole(rows + 1),
            "person": whole(self.person[rows]),
            "application_reason": words(found.reason[rows], REASONS),
            "channel": words(found.channel[rows], CHANNELS),
            **self.station(rows),
            "age_band": words(who.age[rows], AGES),
            "promised_days": whole(np.full(len(rows), self.plan.rules.promised_days)),
            "due_on": pa.array(days.dates(self.due[rows]), pa.int32()).cast(pa.date32()),
            "old_card": pa.array(old, pa.int64(), mask=old == 0),
        }

    def _making(self) -> list[Stream]:
        city, line, tries = self.city, self.city.line, self.city.attempts

        def attempt(actor: str) -> Columns:
            return lambda rows: {
                "application": whole(tries.application[rows] + 1),
                "card": whole(tries.card[rows]),
                "blank": whole(tries.blank[rows]),
                "attempt": whole(tries.number[rows]),
                "making_cause": words(np.maximum(tries.cause[rows], 0), MAKING_CAUSES),
                "actor": same(actor, len(rows)),
            }

        def made(rows: Ints) -> dict[str, pa.Array]:
            of = tries.application[rows]
            born_on = born(self.plan, city.who.of[of], city.who.age[of])
            until = valid_until(self.plan, city.applications.day[of], born_on)
            own = {**self.station(of), **attempt(BUREAU)(rows)}
            return {**own, "valid_until": pa.array(until, pa.date32(), from_pandas=True)}

        lots = city.lots
        taken = city.taken
        dispatched = self._of(COURIER, card=self._card, box=lambda rows: whole(city.box[rows]))
        return [
            Stream("blanks_stocked", lots.at, lambda rows: {
                "lot": pa.array([f"SIM-{self.plan.days.year}-{number:04d}" for number in lots.number[rows]]),
                "first_blank": whole(lots.first[rows]),
                "quantity": whole(lots.quantity[rows]),
                "actor": same(CENTRE, len(rows)),
            }),
            Stream("blanks_taken", taken.at, lambda rows: {
                "batch": whole(taken.number[rows]),
                "first_blank": whole(taken.first[rows]),
                "quantity": whole(taken.quantity[rows]),
                "actor": same(BUREAU, len(rows)),
            }),
            Stream("making_started", tries.started, attempt(BUREAU)),
            Stream("making_failed", tries.failed, attempt(BUREAU)),
            Stream("card_made", tries.made, made),
            Stream("inspection_failed", tries.rejected, attempt(INSPECTOR)),
            Stream("card_inspected", line.inspected, self._of(INSPECTOR, card=self._card)),
            Stream("card_dispatched", line.dispatched, dispatched),
            Stream("card_received", line.received, self._at_station(card=self._card)),
        ]  # fmt: skip

    def _at_station(self, **columns: Callable[[Ints], pa.Array]) -> Columns:
        def found(rows: Ints) -> dict[str, pa.Array]:
            own = {name: column(rows) for name, column in columns.items()}
            return {"application": whole(rows + 1), **self.station(rows), **own}

        return found

    def _holding(self) -> list[Stream]:
        city, told, districts = self.city, self.city.stories, self.plan.districts
        left, returned, recalled = city.uncollected
        handed = self._at_station(
            card=self._card,
            person=lambda rows: whole(self.person[rows]),
            picked_up_by=lambda rows: words(self.picker[rows], PICKERS),
        )
        word_at, word_card, word_channel = told.by_word.columns()
        form_at, form_card, form_channel = told.in_writing.columns()
        lapsed_at, lapsed_card = told.lapsed.columns()
        lifted_at, lifted_card = told.lifted.columns()
        end_at, end_card, end_cause, end_district = told.cancelled.columns()
        gone_at, gone_person, gone_cause, gone_district = told.left.columns()
        closed_at, closed_application = told.closed.columns()

        def uncollected(rows: Ints) -> dict[str, pa.Array]:
            return {
                "application": whole(left[rows] + 1),
                "card": self._card(left[rows]),
                "actor": same(COURIER, len(rows)),
            }

        def loss(card: Ints, channel: Ints) -> Columns:
            return lambda rows: {
                "card": whole(card[rows]),
                "channel": words(channel[rows], CHANNELS),
                "actor": same(CENTRE, len(rows)),
            }

        return [
            Stream("temporary_loss_reported", word_at, loss(word_card, word_channel)),
            Stream("formal_loss_reported", form_at, loss(form_card, form_channel)),
            Stream("loss_lapsed", lapsed_at, lambda rows: {
                "card": whole(lapsed_card[rows]), "actor": same(SYSTEM, len(rows)),
            }),
            Stream("loss_lifted", lifted_at, lambda rows: {
                "card": whole(lifted_card[rows]), "actor": same(CENTRE, len(rows)),
            }),
            Stream("person_left", gone_at, lambda rows: {
                "person": whole(self.plan.chance.pseudonyms("person", gone_person[rows])),
                "district": words(gone_district[rows], districts),
                "leaving_cause": words(gone_cause[rows], LEAVING),
                "actor": same(SYSTEM, len(rows)),
            }),
            Stream("card_cancelled", end_at, lambda rows: {
                "card": whole(end_card[rows]),
                "cancel_cause": words(end_cause[rows], CANCEL_CAUSES),
                "district": words(end_district[rows], districts),
                "actor": same(CENTRE, len(rows)),
            }),
            Stream("card_handed_over", city.line.handed_over, handed),
            Stream("account_activated", city.activated, lambda rows: {
                **self.station(rows), "application": whole(rows + 1), "account": whole(self.account[rows]),
                "actor": same(BANK, len(rows)),
            }),
            Stream("card_returned", returned, uncollected),
            Stream("card_recalled", recalled, uncollected),
            Stream("account_closed", closed_at, lambda rows: {
                "account": whole(self.account[closed_application[rows]]), "actor": same(BANK, len(rows)),
            }),
        ]  # fmt: skip


def opening(plan: Plan) -> list[Stream]:
    """Return what the city is when the year begins, and its targets."""
    scenario = plan.opened.scenario
    districts = list(scenario.districts.values())
    stations = [(at, number) for at, one in enumerate(districts) for number in range(one.stations)]
    of = np.array([at for at, _ in stations])
    is_centre = np.array([number == 0 for _, number in stations])
    names = [
        f"{districts[at].name}社会保障卡服务中心" if not number else f"{districts[at].name}第{number}服务站"
        for at, number in stations
    ]
    kinds = list(StationKind)
    centre, ordinary = kinds.index(StationKind.DISTRICT_CENTRE), kinds.index(StationKind.STATION)
    cell = [
        (at, AGES.index(age), people * share)
        for at, people in enumerate(plan.people)
        for age, share in scenario.ages.items()
    ]
    cell_district, cell_age = (np.array([one[at] for one in cell]) for at in (0, 1))
    persons = np.array(shared(plan.count(scenario.population), [one[2] for one in cell]))
    holders = np.array(shared(plan.count(scenario.holders), [one[2] for one in cell]))
    first = plan.days.dates(np.zeros(1, dtype=np.int64))[0]
    targets = scenario.targets

    def counted(rows: Ints) -> dict[str, pa.Array]:
        return {
            "district": words(cell_district[rows], plan.districts),
            "age_band": words(cell_age[rows], AGES),
            "actor": same(CENTRE, len(rows)),
            "counted_on": pa.array(np.full(len(rows), first, dtype=np.int32)).cast(pa.date32()),
            "persons": whole(persons[rows]),
            "holders": whole(holders[rows]),
        }

    found = [
        Stream("district_listed", np.zeros(len(districts), dtype=np.int64), lambda rows: {
            "district": words(rows, plan.districts),
            "name": words(rows, [one.name for one in districts]),
            "actor": same(CENTRE, len(rows)),
        }),
        Stream("station_opened", np.zeros(len(stations), dtype=np.int64), lambda rows: {
            "station": words(rows, plan.stations),
            "district": words(of[rows], plan.districts),
            "station_kind": words(np.where(is_centre[rows], centre, ordinary), kinds),
            "name": words(rows, names),
            "actor": same(CENTRE, len(rows)),
        }),
        Stream("population_counted", np.zeros(len(cell), dtype=np.int64), counted),
        Stream(
            "target_set",
            np.array([max(0, plan.days.number(one.set_on)) * DAY_SECONDS for one in targets], dtype=np.int64),
            lambda rows: {
                "year": whole(np.full(len(rows), scenario.year)),
                "value": whole(np.array([plan.count(targets[row].value) for row in rows])),
                "version": whole(np.array([targets[row].version for row in rows])),
                **{
                    name: pa.array([getattr(targets[row], name) for row in rows])
                    for name in ("target", "unit", "reason", "approval", "approved_on")
                },
                "actor": same(CENTRE, len(rows)),
            },
        ),
    ]  # fmt: skip
    if scenario.brought_in is None:
        # None counted is a count too, but where cards come in one by one nobody counted.
        found.append(Stream("holders_counted", np.zeros(len(cell), dtype=np.int64), counted))
    return found


def before(streams: Streams) -> list[Stream]:
    """Return the cards that are brought in, and the sign-ups for the electronic card."""
    plan, had = streams.plan, streams.city.before
    part = plan.opened.scenario.brought_in
    if part is None:
        return []
    person = plan.chance.pseudonyms("person", np.arange(plan.brought_in))
    signed = plan.chance.some("ecard", np.arange(plan.brought_in), plan.count(part.ecards))
    early = plan.chance.some("ecard-before", np.arange(len(signed)), plan.count(part.ecards_before))
    at = plan.chance.within("ecard-at", 0, plan.days.end, len(signed)).astype(np.int64)
    at[early] = 0
    apps = plan.chance.pick("ecard-app", list(part.apps.values()), len(signed))
    normal = STATES.index(CardState.NORMAL)
    return [
        Stream("card_brought_in", np.zeros(plan.brought_in, dtype=np.int32), lambda rows: {
            "card": whole(rows + 1),
            "person": whole(person[rows]),
            "district": words(had.district[rows], plan.districts),
            "age_band": words(had.age[rows], AGES),
            "state": words(np.full(len(rows), normal), STATES),
            "is_account_active": pa.array(had.is_active[rows]),
            "actor": same(CENTRE, len(rows)),
        }),
        Stream("ecard_signed", at, lambda rows: {
            "person": whole(person[signed[rows]]),
            "district": words(had.district[signed[rows]], plan.districts),
            "channel": words(apps[rows], list(part.apps)),
            "actor": same(SYSTEM, len(rows)),
        }),
    ]  # fmt: skip
