"""Changing one's own password and second factor."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction

from civicard.access import facts, passwords
from civicard.access.actions.accounts import require_in_use
from civicard.access.actions.signing_in import SecondFactorRefused, record_lock
from civicard.access.actions.tries import count_try, locked, take_back
from civicard.access.models import Account
from civicard.access.one_time_codes import address, matching_step, secret_text
from civicard.access.queries import account_row
from civicard.access.second_factor import decrypted, encrypted, new_recovery_codes, new_secret
from civicard.kernel.actor import Actor
from civicard.kernel.refusal import Refusal
from civicard.kernel.text import Text
from civicard.ledger.actions import record

# Under which a phone lists the account.
ISSUER: Final = "Civicard"


class PasswordWrong(Refusal):
    """The present password was asked for again and is another."""

    code = "password_wrong"


class PasswordUnchanged(Refusal):
    """The new password is the present one."""

    code = "password_unchanged"


@dataclass(frozen=True, kw_only=True, slots=True)
class Enrolment:
    """A secret to put into a phone, shown once.

    Attributes:
        secret: to be typed.
        address: to be scanned.
    """

    secret: str
    address: str


def change_password(present: str, new: str, *, actor: Actor, at: datetime) -> None:
    """Change one's own password; all sessions end, so sign in again.

    Raises:
        AccountUnknown, AccountDisabled: the actor has no account in use.
        PasswordWrong: the present password is another.
        SignInLocked: there were too many failures in a row.
        PasswordUnchanged: the new password is the present one.
        PasswordTooWeak: the new password is too easy to guess.
    """
    row = _proven(present, actor, at)
    if new == present:
        raise PasswordUnchanged(
            Text(
                "新密码与现有密码相同；未作改动，请另设一个。",
                "The new password is the present one. Nothing was changed; choose another.",
            )
        )
    passwords.require_strong(new, row)
    kept = passwords.hashed(new)
    with transaction.atomic():
        row = _unchanged(row)
        row.password, row.is_password_temporary, row.credentials_changed_at = kept, False, at
        row.save(update_fields=["password", "is_password_temporary", "credentials_changed_at"])
        record(facts.StaffPasswordChanged(account=row.code), actor=actor, at=at)


def enrol_second_factor(password: str, *, actor: Actor, at: datetime) -> Enrolment:
    """Return a new secret for one's own phone. It counts once `confirm_second_factor` has seen a code of it.

    Raises:
        AccountUnknown, AccountDisabled: the actor has no account in use.
        PasswordWrong: the password is another.
        SignInLocked: there were too many failures in a row.
        KeysNotSetUp: in production, the keystore has no key `access-fields`.
    """
    row = _proven(password, actor, at)
    secret = new_secret()
    with transaction.atomic():
        row = _unchanged(row)
        row.pending = encrypted(row, "pending", secret)
        row.save(update_fields=["pending"])
    return Enrolment(secret=secret_text(secret), address=address(secret, row.login, ISSUER))


@transaction.atomic
def confirm_second_factor(code: str, *, actor: Actor, at: datetime) -> tuple[str, ...]:
    """Put a new second factor in force and return the recovery codes, shown once; all sessions end.

    Raises:
        AccountUnknown, AccountDisabled: the actor has no account in use.
        SecondFactorRefused: no secret waits to be confirmed, or the code is not one of it.
    """
    row = account_row(actor.code, is_to_change=True)
    require_in_use(row)
    secret = None if row.pending is None else decrypted(row, "pending", row.pending)
    step = None if secret is None else matching_step(secret, "".join(code.split()), at=at, last_used=0)
    if secret is None or step is None:
        raise SecondFactorRefused(
            Text(
                "验证码与新密钥不符；未作改动。请核对手机时间后输入下一个验证码，或重新获取密钥。",
                "The code is not one of the new secret. Nothing was changed; check the clock of the phone and enter the "
                "next code, or ask for another secret.",
            )
        )
    row.secret, row.pending = encrypted(row, "secret", secret), None
    row.last_step, row.credentials_changed_at = step, at
    row.save(update_fields=["secret", "pending", "last_step", "credentials_changed_at"])
    codes = new_recovery_codes(row)
    record(facts.StaffSecondFactorConfirmed(account=row.code), actor=actor, at=at)
    return codes


def _proven(password: str, actor: Actor, at: datetime) -> Account:
    """Return the actor's own row, once their password is shown to be right; tries count as at sign-in."""
    row = account_row(actor.code)
    require_in_use(row)
    tries = count_try(row.login, at)
    if passwords.is_right(password, row):
        take_back(row.login, tries)
        # Its hash may have been renewed.
        row.refresh_from_db()
        return row
    if tries.locked_until is not None:
        record_lock(row, tries.locked_until, at)
        raise locked(tries.locked_until, at)
    raise _wrong()


def _unchanged(seen: Account) -> Account:
    """Return the row, held against others, if its password is still the one that was proven."""
    row = account_row(seen.code, is_to_change=True)
    require_in_use(row)
    if row.password != seen.password:
        raise _wrong()
    return row


def _wrong() -> PasswordWrong:
    return PasswordWrong(
        Text(
            "现有密码不正确；未作改动，请重新输入。",
            "The present password is wrong. Nothing was changed; enter it again.",
        )
    )
