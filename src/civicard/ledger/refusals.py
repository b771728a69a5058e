"""What the database's own triggers refuse, as refusals that a person can read. No Django.

The triggers name a refusal by its code alone, since they also hold against those who write SQL by hand.
"""

import re
from typing import ClassVar

from civicard.kernel.refusal import Refusal
from civicard.kernel.text import Text

__all__ = [
    "FactAlreadyCorrected", "FactAppendOnly", "FactBeforeCause", "FactBeforeCorrected", "FactCauseUnknown",
    "FactCorrectedUnknown", "FactCorrectsOtherKind", "FactInFuture", "FactMalformed", "LedgerSealOutOfOrder",
    "TransactionsWentBack", "refusal_of",
]  # fmt: skip

MARKER = re.compile(
    r"civicard:([a-z_]+)|\b(fact_already_corrected)\b|UNIQUE constraint failed: ledger_fact\.(corrects)"
)


class _ByTrigger(Refusal):
    """Base of what triggers refuse."""

    why: ClassVar[Text]

    def __init__(self, what: str = "") -> None:
        """Say why.

        Args:
            what: the fact that was to be recorded, by the name of its kind; empty where it is not known.
        """
        name = f" {what}" if what else ""
        super().__init__(
            Text(
                f"未能记录事实{name}：{self.why.zh}未写入任何内容。",
                f"The fact{name} was not recorded: {self.why.en} Nothing was written.",
            )
        )


class FactAppendOnly(_ByTrigger):
    """Somebody tried to change, remove or overwrite what the ledger holds."""

    code = "fact_append_only"
    why = Text(
        "台账只能追加，不能修改、删除或覆盖。如记录有误，请用更正事实（corrects）或撤销事实（fact_retracted）。",
        "the ledger only grows; nothing in it is changed, removed or overwritten. What is wrong in it is put right "
        "by a later fact that corrects it, or by a fact_retracted.",
    )


class FactInFuture(_ByTrigger):
    """A fact is dated after the present."""

    code = "fact_in_future"
    why = Text(
        "发生时刻晚于数据库时钟 5 分钟以上。请检查日期和本机时钟。",
        "it is dated more than 5 minutes after the database's clock. Check the date, and the clock of this machine.",
    )


class FactCauseUnknown(_ByTrigger):
    """The fact that a fact follows from is not in the ledger."""

    code = "fact_cause_unknown"
    why = Text(
        "台账中没有它的起因事实。请先记录起因，并给出其编号。",
        "there is no such fact as the one it follows from. Record that one first and give its number.",
    )


class FactBeforeCause(_ByTrigger):
    """A fact is dated before the one it follows from."""

    code = "fact_before_cause"
    why = Text(
        "发生时刻早于其起因事实。请检查日期；如起因的日期有误，请先更正起因。",
        "it is dated before the fact it follows from. Check the date; if that of the cause is wrong, correct it first.",
    )


class FactCorrectedUnknown(_ByTrigger):
    """The fact to be corrected is not in the ledger."""

    code = "fact_corrected_unknown"
    why = Text(
        "台账中没有要更正的事实。请核对其编号。",
        "there is no such fact as the one it corrects. Check its number.",
    )


class FactBeforeCorrected(_ByTrigger):
    """A correction is dated before the fact it takes the place of."""

    code = "fact_before_corrected"
    why = Text(
        "发生时刻早于被更正的事实。如原事实记得太晚，请撤销它（fact_retracted）并重新记录。",
        "it is dated before the fact it corrects. Where that one was dated too late, retract it (fact_retracted) and "
        "record it anew.",
    )


class FactCorrectsOtherKind(_ByTrigger):
    """A correction is of another kind than the fact it takes the place of."""

    code = "fact_corrects_other_kind"
    why = Text(
        "它与被更正的事实种类不同。请用同一种类更正，或撤销原事实（fact_retracted）。",
        "the fact it corrects is of another kind. Correct it by one of its own kind, or retract it (fact_retracted).",
    )


class FactAlreadyCorrected(_ByTrigger):
    """A fact would be corrected a second time."""

    code = "fact_already_corrected"
    why = Text(
        "该事实已被更正过一次。请更正那条更正事实。",
        "the fact it corrects was corrected before. Correct that correction.",
    )


class FactMalformed(_ByTrigger):
    """A row written by hand is not of the form in which facts are kept."""

    code = "fact_malformed"
    why = Text(
        "时刻、日期或编号的写法不符合要求。请通过 civicard.ledger.actions.record 记录。",
        "an instant, a day or a number is not written as facts are. Record it by civicard.ledger.actions.record.",
    )


class LedgerSealOutOfOrder(_ByTrigger):
    """The record of a seal does not follow the last one."""

    code = "ledger_seal_out_of_order"
    why = Text(
        "封签记录的编号必须紧接上一条。请由 civicard ledger seal 写入。",
        "the record of a seal must follow the last one. Let `civicard ledger seal` write it.",
    )


class TransactionsWentBack(_ByTrigger):
    """PostgreSQL's transactions count lower than those already sealed: the cluster is not the one it was."""

    code = "ledger_transactions_went_back"
    why = Text(
        "数据库的事务编号低于已封签的编号，通常因为从转储恢复到了新的集群；此后的记录将永远不会被封签。"
        "请停止数据库，用 pg_resetwal --next-transaction-id 把编号调到 ledger_seal 中最后的 horizon 之后，"
        "再运行 civicard ledger check。",
        "the database's transactions count lower than those already sealed, as after restoring a dump into a new "
        "cluster; what is recorded then would never be sealed. Stop the server, set its counter past the last "
        "horizon in ledger_seal with pg_resetwal --next-transaction-id, and run `civicard ledger check`.",
    )

    def __init__(self, what: str = "") -> None:
        """Say why; it stops recording and sealing alike."""
        Refusal.__init__(self, Text(f"未写入任何内容：{self.why.zh}", f"Nothing was written: {self.why.en}"))


BY_CODE: dict[str, type[_ByTrigger]] = {
    one.code: one
    for one in (
        FactAppendOnly, FactInFuture, FactCauseUnknown, FactBeforeCause, FactCorrectedUnknown, FactBeforeCorrected,
        FactCorrectsOtherKind, FactAlreadyCorrected, FactMalformed, LedgerSealOutOfOrder,
        TransactionsWentBack,
    )
}  # fmt: skip


def refusal_of(error: BaseException, what: str = "") -> Refusal | None:
    """Return the refusal that a trigger's error stands for, or None when the error is something else."""
    found = MARKER.search(str(error))
    if found is None:
        return None
    refusal = BY_CODE.get(found[1] or FactAlreadyCorrected.code)
    return None if refusal is None else refusal(what)
