"""Giving roles and ending them."""

from datetime import date, datetime

from django.db import transaction

from civicard.access import facts, rules
from civicard.access.actions.accounts import require_in_use, require_other
from civicard.access.actions.administrators import require_another_administrator
from civicard.access.models import Assignment
from civicard.access.queries import account_row, assigned, assigned_by
from civicard.access.rules import Assigned, Role
from civicard.kernel.actor import Actor, require
from civicard.kernel.permissions import May
from civicard.kernel.refusal import Refusal
from civicard.kernel.text import Text
from civicard.ledger.actions import record
from civicard.ledger.days import business_day
from civicard.network.queries import require_places


class AssignmentUnknown(Refusal):
    """There is no assignment with this number, or it was taken back."""

    code = "assignment_unknown"


@transaction.atomic
def assign_role(account: str, given: Assigned, *, actor: Actor, at: datetime) -> int:
    """Give somebody a role at a place, for days, and return the number of the assignment.

    Raises:
        NotPermitted: the actor does not manage accounts.
        NotForOneself: it is for the actor's own account.
        AccountUnknown, AccountDisabled: there is no such account in use.
        RoleNotForPlace, RoleDaysOutOfOrder, RolesApart: the role cannot be given so.
        DistrictCodeRefused, StationCodeRefused: the code of the place is none.
        DistrictUnknown, StationUnknown: there is no such place on the first day.
    """
    require(actor, May.MANAGE_ACCOUNTS)
    require_other(account, actor)
    # Held, so that two roles that exclude each other are not given at once.
    row = account_row(account, is_to_change=True)
    require_in_use(row)
    rules.require_assignable(given, assigned(row))
    require_places(
        [given.district] if given.district else [],
        [given.station] if given.station else [],
        day=given.first_on,
    )
    made = Assignment.objects.create(
        account=row,
        role=given.role,
        station=given.station,
        district=given.district,
        first_on=given.first_on,
        last_on=given.last_on,
    )
    record(
        facts.RoleAssigned(
            assignment=made.pk,
            account=account,
            role=given.role,
            first_on=given.first_on,
            last_on=given.last_on,
            district=given.district,
            station=given.station,
        ),
        actor=actor,
        at=at,
    )
    return made.pk


@transaction.atomic
def end_role(number: int, last_on: date, *, actor: Actor, at: datetime) -> None:
    """Set the last day of an assigned role; an end that is set already can come earlier, not later.

    Raises:
        NotPermitted: the actor does not manage accounts.
        AssignmentUnknown: there is no such assignment.
        RoleDaysOutOfOrder: the day is before its first, or after the end that is set.
        LastAdministrator: nobody else would manage accounts.
    """
    require(actor, May.MANAGE_ACCOUNTS)
    row = _held(number, today=business_day(at))
    rules.require_end(assigned_by(row), last_on)
    row.last_on = last_on
    row.save(update_fields=["last_on"])
    record(
        facts.RoleEnded(assignment=number, account=row.account.code, role=Role(row.role), last_on=last_on),
        actor=actor,
        at=at,
    )


@transaction.atomic
def withdraw_role(number: int, reason: str, *, actor: Actor, at: datetime) -> None:
    """Take a role back at once, such as one given by mistake; from then on it grants nothing.

    Raises:
        NotPermitted: the actor does not manage accounts.
        AssignmentUnknown: there is no such assignment.
        LastAdministrator: nobody else would manage accounts.
        FactRefused: no reason is given, or it does not fit a fact.
    """
    require(actor, May.MANAGE_ACCOUNTS)
    row = _held(number, today=business_day(at))
    row.withdrawn_at = at
    row.save(update_fields=["withdrawn_at"])
    record(
        facts.RoleWithdrawn(assignment=number, account=row.account.code, role=Role(row.role), reason=reason),
        actor=actor,
        at=at,
    )


def _held(number: int, *, today: date) -> Assignment:
    """Return the row of an assignment, held against others, and not that of the last administrator."""
    rows = Assignment.objects.select_related("account").filter(pk=number, withdrawn_at=None)
    first = rows.first()
    if first is not None and first.role == Role.ADMINISTRATOR and first.last_on is None:
        # Before its own row is held: whoever holds these rows holds them in one order.
        require_another_administrator(first.account.code, today)
    row = None if first is None else rows.select_for_update(of=("self",)).first()
    if row is None:
        raise AssignmentUnknown(
            Text(
                f"没有编号为 {number} 的有效授权；未作改动，请在授权列表中查找。",
                f"There is no assignment with the number {number} in force or to come. Nothing was changed; look it up "
                "in the list of assignments.",
            )
        )
    return row
