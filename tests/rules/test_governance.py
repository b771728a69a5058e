"""How targets are set and changed. The plan of Shanghai's 2018: 5,000,000 cards, then 3,000,000."""

from dataclasses import replace
from datetime import date

import pytest

from civicard.governance.rules import (
    Proposal,
    TargetAlreadySet,
    TargetApprovalOutOfOrder,
    TargetIncomplete,
    TargetNotSet,
    TargetUnchanged,
    TargetUnitDiffers,
    Version,
    first,
    following,
)

TODAY = date(2018, 7, 2)
PLAN = Proposal(
    year=2018,
    target="cards_made",
    value=5_000_000,
    unit="cards",
    reason="全年换发",
    approval="预算批复",
    approved_on=date(2018, 1, 15),
)
REVISED = replace(PLAN, value=3_000_000, reason="换发推迟到7月", approved_on=date(2018, 7, 2))
IN_FORCE = Version(
    year=2018,
    target="cards_made",
    value=5_000_000,
    unit="cards",
    reason="全年换发",
    approval="预算批复",
    approved_on=date(2018, 1, 15),
    version=1,
)


def test_the_first_version_is_number_one() -> None:
    assert first(None, PLAN, TODAY) == 1


def test_a_change_is_the_next_version() -> None:
    assert following(IN_FORCE, REVISED, TODAY) == 2
    assert following(replace(IN_FORCE, version=7), REVISED, TODAY) == 8


def test_a_target_that_is_set_cannot_be_set_again() -> None:
    with pytest.raises(TargetAlreadySet, match="version 1: 5000000 cards"):
        first(IN_FORCE, REVISED, TODAY)


def test_a_target_that_was_never_set_cannot_be_changed() -> None:
    with pytest.raises(TargetNotSet, match="set its first version"):
        following(None, REVISED, TODAY)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("reason", " ", "the reason"),
        ("approval", "", "the decision that approved it"),
        ("unit", "", "the unit"),
        ("target", "", "the code"),
        ("value", -1, "a value of zero or more"),
    ],
)
def test_what_is_left_out_is_named_for_a_first_version(field: str, value: object, said: str) -> None:
    with pytest.raises(TargetIncomplete, match=said):
        first(None, replace(PLAN, **{field: value}), TODAY)  # type: ignore[arg-type]  # one field at a time


@pytest.mark.parametrize("field", ["reason", "approval"])
def test_a_change_without_reason_or_approval_is_refused(field: str) -> None:
    with pytest.raises(TargetIncomplete):
        following(IN_FORCE, replace(REVISED, **{field: ""}), TODAY)  # type: ignore[arg-type]  # one field at a time


def test_everything_that_is_left_out_is_named_at_once() -> None:
    with pytest.raises(TargetIncomplete) as refused:
        first(None, replace(PLAN, reason="", approval=""), TODAY)
    assert "原因、批准依据" in refused.value.text.zh


def test_a_plan_of_nothing_is_a_plan() -> None:
    assert following(IN_FORCE, replace(REVISED, value=0), TODAY) == 2


def test_a_change_to_the_same_value_is_no_change() -> None:
    with pytest.raises(TargetUnchanged):
        following(IN_FORCE, replace(REVISED, value=5_000_000), TODAY)


def test_a_change_of_the_unit_is_refused() -> None:
    with pytest.raises(TargetUnitDiffers, match="counted in cards, not in boxes"):
        following(IN_FORCE, replace(REVISED, unit="boxes"), TODAY)


@pytest.mark.parametrize(("day", "is_allowed"), [(14, False), (15, True)])
def test_a_change_is_never_approved_before_what_it_changes(day: int, *, is_allowed: bool) -> None:
    change = replace(REVISED, approved_on=date(2018, 1, day))
    if is_allowed:
        assert following(IN_FORCE, change, TODAY) == 2
    else:
        with pytest.raises(TargetApprovalOutOfOrder, match="before that of version 1"):
            following(IN_FORCE, change, TODAY)


def test_nothing_is_approved_tomorrow() -> None:
    tomorrow = replace(REVISED, approved_on=date(2018, 7, 3))
    with pytest.raises(TargetApprovalOutOfOrder, match="after today"):
        first(None, tomorrow, TODAY)
    with pytest.raises(TargetApprovalOutOfOrder, match="after today"):
        following(IN_FORCE, tomorrow, TODAY)


def test_every_refusal_has_a_code_of_its_own() -> None:
    kinds = (
        TargetAlreadySet,
        TargetApprovalOutOfOrder,
        TargetIncomplete,
        TargetNotSet,
        TargetUnchanged,
        TargetUnitDiffers,
    )
    assert len({one.code for one in kinds}) == len(kinds)
    assert all(one.code.startswith("target_") for one in kinds)
