"""From points to total and grade: what is missing stays open, what does not apply is spread, ceilings and vetoes hold."""

from typing import Any

import pytest

from civicard.kernel.exact import Fraction
from civicard.scoring import State, evaluate, load
from civicard.scoring.evaluate import Evaluation, Score


def evaluated(rows: str, figures: str, framework: str = "") -> Evaluation:
    """Return the evaluation of indicators and figures given as YAML flow lines."""
    text = f"""
civicard: 1
programme: {{title: 示例, unit: 示例单位}}
framework:
  grades:
    - {{grade: 优, least: 90}}
    - {{grade: 良, least: 80, below: 90}}
    - {{grade: 中, least: 60, below: 80}}
    - {{grade: 差, below: 60}}
{framework}
  indicators:
{rows}
figures:
{figures}
"""
    return evaluate(load({"p.yaml": text}).programme)


def row(code: str, weight: int, extra: str = "") -> str:
    rule = f"{{kind: proportional, figure: {code.lower()}, target: 100}}"
    return f'    - {{code: {code}, name: {code}, weight: {weight}, unit: "%", rule: {rule}{extra}}}\n'


def figure(code: str, value: str) -> str:
    return f'  {code.lower()}: {{name: {code}, unit: "%", {value}}}\n'


THREE = row("A", 50) + row("B", 30) + row("C", 20)


def three(a: str, b: str, c: str, framework: str = "") -> Evaluation:
    return evaluated(THREE, figure("A", a) + figure("B", b) + figure("C", c), framework)


def bounds(found: Evaluation | Score) -> tuple[object, ...]:
    """Return points, low and high."""
    outcome = found.total.outcome if isinstance(found, Evaluation) else found
    return (outcome.points, outcome.low, outcome.high)


def test_a_missing_figure_leaves_the_total_open_between_low_and_high() -> None:
    found = three("value: 100", "value: null", "value: 50")
    assert found.total.outcome.state is State.MISSING
    assert bounds(found) == (None, 60, 90)
    assert found.is_complete is False
    assert found.total.grade is None
    assert (str(found.total.grade_low), str(found.total.grade_high)) == ("中", "优")
    assert found.score("B").points is None


def test_a_grade_is_certain_when_low_and_high_share_it() -> None:
    found = three("value: 100", "value: 100", "missing: 未统计")
    assert bounds(found) == (None, 80, 100)
    assert found.total.grade is None
    found = three("value: 98", "value: 98", "disputed: [{value: 70}, {value: 90}]")
    assert bounds(found) == (None, Fraction("92.4"), Fraction("96.4"))
    assert found.total.grade is not None
    assert found.total.grade.zh == "优"


def test_a_disputed_figure_scores_between_its_candidates() -> None:
    score = three("value: 100", "disputed: [{value: 80}, {value: 60}]", "value: 100").score("B")
    assert score.state is State.DISPUTED
    assert bounds(score) == (None, 18, 24)
    assert score.explanation.en == "disputed: 80.00, 60.00; between 18 and 24 points"


@pytest.mark.parametrize(
    ("policy", "total"),
    # A earns 50 of 50, C earns 10 of 20; B (30) does not apply.
    [
        ("spread_in_proportion", Fraction(60) * 100 / 70),  # both grow by 100 / 70
        ("spread_equally", Fraction(65) + Fraction(35, 2)),  # 50 + 15 in full, 20 + 15 by half
        ("renormalise", Fraction(60) * 100 / 70),
        ("full", Fraction(90)),
        ("zero", Fraction(60)),
        ("drop", Fraction(60)),
    ],
)
def test_the_weight_of_what_does_not_apply_goes_where_the_policy_says(policy: str, total: Fraction) -> None:
    found = three("value: 100", "not_applicable: 本年无", "value: 50", f"  not_applicable: {policy}")
    assert found.total.outcome.points == total
    assert found.score("B").state is State.NOT_APPLICABLE
    assert found.is_complete


def test_missing_counts_as_zero_only_where_the_framework_says_so_and_stays_missing() -> None:
    found = three("value: 100", "value: null", "value: 50", "  missing: zero")
    assert found.total.outcome.points == 60
    assert found.score("B").state is State.MISSING
    assert found.is_complete is False


