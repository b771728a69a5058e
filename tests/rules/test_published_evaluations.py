"""The two published evaluations, scored again. What is expected here was typed from the published reports.

Source: 2018年度社会保障卡制作费项目财政支出绩效评价报告 (Shanghai, June 2019); 政府购买信息化服务经费绩效自评价
(Zhengzhou). The readings other than the published ones were worked out by hand.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from civicard.kernel.exact import Fraction, plain
from civicard.scoring.evaluate import Evaluation, evaluate, shown
from civicard.scoring.expressions import parsed
from civicard.scoring.figures import Lack, State
from civicard.scoring.load import Loaded, beside, load, reloaded
from civicard.scoring.programme import Programme
from civicard.scoring.scorer import holds
from civicard.scoring.sensitivity import sensitivity

PROGRAMMES = Path(__file__).parents[2] / "programmes"
SHANGHAI = "shanghai-2018.yaml"
ZHENGZHOU = "zhengzhou-2021.yaml"

# Weight and points of the summary table in 三（一）1.
PRINTED_IN_SHANGHAI = {
    "A11": (1, 1), "A12": (1, 1), "A13": (2, 2), "A21": (1, 1), "A22": (1, 1),
    "B11": (5, 0), "B12": (3, 3), "B21": (5, 5), "B22": (2, 2), "B23": (3, 3), "B31": (4, 4), "B32": (7, 7),
    "C11": (12, 2), "C12": (8, 6), "C13": (10, 10), "C21": (12, 12), "C22": (7, 7), "C23": (10, 9), "C24": (6, 6),
}  # fmt: skip
STRICTEST = {
    "base": "original", "drawn": "as_paid", "polarity": "printed", "both_halves": "accounting_and_variance",
    "both_adjustments": "project_and_budget",
}  # fmt: skip


def loaded(name: str, reading: str = "started") -> Loaded:
    """Return a programme of this repository from its files, with `reading` in all of its step rules."""
    text = file(name).replace("reading: started", f"reading: {reading}")
    return load({name: text} | {one: file(one) for one in beside(text, name)})


def file(name: str) -> str:
    """Return a file of the folder with the programmes."""
    return (PROGRAMMES / name).read_text(encoding="utf-8")


def read_as(readings: dict[str, str]) -> Evaluation:
    """Return Shanghai's evaluation with other readings chosen, by name of ambiguity."""
    value = loaded(SHANGHAI).value
    for name, reading in readings.items():
        found = list(ambiguities(value, name))
        assert len(found) == 1, f"{name} stands {len(found)} times"
        found[0]["chosen"] = reading
    return evaluate(reloaded(value))


def ambiguities(value: object, name: str) -> Iterator[dict[str, Any]]:
    """Yield every ambiguity called `name` below `value`, as it stands in the file."""
    if isinstance(value, dict):
        if name in value.get("ambiguities", {}):
            yield value["ambiguities"][name]
        for one in value.values():
            yield from ambiguities(one, name)
    elif isinstance(value, list):
        for one in value:
            yield from ambiguities(one, name)


def points(evaluation: Evaluation, code: str) -> str:
    """Return the points of `code` in exact decimals."""
    found = evaluation.score(code).points
    assert found is not None
    return plain(found)


def total(evaluation: Evaluation) -> tuple[str, str]:
    """Return total and grade."""
    assert evaluation.total.outcome.points is not None
    assert evaluation.total.grade is not None
    return plain(evaluation.total.outcome.points), evaluation.total.grade.zh


def figure(evaluation: Evaluation, name: str) -> str:
    """Return a figure as it is printed, with its unit."""
    value = evaluation.case.figures[name]
    assert not isinstance(value, Lack)
    return evaluation.programme.figures[name].printed(value, unit=True)


@pytest.fixture(scope="module")
def shanghai() -> Evaluation:
    """Shanghai as published."""
    return evaluate(loaded(SHANGHAI).programme)


@pytest.fixture(scope="module")
def zhengzhou() -> Evaluation:
    """Zhengzhou as published."""
    return evaluate(loaded(ZHENGZHOU).programme)


