"""The simulated lake: exact counts, facts that the rules allow, the same bytes for the same seed, a kill survived."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from civicard.cards.rules import Lives, ProgrammeRules, load_rules
from civicard.ledger.checking import check
from civicard.ledger.kinds import ENVELOPE_NAMES, kind_named
from civicard.ledger.lake import ABOUT, Lake, open_lake, seal_folder
from civicard.ledger.lake.arrow import schema
from civicard.scoring.load import load
from civicard.simulation.city import city
from civicard.simulation.opening import open_scenario
from civicard.simulation.people import register
from civicard.simulation.plan import Plan
from civicard.simulation.writing import SimulationDiffers, SimulationThere, Written, simulate
from civicard.vault.signatures import PublicKeys

ROOT = Path(__file__).parents[2]
SHANGHAI, ZHENGZHOU = (ROOT / "scenarios" / f"{name}.yaml" for name in ("shanghai-2018", "zhengzhou-2021"))
# A fifth of a million facts and more come by in a replay.
MANY = 200_000
KILLED = -9
SCRIPT = """
import os, signal, sys
from civicard.simulation.opening import open_scenario
from civicard.simulation.plan import Plan
from civicard.simulation.writing import simulate

def step(name):
    global left
    left -= name == sys.argv[3]
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)

