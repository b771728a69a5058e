"""Valid facts: the sealed facts of a kind without those that a later fact corrected or retracted. No Django.

A fact is left out when a sealed fact of its kind names it under `corrects`, or a sealed `fact_retracted` names it
with its kind. What was left out never comes back, also when the fact that named it is itself corrected or
retracted: what is right then is recorded anew. This is the one definition; measures and exports share it.
"""
# ruff: noqa: S608 - the text is made of declared names and quoted paths; SQL takes no parameters in their places

from collections.abc import Collection
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.parquet as pq

from civicard.ledger.facts import FactRetracted
from civicard.ledger.kinds import kind_named, kind_of
from civicard.ledger.lake import Lake, damaged
from civicard.ledger.lake.rollups import monthly, relation, rollup_columns, rollup_of

__all__ = ["ValidFacts", "valid", "valid_sql"]

RETRACTION = kind_of(FactRetracted)


@dataclass(frozen=True, kw_only=True, slots=True)
class ValidFacts:
    """Where the valid facts of a kind stand, for engines that read the files themselves.

    Attributes:
        kind: name of the kind.
        paths: its files.
        corrections: those of the kind's files in which facts correct others, of all months.
        retractions: the files of `fact_retracted` that name facts of this kind.
    """

    kind: str
    paths: tuple[str, ...]
    corrections: tuple[str, ...]
    retractions: tuple[str, ...]

    @property
    def excluded(self) -> bool:
        """Whether any fact may have to be left out; if not, the files are the valid facts."""
        return bool(self.corrections or self.retractions)

    def over(self, facts: str, corrections: str = "", retractions: str = "") -> str:
        """Return the SELECT of the valid facts in SQL that DuckDB and Spark share.

        Args:
            facts: the relation of `paths`: a table's name, or a call or query in parentheses.
            corrections: the relation of the files in `corrections`; needed when there are any.
            retractions: the relation of the files in `retractions`; needed when there are any.
        """
        conditions = []
        if self.corrections:
            conditions.append(f"NOT EXISTS (SELECT 1 FROM {corrections} AS c WHERE c.corrects = f.fact)")
        if self.retractions:
            conditions.append(
                f"NOT EXISTS (SELECT 1 FROM {retractions} AS r "
                f"WHERE r.retracted = f.fact AND r.retracted_kind = '{self.kind}')"
            )
        return f"SELECT f.* FROM {facts} AS f" + (f" WHERE {' AND '.join(conditions)}" if conditions else "")


def valid(lake: Lake, kind: str, months: Collection[str] | None = None) -> ValidFacts:
    """Return where the valid facts of `kind` stand.

    Args:
        lake: an open lake.
        kind: name of a kind; roll-ups have no facts of their own.
        months: only the files of these months, such as `2018-07`; None for all. What corrects or retracts a fact
            is looked for in every month.

    Raises:
        UnknownKind: no app declares `kind`.
        LakeUnreadable: a file of retractions cannot be read.
    """
    kind_named(kind)
    files = list(lake.files(kind))
    return ValidFacts(
        kind=kind,
        paths=tuple(str(lake.folder / one.path) for one in files if months is None or one.month in months),
        corrections=tuple(str(lake.folder / one.path) for one in files if one.corrections),
        retractions=tuple(path for path in lake.paths(RETRACTION.name) if kind in _retracted_kinds(path)),
    )


def valid_sql(lake: Lake, kind: str, months: Collection[str] | None = None) -> str:
    """Return a DuckDB SELECT over the valid facts of `kind`, or over the rows of a roll-up such as `card_used_monthly`.

    It has the columns of the kind, or `month`, the keys, `facts` and the sums of the roll-up, also when there are no
    files. Where nothing was corrected or retracted it is a plain read of the files. A roll-up may have several rows
    of a month and its keys, one from each seal, so that whoever reads it adds them up.

    Args:
        lake: an open lake.
        kind: name of a kind or a roll-up.
        months: only these months, such as `2018-07`; None for all.

    Raises:
        UnknownKind: no app declares `kind`.
        LakeUnreadable: a file of retractions cannot be read.
    """
    summed = rollup_of(kind)
    if summed is None:
        found = valid(lake, kind, months)
        columns = kind_named(kind).all_columns
        return found.over(
            f"({relation(columns, found.paths)})",
            f"({relation(columns, found.corrections)})",
            f"({relation(RETRACTION.all_columns, found.retractions)})",
        )
    if valid(lake, summed.name).excluded:
        # The sealed sums count what was later taken back.
        return monthly(summed, f"({valid_sql(lake, summed.name, months)})")
    files = [one for one in lake.files(kind) if months is None or one.month in months]
    return relation(rollup_columns(summed), [str(lake.folder / one.path) for one in files])


def _retracted_kinds(path: str) -> set[str]:
    try:
        return set(pq.read_table(path, columns=["retracted_kind"]).column(0).unique().to_pylist())
    except (OSError, pa.ArrowException) as error:
        raise damaged(path, f"无法读取（{error}）", f"it cannot be read ({error})") from error
