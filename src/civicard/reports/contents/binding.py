"""Binds written text to the figures: `{name}` follows what was calculated, in every document alike. Pure.

`{name}` prints a figure with its digits and unit, `{total}`, `{grade}`, `{lost}` and `{unsupported}` the result,
`{C11.points}`, `{C11.weight}` and `{C11.lost}` a score. What has no value prints a mark that nobody overlooks.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from civicard.evaluation.measured import Measurement
from civicard.kernel.exact import ZERO, Fraction, plain
from civicard.kernel.text import Text
from civicard.reports.contents.words import MARKS, ORIGINAL, STATES, between, listed
from civicard.scoring.evaluate import Evaluation, Score
from civicard.scoring.figures import BY_ZERO, Lack, State

PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
NO_FIGURE = MARKS[State.MISSING]
NO_VALUE = "无法计算"
RECALCULATED = "依据已公开材料重新计算，不是原单位文件"


@dataclass(frozen=True, slots=True)
class Binding:
    """An evaluation, ready to be quoted.

    Attributes:
        evaluation: what is quoted.
        measurement: what was measured in a lake for it; None where nothing was.
        scores: its scores by code.
    """

    evaluation: Evaluation
    measurement: Measurement | None = None
    scores: Mapping[str, Score] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "scores", {score.code: score for score in self.evaluation.walk()})

    def text(self, written: Text | str) -> str:
        """Return written text with each placeholder replaced; what it names is never read as text again."""
        return PLACEHOLDER.sub(
            lambda found: self._value(found[1]), written.zh if isinstance(written, Text) else written
        )

    def figure(self, name: str, *, unit: bool = True) -> str:
        """Return a figure as printed, with its unit unless told otherwise; a mark where it has no value."""
        value = self.evaluation.case.figures.get(name)
        if value is None or isinstance(value, Lack):
            return NO_FIGURE if value is None else MARKS[value.state]
        return _thin(self.evaluation.programme.figures[name].printed(value, unit=unit))

    def in_cell(self, name: str | None, *, unit: bool = False) -> str:
        """Return a figure for a cell, with the values of a disputed one; a dash where there is no figure."""
        if name is None:
            return "—"
        value = self.evaluation.case.figures[name]
        if not isinstance(value, Lack):
            return self.figure(name, unit=unit)
        known = self.evaluation.programme.figures[name]
        if value.state is State.DISPUTED:
            candidates = (_thin(known.printed(one, unit=unit)) for one in value.candidates)
            return f"有争议：{listed(candidates)}"
        if value == BY_ZERO:
            return NO_VALUE
        return STATES[value.state]

    def points(self, score: Score) -> str:
        """Return the points of a score, or the word for why there are none; the range of an open group."""
        if score.points is None and score.children and score.state is not State.NOT_APPLICABLE:
            return between(self.evaluation.printed(score.low), self.evaluation.printed(score.high), "")
        return STATES[score.state] if score.points is None else self.evaluation.printed(score.points)

    @property
    def total(self) -> str:
        """The total, or what it lies between."""
        outcome = self.evaluation.total.outcome
        if outcome.points is not None:
            return self.evaluation.printed(outcome.points)
        return between(self.evaluation.printed(outcome.low), self.evaluation.printed(outcome.high), "")

    @property
    def grade(self) -> str:
        """The grade, or those that are possible."""
        total = self.evaluation.total
        if total.grade is not None:
            return total.grade.zh
        possible = dict.fromkeys(
            one.zh if one is not None else "不定等次" for one in (total.grade_low, total.grade_high)
        )
        return "至".join(possible) if len(possible) > 1 else f"{next(iter(possible))}（待定）"

    @property
    def lost(self) -> str:
        """The points lost, or what they lie between."""
        outcome, full = self.evaluation.total.outcome, self.evaluation.framework.sum
        if outcome.points is not None:
            return self.evaluation.printed(full - outcome.points)
        least, most = full - outcome.high, full - outcome.low
        return between(self.evaluation.printed(least), self.evaluation.printed(most), "")

    @property
    def unsupported(self) -> Fraction:
        """The points without figure or document behind them."""
        return sum((one.points for one in self.evaluation.unsupported if one.points is not None), ZERO)

    @property
    def provenance(self) -> str:
        """What this document is where others have published one about the same evaluation; else nothing."""
        return RECALCULATED if self.evaluation.programme.published else ""

    @property
    def original(self) -> str:
        """Whose silence it is where nothing is said: that of the published text, if there is one."""
        return ORIGINAL if self.evaluation.programme.published else ""

    def fields(self) -> dict[str, object]:
        """Return what a Word template may name: results, every figure as printed, and each score by its code."""
        about = self.evaluation.programme.programme
        return {
            **{
                code: {key: self._value(f"{code}.{key}") for key in ("points", "weight", "lost")}
                for code in self.scores
            },
            **{name: self.figure(name) for name in self.evaluation.programme.figures},
            "title": about.title.zh,
            "unit": about.unit.zh,
            "department": about.department.zh,
            "evaluator": about.evaluator.zh,
            "written": about.written.zh,
            "total": self.total,
            "grade": self.grade,
            "lost": self.lost,
            "unsupported": self.evaluation.printed(self.unsupported),
        }

    def _value(self, name: str) -> str:
        match name:
            case "total":
                return self.total
            case "grade":
                return self.grade
            case "lost":
                return self.lost
            case "unsupported":
                return self.evaluation.printed(self.unsupported)
        if name in self.evaluation.programme.figures:
            return self.figure(name)
        code, _, key = name.rpartition(".")
        score = self.scores.get(code)
        return NO_FIGURE if score is None else self._of_score(score, key)

    def _of_score(self, score: Score, key: str) -> str:
        if key == "weight":
            return plain(score.weight)
        number = {"points": score.points, "lost": score.lost}.get(key)
        if number is not None:
            return self.evaluation.printed(number)
        return MARKS[score.state] if score.points is None else NO_FIGURE


def _thin(printed: str) -> str:
    """Return a figure with its unit close behind it, as Chinese text has it."""
    return printed.replace(" ", "")
