"""What a reader of a result should know although nothing disagrees: what is unsupported, unanswered, open. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from civicard.kernel.exact import ZERO, decimal_places, plain
from civicard.kernel.text import Text
from civicard.scoring.evaluate import Evaluation, Score
from civicard.scoring.expressions import parsed
from civicard.scoring.figures import Lack, State
from civicard.scoring.programme import CauseKind
from civicard.scoring.rules.step import StepRule
from civicard.scoring.scorer import holds


class Note(StrEnum):
    """What a reader should know although nothing disagrees."""

    TARGET_UNANSWERED = "target_unanswered"
    INDICATOR_WITHOUT_TARGET = "indicator_without_target"
    UNSUPPORTED = "unsupported"
    NO_ANALYSIS = "no_analysis"
    NO_CAUSE = "no_cause"
    COARSE = "coarse"
    OUT_OF_RANGE = "out_of_range"
    UNCHECKED_CLAIM = "unchecked_claim"
    OPEN = "open"


@dataclass(frozen=True, kw_only=True, slots=True)
class Observation:
    """Something a reader should know.

    Attributes:
        note: what sort.
        subject: codes it is about.
        text: the sentence that says so.
    """

    note: Note
    subject: tuple[str, ...]
    text: Text


def observations(evaluation: Evaluation) -> list[Observation]:
    """Return what a reader should know: what is unsupported, unanswered, unexplained or open."""
    found: list[Observation] = []
    if targets := evaluation.unanswered_targets:
        names = "、".join(f"{one.code} {one.name.zh}" for one in targets)
        names_en = ", ".join(f"{one.code} {one.name.en or one.name.zh}" for one in targets)
        found.append(
            _note(
                Note.TARGET_UNANSWERED,
                targets,
                f"没有指标考核的目标：{names}",
                f"targets that no indicator answers: {names_en}",
            )
        )
    if evaluation.programme.targets and (without := evaluation.indicators_without_target):
        found.append(
            _listed(
                Note.INDICATOR_WITHOUT_TARGET,
                without,
                "没有对应目标的指标",
                "indicators that answer no target",
            )
        )
    if unsupported := evaluation.unsupported:
        points = plain(sum((one.points for one in unsupported if one.points is not None), ZERO))
        found.append(
            _listed(
                Note.UNSUPPORTED,
                unsupported,
                f"无佐证的 {points} 分",
                f"{points} points without figure or evidence",
            )
        )
    if evaluation.programme.findings and (silent := _without_analysis(evaluation)):
        points = plain(sum((one.weight for one in silent), ZERO))
        found.append(
            _listed(
                Note.NO_ANALYSIS,
                silent,
                f"没有分析的 {points} 分",
                f"{points} points of weight without analysis",
            )
        )
    if lost := [one for one in evaluation.leaves() if one.lost and _is_unexplained(one)]:
        points = plain(sum((one.lost for one in lost if one.lost is not None), ZERO))
        found.append(
            _listed(
                Note.NO_CAUSE,
                lost,
                f"未说明原因的失分 {points} 分",
                f"{points} points lost without a cause named",
            )
        )
    for state in (State.MISSING, State.DISPUTED, State.NOT_APPLICABLE):
        if some := [one for one in evaluation.leaves() if one.state is state]:
            word = {State.MISSING: ("缺数据", "missing"), State.DISPUTED: ("有争议", "disputed")}.get(
                state, ("不适用", "not applicable")
            )
            found.append(_listed(Note.OPEN, some, *word))
    found += [*_coarse(evaluation), *_out_of_range(evaluation)]
    for claim in evaluation.programme.claims:
        if holds(parsed(claim.holds_if), evaluation.case.figures) is None:
            found.append(Observation(note=Note.UNCHECKED_CLAIM, subject=(), text=Text(f"无法核对：{claim.text.zh}", f"cannot be checked: {claim.text.en or claim.text.zh}")))  # fmt: skip
    return found


def _is_unexplained(score: Score) -> bool:
    """Tell whether nobody has said why points were lost, neither by a kind of cause nor in words."""
    finding = score.finding
    return finding is None or (finding.cause in {None, CauseKind.UNKNOWN} and finding.reason is None)


def _without_analysis(evaluation: Evaluation) -> list[Score]:
    return [one for one in evaluation.leaves() if one.finding is None or one.finding.analysis is None]


def _coarse(evaluation: Evaluation) -> Iterator[Observation]:
    """A step finer than one answer makes the indicator all or nothing."""
    for rule, slot in evaluation.programme.rules():
        if not isinstance(rule, StepRule):
            continue
        figure = evaluation.programme.figures[rule.figure]
        if figure.answers is not None:
            one = 1 / figure.measured_in.scale / figure.answers
            if one / rule.step * rule.deduct >= slot.full:
                share = plain(one, 2 if decimal_places(one) is None else None)
                yield Observation(
                    note=Note.COARSE, subject=(slot.code,),
                    text=Text(
                        f"{slot.code} 的样本只有 {figure.answers} 个，一个即占 {share} 个百分点，此规则实为全得或全失",
                        f"{slot.code} rests on {figure.answers} answers, each of them {share} points of a percentage: "
                        "it is all or nothing",
                    ),
                )  # fmt: skip


def _out_of_range(evaluation: Evaluation) -> Iterator[Observation]:
    """A computed figure beyond what its unit allows points to a wrong operand: more cards in time than cards."""
    for name, figure in evaluation.programme.figures.items():
        value = evaluation.case.figures[name]
        if figure.formula is None or isinstance(value, Lack) or figure.allows(value):
            continue
        printed = figure.printed(value, unit=True)
        yield Observation(
            note=Note.OUT_OF_RANGE, subject=(name,),
            text=Text(
                f"{figure.name.zh}算得 {printed}，超出其范围",
                f"{figure.name.en or figure.name.zh} comes out as {printed}, outside its range",
            ),
        )  # fmt: skip


def _listed(note: Note, scores: Sequence[Score], zh: str, en: str) -> Observation:
    codes = tuple(one.code for one in scores)
    return Observation(
        note=note, subject=codes, text=Text(f"{zh}：{'、'.join(codes)}", f"{en}: {', '.join(codes)}")
    )


def _note(note: Note, targets: Sequence[object], zh: str, en: str) -> Observation:
    return Observation(
        note=note, subject=tuple(getattr(one, "code", "") for one in targets), text=Text(zh, en)
    )
