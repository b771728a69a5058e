"""The two tables of the ledger; what makes them append-only follows in 0002."""

from typing import ClassVar

import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    """Make the two tables."""

    initial = True

    dependencies: ClassVar = []

    operations: ClassVar = [
        migrations.CreateModel(
            name="Fact",
            fields=[
                ("number", models.BigAutoField(primary_key=True, serialize=False)),
                ("xact", models.BigIntegerField(editable=False, null=True)),
                ("kind", models.CharField(max_length=64)),
                ("at", models.DateTimeField()),
                ("day", models.DateField()),
                (
                    "recorded_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
                ("actor", models.CharField(max_length=64)),
                ("cause", models.BigIntegerField(null=True)),
                ("corrects", models.BigIntegerField(null=True)),
                ("body", models.JSONField()),
            ],
            options={
                "db_table": "ledger_fact",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("corrects__isnull", False)),
                        fields=("corrects",),
                        name="fact_already_corrected",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SealRecord",
            fields=[
                ("number", models.BigIntegerField(primary_key=True, serialize=False)),
                ("root", models.CharField(max_length=64)),
                ("horizon", models.BigIntegerField()),
                ("facts", models.BigIntegerField()),
                ("sealed_at", models.DateTimeField()),
            ],
            options={"db_table": "ledger_seal"},
        ),
    ]
