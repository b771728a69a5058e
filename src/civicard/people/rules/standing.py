"""How a person stands in the register, and how a report of death or move is taken, disputed, confirmed and undone. Pure.

A report of another department is often right and sometimes names the wrong person, so it ends nothing by itself: it
freezes the person for a period of notice, and only after it, undisputed, does it count. Every step back is possible.
"""

import re
from datetime import date
from enum import StrEnum

from civicard.kernel.refusal import Refusal
from civicard.kernel.text import Text
from civicard.people.rules.ages import LeavingCause

# The code of a document: not words, and no long number, so that nobody's name or number comes in by it.
DECISION = re.compile(r"(?!.*[0-9]{11})[A-Za-z0-9][A-Za-z0-9_.:/-]{0,63}")


class Standing(StrEnum):
    """How a person stands in the register."""

    LIVING_HERE = "living_here"
    FROZEN = "frozen"
    DISPUTED = "disputed"
    DIED = "died"
    MOVED_AWAY = "moved_away"

    @property
    def words(self) -> Text:
        """What it is called, in both languages."""
        return _STANDINGS[self]


class Step(StrEnum):
    """What can be done about a report."""

    REPORT_DEATH = "report_death"
    REPORT_MOVE = "report_move"
    DISPUTE = "dispute"
    CONFIRM_DEATH = "confirm_death"
    CONFIRM_MOVE = "confirm_move"
    UNDO = "undo"
    RETURN = "return"

    @property
    def words(self) -> Text:
        """What it is called, in both languages."""
        return _STEPS[self]


class ReportSource(StrEnum):
    """Which department's data a report comes from."""

    POLICE = "police"
    HEALTH = "health"
    CIVIL_AFFAIRS = "civil_affairs"
    SOCIAL_SECURITY = "social_security"
    RELATIVE = "relative"


class DisputeGrounds(StrEnum):
    """Why a report is disputed. A closed set, since free words would carry names."""

    PERSON_APPEARED = "person_appeared"
    WRONG_PERSON = "wrong_person"
    STILL_LIVES_HERE = "still_lives_here"


class UndoGrounds(StrEnum):
    """Why a report is undone."""

    DISPUTE_UPHELD = "dispute_upheld"
    SOURCE_WITHDREW = "source_withdrew"
    ENTERED_BY_MISTAKE = "entered_by_mistake"


STEPS = {
    (Standing.LIVING_HERE, Step.REPORT_DEATH): Standing.FROZEN,
    (Standing.LIVING_HERE, Step.REPORT_MOVE): Standing.FROZEN,
    (Standing.FROZEN, Step.DISPUTE): Standing.DISPUTED,
    (Standing.FROZEN, Step.CONFIRM_DEATH): Standing.DIED,
    (Standing.FROZEN, Step.CONFIRM_MOVE): Standing.MOVED_AWAY,
    (Standing.FROZEN, Step.UNDO): Standing.LIVING_HERE,
    (Standing.DISPUTED, Step.CONFIRM_DEATH): Standing.DIED,
    (Standing.DISPUTED, Step.CONFIRM_MOVE): Standing.MOVED_AWAY,
    (Standing.DISPUTED, Step.UNDO): Standing.LIVING_HERE,
    # Who was declared dead, or gone, by mistake lives here again: the register must be able to say so.
    (Standing.DIED, Step.UNDO): Standing.LIVING_HERE,
    (Standing.MOVED_AWAY, Step.UNDO): Standing.LIVING_HERE,
    (Standing.MOVED_AWAY, Step.RETURN): Standing.LIVING_HERE,
}
REPORTS = {LeavingCause.DIED: Step.REPORT_DEATH, LeavingCause.MOVED_AWAY: Step.REPORT_MOVE}
CONFIRMATIONS = {LeavingCause.DIED: Step.CONFIRM_DEATH, LeavingCause.MOVED_AWAY: Step.CONFIRM_MOVE}
GONE = frozenset({Standing.DIED, Standing.MOVED_AWAY})

_STANDINGS = {
    Standing.LIVING_HERE: Text("在册", "living here"),
    Standing.FROZEN: Text("暂时冻结", "provisionally frozen"),
    Standing.DISPUTED: Text("冻结有异议", "frozen and disputed"),
    Standing.DIED: Text("已故", "dead"),
    Standing.MOVED_AWAY: Text("已迁出", "moved away"),
}
_STEPS = {
    Step.REPORT_DEATH: Text("登记死亡通报", "report a death"),
    Step.REPORT_MOVE: Text("登记迁出通报", "report a move"),
    Step.DISPUTE: Text("提出异议", "dispute the report"),
    Step.CONFIRM_DEATH: Text("确认死亡", "confirm the death"),
    Step.CONFIRM_MOVE: Text("确认迁出", "confirm the move"),
    Step.UNDO: Text("撤销通报", "undo the report"),
    Step.RETURN: Text("登记迁回", "record the return"),
}


class StandingStepNotAllowed(Refusal):
    """A person does not stand so that this step can be taken."""

    code = "person_step_not_allowed"

    def __init__(self, standing: Standing, step: Step) -> None:
        options = [one for start, one in STEPS if start is standing]
        zh, en = "、".join(one.words.zh for one in options), ", ".join(one.words.en for one in options)
        super().__init__(
            Text(
                f"不能{step.words.zh}：该人员现为{standing.words.zh}。未作改动；目前可以：{zh}。",
                f"Cannot {step.words.en} of a person who is {standing.words.en}. Nothing was changed; possible now: {en}.",
            )
        )


class NoticeRunning(Refusal):
    """A report is confirmed before its period of notice is over."""

    code = "notice_running"


class DecisionMissing(Refusal):
    """A disputed report is confirmed without naming the decision on the dispute by its code."""

    code = "dispute_not_decided"


def after(standing: Standing, step: Step) -> Standing:
    """Return how a person stands after a step.

    Raises:
        StandingStepNotAllowed: there is no such step from there; the message says what is possible.
    """
    reached = STEPS.get((standing, step))
    if reached is None:
        raise StandingStepNotAllowed(standing, step)
    return reached


def require_confirmable(standing: Standing, notice_until: date, today: date, decision: str | None) -> None:
    """Hold a report to be ripe for confirmation.

    Args:
        standing: of the person.
        notice_until: the last day of notice.
        today: the business day.
        decision: code of the document that decided the dispute; None where there is none.

    Raises:
        NoticeRunning: the period of notice is not over.
        DecisionMissing: the report is disputed, and no decision is named, or by no code.
    """
    if today <= notice_until:
        raise NoticeRunning(
            Text(
                f"公示期至 {notice_until} 止，今天是 {today}，不能确认。未作改动；期满后再确认，或撤销通报。",
                f"The notice runs to {notice_until}, and today is {today}: it cannot be confirmed yet. Nothing was "
                "changed; confirm it afterwards, or undo the report.",
            )
        )
    is_named = decision is not None and DECISION.fullmatch(decision) is not None
    if (standing is Standing.DISPUTED or decision is not None) and not is_named:
        raise DecisionMissing(
            Text(
                "未写明异议的处理决定，或所填不是文件编号（字母、数字和 _ . : / -），不能确认。未作改动；请填写决定的文件编号，"
                "或撤销通报。",
                "No decision on the dispute is named, or not by its code (letters, digits and _ . : / -): the report "
                "cannot be confirmed. Nothing was changed; give the code of the decision, or undo the report.",
            )
        )
