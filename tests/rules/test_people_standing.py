"""Every step that can be taken about a report of death or move, and every one that cannot."""

from datetime import date
from itertools import product

import pytest

from civicard.people.rules import (
    DecisionMissing,
    NoticeRunning,
    Standing,
    StandingStepNotAllowed,
    Step,
    after,
    require_confirmable,
)

LAST = date(2026, 3, 17)
# Written out again from the rule in words, not taken from the table under test.
REACHED = {
    (Standing.LIVING_HERE, Step.REPORT_DEATH): Standing.FROZEN,
    (Standing.LIVING_HERE, Step.REPORT_MOVE): Standing.FROZEN,
    (Standing.FROZEN, Step.DISPUTE): Standing.DISPUTED,
    (Standing.FROZEN, Step.CONFIRM_DEATH): Standing.DIED,
    (Standing.DISPUTED, Step.CONFIRM_DEATH): Standing.DIED,
    (Standing.FROZEN, Step.CONFIRM_MOVE): Standing.MOVED_AWAY,
    (Standing.DISPUTED, Step.CONFIRM_MOVE): Standing.MOVED_AWAY,
    (Standing.FROZEN, Step.UNDO): Standing.LIVING_HERE,
    (Standing.DISPUTED, Step.UNDO): Standing.LIVING_HERE,
    (Standing.DIED, Step.UNDO): Standing.LIVING_HERE,
    (Standing.MOVED_AWAY, Step.UNDO): Standing.LIVING_HERE,
    (Standing.MOVED_AWAY, Step.RETURN): Standing.LIVING_HERE,
}


@pytest.mark.parametrize(("standing", "step"), list(product(Standing, Step)))
def test_a_step_is_taken_or_refused_with_what_is_possible(standing: Standing, step: Step) -> None:
    if (standing, step) in REACHED:
        assert after(standing, step) is REACHED[standing, step]
        return
    with pytest.raises(StandingStepNotAllowed) as refused:
        after(standing, step)
    possible = [one for start, one in REACHED if start is standing]
    assert possible
    for one in possible:
        assert one.words.en in refused.value.text.en
        assert one.words.zh in refused.value.text.zh


def test_a_report_is_confirmed_from_the_day_after_its_notice() -> None:
    with pytest.raises(NoticeRunning):
        require_confirmable(Standing.FROZEN, LAST, LAST, None)
    require_confirmable(Standing.FROZEN, LAST, date(2026, 3, 18), None)


@pytest.mark.parametrize(
    "decision", [None, "", "a decision", "张三", "310101199003070035", "tel-13800000123"]
)
def test_a_disputed_report_needs_the_code_of_a_decision(decision: str | None) -> None:
    after_notice = date(2026, 3, 18)
    with pytest.raises(DecisionMissing):
        require_confirmable(Standing.DISPUTED, LAST, after_notice, decision)
    require_confirmable(Standing.DISPUTED, LAST, after_notice, "doc-2026/12")
