"""A city at 1:N: sums hold to the fen, and a formula is no better founded than the weakest of its figures."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from civicard.evaluation.scaling import divided, shrunk
from civicard.kernel.exact import Fraction, rounded
from civicard.scoring.evaluate import evaluate
from civicard.scoring.faults import ProgrammeRefused
from civicard.scoring.figures import Basis, Figure, basis_of, operands
from civicard.scoring.load import load

ONE, FEN = Fraction(1), Fraction(1, 100)
SHANGHAI_SPENT = [Fraction(fen, 100) for fen in (851_736_500, 419_820_248, 158_791_123, 298_138_200)]
SMALL = """civicard: 1
programme: {{title: 示例, unit: 示例单位}}
framework:
  grades: [{{grade: 合格, least: 0, most: 100}}]
  indicators:
    - {{code: A, name: 甲, weight: 100, unit: "%", rule: {{kind: step, figure: share, target: 100, step: 1, deduct: 1, reading: started}}}}
figures:
{figures}
"""


def test_the_spending_of_shanghai_at_1_to_100_adds_up_to_its_sum() -> None:
    parts = divided(SHANGHAI_SPENT, 100, FEN)
    # 85,173.65 and 41,982.0248, 15,879.1123, 29,813.82: the sum of 172,848.6071 is 172,848.61, and the fen that is
    # over goes to the largest remainder, 0.48 of a fen.
    assert parts == [
        Fraction(8_517_365, 100),
        Fraction(4_198_203, 100),
        Fraction(1_587_911, 100),
        Fraction(2_981_382, 100),
    ]
    assert sum(parts, Fraction(0)) == Fraction(17_284_861, 100)


def test_of_two_equal_remainders_the_first_is_rounded_up() -> None:
    assert divided([Fraction(5), Fraction(5)], 10, ONE) == [1, 0]
    assert divided([Fraction(4), Fraction(6), Fraction(5)], 10, ONE) == [0, 1, 1]


@given(
    st.lists(st.integers(0, 10**12), min_size=1, max_size=8),
    st.integers(1, 1000),
    st.sampled_from([ONE, FEN]),
)
def test_sums_hold_and_no_part_moves_by_a_whole_grain(
    numbers: list[int], scale: int, grain: Fraction
) -> None:
    amounts = [Fraction(number, 100) for number in numbers]
    parts = divided(amounts, scale, grain)
    assert sum(parts, Fraction(0)) == rounded(sum(amounts, Fraction(0)) / scale, grain)
    assert all((part / grain).denominator == 1 for part in parts)
    assert all(abs(part - amount / scale) < grain for part, amount in zip(parts, amounts, strict=True))


def figure(**keys: object) -> Figure:
    """Return a figure of these keys."""
    return Figure.model_validate({"name": "甲", "unit": "张", **keys})


def test_counts_in_ten_thousands_shrink_to_whole_things() -> None:
    figures = {"made": figure(unit="万张", value=Fraction("241.2871"))}
    changed = shrunk(figures, {"made": {"value": Fraction("241.2871")}}, [("made", "nowhere")], 100)
    # 24,128.71 cards are 24,129, which are 2.4129 times ten thousand.
    assert changed["made"]["value"] == Fraction("2.4129")


def test_values_under_other_readings_and_in_dispute_shrink_too() -> None:
    readings: dict[str, Any] = {"a": {"set": {"value": Fraction(400)}}, "b": {"why": "no value"}}
    written: dict[str, Any] = {
        "planned": {"value": Fraction(300), "ambiguities": {"base": {"question": "?", "chosen": "b", "readings": readings}}},
        "asked": {"disputed": [{"value": Fraction(55)}, {"value": Fraction(44)}]},
    }  # fmt: skip
    figures = {"planned": figure(value=Fraction(300)), "asked": figure(disputed=written["asked"]["disputed"])}
    changed = shrunk(figures, written, [("planned",), ("asked",)], 10)
    assert changed["planned"]["value"] == 30
    assert changed["planned"]["ambiguities"]["base"]["readings"]["a"]["set"]["value"] == 40
    assert [one["value"] for one in changed["asked"]["disputed"]] == [6, 4]
    # What was given is not touched.
    assert readings["a"]["set"]["value"] == 400


# what a figure rests on


def test_a_formula_has_the_weakest_basis_of_what_it_rests_on_however_deep() -> None:
    figures = {
        "made": figure(value=Fraction(1), basis="measured"),
        "planned": figure(value=Fraction(1), basis="measured"),
        "asked": figure(value=Fraction(1), basis="evidence"),
        "said": figure(value=Fraction(1)),
        "share": figure(formula="made / planned"),
        "mixed": figure(formula="share + asked"),
        "worst": figure(formula="mixed + said"),
        "modest": figure(formula="made / planned", basis="evidence"),
        "constant": figure(formula="1 + 1"),
    }
    assert {name: basis_of(name, figures) for name in figures} == {
        "made": Basis.MEASURED, "planned": Basis.MEASURED, "asked": Basis.EVIDENCE, "said": Basis.STATED,
        "share": Basis.MEASURED, "mixed": Basis.EVIDENCE, "worst": Basis.STATED, "modest": Basis.EVIDENCE,
        "constant": Basis.STATED,
    }  # fmt: skip
    assert operands(["worst", "asked"], figures) == ["made", "planned", "asked", "said"]


@pytest.mark.parametrize(
    ("made", "basis"), [("measured", "measured"), ("stated", "stated"), ("evidence", "evidence")]
)
def test_a_score_over_a_formula_has_the_basis_of_its_operands(made: str, basis: str) -> None:
    text = SMALL.format(
        figures=f"  made: {{name: 甲, unit: 张, value: 8, basis: {made}}}\n"
        "  planned: {name: 乙, unit: 张, value: 10, basis: measured}\n"
        '  share: {name: 丙, unit: "%", formula: made / planned}\n'
    )
    score = evaluate(load({"a.yaml": text}).programme).score("A")
    assert (score.points, str(score.basis)) == (Fraction(80), basis)


def test_a_figure_that_is_missing_is_missing_however_well_founded_the_others_are() -> None:
    text = SMALL.format(
        figures="  made: {name: 甲, unit: 张, missing: 未统计}\n"
        "  planned: {name: 乙, unit: 张, value: 10, basis: measured}\n"
        '  share: {name: 丙, unit: "%", formula: made / planned}\n'
    )
    assert evaluate(load({"a.yaml": text}).programme).score("A").basis == "none"


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ("formula: 1 + 1", "cannot have a formula as well"),
        (
            "value: 1, ambiguities: {a: {question: 何者, chosen: b, readings: {b: {}, c: {set: {value: 2}}}}}",
            "cannot set value",
        ),
    ],
)
def test_a_figure_with_a_measure_has_no_second_source(keys: str, said: str) -> None:
    text = SMALL.format(figures=f'  share: {{name: 丙, unit: "%", measure: completion, {keys}}}\n')
    with pytest.raises(ProgrammeRefused, match=said):
        load({"a.yaml": text})
