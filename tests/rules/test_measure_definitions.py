"""What a measure's file must say, and what its SQL may be."""

from datetime import date

import pytest

from civicard.kernel.exact import Fraction
from civicard.measures.definition import (
    Measure,
    MeasureFaulty,
    MeasureUnknown,
    Shape,
    all_measures,
    measure_named,
    read_measure,
)
from civicard.measures.statement import filled, lean, parsed

HEADER = """-- name: example
-- title.zh: 示例
-- title.en: Example
-- unit: %
-- figure: fraction
-- definition.zh: 第一行，
--   第二行
-- definition.en: one line
--   and another
-- grain.zh: 每张卡一行
-- grain.en: one row per card
-- sources: card_inspected
-- clause: 示例
-- keys: card
-- by: month
-- null.zh: 没有卡片
-- null.en: no cards
"""
BODY = """SELECT inspected.card, inspected.day AS month, 1 AS numerator, 1 AS denominator
FROM card_inspected AS inspected
WHERE inspected.day BETWEEN $since AND $until
"""


def example(header: str = HEADER, body: str = BODY) -> Measure:
    return read_measure(header + body, "example", "cards")


def fault(header: str = HEADER, body: str = BODY) -> str:
    with pytest.raises(MeasureFaulty) as refused:
        example(header, body)
    assert refused.value.code == "measure_faulty"
    return refused.value.text.en


def test_a_measure_says_all_that_its_header_does() -> None:
    found = example(HEADER + "-- whole: yes\n-- column month: 检验日 / day of inspection\n")
    assert found.definition.zh == "第一行，第二行"
    assert found.definition.en == "one line and another"
    assert (found.name, found.app, found.unit, found.figure) == ("example", "cards", "%", Shape.FRACTION)
    assert (found.keys, found.by, found.sources, found.is_whole) == (
        ("card",),
        ("month",),
        ("card_inspected",),
        True,
    )
    assert found.heading("month").zh == "检验日"
    assert found.heading("card").zh == "卡片代号"
    assert found.heading("fact").en == "number of the fact"


@pytest.mark.parametrize("line", [one for one in HEADER.splitlines() if not one.startswith("--   ")])
def test_every_part_of_the_header_is_required(line: str) -> None:
    key = line.removeprefix("-- ").split(":")[0]
    kept = HEADER.replace(line + "\n", "")
    # A line that goes on would then go on with the one above it, which is a text all the same.
    assert f"{key} is missing" in fault(kept)


def test_all_faults_are_named_at_once_with_their_lines() -> None:
    said = fault(
        HEADER.replace("-- figure: fraction", "-- figure: mean").replace("-- unit: %\n", "-- colour: red\n"),
        BODY.replace("1 AS numerator", "1 AS above"),
    )
    assert "line 4: there is no key colour" in said
    assert "line 5: figure must be sum or fraction" in said
    assert "line 1: unit is missing" in said
    assert "there is no column numerator" in said
    assert "measures/sql/cards/example.sql" in said


