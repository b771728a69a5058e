"""What a source states, held against itself and against the working; whatever disagrees is listed. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations, product

from civicard.kernel.exact import ZERO, Fraction, decimal_places, plain, rounded
from civicard.kernel.text import Text
from civicard.scoring.evaluate import Evaluation, Score
from civicard.scoring.expressions import parsed
from civicard.scoring.figures import Lack
from civicard.scoring.readings import ambiguities
from civicard.scoring.scorer import holds

TOTAL = "total"
# Where more statements of a group are wrong than this, that some of them cancel says nothing any more.
MOST_WRONG = 6
NO_PLACE = Text("计分方案文件", "the programme file")


class Kind(StrEnum):
    """In what way something disagrees."""

    STATEMENTS = "statements"
    WORKING = "working"
    SUM = "sum"
    CANCELLING = "cancelling"
    NAME = "name"
    CODE = "code"
    CLAIM = "claim"
    READING = "reading"
    IMPOSSIBLE_SHARE = "impossible_share"
    SLIP = "slip"


@dataclass(frozen=True, kw_only=True, slots=True)
class Disagreement:
    """Statements that contradict each other, or the working.

    Attributes:
        kind: in what way.
        subject: code, figure or `total`.
        what: points, weight, figure, name, …
        stated: each value as printed, with its place.
        working: what the calculation gives; empty where there is none.
        text: the sentence that says so.
    """

    kind: Kind
    subject: str
    what: str
    stated: tuple[tuple[str, Text], ...]
    working: str
    text: Text


def disagreements(evaluation: Evaluation) -> list[Disagreement]:
    """Return every disagreement of the published statements, with each other and with the working."""
    scores = {score.code: score for score in evaluation.walk()}
    found = [*_points(evaluation, scores), *_weights(evaluation, scores), *_grades(evaluation)]
    found += [*_figures(evaluation), *_sums(evaluation, scores), *_cancelling(evaluation, scores)]
    found += [*_names(evaluation, scores), *_codes(evaluation), *_claims(evaluation)]
    return [*found, *_literal(evaluation), *_shares(evaluation), *_slips(evaluation)]


Stated = list[tuple[Fraction, Text]]


def _gathered(evaluation: Evaluation, what: str) -> dict[str, Stated]:
    gathered: dict[str, Stated] = {}
    for one in evaluation.programme.published:
        for subject, value in getattr(one, what).items():
            gathered.setdefault(subject, []).append((value, one.place))
    return gathered


def _compared(
    subject: str, named: tuple[Text, Text], stated: Stated, working: Fraction | None, places: int | None
) -> Iterator[Disagreement]:
    """Compare the values stated for one thing with each other and with the working, at their own precision."""
    name, what = named

    def agrees(value: Fraction) -> bool:
        if working is None:
            return True
        own = decimal_places(value) or 0
        return any(value == rounded(working, Fraction(1, 10**at)) for at in {own, max(own, places or 0)})

    values = {value for value, _ in stated}
    if all(agrees(value) for value in values) and (working is not None or len(values) == 1):
        return
    listed = tuple((plain(value), place) for value, place in stated)
    said = "、".join(f"{value}（{place.zh}）" for value, place in listed)
    said_en = ", ".join(f"{value} ({place.en or place.zh})" for value, place in listed)
    result = "" if working is None else _short(working)
    end = Text(f"；计算得 {result}", f"; the working gives {result}") if result else Text("")
    yield Disagreement(
        kind=Kind.STATEMENTS if len(values) > 1 else Kind.WORKING, subject=subject, what=what.en, stated=listed,
        working=result,
        text=Text(f"{name.zh}的{what.zh}：{said}{end.zh}", f"{what.en} of {name.en or name.zh}: {said_en}{end.en}"),
    )  # fmt: skip


def _short(number: Fraction) -> str:
    """Return a number with at most four decimals."""
    exact = decimal_places(number)
    return plain(number, 4 if exact is None else min(exact, 4))


def _title(scores: Mapping[str, Score], code: str) -> Text:
    if code == TOTAL:
        return Text("总分", "the total")
    if code in scores:
        name = scores[code].name
        return Text(f"{code} {name.zh}", f"{code} {name.en or name.zh}")
    return Text(code)


def _points(evaluation: Evaluation, scores: Mapping[str, Score]) -> Iterator[Disagreement]:
    for code, stated in _gathered(evaluation, "points").items():
        working = (
            evaluation.total.outcome.points
            if code == TOTAL
            else scores[code].points
            if code in scores
            else None
        )
        name = _title(scores, code)
        places = evaluation.framework.print_places
        yield from _compared(code, (name, Text("得分", "points")), stated, working, places)


def _weights(evaluation: Evaluation, scores: Mapping[str, Score]) -> Iterator[Disagreement]:
    for code, stated in _gathered(evaluation, "weights").items():
        working = (
            evaluation.framework.sum if code == TOTAL else scores[code].weight if code in scores else None
        )
        name = _title(scores, code)
        yield from _compared(code, (name, Text("权重", "weight")), stated, working, None)


def _figures(evaluation: Evaluation) -> Iterator[Disagreement]:
    gathered = _gathered(evaluation, "figures")
    for name, figure in evaluation.programme.figures.items():
        if figure.stated is not None:
            gathered.setdefault(name, []).append((figure.stated, figure.place or NO_PLACE))
    for name, stated in gathered.items():
        value = evaluation.case.figures[name]
        figure = evaluation.programme.figures[name]
        working = None if isinstance(value, Lack) else value
        found = list(_compared(name, (figure.name, Text("数值", "figure")), stated, working, figure.digits))
        yield from found
        # A published value does not contradict a dispute that it is a side of.
        if isinstance(value, Lack) and not found and not {one for one, _ in stated} <= set(value.candidates):
            listed = tuple((plain(one), place) for one, place in stated)
            yield Disagreement(
                kind=Kind.WORKING, subject=name, what="figure", stated=listed, working="",
                text=Text(
                    f"{figure.name.zh}印为 {listed[0][0]}（{listed[0][1].zh}），但{value.why.zh}",
                    f"{figure.name.en or figure.name.zh} is printed as {listed[0][0]} "
                    f"({listed[0][1].en or listed[0][1].zh}), but {value.why.en or value.why.zh}",
                ),
            )  # fmt: skip


def _grades(evaluation: Evaluation) -> Iterator[Disagreement]:
    stated = tuple(
        (one.grade.zh, one.place) for one in evaluation.programme.published if one.grade is not None
    )
    grade = evaluation.total.grade
    words = {word for word, _ in stated}
    if len(words) > 1 or (grade is not None and words - {grade.zh}):
        result = grade.zh if grade is not None else ""
        said = "、".join(f"{word}（{place.zh}）" for word, place in stated)
        said_en = ", ".join(f"{word} ({place.en or place.zh})" for word, place in stated)
        end = Text(f"；计算得“{result}”", f"; the working gives {result}") if result else Text("")
        yield Disagreement(
            kind=Kind.WORKING, subject=TOTAL, what="grade", stated=stated, working=result,
            text=Text(f"等级：{said}{end.zh}", f"grade: {said_en}{end.en}"),
        )  # fmt: skip


def _sums(evaluation: Evaluation, scores: Mapping[str, Score]) -> Iterator[Disagreement]:
    """Within one place, stated points of all children should sum to those of a group that is their sum."""
    groups = [
        (score.code, [child.code for child in score.children])
        for score in scores.values()
        if score.children and score.points == sum((child.points or ZERO for child in score.children), ZERO)
    ]
    whole = evaluation.total.outcome.points
    if whole is not None and whole == sum((score.points or ZERO for score in evaluation.scores), ZERO):
        groups.append((TOTAL, [score.code for score in evaluation.scores]))
    for one in evaluation.programme.published:
        for code, children in groups:
            if code in one.points and all(child in one.points for child in children):
                sum_ = sum((one.points[child] for child in children), ZERO)
                if sum_ != one.points[code]:
                    name = _title(scores, code)
                    total, given = plain(sum_), plain(one.points[code])
                    yield Disagreement(
                        kind=Kind.SUM, subject=code, what="points", stated=((given, one.place),), working=total,
                        text=Text(
                            f"{name.zh}：下级得分合计 {total}，印为 {given}（{one.place.zh}）",
                            f"{name.en}: its parts sum to {total}, printed as {given} ({one.place.en or one.place.zh})",
                        ),
                    )  # fmt: skip


def _cancelling(evaluation: Evaluation, scores: Mapping[str, Score]) -> Iterator[Disagreement]:
    """Wrong statements of a group's parts that leave its sum right, and so hide each other."""
    gathered = _gathered(evaluation, "points")
    for group in scores.values():
        if not group.children or group.points is None:
            continue
        below = [score for score in group.walk() if score.is_leaf]
        wrong: list[list[tuple[Score, Fraction, Text]]] = []
        for score in below:
            points = score.points
            if points is None:
                continue
            off = [
                (score, value - points, place)
                for value, place in gathered.get(score.code, [])
                if value != points
            ]
            if off:
                wrong.append(off)
        # A larger group that holds the same slips would repeat what the smallest one says.
        if any(child.children and _holds_all(child, wrong) for child in group.children):
            continue
        if len(wrong) <= MOST_WRONG:
            yield from _smallest(group, wrong)


