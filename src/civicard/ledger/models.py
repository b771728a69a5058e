"""The two tables of the ledger. Triggers of the database make both append-only; see migration 0002."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now


class Fact(models.Model):
    """One recorded fact.

    Attributes:
        number: of the fact, from 1; numbers of transactions that came to nothing are left out.
        xact: PostgreSQL's number of the transaction that recorded it, by which facts are sealed; NULL on SQLite,
            where one transaction writes at a time and numbers follow the order of commits.
        kind: name of its kind.
        at: when it happened.
        day: the business day of `at`, in the programme's time zone.
        recorded_at: when it was recorded, by the database's clock.
        actor: the code of who recorded it.
        cause: number of the fact it follows from.
        corrects: number of the fact it takes the place of.
        body: what its kind says, as JSON in the form of `bodies`.
    """

    number = models.BigAutoField(primary_key=True)
    xact = models.BigIntegerField(null=True, editable=False)
    kind = models.CharField(max_length=64)
    at = models.DateTimeField()
    day = models.DateField()
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)
    actor = models.CharField(max_length=64)
    # Plain numbers, for the triggers look them up; a foreign key would look them up a second time.
    cause = models.BigIntegerField(null=True)
    corrects = models.BigIntegerField(null=True)
    body = models.JSONField()

    class Meta:
        """The table, and that a fact is corrected only once: who errs again corrects the correction."""

        db_table = "ledger_fact"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["corrects"], condition=models.Q(corrects__isnull=False), name="fact_already_corrected"
            ),
        ]

    def __str__(self) -> str:
        """Return its number and kind."""
        return f"{self.number} {self.kind}"


class SealRecord(models.Model):
    """What the database remembers of a seal: a witness against a lake that was cut short.

    Attributes:
        number: of the seal.
        root: its root, in hexadecimal.
        horizon: every fact before this mark is sealed: a number of a transaction on PostgreSQL, of a fact on
            SQLite; 0 as long as no seal took facts from this database.
        facts: facts sealed up to and with it.
        sealed_at: when.
    """

    number = models.BigIntegerField(primary_key=True)
    root = models.CharField(max_length=64)
    horizon = models.BigIntegerField()
    facts = models.BigIntegerField()
    sealed_at = models.DateTimeField()

    class Meta:
        """The table."""

        db_table = "ledger_seal"

    def __str__(self) -> str:
        """Return its number and root."""
        return f"{self.number} {self.root}"