@pytest.mark.parametrize(
    ("header", "said"),
    [
        (HEADER.replace("name: example", "name: other"), "name must be that of the file, example"),
        (
            HEADER.replace("sources: card_inspected", "sources: card_inspectd"),
            "no kind of fact card_inspectd",
        ),
        (HEADER.replace("by: month", "by: month, Month"), "'Month' in by is no name"),
        (HEADER.replace("keys: card", "keys: card, card"), "keys names something twice"),
        (HEADER + "-- whole: perhaps\n", "whole must be yes or no"),
        (HEADER + "-- unit: 张\n", "unit stands twice"),
        (HEADER + "--  loose words\n", "must be `-- key: value`"),
        (HEADER + "-- column month: one language\n", "a heading must be"),
    ],
)
def test_a_wrong_header_is_refused(header: str, said: str) -> None:
    assert said in fault(header)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (BODY + "; SELECT 1", "must be one SELECT"),
        ("DELETE FROM card_inspected", "must be one SELECT"),
        ("CREATE TABLE card_inspected AS SELECT 1", "must be one SELECT"),
        ("COPY card_inspected TO 'x.csv'", "must be one SELECT"),
        ("", "must be one SELECT"),
        ("SELECT FROM WHERE", "cannot be read"),
        (BODY.replace("inspected.card,", ""), "there is no column card"),
        (BODY.replace("inspected.day AS month,", ""), "there is no column month"),
        (BODY.replace(", 1 AS denominator", ""), "there is no column denominator"),
        (BODY.replace("inspected.card,", "inspected.card, 1 AS card,"), "the same name"),
        ("SELECT * FROM card_inspected", "name the columns instead of *"),
        (BODY.replace("FROM card_inspected", "FROM card_made"), "card_made is not among the sources"),
        (BODY.replace("FROM card_inspected", "FROM card_made"), "the source card_inspected is not read"),
        (BODY.replace("FROM card_inspected", "FROM other.card_inspected"), "only kinds of facts are read"),
        (BODY.replace("FROM card_inspected", "FROM read_csv('/etc/passwd')"), "only kinds of facts are read"),
        (BODY.replace("FROM card_inspected", "FROM 'secret.parquet'"), "is not among the sources"),
        (BODY.replace("1 AS numerator", "inspected.card / 2 AS numerator"), "may not divide or round"),
        (BODY.replace("1 AS numerator", "AVG(inspected.card) AS numerator"), "may not divide or round"),
        (BODY.replace("1 AS numerator", "ROUND(1) AS numerator"), "may not divide or round"),
        (BODY.replace("1 AS numerator", "1.5 AS numerator"), "must be a whole number"),
        (BODY.replace("1 AS numerator", "1e0 AS numerator"), "must be a whole number"),
        (BODY.replace("1 AS numerator", "CAST(1 AS DOUBLE) AS numerator"), "the type DOUBLE may not be used"),
        (BODY.replace("1 AS numerator", "1::DECIMAL(9,2) AS numerator"), "may not be used"),
        (BODY.replace("1 AS numerator", "getenv('HOME') AS numerator"), "not a function of every engine"),
        (BODY.replace("1 AS numerator", "CAST(MEDIAN(inspected.card) AS BIGINT) AS numerator"), "the function MEDIAN"),
        (BODY.replace("1 AS numerator", "CAST(LN(2) AS BIGINT) AS numerator"), "the function LN(2) may not be used"),
        (BODY.replace("$until", "CURRENT_DATE"), "the function CURRENT_DATE may not be used"),
        (BODY + "AND RANDOM() < 1", "the function RANDOM() may not be used"),
        (BODY.replace("$until", "$today"), "there is no parameter"),
        (BODY.replace("$until", "?"), "there is no parameter"),
        (BODY + "UNION ALL SELECT 1, DATE '2018-01-01', 1, 1", "must have the same columns"),
    ],
)  # fmt: skip
def test_sql_that_is_no_measure_is_refused(body: str, said: str) -> None:
    assert said in fault(body=body)


def test_a_sum_has_no_denominator() -> None:
    assert "a sum has no denominator" in fault(HEADER.replace("figure: fraction", "figure: sum"))


def test_a_fault_in_the_sql_is_named_with_its_line_in_the_file() -> None:
    # The header has 17 lines, and the table is read in the second line after it.
    assert "line 19: card_made is not" in fault(body=BODY.replace("FROM card_inspected", "FROM card_made"))


def test_an_unknown_measure_is_refused_with_the_names_that_there_are() -> None:
    with pytest.raises(MeasureUnknown) as refused:
        measure_named("cards_mode")
    assert "cards_made" in refused.value.text.en
    assert "cards_mode" in refused.value.text.zh
    assert refused.value.code == "measure_unknown"


@pytest.mark.parametrize(
    ("unit", "shape", "numerator", "denominator", "figure"),
    [
        ("%", "fraction", 1, 3, Fraction(100, 3)),
        ("% of whole", "fraction", 996, 1000, Fraction("99.6")),
        ("ratio", "fraction", 1, 4, Fraction(1, 4)),
        ("天", "fraction", 7, 2, Fraction(7, 2)),
        ("张/月", "fraction", 6, 12, Fraction(1, 2)),
        ("%", "fraction", 0, 5, Fraction(0)),
        ("%", "fraction", 5, 0, None),
        ("%", "fraction", None, None, None),
        ("%", "fraction", 2**70, 2**69, Fraction(200)),
    ],
)  # fmt: skip
def test_a_figure_is_the_exact_fraction_in_its_unit(
    unit: str, shape: str, numerator: int | None, denominator: int | None, figure: Fraction | None
) -> None:
    measure = example(HEADER.replace("unit: %", f"unit: {unit}"))
    assert measure.figure == Shape(shape)
    assert measure.figure_of(numerator, denominator) == figure