def _smallest(
    group: Score, wrong: Sequence[Sequence[tuple[Score, Fraction, Text]]]
) -> Iterator[Disagreement]:
    """Yield the smallest sets of slips that cancel each other; larger ones are made of these."""
    for number in range(2, len(wrong) + 1):
        found = [
            one
            for chosen in combinations(wrong, number)
            for one in product(*chosen)
            if not sum((off for _, off, _ in one), ZERO)
        ]
        if found:
            yield from (_cancelled(group, one) for one in found)
            return


def _holds_all(group: Score, wrong: Sequence[Sequence[tuple[Score, Fraction, Text]]]) -> bool:
    codes = {score.code for score in group.walk()}
    return bool(wrong) and all(one[0][0].code in codes for one in wrong)


def _cancelled(group: Score, slips: Sequence[tuple[Score, Fraction, Text]]) -> Disagreement:
    parts, parts_en, stated = [], [], []
    for score, off, place in slips:
        value = plain((score.points or ZERO) + off)
        sign = "+" if off > 0 else "−"
        stated.append((value, place))
        parts.append(f"{score.code} {sign}{plain(abs(off))}（{place.zh}）")
        parts_en.append(f"{score.code} {sign}{plain(abs(off))} ({place.en or place.zh})")
    total = plain(group.points or ZERO)
    return Disagreement(
        kind=Kind.CANCELLING, subject=group.code, what="points", stated=tuple(stated), working=total,
        text=Text(
            f"{group.code} 内的错误互相抵消：{'，'.join(parts)}，合计仍为 {total}",
            f"errors within {group.code} cancel each other: {', '.join(parts_en)}; the sum is still {total}",
        ),
    )  # fmt: skip


