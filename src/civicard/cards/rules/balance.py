"""The balance of the blanks of a batch. Pure."""

from dataclasses import dataclass

from civicard.kernel.refusal import Refusal
from civicard.kernel.text import Text


class BatchUnbalanced(Refusal):
    """A batch cannot close: its blanks taken out are not its good and spoiled cards, samples and returns together."""

    code = "batch_unbalanced"


@dataclass(frozen=True, kw_only=True, slots=True)
class Balance:
    """What became of the blanks that were taken out for one batch, each a count of blanks.

    Attributes:
        taken: taken out of the store.
        good: became good cards, also where these were destroyed later.
        spoiled: used up without a good card.
        samples: made for test or display.
        returned: back in the store unused.

    >>> Balance(taken=100, good=97, spoiled=1, samples=1, returned=0).difference
    1
    """

    taken: int
    good: int
    spoiled: int
    samples: int
    returned: int

    @property
    def difference(self) -> int:
        """Blanks taken less blanks accounted for: 0 when it balances, above when some are missing."""
        return self.taken - self.good - self.spoiled - self.samples - self.returned

    def require(self) -> None:
        """Check that the batch balances.

        Raises:
            BatchUnbalanced: it does not, be it by one.
        """
        by = self.difference
        if by == 0:
            return
        wrong = Text(f"短少 {by}", f"{by} missing") if by > 0 else Text(f"多出 {-by}", f"{-by} too many")
        raise BatchUnbalanced(
            Text(
                f"批次不能关闭：领用 {self.taken} ≠ 成品 {self.good} + 废品 {self.spoiled} + 样卡 {self.samples}"
                f" + 退库 {self.returned}，{wrong.zh}。现在可以：复点并补记，两人查明差异后再关闭。",
                f"The batch cannot close: {self.taken} taken are not {self.good} good + {self.spoiled} spoiled + "
                f"{self.samples} samples + {self.returned} returned, {wrong.en}. Possible now: count again and record "
                "what was left out, and close it once two persons have found the difference.",
            )
        )
