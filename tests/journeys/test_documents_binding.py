"""Written text follows the figures: what `{name}` prints, and what it prints when there is nothing to print."""

from copy import deepcopy
from pathlib import Path

import pytest

from civicard.kernel.exact import Fraction
from civicard.reports.contents.binding import Binding
from civicard.reports.contents.words import tidy
from civicard.scoring.evaluate import evaluate
from civicard.scoring.figures import Input, Lack, State
from civicard.scoring.load import Loaded, load, reloaded

PROGRAMMES = Path(__file__).parents[2] / "programmes"


def shanghai() -> Loaded:
    """Return Shanghai's programme."""
    names = ("shanghai-2018.yaml", "shanghai-2018.narrative.yaml")
    return load({name: (PROGRAMMES / name).read_text(encoding="utf-8") for name in names})


def bound(**given: Input) -> Binding:
    """Return Shanghai's evaluation with other figures."""
    return Binding(evaluate(shanghai().programme, given or None))


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("制卡{cards_made}", "制卡2,412,871张"),
        ("支出{spent}", "支出17,284,860.71元"),
        ("执行率{execution_rate}", "执行率84.31%"),
        ("单价{unit_cost_actual}", "单价7.1636元/张"),
        ("得{total}分，等次{grade}", "得82分，等次良"),
        ("失{lost}分，无佐证{unsupported}分", "失18分，无佐证26分"),
        ("{C11.points}/{C11.weight}，失{C11.lost}", "2/12，失10"),
        ("{C.points}", "52"),
        ("没有占位", "没有占位"),
    ],
)
def test_a_placeholder_prints_what_was_calculated(written: str, printed: str) -> None:
    assert bound().text(written) == printed


def test_another_figure_is_followed_by_all_that_rests_on_it() -> None:
    text = bound(cards_made=Fraction(2900000)).text("{cards_made}、{completion}、{C11.points}、{total}")
    assert text == "2,900,000张、96.67%、10、90"


@pytest.mark.parametrize(
    ("state", "mark"),
    [(State.MISSING, "【缺数据】"), (State.NOT_APPLICABLE, "【不适用】"), (State.DISPUTED, "【有争议】")],
)
def test_a_figure_without_a_value_prints_a_mark(state: State, mark: str) -> None:
    candidates = (Fraction(98), Fraction(99)) if state is State.DISPUTED else ()
    assert (
        bound(in_time_rate=Lack(state, candidates=candidates)).text("{in_time_rate}{C12.points}") == mark * 2
    )


def test_an_open_total_prints_the_range_it_lies_in() -> None:
    text = bound(in_time_rate=Lack(State.MISSING)).text("{total}分，{grade}，失{lost}分")
    assert text == "76至84分，中至良，失16至24分"


def test_a_name_that_does_not_exist_prints_a_mark_and_no_braces() -> None:
    assert bound().text("{no_such_figure}{X9.points}{C11.nothing}") == "【缺数据】" * 3


def test_what_a_placeholder_prints_is_never_read_as_a_placeholder() -> None:
    value = deepcopy(shanghai().value)
    value["framework"]["grades"][1]["grade"] = {"zh": "{cards_made}"}
    assert Binding(evaluate(reloaded(value))).text("{grade}") == "{cards_made}"


def test_a_template_may_name_results_figures_and_scores() -> None:
    fields = bound().fields()
    assert (fields["total"], fields["grade"], fields["unit"]) == ("82", "良", "上海市社会保障卡服务中心")
    assert fields["cards_made"] == "2,412,871张"
    assert fields["C11"] == {"points": "2", "weight": "12", "lost": "10"}


@pytest.mark.parametrize(
    ("told", "printed"),
    [
        ("每档 2 个百分点，扣 8 分", "每档2个百分点，扣8分"),
        ("1 − 2 = 3", "1 − 2 = 3"),
        ("原文给出 90/90 分，无计算过程", "原文给出90分（满分90分），无计算过程"),
    ],
)
def test_working_is_printed_without_the_spaces_of_a_screen(told: str, printed: str) -> None:
    assert tidy(told) == printed
