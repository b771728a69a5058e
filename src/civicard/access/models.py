"""Accounts of staff, their roles, recovery codes, and the failures at login names."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from civicard.access.rules import Role


class Account(models.Model):
    """An account of staff. It is never deleted, since facts name it.

    Attributes:
        code: the pseudonym that facts carry.
        login: the name to sign in with, in its one form.
        password: as Django's hashers keep it.
        is_password_temporary: somebody else chose it, so it is changed at the next sign-in.
        credentials_changed_at: when password or second factor last changed; older sessions are over.
        secret: of the second factor, encrypted; None where there is none.
        pending: a secret that was shown and not confirmed yet, encrypted.
        last_step: the step of the last one-time code that was taken.
        opened_at: when it was opened.
        disabled_at: when it was disabled for good; None while it is in use.
    """

    code = models.CharField(max_length=64, unique=True)
    login = models.CharField(max_length=64, unique=True)
    password = models.CharField(max_length=256)
    is_password_temporary = models.BooleanField()
    credentials_changed_at = models.DateTimeField()
    secret = models.BinaryField(null=True)
    pending = models.BinaryField(null=True)
    last_step = models.BigIntegerField(default=0)
    opened_at = models.DateTimeField()
    disabled_at = models.DateTimeField(null=True)

    class Meta:
        """The table, and that no account is without code, login and password."""

        db_table = "access_account"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(code="") & ~Q(login="") & ~Q(password=""), name="account_is_whole"
            ),
        ]

    def __str__(self) -> str:
        """Return the pseudonym."""
        return self.code


class Assignment(models.Model):
    """A role of an account, at a station, in a district, or in the whole city where both are None.

    Attributes:
        account: whose.
        role: what they are.
        station: where.
        district: where.
        first_on: the first day.
        last_on: the last day, which still counts; None while no end is known.
        withdrawn_at: when it was taken back at once, so that it grants nothing on any day; None while it holds.
    """

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="assignments")
    role = models.CharField(max_length=32)
    station = models.CharField(max_length=10, null=True)  # noqa: DJ001 - None and "" must not both mean nowhere
    district = models.CharField(max_length=6, null=True)  # noqa: DJ001 - as above
    first_on = models.DateField()
    last_on = models.DateField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        """The table, and that a role is one of those there are, at one place, and ends after it began."""

        db_table = "access_assignment"
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(role__in=[str(one) for one in Role]), name="role_is_known"),
            models.CheckConstraint(
                condition=Q(station__isnull=True) | Q(district__isnull=True), name="role_at_one_place"
            ),
            models.CheckConstraint(
                condition=Q(last_on__isnull=True) | Q(last_on__gte=F("first_on")), name="role_days_in_order"
            ),
        ]

    def __str__(self) -> str:
        """Return who is what."""
        return f"{self.account.code} {self.role}"


class RecoveryCode(models.Model):
    """A code that takes the place of the second factor once.

    Attributes:
        account: whose.
        digest: SHA-256 over the account's code and the recovery code, which is random enough to need no slow hash.
        used_at: when it was used; None while it is good.
    """

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="recovery_codes")
    digest = models.BinaryField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        """The table, and that a code stands once."""

        db_table = "access_recovery_code"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account", "digest"], name="recovery_code_once"),
        ]

    def __str__(self) -> str:
        """Return whose it is."""
        return f"recovery code of {self.account.code}"


class FailedTries(models.Model):
    """The failures in a row at one login name, whether there is such an account or not.

    Attributes:
        login: SHA-256 of the name, since people type their password there by mistake.
        failures: how many.
        locked_until: until when nobody signs in under it; None when it is not locked.
        last_at: when the last one was.
    """

    login = models.CharField(max_length=64, unique=True)
    failures = models.PositiveIntegerField()
    locked_until = models.DateTimeField(null=True)
    last_at = models.DateTimeField(db_index=True)

    class Meta:
        """The table."""

        db_table = "access_failed_tries"

    def __str__(self) -> str:
        """Return how many, and never at which name."""
        return f"{self.failures} failures"
