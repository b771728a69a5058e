"""Setting and changing the targets of a year, each with its reason and approval."""

from datetime import datetime

from django.db import IntegrityError, transaction

from civicard.governance import queries, rules
from civicard.governance.facts import TargetSet
from civicard.governance.models import Target
from civicard.governance.rules import Proposal, Version
from civicard.kernel.actor import Actor, require
from civicard.kernel.permissions import May
from civicard.kernel.refusal import Refusal
from civicard.kernel.text import Text
from civicard.ledger.actions import record
from civicard.ledger.days import business_day


class TargetChangedMeanwhile(Refusal):
    """Someone else set or changed the same target first; nothing was written."""

    code = "target_changed_meanwhile"


@transaction.atomic
def set_target(proposed: Proposal, *, actor: Actor, at: datetime) -> Version:
    """Set a target for the first time and record it in the ledger; return version 1.

    Raises:
        NotPermitted: the actor may not change targets.
        TargetAlreadySet: there is one already; it can be changed.
        TargetIncomplete: reason, approval or unit is left out, or the value is below zero.
        TargetApprovalOutOfOrder: it is approved after today.
        TargetChangedMeanwhile: someone else set it at the same moment.
        FactRefused: a text does not fit a fact, such as a reason with a person's number in it.
    """
    require(actor, May.CHANGE_TARGETS)
    known = queries.newest_version(proposed.year, proposed.target)
    return _write(proposed, rules.first(known, proposed, business_day(at)), actor, at)


@transaction.atomic
def change_target(proposed: Proposal, *, seen: int, actor: Actor, at: datetime) -> Version:
    """Change a target and record the change in the ledger; return the new version. Those before it stay.

    Args:
        proposed: what the target becomes.
        seen: the version the change was decided on, so that nobody overwrites what they have not seen.
        actor: who records it.
        at: when.

    Raises:
        NotPermitted: the actor may not change targets.
        TargetNotSet: there is no such target of that year.
        TargetIncomplete: reason or approval is left out, or the value is below zero.
        TargetUnitDiffers: it counts something else than the version in force.
        TargetUnchanged: the value is the one in force.
        TargetApprovalOutOfOrder: it is approved before the version in force, or after today.
        TargetChangedMeanwhile: the version in force is no longer `seen`.
        FactRefused: a text does not fit a fact, such as a reason with a person's number in it.
    """
    require(actor, May.CHANGE_TARGETS)
    known = queries.newest_version(proposed.year, proposed.target)
    if known is not None and known.version != seen:
        raise _changed_meanwhile(proposed, known.version)
    return _write(proposed, rules.following(known, proposed, business_day(at)), actor, at)


def _write(one: Proposal, version: int, actor: Actor, at: datetime) -> Version:
    """Record the fact and add its version; the table holds a version once, so of two who add the same one is told.

    The fact comes first: it says in words what of a proposal cannot stand there, and a database only that it cannot.
    """
    row = Target(
        year=one.year, code=one.target, version=version, value=one.value, unit=one.unit, reason=one.reason,
        approval=one.approval, approved_on=one.approved_on,
    )  # fmt: skip
    fact = TargetSet(
        year=one.year, target=one.target, version=version, value=one.value, unit=one.unit, reason=one.reason,
        approval=one.approval, approved_on=one.approved_on,
    )  # fmt: skip
    record(fact, actor=actor, at=at)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        if not Target.objects.filter(year=one.year, code=one.target, version=version).exists():
            raise
        raise _changed_meanwhile(one, version) from error
    return queries.version_of(row)


def _changed_meanwhile(one: Proposal, version: int) -> TargetChangedMeanwhile:
    return TargetChangedMeanwhile(
        Text(
            f"{one.year} 年的目标 {one.target} 已由他人改为第 {version} 版；未作改动，请查看后再决定。",
            f"Someone else has made version {version} of the target {one.target} of {one.year}. Nothing was changed; "
            "look at it and decide again.",
        )
    )
