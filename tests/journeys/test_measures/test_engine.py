"""What the engine refuses to make a figure of, and what it answers where there is nothing."""

# ruff: noqa: S608 - the SQL is written in these tests

from datetime import date
from typing import TYPE_CHECKING

import duckdb
import pytest

from civicard.cards.facts import CardInspected, CardMade
from civicard.ledger.lake.valid import valid_sql
from civicard.measures.definition import Measure, Shape, all_measures, read_measure
from civicard.measures.engine import Engine
from civicard.measures.results import RelationRefused

if TYPE_CHECKING:
    from tests.journeys.test_measures.conftest import HandMade

    from civicard.ledger.lake import Lake

YEAR = (date(2018, 1, 1), date(2018, 12, 31))
HEADER = """-- name: example
-- title.zh: 示例
-- title.en: Example
-- unit: %
-- figure: fraction
-- definition.zh: 示例
-- definition.en: example
-- grain.zh: 示例
-- grain.en: example
-- sources: card_inspected
-- clause: 示例
-- keys: card
-- by: none
-- null.zh: 示例
-- null.en: example
-- whole: yes
"""


def example(numerator: str, rest: str = "", key: str = "e.card") -> Measure:
    body = f"SELECT {key} AS card, {numerator} AS numerator, 1 AS denominator FROM card_inspected AS e {rest}"
    return read_measure(HEADER + body, "example", "cards")


@pytest.fixture
def lake(by_hand: "HandMade") -> "Lake":
    for card in (1, 2, 3):
        by_hand.add("2018-03-01", CardInspected(application=card, card=card))
    return by_hand.lake()


@pytest.mark.parametrize(
    ("measure", "said"),
    [
        (example("NULL"), "a numerator or denominator is null"),
        (example("CASE WHEN e.card > 1 THEN 1 END"), "a numerator or denominator is null"),
        (example("EXTRACT(EPOCH FROM e.at)"), "columns that are no whole numbers: numerator DOUBLE"),
        (example("'1'"), "numerator is VARCHAR"),
        (example("e.day"), "numerator is DATE"),
        (example("TRUE"), "numerator is BOOLEAN"),
        (example("e.colour"), "DuckDB cannot run it"),
        (example("1", "UNION ALL SELECT card, 1 AS numerator, 1 AS denominator FROM card_inspected"), "stands in 2 rows"),
        (example("1", key="NULLIF(e.card, 2)"), "the key card=None is missing"),
        (example("e.card"), "in 2 rows the numerator exceeds the denominator"),
    ],
)  # fmt: skip
def test_rows_that_are_not_what_a_measure_may_give_are_refused(
    lake: "Lake", measure: Measure, said: str
) -> None:
    with Engine(lake, *YEAR) as engine, pytest.raises(RelationRefused) as refused:
        engine.result(measure)
    assert said in refused.value.text.en
    assert refused.value.code == "measure_relation_refused"


def test_a_fact_that_stands_twice_is_found_though_sums_leave_its_join_out(by_hand: "HandMade") -> None:
    by_hand.add("2018-03-01", CardInspected(application=1, card=1))
    for attempt in (1, 2):
        by_hand.add(
            "2018-03-01",
            CardMade(
                application=1, card=1, blank=attempt, attempt=attempt, district="310101", station="310101-001"
            ),
        )
    with Engine(by_hand.lake(), *YEAR) as engine, pytest.raises(RelationRefused, match="card=1"):
        engine.result(all_measures()["cards_made"])


def test_no_page_is_given_of_rows_that_it_could_pass_over(by_hand: "HandMade") -> None:
    for _ in range(2):
        by_hand.add("2018-03-01", CardInspected(application=1, card=1))
    with Engine(by_hand.lake(), *YEAR) as engine, pytest.raises(RelationRefused, match="card=1"):
        engine.rows(all_measures()["cards_made"], limit=1)


@pytest.mark.parametrize("name", all_measures())
def test_an_empty_lake_has_no_figure_and_no_zero(by_hand: "HandMade", name: str) -> None:
    measure = all_measures()[name]
    with Engine(by_hand.lake(), *YEAR) as engine:
        found = engine.result(measure)
        assert (found.numerator, found.denominator, found.rows, found.figure) == (None, None, 0, None)
        assert engine.rows(measure).rows == ()
        assert all(engine.by(measure, one) == [] for one in measure.by)


def test_a_measure_reads_nothing_but_the_lake(lake: "Lake", tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("other") / "secret.csv"
    other.write_text("card\n1\n", encoding="utf-8")
    with Engine(lake, *YEAR) as engine, pytest.raises(duckdb.PermissionException):
        engine.batches(f"SELECT * FROM read_csv('{other}')")


def test_values_beyond_64_bits_add_up_exactly(lake: "Lake") -> None:
    whole = HEADER.replace("-- whole: yes\n", "")
    body = "SELECT e.card, 9223372036854775806 + 0 * e.card AS numerator, 1 AS denominator FROM card_inspected AS e"
    with Engine(lake, *YEAR) as engine:
        found = engine.result(read_measure(whole + body, "example", "cards"))
    assert found.numerator == 3 * 9223372036854775806


@pytest.mark.parametrize("name", all_measures())
def test_what_is_summed_is_what_the_text_of_the_measure_gives(lake: "Lake", name: str) -> None:
    """DuckDB runs the file as it stands, with its parameters bound; the engine must not have changed its meaning."""
    measure = all_measures()[name]
    below = "SUM(denominator)" if measure.figure is Shape.FRACTION else "NULL"
    values = {"since": YEAR[0], "until": YEAR[1], "year": 2018}
    used = {key: value for key, value in values.items() if f"${key}" in measure.body}
    with duckdb.connect() as plain:
        for kind in measure.sources:
            plain.execute(f"CREATE VIEW {kind} AS {valid_sql(lake, kind)}")
        row = plain.execute(
            f"SELECT COUNT(*), SUM(numerator), {below} FROM ({measure.body}) AS e",
            used,
        ).fetchone()
    with Engine(lake, *YEAR) as engine:
        found = engine.result(measure)
    assert row == (found.rows, found.numerator, found.denominator)
