"""The targets of each year, one row a version."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """The table of targets."""

    initial = True

    dependencies: ClassVar = []

    operations: ClassVar = [
        migrations.CreateModel(
            name="Target",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("year", models.PositiveIntegerField()),
                ("code", models.CharField(max_length=64)),
                ("version", models.PositiveIntegerField()),
                ("value", models.BigIntegerField()),
                ("unit", models.CharField(max_length=64)),
                ("reason", models.CharField(max_length=500)),
                ("approval", models.CharField(max_length=500)),
                ("approved_on", models.DateField()),
            ],
            options={
                "db_table": "governance_target",
                "constraints": [
                    models.UniqueConstraint(fields=("year", "code", "version"), name="target_version_once"),
                    models.CheckConstraint(
                        condition=models.Q(("version__gte", 1)), name="target_version_from_1"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("value__gte", 0)), name="target_value_is_a_count"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("code", ""), _negated=True),
                            models.Q(("unit", ""), _negated=True),
                            models.Q(("reason", ""), _negated=True),
                            models.Q(("approval", ""), _negated=True),
                        ),
                        name="target_says_why",
                    ),
                ],
            },
        ),
    ]