def test_renormalising_reaches_the_whole_through_groups() -> None:
    rows = f"""    - code: G
      name: G
      weight: 50
      children:
    {row("A", 30)}    {row("B", 20)}{row("C", 50)}"""
    found = evaluated(
        rows, figure("A", "value: 100") + figure("B", "not_applicable: 无") + figure("C", "value: 60"),
        "  not_applicable: renormalise",
    )  # fmt: skip
    assert found.total.outcome.points == Fraction(30 + 30) * 100 / 80


def test_a_ceiling_tied_to_a_figure_holds_the_total() -> None:
    ceilings = '  ceilings: [{when: "a >= 70 and a < 80", most: 89, why: 执行率低于 80%}]'
    rows = row("A", 5) + row("B", 95)
    held = evaluated(rows, figure("A", "value: 79.99") + figure("B", "value: 100"), ceilings)
    assert held.total.outcome.points == 89
    assert held.total.grade is not None
    assert held.total.grade.zh == "良"
    assert [one.why.zh for one in held.total.ceilings] == ["执行率低于 80%"]
    free = evaluated(rows, figure("A", "value: 80") + figure("B", "value: 100"), ceilings)
    assert free.total.outcome.points == 99


def test_a_ceiling_on_an_unknown_figure_opens_the_total() -> None:
    ceilings = '  ceilings: [{when: "b < 80", most: 70, why: 低}]'
    found = evaluated(row("A", 100), figure("A", "value: 100") + figure("B", "value: null"), ceilings)
    assert bounds(found) == (None, 70, 100)


def test_a_veto_sets_the_grade_whatever_the_total() -> None:
    vetoes = '  vetoes: [{when: "b > 0", grade: 差, why: 重大违规}]'
    found = evaluated(row("A", 100), figure("A", "value: 100") + figure("B", "value: 1"), vetoes)
    assert found.total.outcome.points == 100
    assert found.total.grade is not None
    assert found.total.grade.zh == "差"
    unknown = evaluated(row("A", 100), figure("A", "value: 100") + figure("B", "value: null"), vetoes)
    assert unknown.total.grade is None


def test_a_group_counts_only_with_enough_scored_children() -> None:
    def found(policy: str, b: str) -> Evaluation:
        rows = f"""    - code: G
      name: G
      weight: 100
      at_least: 2
      otherwise: {policy}
      missing: spread_in_proportion
      children:
    {row("A", 50)}    {row("B", 30)}    {row("C", 20)}"""
        return evaluated(rows, figure("A", "value: 100") + figure("B", b) + figure("C", "value: null"))

    assert found("open", "value: 100").total.outcome.points == 100
    assert bounds(found("open", "value: null")) == (None, 0, 100)
    assert found("zero", "value: null").total.outcome.points == 0


def test_a_bonus_stands_outside_the_weights_and_a_cap_limits_the_total() -> None:
    rows = row("A", 100) + row("B", 5, ", extra: true")
    figures = figure("A", "value: 98") + figure("B", "value: 100")
    assert evaluated(rows, figures).total.outcome.points == 103
    assert evaluated(rows, figures, "  most: 100").total.outcome.points == 100


@pytest.mark.parametrize(
    ("combine", "points"), [("mean", 65), ("best", 90), ("worst", 40), ("geometric_mean", 60)]
)
def test_groups_combine_as_they_say(combine: str, points: int) -> None:
    rows = f"""    - code: G
      name: G
      weight: 100
      combine: {combine}
      children:
    {row("A", 50)}    {row("B", 50)}"""
    found = evaluated(rows, figure("A", "value: 90") + figure("B", "value: 40"))
    assert found.total.outcome.points == points


def test_an_indicator_may_be_scored_out_of_a_hundred() -> None:
    rows = '    - {code: A, name: A, weight: 100, unit: "%", out_of: 50, rule: {kind: proportional, figure: a, target: 100}}\n'
    found = evaluated(rows, figure("A", "value: 60"))
    assert found.total.outcome.points == 60
    assert found.score("A").explanation.en.endswith("30 / 50 × 100 = 60")


