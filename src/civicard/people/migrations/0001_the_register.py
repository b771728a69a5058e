"""The base register, the reports of death and move, and the periods of notice."""

from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """The tables."""

    initial = True

    dependencies: ClassVar = []

    operations: ClassVar = [
        migrations.CreateModel(
            name="NoticePeriod",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("cause", models.CharField(max_length=12)),
                ("days", models.PositiveSmallIntegerField()),
                ("from_on", models.DateField()),
                ("source", models.CharField(max_length=500)),
            ],
            options={
                "db_table": "people_notice_period",
                "constraints": [
                    models.UniqueConstraint(fields=("cause", "from_on"), name="notice_period_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Person",
            fields=[
                ("pseudonym", models.BigIntegerField(primary_key=True, serialize=False)),
                ("id_number", models.BinaryField()),
                ("name", models.BinaryField()),
                ("born_on", models.BinaryField()),
                ("address", models.BinaryField(null=True)),
                ("phone", models.BinaryField(null=True)),
                ("guardian", models.BinaryField(null=True)),
                ("id_number_index", models.BinaryField(max_length=32, unique=True)),
                ("name_index", models.BinaryField(db_index=True, max_length=32)),
                ("phone_index", models.BinaryField(db_index=True, max_length=32, null=True)),
                ("id_kind", models.CharField(max_length=20)),
                ("sex", models.CharField(max_length=6)),
                ("born_in", models.PositiveSmallIntegerField()),
                ("nation", models.CharField(max_length=3)),
                ("district", models.CharField(db_index=True, max_length=6)),
                ("station", models.CharField(db_index=True, max_length=10)),
                ("standing", models.CharField(max_length=12)),
                ("version", models.PositiveIntegerField(default=1)),
                ("registered_on", models.DateField()),
            ],
            options={
                "db_table": "people_person",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("pseudonym__gte", 1)), name="person_pseudonym_positive"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "id_kind__in",
                                [
                                    "citizen",
                                    "hong_kong_permit",
                                    "macau_permit",
                                    "taiwan_permit",
                                    "foreign_resident",
                                ],
                            )
                        ),
                        name="person_id_kind_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("sex__in", ["", "male", "female"])), name="person_sex_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("standing__in", ["living_here", "frozen", "disputed", "died", "moved_away"])
                        ),
                        name="person_standing_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("phone__isnull", True), ("phone_index__isnull", True)),
                            models.Q(("phone__isnull", False), ("phone_index__isnull", False)),
                            _connector="OR",
                        ),
                        name="person_phone_is_indexed",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Report",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("cause", models.CharField(max_length=12)),
                ("source", models.CharField(max_length=20)),
                ("reported_at", models.DateTimeField()),
                ("notice_until", models.DateField()),
                ("disputed_at", models.DateTimeField(null=True)),
                ("confirmed_at", models.DateTimeField(null=True)),
                ("undone_at", models.DateTimeField(null=True)),
                ("decision", models.CharField(max_length=64)),
                ("frozen_fact", models.BigIntegerField()),
                ("left_fact", models.BigIntegerField(null=True)),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reports",
                        to="people.person",
                    ),
                ),
            ],
            options={
                "db_table": "people_report",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("cause__in", ["died", "moved_away"])), name="report_cause_known"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("confirmed_at__isnull", True), ("undone_at__isnull", True)),
                        fields=("person",),
                        name="one_report_under_way",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("confirmed_at__isnull", True), ("left_fact__isnull", True)),
                            models.Q(("confirmed_at__isnull", False), ("left_fact__isnull", False)),
                            _connector="OR",
                        ),
                        name="confirmed_report_is_a_fact",
                    ),
                ],
            },
        ),
    ]
