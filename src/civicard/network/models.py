"""Districts, stations and their hours, circulars and inspections. Nothing here is ever deleted."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from civicard.network.rules import DAY_MINUTES, MONDAY, SUNDAY, StationKind


class District(models.Model):
    """A district that takes part in the programme.

    Attributes:
        code: six digits of the administrative division.
        name: of the district.
        listed_on: the day it was listed.
    """

    code = models.CharField(primary_key=True, max_length=6)
    name = models.CharField(max_length=100)
    listed_on = models.DateField()

    class Meta:
        """The table."""

        db_table = "network_district"

    def __str__(self) -> str:
        """Return its code and name."""
        return f"{self.code} {self.name}"


class Station(models.Model):
    """A place where cards are applied for and picked up.

    Attributes:
        code: its district's six digits, a hyphen and three digits.
        district: its district.
        kind: what kind of place it is.
        name: of the station.
        address: where it is.
        phone: of the station, for the public.
        opened_on: the first day.
        closed_on: the day it closed for good; None while it is there.
    """

    code = models.CharField(primary_key=True, max_length=10)
    district = models.ForeignKey(District, on_delete=models.PROTECT, related_name="stations")
    kind = models.CharField(max_length=20)
    name = models.CharField(max_length=100)
    address = models.CharField(max_length=200)
    phone = models.CharField(max_length=30)
    opened_on = models.DateField()
    closed_on = models.DateField(null=True)

    class Meta:
        """The table, the kinds, and that a station is closed after it was opened."""

        db_table = "network_station"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(kind__in=[str(one) for one in StationKind]), name="station_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(closed_on__isnull=True) | Q(closed_on__gte=F("opened_on")),
                name="station_closes_after_it_opens",
            ),
        ]

    def __str__(self) -> str:
        """Return its code and name."""
        return f"{self.code} {self.name}"


class OpeningHours(models.Model):
    """The hours of a station, set at one time: of a week from a day on, or of one day. The last one set counts.

    Attributes:
        station: whose.
        starts_on: the first day they hold; for an exception the only one.
        is_exception: whether they hold for that day alone.
        reason: why a day is an exception; empty for a week.
    """

    station = models.ForeignKey(Station, on_delete=models.PROTECT, related_name="hours")
    starts_on = models.DateField()
    is_exception = models.BooleanField()
    reason = models.CharField(max_length=200)

    class Meta:
        """The table, and that an exception says why."""

        db_table = "network_opening_hours"
        indexes: ClassVar = [models.Index(fields=["station", "starts_on"], name="hours_of_station")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(is_exception=False) | ~Q(reason=""), name="exceptional_hours_say_why"
            ),
        ]

    def __str__(self) -> str:
        """Return whose and from when."""
        return f"{self.station_id} {self.starts_on}"


class OpeningSpan(models.Model):
    """One span of opening hours. A day without any is closed.

    Attributes:
        hours: what it is part of.
        weekday: from 1, Monday, to 7, Sunday.
        opens_minute: minutes since midnight by the city's clocks.
        closes_minute: minutes since midnight, 1440 at most.
    """

    hours = models.ForeignKey(OpeningHours, on_delete=models.PROTECT, related_name="spans")
    weekday = models.PositiveSmallIntegerField()
    opens_minute = models.PositiveSmallIntegerField()
    closes_minute = models.PositiveSmallIntegerField()

    class Meta:
        """The table, and that a span lies within one day."""

        db_table = "network_opening_span"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(weekday__gte=MONDAY, weekday__lte=SUNDAY)
                & Q(closes_minute__gt=F("opens_minute"), closes_minute__lte=DAY_MINUTES),
                name="opening_span_within_a_day",
            ),
        ]

    def __str__(self) -> str:
        """Return its weekday and minutes."""
        return f"{self.weekday} {self.opens_minute}-{self.closes_minute}"


class Circular(models.Model):
    """Guidance from the centre.

    Attributes:
        subject: what it is about.
        text: what it says.
        due_on: the day by which it is to be acknowledged; None where there is none.
        sent_at: when it was sent.
        sent_by: code of who sent it.
    """

    subject = models.CharField(max_length=200)
    text = models.TextField()
    due_on = models.DateField(null=True)
    sent_at = models.DateTimeField()
    sent_by = models.CharField(max_length=64)

    class Meta:
        """The table."""

        db_table = "network_circular"

    def __str__(self) -> str:
        """Return its number and subject."""
        return f"{self.pk} {self.subject}"


class Addressee(models.Model):
    """A district or a station that a circular was sent to.

    Attributes:
        circular: what was sent.
        district: the district, also that of the station.
        station: the station; None where it was sent to the district itself.
        acknowledged_at: when it was acknowledged; None until then.
        acknowledged_by: code of who did; empty until then.
    """

    circular = models.ForeignKey(Circular, on_delete=models.PROTECT, related_name="addressees")
    district = models.ForeignKey(District, on_delete=models.PROTECT, related_name="+")
    station = models.ForeignKey(Station, on_delete=models.PROTECT, related_name="+", null=True)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.CharField(max_length=64)

    class Meta:
        """The table, and that a place gets a circular once."""

        db_table = "network_addressee"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["circular", "station"], name="addressed_station_once"),
            models.UniqueConstraint(
                fields=["circular", "district"],
                condition=Q(station__isnull=True),
                name="addressed_district_once",
            ),
            models.CheckConstraint(
                condition=Q(acknowledged_at__isnull=True, acknowledged_by="")
                | (Q(acknowledged_at__isnull=False) & ~Q(acknowledged_by="")),
                name="acknowledged_by_someone",
            ),
        ]

    def __str__(self) -> str:
        """Return the place."""
        return self.station_id or self.district_id


class Inspection(models.Model):
    """A station was inspected.

    Attributes:
        station: which.
        inspected_at: when.
        inspected_by: code of who inspected it.
        summary: what was looked at and how it stood.
    """

    station = models.ForeignKey(Station, on_delete=models.PROTECT, related_name="inspections")
    inspected_at = models.DateTimeField()
    inspected_by = models.CharField(max_length=64)
    summary = models.CharField(max_length=1000)

    class Meta:
        """The table."""

        db_table = "network_inspection"

    def __str__(self) -> str:
        """Return its number and station."""
        return f"{self.pk} {self.station_id}"


class Finding(models.Model):
    """Something that an inspection found, and that is to be mended.

    Attributes:
        inspection: that found it.
        text: what is wrong.
        due_on: the day by which it is to be mended.
        mended_on: the day it was seen to be mended; None until then.
        mended_how: what was done; empty until then.
    """

    inspection = models.ForeignKey(Inspection, on_delete=models.PROTECT, related_name="findings")
    text = models.CharField(max_length=1000)
    due_on = models.DateField()
    mended_on = models.DateField(null=True)
    mended_how = models.CharField(max_length=1000)

    class Meta:
        """The table, and that what was mended says how."""

        db_table = "network_finding"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(mended_on__isnull=True, mended_how="")
                | (Q(mended_on__isnull=False) & ~Q(mended_how="")),
                name="finding_mended_somehow",
            ),
        ]

    def __str__(self) -> str:
        """Return its number."""
        return str(self.pk)
