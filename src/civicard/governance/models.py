"""The targets of each year, one row a version. Rows are added and never changed."""

from typing import ClassVar

from django.db import models
from django.db.models import Q


class Target(models.Model):
    """One version of a target.

    Attributes:
        year: the year it is for.
        code: what is planned, such as `cards_made`.
        version: 1 for the one first approved, one more at each change.
        value: in whole units.
        unit: what is counted.
        reason: why it was set or changed.
        approval: the decision that approved it.
        approved_on: the day of that decision.
    """

    year = models.PositiveIntegerField()
    code = models.CharField(max_length=64)
    version = models.PositiveIntegerField()
    value = models.BigIntegerField()
    unit = models.CharField(max_length=64)
    reason = models.CharField(max_length=500)
    approval = models.CharField(max_length=500)
    approved_on = models.DateField()

    class Meta:
        """The table, and that a version stands once, counts from 1 and says why and by whose decision."""

        db_table = "governance_target"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["year", "code", "version"], name="target_version_once"),
            models.CheckConstraint(condition=Q(version__gte=1), name="target_version_from_1"),
            models.CheckConstraint(condition=Q(value__gte=0), name="target_value_is_a_count"),
            models.CheckConstraint(
                condition=~Q(code="") & ~Q(unit="") & ~Q(reason="") & ~Q(approval=""),
                name="target_says_why",
            ),
        ]

    def __str__(self) -> str:
        """Return what it is a version of."""
        return f"{self.year} {self.code} v{self.version}"
