"""Counting tries at a password, each of which counts as failed until it has succeeded.

They are counted before the password is looked at and committed on their own, so that neither many tries at once nor
the refusal that follows gets around the count.
"""

import hashlib
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import F

from civicard.access import rules
from civicard.access.models import FailedTries
from civicard.access.queries import sign_in_rules
from civicard.access.rules import Tries
from civicard.kernel.refusal import Refusal
from civicard.kernel.text import Text

# What lies so far back says nothing about the next try.
FORGOTTEN_AFTER: Final = timedelta(days=1)
MOST_FORGOTTEN_AT_ONCE: Final = 100


class SignInLocked(Refusal):
    """Too many failures in a row: nobody signs in under this name for a while, whether it exists or not."""

    code = "sign_in_locked"


def count_try(login: str, at: datetime) -> Tries:
    """Count a try at a login name and return how things stand with it.

    Raises:
        SignInLocked: it is locked; the try does not count.
        RuntimeError: it is part of a larger transaction, which is a mistake of the program.
    """
    with transaction.atomic(durable=True):
        _forget(at)
        row, _ = FailedTries.objects.select_for_update().get_or_create(
            login=_digest(login), defaults={"failures": 0, "last_at": at}
        )
        if row.locked_until is not None and row.locked_until > at:
            raise locked(row.locked_until, at)
        after = rules.tried(Tries(failures=row.failures, locked_until=row.locked_until), sign_in_rules(), at)
        row.failures, row.locked_until, row.last_at = after.failures, after.locked_until, at
        row.save()
    return after


def take_back(login: str, tries: Tries) -> None:
    """Take back one try, which was right as far as it went, with the lock that it brought about."""
    rows = FailedTries.objects.filter(login=_digest(login), failures__gt=0)
    if tries.locked_until is not None:
        rows.filter(locked_until=tries.locked_until).update(failures=F("failures") - 1, locked_until=None)
    else:
        # A lock that others brought about meanwhile stays.
        rows.update(failures=F("failures") - 1)


def forget_tries(login: str) -> None:
    """Forget all failures at a login name: its owner has signed in."""
    FailedTries.objects.filter(login=_digest(login)).update(failures=0, locked_until=None)


def locked(until: datetime, at: datetime) -> SignInLocked:
    """Return the refusal of a try at a name that is locked."""
    minutes = -(-(until - at) // timedelta(minutes=1))
    return SignInLocked(
        Text(
            f"连续失败次数过多，暂停登录约 {minutes} 分钟；请稍后再试，或请账户管理员重置。",
            f"Too many failures in a row: sign-in is locked for about {minutes} minutes. Try again later, or ask an "
            "administrator of accounts to reset it.",
        )
    )


def _forget(at: datetime) -> None:
    old = FailedTries.objects.filter(last_at__lt=at - FORGOTTEN_AFTER).order_by("pk")
    # Rows that somebody else holds are left to the next try, so that nobody waits for anybody here.
    keys = list(old.select_for_update(skip_locked=True).values_list("pk", flat=True)[:MOST_FORGOTTEN_AT_ONCE])
    FailedTries.objects.filter(pk__in=keys).delete()


def _digest(login: str) -> str:
    return hashlib.sha256(login.encode()).hexdigest()
