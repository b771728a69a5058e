"""Facts of the uses of a card."""

from dataclasses import dataclass

from civicard.ledger.kinds import Arrival, Fact, Rollup, column


@dataclass(frozen=True, kw_only=True, slots=True)
class CardUsed(Fact):
    """A card was used in an application."""

    title = "用卡"
    arrival = Arrival.FILE
    rollup = Rollup(keys=("application_field", "district"), sums=("amount_fen",))
    card: int = column("卡片代号", "pseudonym of the card")
    application_field: str = column("应用领域", "field of application, such as medical or transit")
    district: str = column("区县代码", "where it was used")
    amount_fen: int | None = column("金额（分）", "amount in fen, where money moved", optional=True)
