"""Facts of governance."""

from dataclasses import dataclass
from datetime import date

from civicard.ledger.kinds import Fact, column


@dataclass(frozen=True, kw_only=True, slots=True)
class TargetSet(Fact):
    """A target of the year was set, or changed; version 1 is the one first approved."""

    title = "设定目标值"
    year: int = column("年度", "the year it is for")
    target: str = column("目标代码", "what is planned, such as cards_made")
    version: int = column("版本", "1 when first set, one more at each change")
    value: int = column("目标值", "the target, in whole units")
    unit: str = column("单位", "what is counted: cards, days, persons")
    reason: str = column("原因", "why it was set or changed", words=True)
    approval: str = column("批准依据", "the decision that approved it", words=True)
    approved_on: date = column("批准日期", "the day of that decision")
