"""Where a life stands during a replay, how a fact moves it, and what is found wrong on the way. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime

from civicard.cards.codes import Named, State
from civicard.cards.rules.steps import ARROWS, Life, refused
from civicard.kernel.text import Text

NEVER = datetime.min.replace(tzinfo=UTC)


class FaultCode(Named):
    """What a fact does that the rules do not allow. The first five are the codes of refusals of the same step."""

    APPLICATION_STEP = (
        "application_step_not_allowed",
        "申领当前状态不允许该步骤",
        "the application is not in a state for this step",
    )
    CARD_STEP = (
        "card_step_not_allowed",
        "卡片当前状态不允许该步骤",
        "the card is not in a state for this step",
    )
    ACCOUNT_STEP = (
        "account_step_not_allowed",
        "账户当前状态不允许该步骤",
        "the account is not in a state for this step",
    )
    BLANK_STEP = (
        "blank_step_not_allowed",
        "白卡当前状态不允许该步骤",
        "the blank is not in a state for this step",
    )
    REISSUE_ASKED = (
        "card_reissue_asked",
        "已申请补卡，旧卡不再恢复",
        "a reissue was asked for; the old card never works again",
    )
    BEFORE_CAUSE = "before_its_cause", "早于其前一事实", "it is dated before the fact it follows from"
    BLANK_TWICE = "blank_used_twice", "白卡重复使用", "a blank is used a second time"
    BLANK_OF_OTHER_BATCH = (
        "blank_of_another_batch",
        "白卡为其他批次领用",
        "the blank was taken out for another batch than the application's",
    )
    RANGE = "blank_range_wrong", "白卡序号段有误", "a range of blanks is empty, overlaps or was never stocked"
    OTHER_CARD = "card_of_another_application", "不是该申领的卡", "the card is not that application's"
    OTHER_PERSON = (
        "card_of_another_person",
        "不是该人员的卡或申领",
        "the card or application is somebody else's",
    )
    OTHER_BLANK = "blank_of_another_card", "不是该卡的白卡", "the card was made from another blank"
    OTHER_ACCOUNT = (
        "account_of_another_application",
        "不是该申领的账户",
        "the account was opened for another application",
    )
    OTHER_STATION = (
        "station_of_another_application",
        "不是该申领的网点",
        "the district or station is not the one that took the application in",
    )
    ATTEMPT = "attempt_does_not_follow", "制卡次数不连续", "the number of the attempt does not follow"
    ATTEMPT_OPEN = "attempt_still_open", "上一次制卡尚无结果", "the attempt before has no result yet"
    SECOND_CARD = "second_living_card", "同一人有两张可用的卡", "a person has two living cards"
    TOO_EARLY = "loss_lapsed_too_early", "挂失未到期即失效", "a loss lapsed before its time"
    PROMISE = (
        "promise_differs_from_rules",
        "承诺与规则不符",
        "promised days or due date are not those of the rules",
    )


STEP_CODES = {
    Life.APPLICATION: FaultCode.APPLICATION_STEP,
    Life.CARD: FaultCode.CARD_STEP,
    Life.ACCOUNT: FaultCode.ACCOUNT_STEP,
    Life.BLANK: FaultCode.BLANK_STEP,
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that a fact does and may not.

    Attributes:
        code: what it is.
        text: which life it concerns, and why it is wrong.
    """

    code: FaultCode
    text: Text


class Standing:
    """Where one life stands, and since when.

    Attributes:
        number: of the application, card or account, or serial of the blank.
        state: None when it has not begun.
        at: the instant of its last fact.
    """

    __slots__ = ("at", "number", "state")

    def __init__(self, number: object) -> None:
        self.number = number
        self.state: State | None = None
        self.at = NEVER


class Found:
    """Gathers what is wrong with one fact."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def add(self, code: FaultCode, zh: str, en: str) -> None:
        """Add a fault."""
        self.faults.append(Fault(code, Text(zh, en)))

    def move(self, life: Life, one: Standing, event: str, at: datetime) -> None:
        """Move a life to where `event` leads, and note when it may not start from where the life stands."""
        arrow = ARROWS[event][life]
        if one.state not in arrow.starts:
            self.not_allowed(life, one, one.state, event)
        self.since(one, at)
        one.state = arrow.to

    def not_allowed(self, life: Life, one: Standing, state: State | None, event: str) -> None:
        """Note that a life cannot take a step from or into `state`."""
        text = refused(life, state, event).text
        self.add(STEP_CODES[life], f"{one.number}：{text.zh}", f"{one.number}: {text.en}")

    def since(self, one: Standing, at: datetime) -> None:
        """Note the instant of a life's fact; a cause comes before its effect."""
        if at >= one.at:
            one.at = at
            return
        self.add(
            FaultCode.BEFORE_CAUSE,
            f"{one.number}：发生时刻 {at.isoformat()} 早于其前一事实 {one.at.isoformat()}",
            f"{one.number}: it is dated {at.isoformat()}, before the fact it follows from, {one.at.isoformat()}",
        )

    def same(self, code: FaultCode, name: str, given: object, known: object) -> None:
        """Note when a fact names another thing than the one that belongs there."""
        if given != known:
            self.add(code, f"{name} 为 {given}，应为 {known}", f"{name} is {given} and should be {known}")
