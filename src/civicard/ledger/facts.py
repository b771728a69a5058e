"""The ledger's own facts."""

from dataclasses import dataclass

from civicard.ledger.kinds import Fact, column


@dataclass(frozen=True, kw_only=True, slots=True)
class FactRetracted(Fact):
    """A fact turned out never to have happened."""

    title = "撤销事实"
    retracted: int = column("被撤销的事实编号", "number of the fact that did not happen")
    retracted_kind: str = column("被撤销事实的种类", "kind of that fact")
    reason: str = column("原因", "why it is known not to have happened", words=True)
