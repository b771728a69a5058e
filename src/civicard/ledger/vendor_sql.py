"""A step of a migration in one database's own SQL, for what Django has no words for: triggers."""

from collections.abc import Sequence
from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation


class VendorSQL(Operation):
    """Statements that run on one kind of database and are passed over on the others.

    Each statement runs as it stands, in one piece: a trigger's body holds semicolons of its own.
    """

    reduces_to_sql = True
    reversible = True

    def __init__(self, vendor: str, forwards: Sequence[str], backwards: Sequence[str]) -> None:
        """Keep the statements.

        Args:
            vendor: `postgresql` or `sqlite`.
            forwards: what the step does.
            backwards: what undoes it.
        """
        self.vendor, self.forwards, self.backwards = vendor, tuple(forwards), tuple(backwards)

    def state_forwards(self, app_label: str, state: Any) -> None:  # noqa: ANN401 - as Django declares it
        """Change nothing: models do not know of it."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: object, to_state: object
    ) -> None:
        """Run the step."""
        self._run(schema_editor, self.forwards)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: object, to_state: object
    ) -> None:
        """Undo it."""
        self._run(schema_editor, self.backwards)

    def describe(self) -> str:
        """Return what Django prints of it."""
        return f"SQL of {self.vendor} alone"

    def _run(self, schema_editor: BaseDatabaseSchemaEditor, statements: Sequence[str]) -> None:
        if schema_editor.connection.vendor == self.vendor:
            for statement in statements:
                schema_editor.execute(statement, params=None)