def _names(evaluation: Evaluation, scores: Mapping[str, Score]) -> Iterator[Disagreement]:
    gathered: dict[str, list[tuple[str, Text]]] = {}
    for one in evaluation.programme.published:
        for code, name in one.names.items():
            gathered.setdefault(code, []).append((name.zh, one.place))
    for code, stated in gathered.items():
        own = scores[code].name.zh if code in scores else ""
        others = [one for one in stated if one[0] != own]
        if others:
            said = "、".join(f"“{name}”（{place.zh}）" for name, place in others)
            yield Disagreement(
                kind=Kind.NAME, subject=code, what="name", stated=tuple(others), working=own,
                text=Text(f"{code}“{own}”另称：{said}", f"{code} ({own}) is also called: {said}"),
            )  # fmt: skip


def _codes(evaluation: Evaluation) -> Iterator[Disagreement]:
    for one in evaluation.programme.published:
        for code, printed in one.codes.items():
            if printed != code:
                yield Disagreement(
                    kind=Kind.CODE, subject=code, what="code", stated=((printed, one.place),), working=code,
                    text=Text(f"{code} 印为 {printed}（{one.place.zh}）", f"{code} is printed as {printed} ({one.place.en or one.place.zh})"),
                )  # fmt: skip


def _claims(evaluation: Evaluation) -> Iterator[Disagreement]:
    for claim in evaluation.programme.claims:
        expression = parsed(claim.holds_if)
        if holds(expression, evaluation.case.figures) is not False:
            continue
        values = []
        for name in expression.names:
            value, figure = evaluation.case.figures[name], evaluation.programme.figures[name]
            if not isinstance(value, Lack):
                values.append((figure.name, figure.printed(value, unit=True)))
        zh = "，".join(f"{name.zh} {value}" for name, value in values)
        en = ", ".join(f"{name.en or name.zh} {value}" for name, value in values)
        yield Disagreement(
            kind=Kind.CLAIM, subject=", ".join(expression.names), what="claim", stated=((claim.text.zh, claim.place),),
            working=zh,
            text=Text(
                f"“{claim.text.zh}”（{claim.place.zh}），而{zh}",
                f"{claim.text.en or claim.text.zh} ({claim.place.en or claim.place.zh}), although {en}",
            ),
        )  # fmt: skip


