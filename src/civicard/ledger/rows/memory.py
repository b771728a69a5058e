"""What the database remembers of the lake's seals, and how both are brought in line before the next seal.

A seal is first put into the lake and then remembered. A kill between the two leaves a seal that the database does
not know: it is taken over when it follows the last one known and holds the very facts that the database has.
"""

from datetime import datetime
from pathlib import Path

from django.db import DatabaseError, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from civicard.kernel.refusal import Refusal
from civicard.kernel.text import Text
from civicard.ledger.lake import NO_ROOT, Lake, Seal
from civicard.ledger.models import SealRecord
from civicard.ledger.rows.comparison import differing
from civicard.ledger.rows.staging import Span

__all__ = ["LakeCutShort", "LakeOfOtherDatabase", "SealNotRemembered", "remember", "taken_over"]

MOST_NAMED = 5


class LakeCutShort(Refusal):
    """The database remembers more seals than the lake holds."""

    code = "ledger_lake_cut_short"


class LakeOfOtherDatabase(Refusal):
    """The lake's seals are not those that the database remembers, or hold other facts than the database."""

    code = "ledger_lake_of_other_database"


class SealNotRemembered(Refusal):
    """A seal is in the lake, and the database could not take note of it."""

    code = "ledger_seal_not_remembered"


def taken_over(connection: BaseDatabaseWrapper, lake: Lake, final: int, work: Path) -> int:
    """Bring the database's memory in line with the lake; return the mark up to which everything is sealed.

    Args:
        connection: Django's.
        lake: the lake, locked.
        final: the mark of the database below which every fact is final.
        work: a folder for what does not fit into memory.

    Raises:
        LakeCutShort: seals that the database remembers are gone.
        LakeOfOtherDatabase: a seal has another root than is remembered, does not follow the one before it, or
            holds other facts than the database.
        SealNotRemembered: the database cannot be written.
    """
    records = list(SealRecord.objects.order_by("number"))
    if len(records) > len(lake.seals):
        raise LakeCutShort(
            Text(
                f"数据库记得 {len(records)} 次封签，{lake.folder} 中只有 {len(lake.seals)} 次：末尾的封签被删去，"
                "或这不是原来的数据湖。未封签任何内容；请从备份恢复数据湖。",
                f"The database remembers {len(records)} seals and {lake.folder} holds {len(lake.seals)}: the last "
                "ones were cut off, or it is another lake. Nothing was sealed; restore the lake from a copy.",
            )
        )
    previous, horizon = NO_ROOT, 0
    for at, seal in enumerate(lake.seals):
        known = records[at] if at < len(records) else None
        if seal.previous != previous or (known is not None and known.root != seal.root):
            raise _other(lake, seal)
        if known is None:
            # A mark that the database has not reached, or had left behind, was never its own: taken over, it would
            # keep facts from being sealed, or have them sealed twice.
            if seal.horizon is not None and not horizon <= seal.horizon <= final:
                raise _other(lake, seal)
            _held_against_the_database(connection, lake, seal, horizon, work)
            remember(seal, horizon)
        previous = seal.root
        horizon = horizon if seal.horizon is None else seal.horizon
    return horizon


def remember(seal: Seal, horizon: int) -> None:
    """Keep the root of a seal in the database.

    Args:
        seal: a seal that is in the lake.
        horizon: the mark of the seals before it, for a seal that took nothing from the database.

    Raises:
        SealNotRemembered: the database's disk is full, or it sealed into another lake meanwhile.
    """
    try:
        with transaction.atomic():
            SealRecord.objects.create(
                number=seal.number,
                root=seal.root,
                horizon=horizon if seal.horizon is None else seal.horizon,
                facts=seal.facts,
                sealed_at=datetime.fromisoformat(seal.sealed_at),
            )
    except DatabaseError as error:
        said = str(error).strip().partition("\n")[0]
        raise SealNotRemembered(
            Text(
                f"第 {seal.number} 次封签已完整写入数据湖，但数据库未能记下：{said}。没有事实丢失；"
                "请排除原因后再运行 civicard ledger seal，它会接着记下。如同时封签到了另一个数据湖，请只保留一个。",
                f"Seal {seal.number} is in the lake, whole, and the database could not take note of it: {said}. No "
                "fact is lost: mend the cause and run `civicard ledger seal` again, which takes note of it. If two "
                "lakes were sealed into at once, keep one of them.",
            )
        ) from error


def _held_against_the_database(
    connection: BaseDatabaseWrapper, lake: Lake, seal: Seal, horizon: int, work: Path
) -> None:
    if seal.horizon is None:
        return
    alone = Lake(lake.folder, lake.about, (seal,))
    found = differing(connection, alone, Span(horizon, seal.horizon), work)
    if found:
        numbers = ", ".join(one.where for one in found[:MOST_NAMED])
        raise LakeOfOtherDatabase(
            Text(
                f"{lake.folder} 的第 {seal.number} 次封签与数据库不符，共 {len(found)} 处（{numbers}…）："
                "数据库可能是从较早的备份恢复的，或数据湖属于另一个数据库。未封签任何内容；"
                "请恢复较新的数据库备份；如数据湖属于另一个数据库，请指明本数据库自己的数据湖。",
                f"Seal {seal.number} of {lake.folder} and the database differ in {len(found)} facts ({numbers}…): "
                "the database may come from an older copy, or the lake belong to another database. Nothing was "
                "sealed; restore a newer copy of the database or, if the lake is another's, name the one of this "
                "database.",
            )
        )


def _other(lake: Lake, seal: Seal) -> LakeOfOtherDatabase:
    return LakeOfOtherDatabase(
        Text(
            f"{lake.folder} 的第 {seal.number} 次封签不是数据库所记的那一次，或不接续前一次。未封签任何内容；"
            "请用 civicard ledger check 查明，并从备份恢复数据湖。",
            f"Seal {seal.number} of {lake.folder} is not the one that the database remembers, or does not follow "
            "the one before it. Nothing was sealed; `civicard ledger check` tells more; restore the lake from a copy.",
        )
    )
