"""Many units at once: the same points as one at a time, in the order of the rows."""

from hypothesis import given, settings
from hypothesis import strategies as some

from civicard.kernel.exact import Fraction
from civicard.kernel.text import Text
from civicard.scoring import Lack, State, Units, evaluate, explain_unit, load, score_units
from civicard.scoring.evidence import Answer
from civicard.scoring.figures import Input

PROGRAMME = load(
    {
        "p.yaml": """
civicard: 1
programme: {title: 示例, unit: 示例单位}
framework:
  grades: [{grade: 优, least: 90}, {grade: 良, below: 90}]
  not_applicable: spread_equally
  indicators:
    - {code: A, name: 甲, weight: 40, unit: "%", rule: {kind: step, figure: a, target: 100, step: 2, deduct: 1, reading: started}}
    - {code: B, name: 乙, weight: 30, unit: "%", rule: {kind: proportional, figure: ratio, target: 100}}
    - {code: C, name: 丙, weight: 20, unit: 张, rule: {kind: peer, figure: b, by: rank}}
    - {code: D, name: 丁, weight: 10, rule: {kind: checklist, items: [{text: 有, points: 10, good: yes}]}}
figures:
  a: {name: 甲, unit: "%", value: 0}
  b: {name: 制卡, unit: 张, value: 0}
  c: {name: 计划, unit: 张, value: 100}
  ratio: {name: 完成, unit: "%", formula: b / c}
"""
    }
).programme
NUMBERS = some.integers(0, 20_000).map(lambda n: Fraction(n, 100))
LACKS = some.sampled_from(
    [
        Lack(State.MISSING, Text("无")),
        Lack(State.NOT_APPLICABLE, Text("无")),
        Lack(State.DISPUTED, Text("两说"), (Fraction(90), Fraction(95))),
    ]
)
FIGURES: some.SearchStrategy[Input] = NUMBERS | LACKS


@settings(max_examples=60, deadline=None)
@given(
    some.lists(some.tuples(FIGURES, FIGURES, some.sampled_from([True, False, None])), min_size=2, max_size=8)
)
def test_a_table_gives_each_unit_what_it_would_get_alone(
    rows: list[tuple[Input, Input, bool | None]],
) -> None:
    units = Units(
        number=len(rows),
        figures={"a": [row[0] for row in rows], "b": [row[1] for row in rows]},
        answers={"D.1": [None if row[2] is None else Answer(answer=row[2]) for row in rows]},
    )
    scores = score_units(PROGRAMME, units)
    for at in range(len(rows)):
        alone = explain_unit(PROGRAMME, units, at)
        assert alone.total.outcome[:4] == scores.totals[at].outcome[:4]
        assert alone.total.grade == scores.totals[at].grade
        assert alone.is_complete == scores.is_complete(at)
        for code, column in scores.outcomes.items():
            score = alone.score(code)
            assert (score.state, score.points, score.low, score.high) == column[at][:4]


def test_a_formula_is_worked_out_for_each_row_and_the_rest_is_the_programmes_own() -> None:
    units = Units(
        number=3, figures={"a": [Fraction(100)] * 3, "b": [Fraction(50), Fraction(200), Fraction(25)]}
    )
    scores = score_units(PROGRAMME, units)
    assert [outcome.points for outcome in scores.outcomes["B"]] == [15, 30, Fraction(15, 2)]
    # 200, 50, 25 rank 1, 2, 3 of 3.
    assert [outcome.points for outcome in scores.outcomes["C"]] == [10, 20, 0]


def test_an_unanswered_item_leaves_each_total_open() -> None:
    scores = score_units(
        PROGRAMME, Units(number=2, figures={"a": [Fraction(100)] * 2, "b": [Fraction(100)] * 2})
    )
    assert [total.outcome.high - total.outcome.low for total in scores.totals] == [10, 10]
    assert not scores.is_complete(0)


def test_one_unit_of_a_file_without_a_table_has_no_group() -> None:
    assert evaluate(PROGRAMME).score("C").state is State.MISSING
