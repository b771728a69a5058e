"""Who has an account, who has which role, and what somebody may therefore do."""

from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings

from civicard.access import rules
from civicard.access.models import Account, Assignment
from civicard.access.rules import Assigned, Role, SignedIn, SignInRules, Stage
from civicard.kernel.actor import Actor, require
from civicard.kernel.permissions import May
from civicard.kernel.refusal import Refusal
from civicard.kernel.text import Text
from civicard.ledger.days import business_day

__all__ = [
    "AccountSeen",
    "AccountUnknown",
    "AssignmentSeen",
    "account_row",
    "accounts",
    "actor_in_session",
    "actor_of",
    "assigned",
    "assigned_by",
    "assignments",
    "has_accounts",
    "sign_in_rules",
]


class AccountUnknown(Refusal):
    """There is no account with this code."""

    code = "account_unknown"


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountSeen:
    """An account as administrators see it.

    Attributes:
        code: the pseudonym that facts carry.
        login: the name to sign in with.
        opened_on: business day on which it was opened.
        disabled_on: business day on which it was disabled; None while it is in use.
        is_password_temporary: it waits for its owner to choose a password.
        has_second_factor: whether one is set up.
    """

    code: str
    login: str
    opened_on: date
    disabled_on: date | None
    is_password_temporary: bool
    has_second_factor: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class AssignmentSeen:
    """A role that somebody has, had or will have.

    Attributes:
        number: of the assignment.
        account: code of the account.
        assigned: the role, its place and its days.
        withdrawn_at: when it was taken back at once; None while it holds.
    """

    number: int
    account: str
    assigned: Assigned
    withdrawn_at: datetime | None


def accounts(actor: Actor) -> list[AccountSeen]:
    """Return all accounts by login name, also those that are disabled.

    Raises:
        NotPermitted: the actor does not manage accounts.
    """
    require(actor, May.MANAGE_ACCOUNTS)
    return [
        AccountSeen(
            code=row.code,
            login=row.login,
            opened_on=business_day(row.opened_at),
            disabled_on=None if row.disabled_at is None else business_day(row.disabled_at),
            is_password_temporary=row.is_password_temporary,
            has_second_factor=row.secret is not None,
        )
        for row in Account.objects.order_by("login")
    ]


def assignments(actor: Actor, account: str | None = None) -> list[AssignmentSeen]:
    """Return all roles, or those of one account, oldest first; everybody may see their own.

    Raises:
        NotPermitted: the actor does not manage accounts, and asks for more than their own.
    """
    if account is None or account != actor.code:
        require(actor, May.MANAGE_ACCOUNTS)
    rows = Assignment.objects.select_related("account").order_by("first_on", "pk")
    if account is not None:
        rows = rows.filter(account__code=account)
    return [
        AssignmentSeen(
            number=row.pk,
            account=row.account.code,
            assigned=assigned_by(row),
            withdrawn_at=row.withdrawn_at,
        )
        for row in rows
    ]


def actor_of(account: str, *, on: date) -> Actor:
    """Return who somebody is on a day: their code, with all that their roles of that day grant.

    An account that is disabled is granted nothing, on no day.

    Raises:
        AccountUnknown: there is no such account.
    """
    row = account_row(account)
    held = [] if row.disabled_at is not None else assigned(row)
    return Actor(code=row.code, grants=rules.grants(held, on))


def actor_in_session(signed: SignedIn, *, seen_at: datetime, at: datetime) -> Actor:
    """Return who acts in a session.

    Args:
        signed: what `sign_in` returned when it began.
        seen_at: when it was last heard of.
        at: now.

    Returns:
        The actor, with no grants while their password has to be changed or a second factor set up.

    Raises:
        SessionOver: too old, idle for too long, or the account, its password or its second factor has changed.
    """
    row = Account.objects.filter(code=signed.account, disabled_at=None).first()
    if row is None:
        raise rules.session_over()
    rules.require_session(
        signed, seen_at=seen_at, changed_at=row.credentials_changed_at, rules=sign_in_rules(), at=at
    )
    on = business_day(at)
    held = assigned(row)
    # A role that needs a second factor may have been given since.
    lacks_factor = row.secret is None and rules.needs_second_factor(held, on)
    if signed.stage is not Stage.FULL or lacks_factor:
        return Actor(code=row.code)
    return Actor(code=row.code, grants=rules.grants(held, on))


def has_accounts() -> bool:
    """Tell whether anybody was ever given an account; asked before there is anybody to ask."""
    return Account.objects.exists()


def account_row(code: str, *, is_to_change: bool = False) -> Account:
    """Return the row of an account, held against others where it is to change.

    Raises:
        AccountUnknown: there is no such account.
    """
    rows = Account.objects.select_for_update() if is_to_change else Account.objects.all()
    row = rows.filter(code=code).first()
    if row is None:
        raise AccountUnknown(
            Text(
                f"没有代号为 {code[:64]!a} 的账户；未作改动，请在账户列表中查找代号。",
                f"There is no account with the code {code[:64]!a}. Nothing was changed; look the code up in the list of "
                "accounts.",
            )
        )
    return row


def assigned(account: Account) -> list[Assigned]:
    """Return every role of an account, past, present and to come, without those that were taken back."""
    rows = Assignment.objects.filter(account=account, withdrawn_at=None).order_by("pk")
    return [assigned_by(row) for row in rows]


def sign_in_rules() -> SignInRules:
    """Return how signing in goes in this installation."""
    found: SignInRules = settings.CIVICARD_SIGN_IN
    return found


def assigned_by(row: Assignment) -> Assigned:
    """Return a row as an assigned role."""
    return Assigned(
        role=Role(row.role),
        station=row.station,
        district=row.district,
        first_on=row.first_on,
        last_on=row.last_on,
    )
