"""Answers that a person gave on evidence: what was judged, on which documents, and why. Pure."""

from pydantic import Field, model_validator

from civicard.kernel.text import Text
from civicard.scoring.figures import Basis
from civicard.scoring.model import Exact, Part, Said, fault


class Answer(Part):
    """The judgement of one item. An item without an answer stays unanswered, which is not a no."""

    answer: bool | None = None
    """Yes or no, for an item of a checklist or an accepted reason."""
    grade: Said | None = None
    """The grade chosen, for a graded item."""
    points: Exact | None = None
    """Points chosen within the range that the grade allows."""
    amount: Exact | None = None
    """Points taken off at the evaluator's discretion."""
    reason: Said | None = None
    """Why; needed wherever there was a choice."""
    seconded_by: Said | None = None
    """Who signed second, where a second signature is needed."""
    documents: list[Said] = Field(default_factory=list)
    """The documents that prove it. Without any the answer counts as stated, and is printed as unsupported."""
    place: Said = Text("")
    """Where it stands in the source."""
    inferred: Said | None = None
    """The source gives no answer; how it was concluded from what it does give."""
    not_applicable: Said | None = None
    """Why the item does not apply here."""

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, data: object) -> object:
        """A bare yes or no is an answer."""
        return {"answer": data} if isinstance(data, bool) else data

    @model_validator(mode="after")
    def _says_something_once(self) -> "Answer":
        given = [
            key for key in ("answer", "grade", "amount", "not_applicable") if getattr(self, key) is not None
        ]
        if len(given) > 1:
            raise fault(f"{'、'.join(given)} 只能给出一项", f"only one of {', '.join(given)} can be given")
        return self

    @property
    def is_open(self) -> bool:
        """Whether nothing was answered yet."""
        return (
            self.answer is None and self.grade is None and self.amount is None and self.not_applicable is None
        )

    @property
    def basis(self) -> Basis:
        """What the answer rests on."""
        if self.is_open:
            return Basis.NONE
        return Basis.EVIDENCE if self.documents else Basis.STATED
