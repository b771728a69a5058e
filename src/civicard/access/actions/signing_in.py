"""Signing in."""

from datetime import datetime
from typing import Final

from django.db import transaction

from civicard.access import facts, rules
from civicard.access.actions.tries import count_try, forget_tries, locked, take_back
from civicard.access.models import Account
from civicard.access.passwords import is_right
from civicard.access.queries import assigned
from civicard.access.rules import LoginNameRefused, SignedIn, Tries, login_name
from civicard.access.second_factor import Proof, take_code
from civicard.kernel.actor import Actor
from civicard.kernel.refusal import Refusal
from civicard.kernel.text import Text
from civicard.ledger.actions import record
from civicard.ledger.days import business_day

# Nobody knows who it was that failed.
SIGN_IN: Final = Actor(code="sign-in")


class SignInRefused(Refusal):
    """Login name and password do not belong together; which of them is wrong is not told."""

    code = "sign_in_refused"


class SecondFactorNeeded(Refusal):
    """The password is right, and a one-time code or recovery code is asked for too."""

    code = "second_factor_needed"


class SecondFactorRefused(Refusal):
    """The one-time code or recovery code is wrong, too old or was used before."""

    code = "second_factor_refused"


def sign_in(login: str, password: str, *, code: str = "", at: datetime) -> SignedIn:
    """Sign in to an account.

    Args:
        login: its login name, as it was typed.
        password: its password.
        code: a one-time code or a recovery code, for accounts with a second factor.
        at: when.

    Returns:
        What the session keeps; its stage says whether a password or a second factor has to be set first.

    Raises:
        SignInRefused: login name and password do not belong together, or the account is disabled.
        SignInLocked: there were too many failures in a row, also of a name that does not exist.
        SecondFactorNeeded: they do belong together, and a code is asked for; this is no failure.
        SecondFactorRefused: the code is not good.
        RuntimeError: it is part of a larger transaction, which is a mistake of the program.
    """
    try:
        name = login_name(login)
    except LoginNameRefused:
        # Nobody's: all that is no login name shares one count.
        name = ""
    tries = count_try(name, at)
    row = Account.objects.filter(login=name, disabled_at=None).first()
    if not is_right(password, row) or row is None:
        raise _failed(row, tries, at, _refused())
    if row.secret is not None and not code.strip():
        take_back(name, tries)
        raise SecondFactorNeeded(
            Text(
                "请输入手机验证器上的六位验证码，或一个恢复码。",
                "Enter the six digits that your phone shows, or one of your recovery codes.",
            )
        )
    signed = _let_in(row, code, at)
    if signed is None:
        raise _failed(row, tries, at, _code_refused())
    return signed


@transaction.atomic
def _let_in(row: Account, code: str, at: datetime) -> SignedIn | None:
    proof = Proof.NONE
    if row.secret is not None:
        taken = take_code(row, code, at=at)
        if taken is None:
            return None
        proof = taken
    forget_tries(row.login)
    fact = facts.StaffSignedIn(
        account=row.code,
        is_with_second_factor=proof is not Proof.NONE,
        is_by_recovery_code=proof is Proof.RECOVERY_CODE,
    )
    record(fact, actor=Actor(code=row.code), at=at)
    stage = rules.stage(
        is_password_temporary=row.is_password_temporary,
        needs_second_factor=rules.needs_second_factor(assigned(row), business_day(at)),
        has_second_factor=row.secret is not None,
    )
    return SignedIn(account=row.code, at=at, stage=stage)


def _failed(row: Account | None, tries: Tries, at: datetime, why: Refusal) -> Refusal:
    """Return the refusal of a try that failed, having recorded the lock that it brought about."""
    if tries.locked_until is None:
        return why
    if row is not None:
        record_lock(row, tries.locked_until, at)
    return locked(tries.locked_until, at)


@transaction.atomic
def record_lock(row: Account, until: datetime, at: datetime) -> None:
    """Record in the ledger that an account is locked."""
    record(facts.StaffLockedOut(account=row.code, until=until), actor=SIGN_IN, at=at)


def _refused() -> SignInRefused:
    return SignInRefused(
        Text(
            "登录名或密码不正确；请核对后再试，忘记密码请找账户管理员重置。",
            "The login name or the password is wrong. Check both and try again, or ask an administrator of accounts to "
            "reset your password.",
        )
    )


def _code_refused() -> SecondFactorRefused:
    return SecondFactorRefused(
        Text(
            "验证码不正确、已过期或已用过；请等手机显示下一个验证码再试，或使用恢复码。",
            "The code is wrong, too old or was used before. Wait for the next one on your phone, or use a recovery code.",
        )
    )
