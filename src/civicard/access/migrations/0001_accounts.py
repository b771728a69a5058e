"""Accounts of staff, their roles, recovery codes, and failures at login names."""

from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """The tables of access."""

    initial = True

    dependencies: ClassVar = []

    operations: ClassVar = [
        migrations.CreateModel(
            name="FailedTries",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("login", models.CharField(max_length=64, unique=True)),
                ("failures", models.PositiveIntegerField()),
                ("locked_until", models.DateTimeField(null=True)),
                ("last_at", models.DateTimeField(db_index=True)),
            ],
            options={
                "db_table": "access_failed_tries",
            },
        ),
        migrations.CreateModel(
            name="Account",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(max_length=64, unique=True)),
                ("login", models.CharField(max_length=64, unique=True)),
                ("password", models.CharField(max_length=256)),
                ("is_password_temporary", models.BooleanField()),
                ("credentials_changed_at", models.DateTimeField()),
                ("secret", models.BinaryField(null=True)),
                ("pending", models.BinaryField(null=True)),
                ("last_step", models.BigIntegerField(default=0)),
                ("opened_at", models.DateTimeField()),
                ("disabled_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "access_account",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("code", ""), _negated=True),
                            models.Q(("login", ""), _negated=True),
                            models.Q(("password", ""), _negated=True),
                        ),
                        name="account_is_whole",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Assignment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("role", models.CharField(max_length=32)),
                ("station", models.CharField(max_length=10, null=True)),
                ("district", models.CharField(max_length=6, null=True)),
                ("first_on", models.DateField()),
                ("last_on", models.DateField(null=True)),
                ("withdrawn_at", models.DateTimeField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="assignments",
                        to="access.account",
                    ),
                ),
            ],
            options={
                "db_table": "access_assignment",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "role__in",
                                [
                                    "station_clerk",
                                    "unit_contact",
                                    "production_operator",
                                    "production_inspector",
                                    "stock_keeper",
                                    "finance",
                                    "service_agent",
                                    "district_officer",
                                    "exchange_officer",
                                    "quality_officer",
                                    "evaluator",
                                    "second_evaluator",
                                    "director",
                                    "partner",
                                    "citizen",
                                    "administrator",
                                ],
                            )
                        ),
                        name="role_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("station__isnull", True), ("district__isnull", True), _connector="OR"
                        ),
                        name="role_at_one_place",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("last_on__isnull", True), ("last_on__gte", models.F("first_on")), _connector="OR"
                        ),
                        name="role_days_in_order",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RecoveryCode",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("digest", models.BinaryField()),
                ("used_at", models.DateTimeField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="recovery_codes",
                        to="access.account",
                    ),
                ),
            ],
            options={
                "db_table": "access_recovery_code",
                "constraints": [
                    models.UniqueConstraint(fields=("account", "digest"), name="recovery_code_once")
                ],
            },
        ),
    ]