left = int(sys.argv[4])
simulate(Plan(open_scenario(sys.argv[1]), 1000, 5), sys.argv[2], (), step=step)
"""


def plan(scenario: Path = SHANGHAI, scale: int = 1000, seed: int = 5) -> Plan:
    """Return a small city."""
    return Plan(open_scenario(scenario), scale, seed)


def rules(name: str) -> ProgrammeRules:
    """Return the rules of a programme."""
    return load_rules((ROOT / "programme-rules" / f"{name}.yaml").read_text(encoding="utf-8"))


def facts(lake: Lake) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """Yield number, kind and columns of all facts in the order of their numbers."""
    for seal in lake.seals:
        rows = [
            (row["fact"], file.kind, row)
            for file in seal.files
            for row in pq.read_table(lake.folder / file.path, partitioning=None).to_pylist()
        ]
        yield from sorted(rows, key=lambda row: row[0])


def count(lake: Lake, query: str, kind: str = "card_made") -> tuple[Any, ...]:
    """Return the one row of a query in which `{card_made}` stands for the facts of that kind, `{kind}` for `kind`."""
    kinds = {one.kind for one in lake.files()}
    tables = {one: f"read_parquet({lake.paths(one)!r})" for one in kinds}
    tables["kind"] = tables[kind]
    with duckdb.connect() as connection:
        row = connection.execute(query.format(**tables)).fetchone()
    assert row is not None
    return row


def content(folder: Path) -> dict[str, bytes]:
    """Return every file of a lake."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """Return the small city, written in one go."""
    return simulate(plan(), tmp_path_factory.mktemp("whole") / "lake", ())


def test_the_rules_allow_every_simulated_fact(shanghai_lake: Path) -> None:
    lives, before, number = Lives(rules("shanghai")), datetime(2017, 12, 31, 16, tzinfo=UTC), 0
    for number, (fact, kind, row) in enumerate(facts(open_lake(shanghai_lake)), 1):
        assert fact == number
        assert before <= row["at"] == row["recorded_at"]
        before = row["at"]
        assert lives.take(kind, row, before) == []
    assert number > MANY
    assert before < datetime(2018, 12, 31, 16, tzinfo=UTC)


def test_the_rules_allow_every_fact_of_a_city_that_brings_its_cards_in(tmp_path: Path) -> None:
    written = simulate(plan(ZHENGZHOU), tmp_path / "lake", ())
    lives = Lives(rules("zhengzhou"))
    assert [fault for _, kind, row in facts(written.lake) for fault in lives.take(kind, row, row["at"])] == []
    assert count(written.lake, "SELECT count(*) FROM {card_brought_in}") == (12_800,)
    assert count(written.lake, "SELECT count(*), count(DISTINCT person) FROM {ecard_signed}") == (
        8_000,
        8_000,
    )
    # Reissues and replacements take the place of cards that the lake knows.
    assert count(
        written.lake,
        "SELECT count(*) > 100 FROM {application_taken_in} a JOIN {card_brought_in} b"
        " ON a.old_card = b.card AND a.person = b.person AND a.district = b.district",
    ) == (True,)


def test_the_counts_of_the_lake_are_the_published_ones_at_its_scale(shanghai_lake: Path) -> None:
    lake = open_lake(shanghai_lake)
    assert count(lake, "SELECT count(*), count(DISTINCT application) FROM {card_inspected}") == (
        24_129,
        24_129,
    )
    in_time = """
        SELECT count(*), count(*) FILTER (WHERE received.day <= taken.due_on)
        FROM {application_taken_in} taken LEFT JOIN {card_received} received USING (application)
        WHERE taken.due_on BETWEEN DATE '2018-01-01' AND DATE '2018-12-31'
          AND application NOT IN (SELECT application FROM {application_refused})
    """
    assert count(lake, in_time) == (23_500, 23_500 - 94)
    targets = "SELECT list(value ORDER BY version), list(approved_on ORDER BY version) FROM {target_set}"
    assert count(lake, targets) == ([50_000, 30_000], [date(2017, 12, 20), date(2018, 6, 20)])
    assert count(lake, "SELECT sum(persons) FROM {population_counted}") == (162_000,)
    assert count(lake, "SELECT sum(holders) FROM {holders_counted}") == (153_000,)


def test_business_days_are_those_of_the_city_and_deadlines_run_from_them(shanghai_lake: Path) -> None:
    lake = open_lake(shanghai_lake)
    for kind in ("application_taken_in", "card_made", "loss_lapsed", "card_handed_over"):
        local = """SET TimeZone = 'UTC'; SELECT count(*) FROM {kind} WHERE day <> CAST("at" + INTERVAL 8 HOUR AS DATE)"""
        assert count(lake, local, kind) == (0,)
    assert count(
        lake, "SELECT count(*) FROM {application_taken_in} WHERE due_on <> day + 30 OR promised_days <> 30"
    ) == (0,)


def test_stations_lie_in_their_districts(shanghai_lake: Path) -> None:
    lake = open_lake(shanghai_lake)
    assert count(lake, "SELECT count(DISTINCT district), count(DISTINCT station) FROM {station_opened}") == (
        16,
        215,
    )
    for kind in ("station_opened", "application_taken_in", "card_made", "card_received", "card_handed_over"):
        assert count(lake, "SELECT count(*) FROM {kind} WHERE station[:6] <> district", kind) == (0,)


def test_every_fact_fits_its_kind_and_no_column_is_a_binary_fraction(shanghai_lake: Path) -> None:
    lake = open_lake(shanghai_lake)
    for file in lake.files():
        kind = kind_named(file.kind)
        table = pq.ParquetFile(lake.folder / file.path)
        assert (table.metadata.metadata or {}).get(b"civicard.origin") == b"simulated"
        assert table.schema_arrow.remove_metadata() == schema(kind)
        assert not any(pa.types.is_floating(one) for one in table.schema_arrow.types)
        for row in table.read().slice(0, 40).to_pylist():
            assert (
                kind.faults({name: value for name, value in row.items() if name not in ENVELOPE_NAMES}) == []
            )
            assert row["actor"].startswith("sim-")


def test_the_lake_says_what_it_is_and_is_sealed_at_the_end_of_each_month(
    shanghai_lake: Path, shanghai_keys: Path
) -> None:
    lake = open_lake(shanghai_lake)
    about = lake.about
    assert (about.origin, about.scale, about.seed, about.zone) == ("simulated", 100, 2018, "Asia/Shanghai")
    assert about.scenario.startswith("shanghai-2018.yaml sha256:")
    ends = [datetime.fromisoformat(seal.sealed_at).astimezone(lake.zone) for seal in lake.seals]
    assert [(one.year, one.month, one.day, one.hour) for one in ends] == [
        *((2018, month, 1, 0) for month in range(2, 13)), (2019, 1, 1, 0),
    ]  # fmt: skip
    # Each seal holds its own month and no other.
    assert [{file.month for file in seal.files} for seal in lake.seals] == [
        {f"2018-{month:02d}"} for month in range(1, 13)
    ]
    report = check(shanghai_lake, trusted=PublicKeys.from_json(shanghai_keys.read_text(encoding="utf-8")))
    assert report.faults == ()


def test_what_shrinks_with_the_city_are_figures_of_its_programme(shanghai_lake: Path) -> None:
    path = ROOT / "programmes" / "shanghai-2018.yaml"
    files = [path, *path.parent.glob("shanghai-2018.*.yaml")]
    programme = load({one.name: one.read_text(encoding="utf-8") for one in files}).programme
    groups = open_lake(shanghai_lake).about.adds_up
    names = [name for group in groups for name in group]
    assert len(names) == len(set(names))
    assert set(names) <= set(programme.figures)
    assert ("spent_material", "spent_labour", "spent_logistics", "spent_collection") in groups
    # What is worked out from others follows them by itself.
    assert all(programme.figures[name].formula is None for name in names)


def test_the_same_seed_gives_the_same_bytes_and_another_does_not(tmp_path: Path, whole: Written) -> None:
    again, other = (simulate(plan(seed=seed), tmp_path / f"{seed}", ()).lake for seed in (5, 6))
    assert content(whole.lake.folder) == content(again.folder)
    assert whole.lake.root == again.root != other.root


@pytest.mark.parametrize(
    ("step", "times"), [("swept", 4), ("hashed card_made 2018-05", 1), ("written", 7), ("in place", 9)]
)
def test_a_kill_leaves_sealed_months_and_the_next_run_goes_on(
    tmp_path: Path, whole: Written, step: str, times: int
) -> None:
    command = [sys.executable, "-c", SCRIPT, str(SHANGHAI), str(tmp_path / "lake"), step, str(times)]
    assert subprocess.run(command, check=False).returncode == KILLED
    months = len(open_lake(tmp_path / "lake").seals)
    assert 0 < months < 12
    written = simulate(plan(), tmp_path / "lake", ())
    assert written.months == 12 - months
    assert (written.lake.root, written.facts, written.made) == (whole.lake.root, whole.facts, whole.made)


def test_a_finished_simulation_is_not_written_again(whole: Written) -> None:
    before = content(whole.lake.folder)
    with pytest.raises(SimulationThere):
        simulate(plan(), whole.lake.folder, ())
    assert content(whole.lake.folder) == before


def test_months_of_another_edition_are_not_gone_on_with(tmp_path: Path) -> None:
    # As if an older edition of the program had sealed January with other facts under the same description.
    own, home = plan(), tmp_path / "lake"
    scenario = own.opened.scenario
    volumes = scenario.volumes.model_copy(update={"corrected_per_mille": 500})
    older = replace(own.opened, scenario=scenario.model_copy(update={"volumes": volumes}))
    other = simulate(replace(own, opened=older), tmp_path / "other", ()).lake
    home.mkdir()
    shutil.copy(other.folder / ABOUT, home)
    (other.folder / seal_folder(1)).rename(home / seal_folder(1))
    with pytest.raises(SimulationDiffers):
        simulate(plan(), home, ())
    assert len(open_lake(home).seals) == 1


def test_the_register_holds_exactly_the_people_of_the_lake(tmp_path: Path) -> None:
    for scenario in (SHANGHAI, ZHENGZHOU):
        own = plan(scenario)
        lake = simulate(own, tmp_path / scenario.stem, ()).lake
        kinds = ("application_taken_in", "card_brought_in")
        there = {
            person
            for kind in kinds
            for path in lake.paths(kind)
            for person in pq.read_table(path, columns=["person"], partitioning=None)["person"].to_pylist()
        }
        listed = register(city(own))["person"].to_pylist()
        assert sorted(listed) == sorted(there)


def test_a_seal_of_every_month_is_plain_to_read(shanghai_lake: Path) -> None:
    seals = [json.loads((shanghai_lake / f"seal={at:06d}" / "seal.json").read_text()) for at in range(1, 13)]
    facts_so_far = [seal["facts"] for seal in seals]
    assert facts_so_far == sorted(facts_so_far)
    assert sum(file["rows"] for seal in seals for file in seal["files"]) == facts_so_far[-1]