def test_the_total_is_rounded_only_where_the_framework_says_so() -> None:
    exact = evaluated(row("A", 100), figure("A", "value: 89.996"))
    assert exact.total.outcome.points == Fraction("89.996")
    assert exact.printed(exact.total.outcome.points) == "90"
    assert exact.total.grade is not None
    assert exact.total.grade.zh == "良"
    printed = evaluated(row("A", 100), figure("A", "value: 89.996"), "  grade_on: printed")
    assert printed.total.grade is not None
    assert printed.total.grade.zh == "优"
    rounded = evaluated(row("A", 100), figure("A", "value: 89.996"), "  round: {to: 0.01}")
    assert rounded.total.outcome.points == 90


def test_zero_over_zero_is_missing_and_not_zero() -> None:
    figures = figure("A", "formula: b / c") + figure("B", "value: 0") + figure("C", "value: 0")
    score = evaluated(row("A", 100), figures).score("A")
    assert score.state is State.MISSING
    assert "divides by zero" in score.explanation.en


def test_binary_noise_does_not_start_a_step() -> None:
    """In binary floating point (1 − 0.96) × 100 is a little above 4, and a third step of 2 would start."""
    made: dict[str, Any] = {"made": Fraction(2_880_000)}
    text = """
civicard: 1
programme: {title: 示例, unit: 示例单位}
framework:
  sum: 12
  grades: [{grade: 甲, least: 0}]
  indicators:
    - {code: C11, name: 完成率, weight: 12, unit: "%", rule: {kind: step, figure: done, target: 100, step: 2, deduct: 1, reading: started}}
figures:
  made: {name: 制卡数, unit: 张, value: 1}
  planned: {name: 计划数, unit: 张, value: 3000000}
  done: {name: 完成率, unit: "%", formula: made / planned}
"""
    assert evaluate(load({"p.yaml": text}).programme, made).score("C11").points == 10


def stated(code: str, weight: int, points: int, extra: str = "") -> str:
    return f"    - {{code: {code}, name: {code}, weight: {weight}, rule: {{kind: stated, stated: {points}, place: p}}{extra}}}\n"


def group(code: str, weight: int, children: str, extra: str = "") -> str:
    below = children.replace("    - {", "        - {")
    return f"    - code: {code}\n      name: {code}\n      weight: {weight}\n{extra}      children:\n{below}"


NOWHERE = figure("X", "not_applicable: 无")


def test_a_group_that_does_not_count_leaves_the_total_once() -> None:
    below = stated("G1", 25, 10) + row("X", 25)
    renormalised = group("G", 50, below, "      at_least: 2\n      otherwise: renormalise\n")
    found = evaluated(stated("Z", 50, 50) + renormalised, NOWHERE, "  not_applicable: renormalise")
    assert found.total.outcome.points == 100
    dropped = group("G", 50, below, "      at_least: 2\n      otherwise: drop\n")
    assert evaluated(stated("Z", 50, 40) + dropped, NOWHERE).total.outcome.points == 40


def test_renormalising_below_a_mean_or_a_bonus_stays_there() -> None:
    mean = group("G", 20, stated("G1", 10, 10) + row("X", 10), "      combine: mean\n")
    found = evaluated(stated("Z", 80, 80) + mean, NOWHERE, "  not_applicable: renormalise")
    assert found.total.outcome.points == 100
    bonus = group("G", 20, stated("G1", 10, 0) + row("X", 10), "      extra: true\n")
    found = evaluated(stated("Z", 100, 80) + bonus, NOWHERE, "  not_applicable: renormalise")
    assert found.total.outcome.points == 80


def test_a_policy_for_missing_keeps_what_is_known() -> None:
    items = "{text: 一, points: 90, good: yes}, {text: 二, points: 10, good: yes}"
    half = f"    - {{code: G, name: G, weight: 100, rule: {{kind: checklist, items: [{items}]}}}}\n"
    text = "  missing: full"
    found = evaluated(half, figure("X", "value: 1") + "evidence:\n  G.1: no\n", text)
    assert found.total.outcome.points == 10
    zero = evaluated(half, figure("X", "value: 1") + "evidence:\n  G.1: yes\n", "  missing: zero")
    assert zero.total.outcome.points == 90


