"""Opening, disabling and resetting accounts of staff."""

import secrets
from datetime import datetime
from typing import Final

from django.db import IntegrityError, transaction

from civicard.access import facts, passwords
from civicard.access.actions.administrators import require_another_administrator
from civicard.access.models import Account, Assignment, RecoveryCode
from civicard.access.queries import account_row, has_accounts
from civicard.access.rules import Role, login_name
from civicard.kernel.actor import Actor, require
from civicard.kernel.permissions import May
from civicard.kernel.refusal import Refusal
from civicard.kernel.text import Text
from civicard.ledger.actions import record
from civicard.ledger.days import business_day

# Whoever makes the first account stands outside of the programme.
INSTALLATION: Final = Actor(code="installation")
# A code of its own, so that of two first administrators made at once the table refuses one.
FIRST: Final = "staff-00000001"
LEAST_CODE, MOST_CODE = 10_000_000, 99_999_999


class LoginNameTaken(Refusal):
    """Another account has this login name."""

    code = "login_name_taken"


class AccountDisabled(Refusal):
    """The account was disabled, which is for good."""

    code = "account_disabled"


class NotFirstAdministrator(Refusal):
    """There are accounts already, so administrators are made by administrators."""

    code = "not_first_administrator"


class NotForOneself(Refusal):
    """An administrator was to change their own account in a way that takes somebody else."""

    code = "not_for_oneself"


@transaction.atomic
def open_account(login: str, password: str, *, actor: Actor, at: datetime) -> str:
    """Open an account and return its code. Its password is temporary: the owner changes it at the first sign-in.

    Raises:
        NotPermitted: the actor does not manage accounts.
        LoginNameRefused: the login name has another form.
        LoginNameTaken: another account has it, in use or not.
        PasswordTooWeak: the password is too easy to guess.
    """
    require(actor, May.MANAGE_ACCOUNTS)
    code = f"staff-{LEAST_CODE + secrets.randbelow(MOST_CODE - LEAST_CODE + 1)}"
    row = _opened(code, login, password, is_temporary=True, actor=actor, at=at)
    return row.code


@transaction.atomic
def first_administrator(login: str, password: str, *, at: datetime) -> str:
    """Open the first account, give it the role of administrator, and return its code.

    Its owner chose the password; a second factor is asked for at the first sign-in.

    Raises:
        NotFirstAdministrator: there are accounts already.
        LoginNameRefused, PasswordTooWeak: as in `open_account`.
    """
    if has_accounts():
        raise _not_first()
    row = _opened(FIRST, login, password, is_temporary=False, actor=INSTALLATION, at=at)
    today = business_day(at)
    given = Assignment.objects.create(account=row, role=Role.ADMINISTRATOR, first_on=today)
    record(
        facts.RoleAssigned(assignment=given.pk, account=FIRST, role=Role.ADMINISTRATOR, first_on=today),
        actor=INSTALLATION,
        at=at,
    )
    return FIRST


@transaction.atomic
def disable_account(account: str, reason: str, *, actor: Actor, at: datetime) -> None:
    """Disable an account for good; its sessions end at once.

    Raises:
        NotPermitted: the actor does not manage accounts.
        NotForOneself: it is their own.
        AccountUnknown: there is no such account.
        AccountDisabled: it was disabled before.
        LastAdministrator: nobody else would manage accounts.
        FactRefused: no reason is given, or it does not fit a fact.
    """
    require(actor, May.MANAGE_ACCOUNTS)
    require_other(account, actor)
    require_another_administrator(account, business_day(at))
    row = account_row(account, is_to_change=True)
    require_in_use(row)
    row.disabled_at = at
    row.save(update_fields=["disabled_at"])
    record(facts.StaffAccountDisabled(account=account, reason=reason), actor=actor, at=at)


@transaction.atomic
def reset_access(account: str, password: str, reason: str, *, actor: Actor, at: datetime) -> None:
    """Give an account a temporary password and take its second factor away, for an owner who has lost either.

    Raises:
        NotPermitted: the actor does not manage accounts.
        NotForOneself: it is their own.
        AccountUnknown: there is no such account.
        AccountDisabled: it is no longer in use.
        PasswordTooWeak: the password is too easy to guess.
        FactRefused: no reason is given, or it does not fit a fact.
    """
    require(actor, May.MANAGE_ACCOUNTS)
    require_other(account, actor)
    row = account_row(account, is_to_change=True)
    require_in_use(row)
    passwords.require_strong(password, row)
    row.password, row.is_password_temporary = passwords.hashed(password), True
    row.secret = row.pending = None
    row.credentials_changed_at = at
    row.save()
    RecoveryCode.objects.filter(account=row).delete()
    record(facts.StaffAccessReset(account=account, reason=reason), actor=actor, at=at)


def require_other(account: str, actor: Actor) -> None:
    """Hold an administrator to leave their own account to another.

    Raises:
        NotForOneself: it is their own.
    """
    if account == actor.code:
        raise NotForOneself(
            Text(
                "不能更改自己的账户授权；未作改动，请由另一位账户管理员办理。",
                "You cannot do this to your own account. Nothing was changed; another administrator of accounts can.",
            )
        )


def require_in_use(row: Account) -> None:
    """Check that an account is in use.

    Raises:
        AccountDisabled: it was disabled.
    """
    if row.disabled_at is not None:
        on = business_day(row.disabled_at)
        raise AccountDisabled(
            Text(
                f"账户 {row.code} 已于 {on} 停用，不能恢复；未作改动，如需要请另开账户。",
                f"The account {row.code} was disabled on {on}, which is for good. Nothing was changed; open another one.",
            )
        )


def _opened(
    code: str, login: str, password: str, *, is_temporary: bool, actor: Actor, at: datetime
) -> Account:
    row = Account(
        code=code, login=login_name(login), is_password_temporary=is_temporary, credentials_changed_at=at, opened_at=at
    )  # fmt: skip
    passwords.require_strong(password, row)
    row.password = passwords.hashed(password)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        if code == FIRST and Account.objects.filter(code=FIRST).exists():
            raise _not_first() from error
        if not Account.objects.filter(login=row.login).exists():
            raise
        raise LoginNameTaken(
            Text(
                f"登录名 {row.login} 已有账户（在用或已停用）；未作改动，请另取一个。",
                f"The login name {row.login} has an account, in use or disabled. Nothing was changed; choose another.",
            )
        ) from error
    record(facts.StaffAccountOpened(account=code), actor=actor, at=at)
    return row


def _not_first() -> NotFirstAdministrator:
    return NotFirstAdministrator(
        Text(
            "已有账户，不能再建立首位管理员；未作改动，请由现有账户管理员开户并授予角色。",
            "There are accounts already, so there is no first administrator to make. Nothing was changed; an "
            "administrator of accounts opens further ones and assigns their roles.",
        )
    )
