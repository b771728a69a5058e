"""Districts, stations and their hours, circulars and inspections."""

from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """The tables."""

    initial = True

    dependencies: ClassVar = []

    operations: ClassVar = [
        migrations.CreateModel(
            name="Circular",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("subject", models.CharField(max_length=200)),
                ("text", models.TextField()),
                ("due_on", models.DateField(null=True)),
                ("sent_at", models.DateTimeField()),
                ("sent_by", models.CharField(max_length=64)),
            ],
            options={
                "db_table": "network_circular",
            },
        ),
        migrations.CreateModel(
            name="District",
            fields=[
                ("code", models.CharField(max_length=6, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=100)),
                ("listed_on", models.DateField()),
            ],
            options={
                "db_table": "network_district",
            },
        ),
        migrations.CreateModel(
            name="Station",
            fields=[
                ("code", models.CharField(max_length=10, primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=20)),
                ("name", models.CharField(max_length=100)),
                ("address", models.CharField(max_length=200)),
                ("phone", models.CharField(max_length=30)),
                ("opened_on", models.DateField()),
                ("closed_on", models.DateField(null=True)),
                (
                    "district",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="stations",
                        to="network.district",
                    ),
                ),
            ],
            options={
                "db_table": "network_station",
            },
        ),
        migrations.CreateModel(
            name="OpeningHours",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("starts_on", models.DateField()),
                ("is_exception", models.BooleanField()),
                ("reason", models.CharField(max_length=200)),
                (
                    "station",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="hours",
                        to="network.station",
                    ),
                ),
            ],
            options={
                "db_table": "network_opening_hours",
            },
        ),
        migrations.CreateModel(
            name="Inspection",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("inspected_at", models.DateTimeField()),
                ("inspected_by", models.CharField(max_length=64)),
                ("summary", models.CharField(max_length=1000)),
                (
                    "station",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="inspections",
                        to="network.station",
                    ),
                ),
            ],
            options={
                "db_table": "network_inspection",
            },
        ),
        migrations.CreateModel(
            name="Addressee",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("acknowledged_at", models.DateTimeField(null=True)),
                ("acknowledged_by", models.CharField(max_length=64)),
                (
                    "circular",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="addressees",
                        to="network.circular",
                    ),
                ),
                (
                    "district",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="network.district"
                    ),
                ),
                (
                    "station",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="network.station",
                    ),
                ),
            ],
            options={
                "db_table": "network_addressee",
            },
        ),
        migrations.CreateModel(
            name="Finding",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("text", models.CharField(max_length=1000)),
                ("due_on", models.DateField()),
                ("mended_on", models.DateField(null=True)),
                ("mended_how", models.CharField(max_length=1000)),
                (
                    "inspection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="findings",
                        to="network.inspection",
                    ),
                ),
            ],
            options={
                "db_table": "network_finding",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("mended_how", ""), ("mended_on__isnull", True)),
                            models.Q(
                                ("mended_on__isnull", False), models.Q(("mended_how", ""), _negated=True)
                            ),
                            _connector="OR",
                        ),
                        name="finding_mended_somehow",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="OpeningSpan",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("weekday", models.PositiveSmallIntegerField()),
                ("opens_minute", models.PositiveSmallIntegerField()),
                ("closes_minute", models.PositiveSmallIntegerField()),
                (
                    "hours",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="spans",
                        to="network.openinghours",
                    ),
                ),
            ],
            options={
                "db_table": "network_opening_span",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("weekday__gte", 1),
                            ("weekday__lte", 7),
                            ("closes_minute__gt", models.F("opens_minute")),
                            ("closes_minute__lte", 1440),
                        ),
                        name="opening_span_within_a_day",
                    )
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="station",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["district_centre", "station", "terminal"])),
                name="station_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="station",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("closed_on__isnull", True), ("closed_on__gte", models.F("opened_on")), _connector="OR"
                ),
                name="station_closes_after_it_opens",
            ),
        ),
        migrations.AddIndex(
            model_name="openinghours",
            index=models.Index(fields=["station", "starts_on"], name="hours_of_station"),
        ),
        migrations.AddConstraint(
            model_name="openinghours",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("is_exception", False), models.Q(("reason", ""), _negated=True), _connector="OR"
                ),
                name="exceptional_hours_say_why",
            ),
        ),
        migrations.AddConstraint(
            model_name="addressee",
            constraint=models.UniqueConstraint(fields=("circular", "station"), name="addressed_station_once"),
        ),
        migrations.AddConstraint(
            model_name="addressee",
            constraint=models.UniqueConstraint(
                condition=models.Q(("station__isnull", True)),
                fields=("circular", "district"),
                name="addressed_district_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="addressee",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("acknowledged_at__isnull", True), ("acknowledged_by", "")),
                    models.Q(
                        ("acknowledged_at__isnull", False), models.Q(("acknowledged_by", ""), _negated=True)
                    ),
                    _connector="OR",
                ),
                name="acknowledged_by_someone",
            ),
        ),
    ]
