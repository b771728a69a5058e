"""How the targets of a year are set and changed. Pure.

Source: 财预〔2020〕10号 on goals and their adjustment: a goal is approved with the budget, and changed by the same
way. Both the first and the latest version are kept, because a rule may be read over either.
"""

from dataclasses import dataclass
from datetime import date

from civicard.kernel.refusal import Refusal
from civicard.kernel.text import Text

FIRST = 1
# Of a year that somebody means; a slip of the finger has other digits more or less.
YEARS = range(1900, 2200)


class TargetIncomplete(Refusal):
    """A target lacks its year, its reason, its approval or its unit, or its value is no count."""

    code = "target_incomplete"


class TargetAlreadySet(Refusal):
    """The target of that year was set before; it can only be changed."""

    code = "target_already_set"


class TargetNotSet(Refusal):
    """There is no such target of that year to change."""

    code = "target_not_set"


class TargetUnchanged(Refusal):
    """A change proposes the value that is in force already."""

    code = "target_unchanged"


class TargetApprovalOutOfOrder(Refusal):
    """A target is approved in the future, or a change of it before what it changes."""

    code = "target_approval_out_of_order"


class TargetUnitDiffers(Refusal):
    """A change proposes a value in another unit than the target has."""

    code = "target_unit_differs"


@dataclass(frozen=True, kw_only=True, slots=True)
class Proposal:
    """What a target is to be.

    Attributes:
        year: the year it is for.
        target: its code, such as `cards_made`.
        value: in whole units.
        unit: what is counted: cards, days, persons.
        reason: why it is set or changed.
        approval: the decision that approved it.
        approved_on: the day of that decision.
    """

    year: int
    target: str
    value: int
    unit: str
    reason: str
    approval: str
    approved_on: date


@dataclass(frozen=True, kw_only=True, slots=True)
class Version(Proposal):
    """One version of a target, as it was approved.

    Attributes:
        version: 1 for the one first approved, one more at each change.
    """

    version: int


def first(known: Version | None, proposed: Proposal, today: date) -> int:
    """Return the number of the first version of a target.

    Args:
        known: the version in force of the same target and year; None where there is none yet.
        proposed: what is to be set.
        today: the business day on which it is set.

    Raises:
        TargetAlreadySet: there is a version already.
        TargetIncomplete: something is left out.
        TargetApprovalOutOfOrder: it is approved after today.
    """
    if known is not None:
        raise TargetAlreadySet(
            Text(
                f"{known.year} 年的目标 {known.target} 已设定（第 {known.version} 版：{known.value} {known.unit}），"
                "未作改动；请用变更，并写明原因和批准依据。",
                f"The target {known.target} of {known.year} is set already (version {known.version}: {known.value} "
                f"{known.unit}). Nothing was changed; change it instead, with the reason and the approval.",
            )
        )
    _complete(proposed)
    _approved(proposed, None, today)
    return FIRST


def following(known: Version | None, proposed: Proposal, today: date) -> int:
    """Return the number of the version that follows the one in force.

    Args:
        known: the version in force; None where the target was never set.
        proposed: what it is to become.
        today: the business day on which it is changed.

    Raises:
        TargetNotSet: there is nothing to change.
        TargetIncomplete: reason or approval is left out.
        TargetUnitDiffers: it counts something else than the version in force.
        TargetUnchanged: the value is the one in force.
        TargetApprovalOutOfOrder: it is approved before the version in force, or after today.
    """
    if known is None:
        raise TargetNotSet(
            Text(
                f"{proposed.year} 年没有目标 {proposed.target}，无从变更；请先设定第 1 版。",
                f"There is no target {proposed.target} of {proposed.year} to change; set its first version.",
            )
        )
    _complete(proposed)
    now = f"{known.value} {known.unit}"
    if proposed.unit != known.unit:
        raise TargetUnitDiffers(
            Text(
                f"{known.year} 年的目标 {known.target} 以 {known.unit} 计，不能改为 {proposed.unit}；未作改动，"
                f"请换算为 {known.unit}，或另设目标。",
                f"The target {known.target} of {known.year} is counted in {known.unit}, not in {proposed.unit}. "
                f"Nothing was changed; give it in {known.unit}, or set a target of its own.",
            )
        )
    if proposed.value == known.value:
        raise TargetUnchanged(
            Text(
                f"{known.year} 年的目标 {known.target} 现为 {now}，与拟变更的值相同；未作改动。",
                f"The target {known.target} of {known.year} is {now} already, the value proposed; nothing was "
                "changed.",
            )
        )
    _approved(proposed, known, today)
    return known.version + 1


def _complete(one: Proposal) -> None:
    lacking = [
        text
        for is_there, text in (
            (one.year in YEARS, Text("四位数的年度", "a year of four digits")),
            (bool(one.target.strip()), Text("目标代码", "the code of the target")),
            (one.value >= 0, Text("不小于零的目标值", "a value of zero or more")),
            (bool(one.unit.strip()), Text("单位", "the unit")),
            (bool(one.reason.strip()), Text("原因", "the reason")),
            (bool(one.approval.strip()), Text("批准依据", "the decision that approved it")),
        )
        if not is_there
    ]
    if lacking:
        zh, en = "、".join(text.zh for text in lacking), ", ".join(text.en for text in lacking)
        raise TargetIncomplete(
            Text(
                f"{one.year} 年的目标 {one.target} 缺少：{zh}。未作改动；补齐后再试。",
                f"The target {one.target} of {one.year} lacks {en}. Nothing was changed; add it and try again.",
            )
        )


def _approved(one: Proposal, before: Version | None, today: date) -> None:
    if one.approved_on > today:
        raise TargetApprovalOutOfOrder(
            Text(
                f"批准日期 {one.approved_on} 晚于今天（{today}）；未作改动，批准之后才能登记。",
                f"The approval is dated {one.approved_on}, after today ({today}). Nothing was changed; record it once "
                "it is approved.",
            )
        )
    if before is not None and one.approved_on < before.approved_on:
        raise TargetApprovalOutOfOrder(
            Text(
                f"批准日期 {one.approved_on} 早于第 {before.version} 版的 {before.approved_on}；未作改动，请核对日期。",
                f"The approval is dated {one.approved_on}, before that of version {before.version} "
                f"({before.approved_on}). Nothing was changed; check the date.",
            )
        )