def test_a_sum_of_nothing_is_missing_and_not_zero() -> None:
    header = HEADER.replace("figure: fraction", "figure: sum").replace("unit: %", "unit: 张")
    measure = example(header, BODY.replace(", 1 AS denominator", ""))
    assert measure.figure_of(None, None) is None
    assert measure.figure_of(0, None) == 0


def test_another_text_is_another_digest() -> None:
    assert example().digest != example(body=BODY.replace("1 AS denominator", "2 AS denominator")).digest
    assert len({one.digest for one in all_measures().values()}) == len(all_measures())


def test_a_sum_leaves_out_the_left_joins_that_add_nothing_to_it() -> None:
    tree = lean(parsed(measure_named("cards_made").body), ["numerator"], ["card"])
    assert "JOIN" not in tree.sql(dialect="duckdb")
    by_district = lean(parsed(measure_named("cards_made").body), ["district", "numerator"], ["card"])
    assert "card_made" in by_district.sql(dialect="duckdb")


def test_a_join_that_decides_which_rows_there_are_stays() -> None:
    in_time = lean(parsed(measure_named("in_time").body), ["denominator"], ["application"])
    assert "application_refused" in in_time.sql(dialect="duckdb")
    assert "card_received" not in in_time.sql(dialect="duckdb")


def test_a_join_that_a_key_comes_from_stays() -> None:
    body = """SELECT made.card, 1 AS numerator
    FROM card_inspected AS inspected LEFT JOIN card_made AS made ON made.card = inspected.card"""
    tree = parsed(body)
    assert "JOIN" in lean(tree, ["numerator"], ["card"]).sql(dialect="duckdb")
    assert "JOIN" in tree.sql(dialect="duckdb")


def test_a_join_that_another_join_needs_stays() -> None:
    body = """SELECT a.card, c.district, 1 AS numerator FROM card_inspected AS a
    LEFT JOIN card_made AS b ON b.card = a.card LEFT JOIN card_received AS c ON c.application = b.application"""
    kept = lean(parsed(body), ["district", "numerator"], ["card"]).sql(dialect="duckdb")
    assert kept.count("JOIN") == 2
    assert "JOIN" not in lean(parsed(body), ["numerator"], ["card"]).sql(dialect="duckdb")


@pytest.mark.parametrize(
    "body",
    [
        "SELECT MAX(a.card) AS card, 1 AS numerator FROM card_inspected AS a",
        "SELECT DISTINCT a.card, a.day, 1 AS numerator FROM card_inspected AS a",
        ("SELECT a.card, COUNT(*) AS numerator FROM card_inspected AS a GROUP BY a.card UNION ALL "
         "SELECT b.card, 1 AS numerator FROM card_made AS b"),
        ("SELECT a.card, a.day, 1 AS numerator FROM card_inspected AS a EXCEPT ALL "
         "SELECT b.card, b.day, 1 AS numerator FROM card_made AS b"),
        "SELECT a.card, a.day, 1 AS numerator FROM card_inspected AS a ORDER BY a.day LIMIT 3",
        "SELECT a.card, a.day AS inspected_on, 1 AS numerator FROM card_inspected AS a WHERE inspected_on IS NOT NULL",
        "SELECT a.card, ROW_NUMBER() OVER (ORDER BY a.day) AS place, 1 AS numerator FROM card_inspected AS a QUALIFY place = 1",
    ],
)  # fmt: skip
def test_what_leaving_out_a_column_could_change_stays_whole(body: str) -> None:
    assert lean(parsed(body), ["numerator"], ["card"]).sql() == parsed(body).sql()


def test_a_join_that_is_named_in_other_letters_stays() -> None:
    body = """SELECT a.card, 1 AS numerator FROM card_inspected AS a
    LEFT JOIN card_made AS B ON b.card = a.card WHERE b.district = '310101'"""
    assert "JOIN" in lean(parsed(body), ["numerator"], ["card"]).sql(dialect="duckdb")


def test_the_period_takes_the_place_of_the_parameters() -> None:
    made = filled(parsed(measure_named("cards_planned").body), date(2017, 3, 1), date(2018, 2, 28))
    sql = made.sql(dialect="duckdb")
    assert "2018-02-28" in sql
    assert "target_set.year = 2018" in sql
    assert "$" not in sql
