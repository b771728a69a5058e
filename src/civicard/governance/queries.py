"""What the targets of a year are, and were. Whoever asks needs `see_targets` for the whole city."""

from datetime import date

from civicard.governance.models import Target
from civicard.governance.rules import FIRST, Version
from civicard.kernel.actor import Actor, require
from civicard.kernel.permissions import May


def targets(actor: Actor, year: int) -> list[Version]:
    """Return every version of every target of a year, by code and version.

    Raises:
        NotPermitted: the actor may not see the targets.
    """
    require(actor, May.SEE_TARGETS)
    return [version_of(row) for row in Target.objects.filter(year=year).order_by("code", "version")]


def target_at(actor: Actor, year: int, code: str, day: date) -> Version | None:
    """Return the version of a target that was in force on a day.

    Returns:
        The latest one approved on or before `day`; None where nothing was approved by then.

    Raises:
        NotPermitted: the actor may not see the targets.
    """
    require(actor, May.SEE_TARGETS)
    rows = Target.objects.filter(year=year, code=code, approved_on__lte=day)
    row = rows.order_by("-version").first()
    return None if row is None else version_of(row)


def latest_target(actor: Actor, year: int, code: str) -> Version | None:
    """Return the newest version of a target, whenever it was approved; None where it was never set.

    Raises:
        NotPermitted: the actor may not see the targets.
    """
    require(actor, May.SEE_TARGETS)
    return newest_version(year, code)


def first_target(actor: Actor, year: int, code: str) -> Version | None:
    """Return the version of a target that was approved first, the original plan; None where it was never set.

    Raises:
        NotPermitted: the actor may not see the targets.
    """
    require(actor, May.SEE_TARGETS)
    row = Target.objects.filter(year=year, code=code, version=FIRST).first()
    return None if row is None else version_of(row)


def newest_version(year: int, code: str) -> Version | None:
    """Return the version that a change is decided on, for actions, which ask for a permission of their own."""
    row = Target.objects.filter(year=year, code=code).order_by("-version").first()
    return None if row is None else version_of(row)


def version_of(row: Target) -> Version:
    """Return a row as a version."""
    return Version(
        year=row.year, target=row.code, version=row.version, value=row.value, unit=row.unit, reason=row.reason,
        approval=row.approval, approved_on=row.approved_on,
    )  # fmt: skip