@pytest.mark.parametrize("code", PRINTED_IN_SHANGHAI)
def test_each_indicator_of_shanghai_scores_what_the_report_prints(shanghai: Evaluation, code: str) -> None:
    weight, printed = PRINTED_IN_SHANGHAI[code]
    assert shanghai.score(code).weight == weight
    assert shanghai.score(code).points == printed


def test_shanghai_has_the_nineteen_indicators_of_the_report_and_no_other(shanghai: Evaluation) -> None:
    assert [score.code for score in shanghai.leaves()] == list(PRINTED_IN_SHANGHAI)
    assert len(PRINTED_IN_SHANGHAI) == 19


@pytest.mark.parametrize(("module", "weight", "printed"), [("A", 6, 6), ("B", 29, 24), ("C", 65, 52)])
def test_each_module_of_shanghai_scores_what_the_report_prints(
    shanghai: Evaluation, module: str, weight: int, printed: int
) -> None:
    assert shanghai.score(module).weight == weight
    assert shanghai.score(module).points == printed


def test_shanghai_scores_82_which_is_good(shanghai: Evaluation) -> None:
    assert total(shanghai) == ("82", "良")
    assert shanghai.is_complete


@pytest.mark.parametrize(
    ("name", "printed"),
    [
        ("budget_initial", "30,501,000.00 元"),
        ("budget_full_year", "20,501,000.00 元"),
        ("spent", "17,284,860.71 元"),
        ("execution_rate", "84.31%"),
        ("cards_planned", "3,000,000 张"),
        ("cards_made", "2,412,871 张"),
        ("completion", "80.43%"),
        ("in_time_rate", "99.60%"),
        ("first_pass_yield", "99.14%"),
        ("citizens_satisfied", "98.47%"),
        ("departments_satisfied", "100.00%"),
    ],
)
def test_the_figures_of_shanghai_come_out_as_printed(shanghai: Evaluation, name: str, printed: str) -> None:
    assert figure(shanghai, name) == printed


def test_a_card_cost_more_than_planned_although_money_was_left_over(shanghai: Evaluation) -> None:
    assert figure(shanghai, "unit_cost_planned") == "6.1002 元/张"
    assert figure(shanghai, "unit_cost_revised") == "6.8337 元/张"
    assert figure(shanghai, "unit_cost_actual") == "7.1636 元/张"
    assert figure(shanghai, "cost_saving") == "15.69%"
    assert figure(shanghai, "cost_saving_for_volume") == "-4.83%"


def test_only_a_started_step_gives_the_printed_score_of_timely_issue(shanghai: Evaluation) -> None:
    assert points(shanghai, "C12") == "6"
    for reading, expected in (("nearest", "8"), ("completed", "8"), ("proportional", "7.2")):
        assert points(evaluate(loaded(SHANGHAI, reading).programme), "C12") == expected


@pytest.mark.parametrize(("reading", "expected"), [("nearest", "84"), ("completed", "86")])
def test_another_reading_of_an_incomplete_step_gives_another_total(reading: str, expected: str) -> None:
    assert total(evaluate(loaded(SHANGHAI, reading).programme)) == (expected, "良")


def test_proportional_steps_are_kept_exact() -> None:
    evaluation = evaluate(loaded(SHANGHAI, "proportional").programme)
    # 12 less half a point for each point by which 2,412,871 of 3,000,000 fall short of 100 %.
    cards = 12 - (100 - Fraction(2412871, 30000)) / 2
    assert evaluation.score("C11").points == cards
    # B11 gives nothing, C12 7.2, C23 9.47, and all others 65.
    assert evaluation.total.outcome.points == cards + Fraction("7.2") + Fraction("9.47") + 65
    assert total(evaluation) == ("83.884517", "良")


def test_on_the_plan_at_approval_shanghai_stands_exactly_on_the_line_between_good_and_fair() -> None:
    evaluation = read_as({"base": "original"})
    assert points(evaluation, "C11") == "0"
    assert total(evaluation) == ("80", "良")


