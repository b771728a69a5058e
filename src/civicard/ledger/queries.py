"""Questions about the ledger that only the database can answer."""

import tempfile
from pathlib import Path

from django.db import DEFAULT_DB_ALIAS, connections

from civicard.kernel.text import Text
from civicard.ledger.checking.faults import Fault
from civicard.ledger.lake import Lake, seal_numbers
from civicard.ledger.models import SealRecord
from civicard.ledger.rows.comparison import differing
from civicard.ledger.rows.staging import Span

__all__ = ["differences"]

# A row that was slipped in may have any number.
LOWEST = -(2**63)


def differences(lake: Lake, *, by_scanner: bool = True) -> list[Fault]:
    """Return what the database has or remembers otherwise than the lake, by number of the seal or fact.

    A seal that the database does not remember yet, after a kill, is no fault: the next seal takes it over.

    Args:
        lake: an open lake. What its files hold is taken as it stands; `checking.check` holds them to their seals.
        by_scanner: whether PostgreSQL is read by DuckDB's scanner, where it can be loaded.

    Returns:
        A fault for each seal that the lake lacks or has another root, and for each sealed fact that was changed in
        the database, is missing there, or was added among those sealed.

    Raises:
        RuntimeError: within a transaction, whose own facts are not there for others: a mistake of the program.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    if connection.in_atomic_block:
        raise RuntimeError("compare outside of transactions: others do not see what this one recorded")
    horizon = max((seal.horizon for seal in lake.seals if seal.horizon is not None), default=0)
    with tempfile.TemporaryDirectory(prefix="civicard-") as work:
        found = differing(connection, lake, Span(LOWEST, horizon), Path(work), by_scanner=by_scanner)
    return [*_seals(lake), *found]


def _seals(lake: Lake) -> list[Fault]:
    roots = {seal.number: seal.root for seal in lake.seals}
    faults = []
    records = list(SealRecord.objects.order_by("number"))
    # Listed after the records, as each seal is in the lake before it is remembered: what was sealed since the lake
    # was opened is not missing.
    there = set(seal_numbers(lake.folder))
    for record in records:
        where = f"seal {record.number}"
        if record.number not in roots:
            if record.number in there:
                continue
            text = Text(
                f"数据库记得第 {record.number} 次封签，数据湖中没有",
                f"the database remembers seal {record.number}, and the lake has none",
            )
            faults.append(Fault("seal_forgotten", where, text))
        elif roots[record.number] != record.root:
            text = Text(
                f"第 {record.number} 次封签的根与数据库所记的不同",
                f"the root of seal {record.number} is not the one that the database remembers",
            )
            faults.append(Fault("seal_differs_from_database", where, text))
    return faults