def test_a_group_keeps_to_its_own_policy_under_another() -> None:
    own = group("G", 50, stated("G1", 40, 40) + row("X", 10), "      missing: open\n")
    found = evaluated(stated("Z", 50, 50) + own, figure("X", "missing: 无"), "  missing: zero")
    assert bounds(found) == (None, 90, 100)


def test_an_unknown_veto_leaves_the_grade_open_and_the_result_incomplete() -> None:
    found = evaluated(
        stated("A", 100, 95), figure("X", "value: null"), "  vetoes: [{when: x > 0, grade: 差, why: 违规}]"
    )
    assert found.total.grade is None
    assert (str(found.total.grade_low), str(found.total.grade_high)) == ("差", "优")
    assert found.is_complete is False


def test_a_ceiling_that_holds_settles_one_that_may() -> None:
    known, unknown = "{when: y > 0, most: 80, why: 甲}", "{when: x > 0, most: 89, why: 乙}"
    figures = figure("X", "value: null") + figure("Y", "value: 1")
    for order in (f"{known}, {unknown}", f"{unknown}, {known}"):
        assert bounds(evaluated(stated("A", 100, 95), figures, f"  ceilings: [{order}]")) == (80, 80, 80)


def test_rounding_does_not_lift_the_total_over_a_ceiling() -> None:
    ceiling = "  ceilings: [{when: x > 0, most: 89.99, why: 低}]\n  round: {to: 0.1}"
    found = evaluated(stated("A", 100, 95), figure("X", "value: 1"), ceiling)
    assert found.total.outcome.points == Fraction("89.99")
    printed = "  ceilings: [{when: x > 0, most: 89.99, why: 低}]\n  print_places: 1\n  grade_on: printed"
    found = evaluated(stated("A", 100, 95), figure("X", "value: 1"), printed)
    assert found.total.grade is not None
    assert found.total.grade.zh == "良"


def test_bounds_are_printed_outward() -> None:
    found = evaluated(
        stated("A", 90, 79) + row("X", 10), figure("X", "disputed: [{value: 9.96}, {value: 9.99}]")
    )
    assert found.bounds() == ("79.99", "80")


def test_what_does_not_apply_does_not_whatever_else_is_missing() -> None:
    figures = figure("A", "formula: x - y") + figure("X", "value: null") + figure("Y", "not_applicable: 无")
    assert evaluated(row("A", 100), figures).score("A").state is State.NOT_APPLICABLE


def test_too_many_disputes_are_missing_and_not_cut_short() -> None:
    ten = f"disputed: [{', '.join(f'{{value: {n}}}' for n in range(10))}]"
    figures = figure("A", "formula: x + y + z") + figure("X", ten) + figure("Y", ten) + figure("Z", ten)
    score = evaluated(row("A", 100), figures).score("A")
    assert score.state is State.MISSING
    assert bounds(score) == (None, 0, 100)


def test_the_working_is_told_on_the_rules_own_scale() -> None:
    rule = "{kind: graded, grades: [{grade: 优, points: 85}, {grade: 差, points: 0}]}"
    rows = f"    - {{code: A, name: A, weight: 10, out_of: 100, rule: {rule}}}\n" + stated("B", 90, 0)
    score = evaluated(rows, figure("X", "value: 1") + "evidence:\n  A: {grade: 优}\n").score("A")
    assert score.points == Fraction("8.5")
    assert score.explanation.en == "graded 优: 85 of 100; 85 / 100 × 10 = 8.5"


def test_an_exact_root_is_exact() -> None:
    pair = group("G", 90, stated("G1", 45, 30) + stated("G2", 45, 30), "      combine: geometric_mean\n")
    found = evaluated(pair + stated("Z", 10, 0), figure("X", "value: 1"))
    assert found.total.outcome.points == 60


def test_missing_points_of_bands_reach_as_far_as_the_bands() -> None:
    rule = "{kind: bands, figure: x, bands: [{below: 50, points: -20}, {least: 50, points: 100}]}"
    rows = f'    - {{code: A, name: A, weight: 100, unit: "%", rule: {rule}}}\n'
    assert bounds(evaluated(rows, figure("X", "value: null"))) == (None, -20, 100)