def test_money_in_place_only_as_it_is_paid_makes_shanghai_fair() -> None:
    evaluation = read_as({"drawn": "as_paid"})
    assert figure(evaluation, "funds_in_time_rate") == "84.31%"
    assert points(evaluation, "B12") == "0"
    assert total(evaluation) == ("79", "中")


@pytest.mark.parametrize(
    ("ambiguity", "code", "expected"),
    [("polarity", "B21", "4"), ("both_halves", "B23", "2"), ("both_adjustments", "B32", "6")],
)
def test_an_item_read_literally_costs_shanghai_one_point(ambiguity: str, code: str, expected: str) -> None:
    evaluation = read_as({ambiguity: STRICTEST[ambiguity]})
    assert points(evaluation, code) == expected
    assert total(evaluation) == ("81", "良")


def test_the_strictest_literal_readings_together_give_74() -> None:
    assert total(read_as(STRICTEST)) == ("74", "中")


def test_every_literal_reading_of_shanghai_is_marked_as_literal() -> None:
    value = loaded(SHANGHAI).value
    for name, reading in STRICTEST.items():
        (one,) = ambiguities(value, name)
        assert [key for key, entry in one["readings"].items() if (entry or {}).get("literal")] == [reading]
        assert one["chosen"] != reading


def test_the_proportional_rule_book_makes_shanghai_excellent() -> None:
    (book,) = sensitivity(loaded(SHANGHAI)).rule_books
    exact = book.total.outcome.points
    assert exact is not None
    assert exact.denominator > 10**6, "nothing is rounded on the way"
    assert shown(exact, 4) == "96.7816"
    assert book.total.grade is not None
    assert book.total.grade.zh == "优"
    assert {"B11", "C11", "C12", "C23"} == set(book.changed)


@pytest.mark.parametrize(("cards", "expected"), [(2_880_000, ("90", "优")), (2_879_999, ("89", "良"))])
def test_a_single_card_decides_the_grade(cards: int, expected: tuple[str, str]) -> None:
    evaluation = evaluate(loaded(SHANGHAI).programme, {"cards_made": Fraction(cards)})
    assert total(evaluation) == expected


def test_thirty_two_points_of_shanghai_have_no_word_of_analysis(shanghai: Evaluation) -> None:
    silent = [score for score in shanghai.leaves() if score.finding is None or score.finding.analysis is None]
    assert [score.code for score in silent] == ["A11", "A12", "A13", "A21", "A22", "B12", "B21", "C21", "C24"]
    assert sum(score.points for score in silent if score.points is not None) == 32


def test_twenty_six_of_these_have_neither_figure_nor_document(shanghai: Evaluation) -> None:
    """C24 has no analysis either, but its figure is printed in 三（一）2（4）: 100 %."""
    unsupported = shanghai.unsupported
    assert [score.code for score in unsupported] == ["A11", "A12", "A13", "A21", "A22", "B12", "B21", "C21"]
    assert sum(score.points for score in unsupported if score.points is not None) == 26


def test_three_lost_points_of_shanghai_have_no_cause(shanghai: Evaluation) -> None:
    lost = {score.code: score.lost for score in shanghai.leaves() if score.lost}
    explained = [code for code in lost if (found := shanghai.score(code).finding) is not None and found.cause]
    assert lost == {"B11": 5, "C11": 10, "C12": 2, "C23": 1}
    assert explained == ["B11", "C11"]


def test_the_training_target_of_shanghai_has_no_indicator(shanghai: Evaluation) -> None:
    assert [target.name.zh for target in shanghai.unanswered_targets] == ["员工上岗前培训合格率"]


def test_decision_and_funds_in_place_answer_no_target_of_shanghai(shanghai: Evaluation) -> None:
    codes = [score.code for score in shanghai.indicators_without_target]
    assert codes == ["A11", "A12", "A13", "A21", "A22", "B12"]


