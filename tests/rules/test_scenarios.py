"""Scenarios, and what they come to: the published figures at 1:1, the same points at every scale."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from civicard.cards.rules import validity
from civicard.people.rules import AgeBand, NameFit, age_band, name_on_card, read_id_number
from civicard.simulation.chance import Chance
from civicard.simulation.city import City, city
from civicard.simulation.counts import bounds, scaled, shared
from civicard.simulation.days import DAY_SECONDS
from civicard.simulation.intake import AGES
from civicard.simulation.lateness import STAGES
from civicard.simulation.opening import Opened, ScenarioRefused, load_scenario, open_scenario
from civicard.simulation.people import id_numbers, register
from civicard.simulation.persons import born, valid_until
from civicard.simulation.plan import Plan, ScaleWrong, ScenarioImpossible, SeedWrong, scale_of, seed_of
from civicard.simulation.stages import Stage

SCENARIOS = Path(__file__).parents[2] / "scenarios"
SHANGHAI, ZHENGZHOU = SCENARIOS / "shanghai-2018.yaml", SCENARIOS / "zhengzhou-2021.yaml"
TEXT = SHANGHAI.read_text(encoding="utf-8")
MADE, PLANNED, DUE, LATE = 2_412_871, 3_000_000, 2_350_000, 9_400
SCALES = (1000, 999, 500, 300, 100, 37)


@dataclass(frozen=True)
class Outcome:
    """What a city comes to, counted from its moments."""

    made: int
    due: int
    in_time: int


def outcome(made: City) -> Outcome:
    """Return the counts of a city as an auditor would count them: by local days, from intake and receipt."""
    days, line, applications = made.plan.days, made.line, made.applications
    last = applications.day + 30
    is_due = (last < days.length) & (line.refused == line.refused.max())
    received_on = line.received.astype(np.int64) // DAY_SECONDS
    return Outcome(
        made=int((line.inspected < days.end).sum()),
        due=int(is_due.sum()),
        in_time=int((is_due & (received_on < days.length) & (received_on <= last)).sum()),
    )


def half_up(number: int, scale: int) -> int:
    """Return a count at a scale by the rule taught in schools."""
    return int((Decimal(number) / scale).quantize(Decimal(1), ROUND_HALF_UP))


def points(percent: Fraction, weight: int, step: int, cost: int) -> int:
    """Return the points of a step rule in which a started step costs the whole step."""
    short = max(Fraction(0), 100 - percent)
    return max(0, weight - cost * -(-short // step))


def changed(*changes: tuple[str, str]) -> Opened:
    """Return the scenario of Shanghai with some words changed."""
    text = TEXT
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    opened = open_scenario(SHANGHAI)
    return Opened(name="changed.yaml", digest="", scenario=load_scenario(text), rules=opened.rules)


@pytest.fixture(scope="module")
def shanghai() -> City:
    """Return the Shanghai of 2018 at 1:10."""
    return city(Plan(open_scenario(SHANGHAI), 10, 2018))


def test_at_one_to_one_the_published_figures_come_out_to_the_digit() -> None:
    found = outcome(city(Plan(open_scenario(SHANGHAI), 1, 2018)))
    assert found == Outcome(made=MADE, due=DUE, in_time=DUE - LATE)
    assert Fraction(found.in_time, found.due) * 100 == Fraction("99.60")


@pytest.mark.parametrize("scale", SCALES)
def test_at_every_scale_the_points_are_the_published_ones(scale: int) -> None:
    plan = Plan(open_scenario(SHANGHAI), scale, 2018)
    found = outcome(city(plan))
    assert found.made == half_up(MADE, scale)
    assert found.due == half_up(DUE, scale)
    assert found.due - found.in_time == half_up(LATE, scale)
    assert points(Fraction(found.made * 100, plan.count(PLANNED)), 12, 2, 1) == 2
    assert points(Fraction(found.in_time * 100, found.due), 8, 1, 2) == 6


def test_no_scale_rounds_a_point_away() -> None:
    for scale in range(1, 1001):
        made, planned, due, late = (scaled(one, scale) for one in (MADE, PLANNED, DUE, LATE))
        assert made == half_up(MADE, scale)
        assert points(Fraction(made * 100, planned), 12, 2, 1) == 2
        assert points(Fraction((due - late) * 100, due), 8, 1, 2) == 6


@pytest.mark.parametrize("seed", range(20))
def test_the_counts_do_not_hang_on_the_seed(seed: int) -> None:
    for path, made, due, late in ((SHANGHAI, MADE, DUE, LATE), (ZHENGZHOU, 366_000, 345_000, 690)):
        found = outcome(city(Plan(open_scenario(path), 1000, seed)))
        assert (found.made, found.due, found.due - found.in_time) == tuple(
            half_up(one, 1000) for one in (made, due, late)
        )


@pytest.mark.parametrize("december", [80_000, 300_000])
def test_the_count_of_good_cards_holds_whether_december_is_slow_or_busy(december: int) -> None:
    opened = changed(("12: 85000", f"12: {december}"))
    assert outcome(city(Plan(opened, 100, 1))).made == 24_129


def test_districts_and_months_add_up_to_the_whole() -> None:
    plan = Plan(open_scenario(SHANGHAI), 37, 2018)
    found = city(plan).applications
    by_district = np.bincount(found.district[found.is_due], minlength=16)
    assert by_district.sum() == half_up(DUE, 37)
    # In each of 12 months a district is at most one away from its share.
    shares = [Fraction(one * int(by_district.sum()), sum(plan.people)) for one in plan.people]
    assert all(abs(count - share) <= 12 for count, share in zip(by_district.tolist(), shares, strict=True))


@given(st.integers(0, 10**9), st.lists(st.integers(0, 10**6), min_size=1, max_size=40).filter(any))
def test_parts_by_largest_remainder_add_up_and_are_the_nearest(total: int, weights: list[int]) -> None:
    parts = shared(total, weights)
    assert sum(parts) == total == bounds(parts)[-1]
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - Fraction(total * weight, sum(weights))) < 1


def test_nothing_happens_on_a_day_off(shanghai: City) -> None:
    days, line = shanghai.plan.days, shanghai.line
    worked = {days.day(int(one)) for one in np.unique(line.received[line.received < days.end] // DAY_SECONDS)}
    assert date(2018, 10, 3) not in worked  # the National Day holiday
    assert date(2018, 10, 13) not in worked  # an ordinary Saturday
    assert date(2018, 9, 29) in worked  # a Saturday worked in exchange
    assert date(2018, 10, 3) not in {days.day(int(one)) for one in np.unique(shanghai.applications.day)}


def test_each_stage_of_an_application_comes_after_the_one_before(shanghai: City) -> None:
    line, end = shanghai.line, shanghai.plan.days.end
    order = [
        shanghai.applications.at, line.passed, shanghai.batches.at, line.opened, line.started, line.inspected,
        line.dispatched, line.received, line.handed_over,
    ]  # fmt: skip
    for before, after in pairwise(order):
        comes = after < end
        assert comes.sum() > 200_000
        assert (before[comes] < after[comes]).all()


def test_late_applications_tell_a_story(shanghai: City) -> None:
    plan, applications, cause = shanghai.plan, shanghai.applications, shanghai.line.cause
    late = np.flatnonzero(cause >= 0)
    autumn = np.isin(plan.days.month[applications.day[late]], (9, 10))
    at_making = np.isin(cause[late], [STAGES.index(Stage.BANK), STAGES.index(Stage.MAKING)])
    # Two of twelve months took in a third of the applications, but most of what bank and making held up.
    assert (autumn & at_making).sum() > 2 * (~autumn & at_making).sum()
    outer = np.isin(
        applications.district[late], [plan.districts.index(one) for one in ("310116", "310120", "310151")]
    )
    by_courier = cause[late] == STAGES.index(Stage.RECEIPT)
    # A tenth of the people, about half of what the courier held up.
    assert 2 * (outer & by_courier).sum() > 0.8 * by_courier.sum()


def test_the_machines_make_no_more_a_day_than_a_bureau_of_two_shifts(shanghai: City) -> None:
    # 25 cards a minute for 16 hours, at 1:10.
    started = shanghai.attempts.started // DAY_SECONDS
    assert int(np.bincount(started).max()) <= 25 * 60 * 16 // 10


def test_first_attempts_fail_as_often_as_published(shanghai: City) -> None:
    tries = shanghai.attempts
    first = int((tries.number == 1).sum())
    again = int((tries.number == 2).sum())
    assert abs(Fraction((first - again) * 100, first) - Fraction("99.14")) < Fraction("0.01")
    assert int(tries.number.max()) == 3


def test_another_stream_of_chance_leaves_the_others_as_they_are() -> None:
    plain, more = Chance(7), Chance(7)
    more.stream("new").integers(0, 100, 1000)
    assert plain.pick("intake", (3, 1, 5), 50).tolist() == more.pick("intake", (3, 1, 5), 50).tolist()
    assert plain.pick("intake", (3, 1, 5), 50).tolist() != Chance(8).pick("intake", (3, 1, 5), 50).tolist()


def test_pseudonyms_are_a_permutation_and_hide_the_order() -> None:
    numbers = np.arange(200_000)
    found = Chance(7).pseudonyms("person", numbers)
    assert len(np.unique(found)) == len(numbers)
    assert (found >= 0).all()
    assert (found < 1 << 32).all()
    assert (Chance(7).pseudonyms("account", numbers) != found).any()
    assert 0.4 < (np.diff(found) > 0).mean() < 0.6


@pytest.mark.parametrize("path", [SHANGHAI, ZHENGZHOU])
def test_people_stay_in_their_age_band_and_cards_are_valid_as_the_rules_say(path: Path) -> None:
    opened = open_scenario(path)
    plan = Plan(opened, 100, 3)
    year = opened.scenario.year
    numbers = np.arange(3_000)
    ages = numbers % len(AGES)
    born_on = born(plan, numbers, ages)
    applied = (numbers * 7) % plan.days.length
    until = valid_until(plan, applied, born_on)
    for at in numbers.tolist():
        birth: date = born_on[at].item()
        assert (
            age_band(birth, date(year, 1, 1))
            is age_band(birth, date(year, 12, 31))
            is AgeBand(AGES[ages[at]])
        )
        assert until[at].item() == validity(opened.rules, birth, plan.days.day(int(applied[at])))


def test_the_people_are_invented_and_their_numbers_valid_in_form(shanghai: City) -> None:
    found = register(shanghai)
    assert set(found["origin"].to_pylist()) == {"simulated"}
    assert len(set(found["id_number"].to_pylist())) == len(set(found["person"].to_pylist())) == found.num_rows
    fits = set()
    for row in found.slice(0, 40_000).to_pylist():
        number = read_id_number(row["id_number"], date(2018, 12, 31))
        assert number.born_on == row["born_on"]
        assert str(number.sex) == row["sex"]
        assert row["id_number"][:6] == row["district"]
        assert row["phone"].startswith("100")
        fits.add(name_on_card(row["name"]).fit)
    assert fits == set(NameFit)


def test_every_fault_of_a_scenario_is_named_with_its_line_in_both_languages() -> None:
    wrong = TEXT.replace("late: 9400", "late: a few").replace("zone: Asia/Shanghai", "zoone: Asia/Shanghai")
    wrong = wrong.replace("since: 2018-07-01", "since: July").replace("first: 46", "frist: 46")
    with pytest.raises(ScenarioRefused) as refusal:
        load_scenario(wrong, "wrong.yaml")
    lines = wrong.splitlines()
    named = {lines[one.line - 1].strip().split(":")[0].removeprefix("- ") for one in refusal.value.faults}
    assert named == {"late", "zoone", "since", "shares"}
    assert refusal.value.text.zh
    assert "wrong.yaml" in refusal.value.text.en


FAULTS: Mapping[str, tuple[str, str]] = {
    "more late than due": ("late: 9400", "late: 2350001"),
    "no such zone": ("zone: Asia/Shanghai", "zone: Asia/Nowhere"),
    "summer time": ("zone: Asia/Shanghai", "zone: Europe/Berlin"),
    "a stage left out": ("  inspection: {hours", "  # inspection: {hours"),
    "a stage in no time": ("days: {1: 62, 2: 28, 3: 10}", "days: {0: 62, 2: 28, 3: 10}"),
    "hours that end before they begin": ('["09:00", "16:50"]', '["16:50", "09:00"]'),
    "a stage that begins before the one before ends": ('["18:00", "19:30"]', '["12:00", "19:30"]'),
    "a trouble in no district": ('"310116", "310120"', '"310199", "310120"'),
    "a cause that cannot be": ("receipt: 12}", "pick_up: 12}"),
    "no share above zero": (
        "channels: {counter: 62, unit_batch: 25, online: 9, terminal: 4}",
        "channels: {counter: 0}",
    ),
    "an ID number among the words": ("reason: 原计划自 1 月", "reason: 310101199003070035 自 1 月"),
    "reasons that begin too late": ("since: 2018-01-01", "since: 2018-02-01"),
    "intake that ends before it begins": ('intake: ["09:00", "17:00"]', 'intake: ["17:00", "09:00"]'),
    "lateness that multiplies beyond measure": (
        "  troubles:\n",
        "  troubles:\n" + 3 * "    - {stage: bank, times: 1000}\n",
    ),
    "a date that is none": ("- 2018-02-15", "- 2018-02-30"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_scenario_that_cannot_be_is_refused_when_it_is_read(name: str) -> None:
    old, new = FAULTS[name]
    assert old in TEXT
    with pytest.raises(ScenarioRefused) as refusal:
        load_scenario(TEXT.replace(old, new, 1))
    assert refusal.value.code == "scenario_refused"


@pytest.mark.parametrize(
    "change",
    [("made: 2412871", "made: 2000000"), ("made: 2412871", "made: 2450000"), ("12: 85000", "12: 0")],
)
def test_counts_that_exclude_each_other_are_refused(change: tuple[str, str]) -> None:
    with pytest.raises(ScenarioImpossible) as refusal:
        city(Plan(changed(change), 100, 1))
    assert refusal.value.code == "scenario_impossible"


def with_rules(item: str, value: int, from_on: str) -> Opened:
    """Return the scenario of Shanghai with another entry of one item of the rules."""
    opened = open_scenario(SHANGHAI)
    (entry,) = getattr(opened.rules, item)
    other = replace(entry, from_on=date.fromisoformat(from_on), value=value)
    entries = (other,) if other.from_on == entry.from_on else (entry, other)
    return replace(opened, rules=replace(opened.rules, **{item: entries}))  # type: ignore[arg-type]  # no item is the title


def test_rules_that_change_within_the_year_are_refused() -> None:
    with pytest.raises(ScenarioImpossible, match="2018-07-01"):
        city(Plan(with_rules("promised_days", 15, "2018-07-01"), 1000, 1))
    assert city(Plan(with_rules("promised_days", 15, "2019-01-01"), 1000, 1)).plan.rules.promised_days == 30


@pytest.mark.parametrize(
    ("item", "value"), [("temporary_loss_hours", 1), ("formal_loss_days", 3650), ("uncollected_days", 3650)]
)
def test_the_shortest_and_longest_periods_of_the_rules_can_be_simulated(item: str, value: int) -> None:
    assert outcome(city(Plan(with_rules(item, value, "2018-01-01"), 1000, 1))).made == half_up(MADE, 1000)


def test_stages_that_reach_past_the_calendar_are_refused() -> None:
    slow = [
        (f"days: {one}", "days: {1: 50, 120: 50}")
        for one in ("{1: 62, 2: 28, 3: 10}", "{1: 66, 2: 28, 3: 6}", "{1: 92, 2: 8}", "{1: 64, 2: 30, 3: 6}")
    ]
    with pytest.raises(ScenarioImpossible, match="calendar"):
        city(Plan(changed(*slow), 1000, 1))


def test_a_city_may_have_more_stations_than_two_bytes_count() -> None:
    districts = {f"{code}": {"name": "某区", "people": 1, "stations": 999} for code in range(310201, 310241)}
    opened = open_scenario(ZHENGZHOU)
    values = opened.scenario.model_dump(mode="json")
    values["lateness"]["troubles"] = []
    scenario = type(opened.scenario).model_validate({**values, "districts": districts})
    found = city(Plan(replace(opened, scenario=scenario), 1000, 1))
    assert int(found.applications.station.max()) > 2**15
    with pytest.raises(ValidationError, match="100 districts"):
        type(opened.scenario).model_validate(
            {**values, "districts": {f"{code}": districts["310201"] for code in range(310201, 310302)}}
        )


def test_more_births_a_day_than_numbers_are_refused() -> None:
    plan = Plan(open_scenario(SHANGHAI), 1000, 1)
    # Men have the odd sequence numbers from 001 to 999.
    born_on = np.full(500, np.datetime64("2015-05-05"))
    region, is_man = np.full(500, 310101), np.ones(500, dtype=bool)
    assert len(set(id_numbers(plan, region, born_on, is_man).to_pylist())) == 500
    with pytest.raises(ScenarioImpossible):
        id_numbers(plan, np.append(region, 310101), np.append(born_on, born_on[0]), np.append(is_man, [True]))


@pytest.mark.parametrize("text", ["", "100", "1:0", "1:1001", "2:100", "1:1e2", "1:-5", "1:00100"])
def test_a_scale_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ScaleWrong):
        scale_of(text)


def test_scales_are_read_with_either_colon() -> None:
    assert [scale_of(one) for one in ("1:1", "1:1000", " 1：37 ")] == [1, 1000, 37]


def test_a_seed_below_zero_is_refused() -> None:
    assert seed_of(0) == 0
    with pytest.raises(SeedWrong):
        seed_of(-1)
