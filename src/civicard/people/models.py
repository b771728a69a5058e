"""The base register, the reports of death and move, and the periods of notice.

What identifies a person is encrypted, bound to its row and field, with keyed indexes for exact search. In clear stands
only what the work needs without opening the vault: the pseudonym, sex, year of birth, nation, place, kind of document
and standing. The date of birth is encrypted although it is asked for often: with sex and district it tells one person
from nearly all others, while the year is enough to plan by.
"""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from civicard.people.rules import IdKind, LeavingCause, Sex, Standing

# Bytes of a keyed index, HMAC-SM3.
INDEX_BYTES = 32


class Person(models.Model):
    """One person. It prints its pseudonym and nothing else.

    Attributes:
        pseudonym: random, from 1 to 2^63 - 1; facts know the person by it.
        id_number: encrypted.
        name: encrypted.
        born_on: encrypted, as YYYY-MM-DD.
        address: encrypted; None where it is not known.
        phone: encrypted; None where it is not known.
        guardian: encrypted, as JSON; None where there is none.
        id_number_index: under which the ID number is found; no two people have one.
        name_index: under which the name is found.
        phone_index: under which the phone is found; None where there is none.
        id_kind: the document the ID number belongs to.
        sex: empty where it is not known.
        born_in: year of birth.
        nation: ethnic group by GB/T 3304, or the country of a foreigner.
        district: code of the district of residence.
        station: code of the station that looks after the person; empty where the district's centre does.
        standing: living here, frozen, gone.
        version: 1 at first, one more at each correction.
        registered_on: the business day.
    """

    pseudonym = models.BigIntegerField(primary_key=True)
    id_number = models.BinaryField()
    name = models.BinaryField()
    born_on = models.BinaryField()
    address = models.BinaryField(null=True)
    phone = models.BinaryField(null=True)
    guardian = models.BinaryField(null=True)
    id_number_index = models.BinaryField(max_length=INDEX_BYTES, unique=True)
    name_index = models.BinaryField(max_length=INDEX_BYTES, db_index=True)
    phone_index = models.BinaryField(max_length=INDEX_BYTES, db_index=True, null=True)
    id_kind = models.CharField(max_length=20)
    sex = models.CharField(max_length=6)
    born_in = models.PositiveSmallIntegerField()
    nation = models.CharField(max_length=3)
    # Codes, not keys of the network's tables: an app is used through its queries.
    district = models.CharField(max_length=6, db_index=True)
    station = models.CharField(max_length=10, db_index=True)
    standing = models.CharField(max_length=12)
    version = models.PositiveIntegerField(default=1)
    registered_on = models.DateField()

    class Meta:
        """The table, and its closed sets of values."""

        db_table = "people_person"
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(pseudonym__gte=1), name="person_pseudonym_positive"),
            models.CheckConstraint(
                condition=Q(id_kind__in=[str(one) for one in IdKind]), name="person_id_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(sex__in=["", *(str(one) for one in Sex)]), name="person_sex_known"
            ),
            models.CheckConstraint(
                condition=Q(standing__in=[str(one) for one in Standing]), name="person_standing_known"
            ),
            models.CheckConstraint(
                condition=Q(phone__isnull=True, phone_index__isnull=True)
                | Q(phone__isnull=False, phone_index__isnull=False),
                name="person_phone_is_indexed",
            ),
        ]

    def __str__(self) -> str:
        """Return the pseudonym."""
        return str(self.pseudonym)


class Report(models.Model):
    """A report that a person died or moved away, from the freeze to its end. Rows are never deleted.

    Attributes:
        person: whom it is about.
        cause: what was reported.
        source: whose data it comes from.
        reported_at: when it came in.
        notice_until: the last day of notice.
        disputed_at: when it was disputed; None where it was not.
        confirmed_at: when it was confirmed; None where it was not.
        undone_at: when it was undone; None where it stands.
        decision: code of the document that decided a dispute; empty where there is none.
        frozen_fact: number of the fact of the freeze.
        left_fact: number of the fact that the person left; None until it is confirmed.
    """

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="reports")
    cause = models.CharField(max_length=12)
    source = models.CharField(max_length=20)
    reported_at = models.DateTimeField()
    notice_until = models.DateField()
    disputed_at = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)
    decision = models.CharField(max_length=64)
    frozen_fact = models.BigIntegerField()
    left_fact = models.BigIntegerField(null=True)

    class Meta:
        """The table, and that only one report of a person is under way."""

        db_table = "people_report"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(cause__in=[str(one) for one in LeavingCause]), name="report_cause_known"
            ),
            models.UniqueConstraint(
                fields=["person"],
                condition=Q(confirmed_at__isnull=True, undone_at__isnull=True),
                name="one_report_under_way",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_at__isnull=True, left_fact__isnull=True)
                | Q(confirmed_at__isnull=False, left_fact__isnull=False),
                name="confirmed_report_is_a_fact",
            ),
        ]

    def __str__(self) -> str:
        """Return its number."""
        return str(self.pk)


class NoticePeriod(models.Model):
    """How long notice is given of a report, from a day on; the last one that has begun is in force.

    Attributes:
        cause: what is reported.
        days: of notice after the day of the report.
        from_on: the first day on which reports get it.
        source: the decree or decision it rests on.
    """

    cause = models.CharField(max_length=12)
    days = models.PositiveSmallIntegerField()
    from_on = models.DateField()
    source = models.CharField(max_length=500)

    class Meta:
        """The table, and that one period begins on a day."""

        db_table = "people_notice_period"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["cause", "from_on"], name="notice_period_once"),
        ]

    def __str__(self) -> str:
        """Return what it is for and since when."""
        return f"{self.cause} {self.from_on}"