def _literal(evaluation: Evaluation) -> Iterator[Disagreement]:
    """Where the wording taken literally is not what was applied."""
    for one in ambiguities(evaluation.programme):
        if one.literal is not None and one.literal != one.chosen:
            literal, chosen = one.options[one.literal], one.options[one.chosen]
            yield Disagreement(
                kind=Kind.READING, subject=one.key, what="reading", stated=((one.literal, one.question),),
                working=one.chosen,
                text=Text(
                    f"{one.title.zh}（{one.question.zh}）：字面为“{literal.zh}”，实际按“{chosen.zh}”计",
                    f"{one.title.en or one.title.zh} ({one.question.en or one.question.zh}): literally {literal.en or literal.zh}; "
                    f"applied was {chosen.en or chosen.zh}",
                ),
            )  # fmt: skip


def _shares(evaluation: Evaluation) -> Iterator[Disagreement]:
    """A percentage of n answers can only be k of n, rounded as it is printed."""
    for name, figure in evaluation.programme.figures.items():
        value, number = evaluation.case.figures[name], figure.answers
        if (
            isinstance(value, Lack)
            or number is None
            or figure.formula is not None
            or decimal_places(value) is None
        ):
            continue
        unit = figure.measured_in.scale
        step = Fraction(1, 10 ** (decimal_places(value) or 0))
        below = (value * unit * number).numerator // (value * unit * number).denominator
        near = [Fraction(k, number) / unit for k in (below, below + 1)]
        if value not in {rounded(one, step) for one in near}:
            options = "、".join(figure.printed(one) for one in near)
            printed = figure.printed(value, unit=True)
            yield Disagreement(
                kind=Kind.IMPOSSIBLE_SHARE, subject=name, what="figure", stated=((printed, figure.place),), working=options,
                text=Text(
                    f"{figure.name.zh} {printed} 不可能是 {number:,} 份答卷的占比（相邻的可能值为 {options}）",
                    f"{figure.name.en or figure.name.zh} {printed} cannot be a share of {number:,} answers "
                    f"(the nearest possible are {options})",
                ),
            )  # fmt: skip


def _slips(evaluation: Evaluation) -> Iterator[Disagreement]:
    for slip in evaluation.programme.slips:
        yield Disagreement(
            kind=Kind.SLIP, subject="", what="text", stated=(("", slip.place),), working="",
            text=Text(f"{slip.text.zh}（{slip.place.zh}）", f"{slip.text.en or slip.text.zh} ({slip.place.en or slip.place.zh})"),
        )  # fmt: skip
