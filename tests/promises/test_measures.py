"""What every measure promises: that it can be read, traced and run alike by three engines."""

from datetime import date
from pathlib import Path

import pytest
import sqlglot
from sqlglot import ErrorLevel, exp

import civicard
from civicard.cards.rules.steps import ARROWS, LIVING, Life
from civicard.ledger.kinds import all_kinds
from civicard.measures.definition import all_measures
from civicard.measures.statement import branches, filled, parsed
from civicard.scoring.units import unit

SQL = Path(civicard.__file__).parent / "measures" / "sql"
NAMES = list(all_measures())
# The figures that the first evaluation is measured by, each with its unit there.
BOUND = {"cards_planned_initial": "张", "cards_planned": "张", "cards_made": "张", "in_time": "% of whole"}
MOST_LINES = 120


def test_every_file_is_a_measure_and_every_measure_a_file() -> None:
    assert {one.stem for one in SQL.rglob("*.sql")} == set(NAMES)
    assert [one for one in SQL.rglob("*") if one.is_file() and one.suffix != ".sql"] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_measure_stands_with_an_app_and_reads_facts_that_are_declared(name: str) -> None:
    measure = all_measures()[name]
    assert measure.app in {one.app for one in all_kinds().values()}
    assert set(measure.sources) <= set(all_kinds())


@pytest.mark.parametrize("name", NAMES)
def test_every_column_of_the_evidence_has_a_heading_in_both_languages(name: str) -> None:
    measure = all_measures()[name]
    for column in parsed(measure.body).named_selects:
        heading = measure.heading(column)
        assert heading.zh != column, f"{column} needs a line `-- column {column}: 中文 / English`"
        assert heading.en
        assert not heading.zh.isascii()


@pytest.mark.parametrize("name", NAMES)
def test_every_evidence_row_that_is_one_fact_names_it(name: str) -> None:
    measure = all_measures()[name]
    is_summed_up = measure.keys in {("month",), ("application", "stage")}
    assert is_summed_up or "fact" in parsed(measure.body).named_selects


@pytest.mark.parametrize("name", NAMES)
def test_a_column_says_which_table_it_comes_from_where_there_are_several(name: str) -> None:
    # Without it a join could not be left out, and a column that a kind gets later could be taken for another's.
    for select in parsed(all_measures()[name].body).find_all(exp.Select):
        if select.args.get("joins"):
            bare = [one.sql() for one in select.find_all(exp.Column) if not one.table]
            assert bare == []


@pytest.mark.parametrize("dialect", ["duckdb", "spark", "postgres"])
@pytest.mark.parametrize("name", NAMES)
def test_a_measure_can_be_said_in_the_sql_of_each_engine(name: str, dialect: str) -> None:
    tree = filled(parsed(all_measures()[name].body), date(2018, 1, 1), date(2018, 12, 31))
    said = tree.sql(dialect=dialect, unsupported_level=ErrorLevel.RAISE)
    assert isinstance(again := sqlglot.parse_one(said, read=dialect), exp.Query)
    assert again.named_selects == tree.named_selects
    assert "$" not in said


@pytest.mark.parametrize("name", NAMES)
def test_a_measure_is_short_enough_to_be_read(name: str) -> None:
    measure = all_measures()[name]
    assert len(measure.body.splitlines()) <= MOST_LINES
    assert max(map(len, measure.text.splitlines())) <= 120


@pytest.mark.parametrize(("name", "written"), BOUND.items())
def test_a_measure_that_a_programme_names_fits_its_unit(name: str, written: str) -> None:
    assert unit(all_measures()[name].unit) == unit(written)


def test_cards_by_state_follows_the_table_of_arrows() -> None:
    (steps,) = (
        one for one in parsed(all_measures()["cards_by_state"].body).find_all(exp.CTE) if one.alias == "steps"
    )
    said = {
        (table.name, next((state.name for state in branch.find_all(exp.Literal)), None))
        for branch in branches(steps.this)
        for table in branch.find_all(exp.Table)
    }
    arrows = {
        (kind, None if (to := lives[Life.CARD].to) is None else str(to))
        for kind, lives in ARROWS.items()
        if Life.CARD in lives
    }
    assert said == arrows


@pytest.mark.parametrize("name", ["coverage", "account_activation"])
def test_a_card_in_use_is_one_that_lives_by_the_rules(name: str) -> None:
    listed = [
        {one.name for one in found.expressions}
        for found in parsed(all_measures()[name].body).find_all(exp.In)
        if isinstance(found.this, exp.Column) and found.this.name == "state"
    ]
    assert listed == [{str(one) for one in LIVING}]