def test_the_contradictions_of_shanghai_are_kept_and_not_mended(shanghai: Evaluation) -> None:
    published = shanghai.programme.published
    assert {one.points["B11"] for one in published if "B11" in one.points} == {0, 1}
    assert {one.points["B32"] for one in published if "B32" in one.points} == {6, 7}
    assert {one.codes["A13"] for one in published if "A13" in one.codes} == {"A13", "A11"}
    assert {one.weights["total"] for one in published if "total" in one.weights} == {10, 100}
    assert names(shanghai.programme, "A11") == {"战略目标适应性", "战略目标相适应"}
    assert names(shanghai.programme, "A22") == {"绩效指标明确性", "绩效目标明确性"}
    assert names(shanghai.programme, "C12") == {"制卡发放及时性", "制作发放及时性"}


def names(programme: Programme, code: str) -> set[str]:
    """Return the names under which the source prints an indicator."""
    return {one.names[code].zh for one in programme.published if code in one.names}


@pytest.mark.parametrize("name", [SHANGHAI, ZHENGZHOU])
def test_every_printed_total_and_grade_is_the_computed_one(name: str) -> None:
    evaluation = evaluate(loaded(name).programme)
    published = evaluation.programme.published
    totals = {plain(one.points["total"]) for one in published if "total" in one.points}
    grades = {one.grade.zh for one in published if one.grade is not None}
    assert (totals, grades) == ({total(evaluation)[0]}, {total(evaluation)[1]})


@pytest.mark.parametrize("name", [SHANGHAI, ZHENGZHOU])
def test_every_printed_figure_is_the_computed_one_except_nought_of_nought(name: str) -> None:
    evaluation = evaluate(loaded(name).programme)
    for statement in evaluation.programme.published:
        for key, printed in statement.figures.items():
            known, value = evaluation.programme.figures[key], evaluation.case.figures[key]
            if isinstance(value, Lack):
                assert key in {"special_account_rate", "own_funds_rate"}
            else:
                assert known.printed(value) == known.printed(printed), f"{statement.place.zh}: {key}"


def test_shanghai_did_not_fully_meet_the_need_and_did_not_hold_its_cost(shanghai: Evaluation) -> None:
    held = [holds(parsed(claim.holds_if), shanghai.case.figures) for claim in shanghai.programme.claims]
    assert held == [False, False, True, True]


def test_zhengzhou_scores_99_68_which_is_excellent(zhengzhou: Evaluation) -> None:
    assert figure(zhengzhou, "execution_rate") == "96.83%"
    assert points(zhengzhou, "Z1") == "9.68"
    assert points(zhengzhou, "Z2") == "90"
    assert total(zhengzhou) == ("99.68", "优")


def test_ninety_points_of_zhengzhou_rest_on_nothing(zhengzhou: Evaluation) -> None:
    (block,) = zhengzhou.unsupported
    assert block.code == "Z2"
    assert block.points == 90
    assert block.indicator is not None
    assert [one.name.zh for one in block.indicator.covers] == [
        "社保卡月均制作数量", "社保卡金融账户激活率", "服务问题及时反馈率", "社保卡覆盖率", "群众投诉率", "社保卡应用普及率",
        "服务群众满意度",
    ]  # fmt: skip


def test_no_weight_is_invented_for_the_seven_named_indicators_of_zhengzhou(zhengzhou: Evaluation) -> None:
    assert [node.code for node, _ in zhengzhou.framework.walk()] == ["Z1", "Z2"]


@pytest.mark.parametrize("name", ["special_account_rate", "own_funds_rate"])
def test_nought_of_nought_is_no_rate_although_zhengzhou_prints_one(zhengzhou: Evaluation, name: str) -> None:
    value = zhengzhou.case.figures[name]
    assert isinstance(value, Lack)
    assert value.state is State.MISSING
    assert {one.figures[name] for one in zhengzhou.programme.published if name in one.figures} == {0}


def test_zhengzhou_asks_for_more_money_and_has_some_left(zhengzhou: Evaluation) -> None:
    (claim,) = zhengzhou.programme.claims
    assert figure(zhengzhou, "unspent_rate") == "3.17%"
    assert holds(parsed(claim.holds_if), zhengzhou.case.figures) is False


def test_zhengzhou_names_no_year(zhengzhou: Evaluation) -> None:
    assert zhengzhou.programme.programme.year is None
