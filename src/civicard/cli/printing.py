"""Results as text for a terminal, in columns that hold Chinese too."""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from civicard.evaluation.measured import Measured, Measurement, evidence_name, measured_of
from civicard.kernel.exact import Fraction, grouped, plain
from civicard.kernel.text import Language, Text
from civicard.scoring.evaluate import Evaluation, Score
from civicard.scoring.figures import Basis, Lack, State
from civicard.scoring.observations import observations
from civicard.scoring.sensitivity import Combined, Distance, Sensitivity, Variant
from civicard.scoring.statements import disagreements

if TYPE_CHECKING:
    from civicard.evaluation.measuring import Sample

SHORT_ROOT = 12
SIMULATED = Text("【模拟数据】", "[SIMULATED DATA]")
UNSUPPORTED = Text("无佐证", "unsupported")
STATES = {
    State.SCORED: Text("得分", "scored"),
    State.MISSING: Text("缺数据", "missing"),
    State.NOT_APPLICABLE: Text("不适用", "not applicable"),
    State.DISPUTED: Text("有争议", "disputed"),
}
BASES = {
    Basis.MEASURED: Text("实测", "measured"),
    Basis.EVIDENCE: Text("佐证", "evidence"),
    Basis.STATED: Text("自述", "stated"),
    Basis.NONE: Text("无", "none"),
}


def width(text: str) -> int:
    """Return how many columns of a terminal `text` takes: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def padded(text: str, columns: int, *, right: bool = False) -> str:
    """Return `text` filled with spaces to `columns`."""
    fill = " " * max(0, columns - width(text))
    return fill + text if right else text + fill


def columns(rows: Iterable[Sequence[str]], right: Sequence[int] = ()) -> list[str]:
    """Return rows as lines with aligned columns; those numbered in `right` are aligned to the right."""
    table = [list(row) for row in rows]
    if not table:
        return []
    widths = [max(width(row[at]) for row in table) for at in range(len(table[0]))]
    return [
        "  ".join(padded(cell, widths[at], right=at in right) for at, cell in enumerate(row)).rstrip()
        for row in table
    ]


def evaluation_text(evaluation: Evaluation, language: Language) -> str:
    """Return a whole evaluation as text: result, scores with their working, disagreements, observations."""

    def say(zh: str, en: str) -> str:
        return Text(zh, en).into(language)

    about = evaluation.programme.programme
    lines = [f"{about.title.into(language)}　{about.unit.into(language)}"]
    if about.origin == "simulated":
        lines.insert(0, SIMULATED.into(language))
    lines += ["", result_line(evaluation, language)]
    held = [(say("封顶", "held down"), one.why) for one in evaluation.total.ceilings]
    held += [(say("一票否决", "vetoed"), one.why) for one in evaluation.total.vetoes]
    lines += [f"{word}: {why.into(language)}" for word, why in held]
    lines.append("")
    rows: list[tuple[str, ...]] = [
        (
            say("代码", "Code"),
            say("指标", "Indicator"),
            say("得分", "Points"),
            say("权重", "Weight"),
            say("数值", "Figure"),
            say("依据", "Basis"),
        )
    ]
    rows += [_row(score, evaluation, language) for score in evaluation.walk()]
    lines += columns(rows, right=(2, 3, 4))
    lines += ["", say("计算过程", "Working")]
    for score in evaluation.leaves():
        lines.append(f"  {score.code}  {score.explanation.into(language)}")
    for title, found in (
        (say("不一致", "Disagreements"), [one.text for one in disagreements(evaluation)]),
        (say("需要注意", "To be noted"), [one.text for one in observations(evaluation)]),
    ):
        if found:
            lines += [
                "",
                f"{title}（{len(found)}）" if language is Language.CHINESE else f"{title} ({len(found)})",
            ]
            lines += [f"  {at}. {text.into(language)}" for at, text in enumerate(found, 1)]
    return "\n".join(lines) + "\n"


def facts_text(
    evaluation: Evaluation,
    measurement: Measurement,
    samples: Mapping[str, "Sample"],
    files: Mapping[str, Sequence[str]],
    language: Language,
) -> str:
    """Return what stands behind the measured scores: figures, sums, and a few of the evidence rows.

    Args:
        evaluation: of the measured programme.
        measurement: what was measured, and in which lake.
        samples: evidence rows by figure.
        files: where the evidence rows of an indicator and figure were exported to, by `C11-cards_made`.
        language: to print in.
    """
    lake = measurement.lake
    city, size = lake.city.into(language), "" if lake.scale == 1 else f" 1:{lake.scale}"
    lines = [
        "",
        Text("依据的事实", "Facts behind the measured scores").into(language),
        Text(
            f"  {city}{size}，{lake.since} 至 {lake.until}，封签 {lake.seal} 根值 {lake.root}",
            f"  {city}{size}, {lake.since} to {lake.until}, seal {lake.seal} root {lake.root}",
        ).into(language),
    ]
    if measurement.note:
        lines.append(f"  {measurement.note.into(language)}")
    for score in evaluation.leaves():
        for one in measured_of(score, evaluation.programme.figures, lake):
            lines += ["", f"  {score.code}  {_measured_line(one, evaluation, measurement, language)}"]
            lines += _sample_lines(samples[one.figure], language) if one.figure in samples else []
            places = files.get(evidence_name(score.code, one.figure), ())
            lines += [
                Text(f"    全部证据行：{place}", f"    all evidence rows: {place}").into(language)
                for place in places
            ]
    if not files:
        told = Text("  全部证据行：加 --out 导出", "  all evidence rows: exported with --out")
        lines += ["", told.into(language)]
    return "\n".join(lines) + "\n"


def _measured_line(
    one: Measured, evaluation: Evaluation, measurement: Measurement, language: Language
) -> str:
    lake = measurement.lake
    figure = evaluation.programme.figures[one.figure]
    value = evaluation.case.figures[one.figure]
    found = STATES[State.MISSING].into(language)
    if not isinstance(value, Lack):
        found = figure.printed(value, unit=True)
    sums = [grouped(Fraction(number)) for number in (one.numerator, one.denominator) if number is not None]
    by = f"{one.title.into(language)} {' / '.join(sums)}".strip()
    rows, root = f"{one.rows:,}", lake.root[:SHORT_ROOT]
    return Text(
        f"{figure.name.zh} {found} ← {by}（{one.measure}），证据 {rows} 行，封签 {lake.seal} {root}…",
        f"{figure.name.into(language)} {found} ← {by} ({one.measure}), {rows} evidence row{'' if one.rows == 1 else 's'}, seal {lake.seal} {root}…",
    ).into(language)


def _sample_lines(sample: "Sample", language: Language) -> list[str]:
    if not sample.rows:
        return []
    number = len(sample.rows)
    of = "the first row" if number == 1 else f"the first {number} rows"
    title = (
        Text(f"    未达到的前 {number} 行", f"    {of} that miss{'es' if number == 1 else ''} it")
        if sample.misses
        else Text(f"    前 {number} 行", f"    {of}")
    )
    heads = [one.into(language) for one in sample.columns]
    rows = [[one.into(language) for one in row] for row in sample.rows]
    return [title.into(language), *(f"      {line}" for line in columns([heads, *rows]))]


def result_line(evaluation: Evaluation, language: Language) -> str:
    """Return total and grade in one line, or between what they lie."""
    total = evaluation.total
    low, high = evaluation.bounds()
    grades = [
        one.into(language) if one is not None else "—"
        for one in (total.grade, total.grade_low, total.grade_high)
    ]
    if evaluation.is_complete and total.outcome.points is not None:
        points = evaluation.printed(total.outcome.points)
        return Text(f"总分 {points}　等级 {grades[0]}", f"Total {points}, grade {grades[0]}").into(language)
    between = (
        grades[0]
        if total.grade is not None
        else Text(f"{grades[1]} 至 {grades[2]}", f"{grades[1]} to {grades[2]}").into(language)
    )
    return Text(
        f"总分不完整：{low} 至 {high}　等级 {between}", f"Incomplete: total {low} to {high}, grade {between}"
    ).into(language)


def _row(score: Score, evaluation: Evaluation, language: Language) -> tuple[str, ...]:
    points = evaluation.printed(score.points)
    if score.points is None:
        points = STATES[score.state].into(language)
        if score.state is not State.NOT_APPLICABLE:
            points += f" {evaluation.printed(score.low)}–{evaluation.printed(score.high)}"
    basis = BASES[score.basis].into(language)
    if score.is_leaf and score.points and not score.is_supported:
        basis = (
            f"{basis}，{UNSUPPORTED.into(language)}"
            if language is Language.CHINESE
            else f"{basis}, {UNSUPPORTED.en}"
        )
    indent = "  " * (score.level - 1)
    weight = plain(score.weight)
    name = indent + score.name.into(language)
    return (score.code, name, points, weight, score.printed, basis if score.is_leaf else "")


def sensitivity_text(found: Sensitivity, evaluation: Evaluation, language: Language) -> str:
    """Return a sensitivity analysis as text."""

    def say(zh: str, en: str) -> str:
        return Text(zh, en).into(language)

    about = evaluation.programme.programme
    lines = [SIMULATED.into(language)] if about.origin == "simulated" else []
    lines += [about.title.into(language), "", result_line(evaluation, language), ""]
    deciding = {one.key for one in found.deciding}

    def table(title: str, variants: Sequence[Variant]) -> None:
        if variants:
            mark = say("← 改变等级", "← changes the grade")
            lines.append(title)
            rows = [
                ("", one.label.into(language), _points(evaluation, one), one.total.grade.into(language) if one.total.grade else "—",
                 mark if one.key in deciding or one.total.grade != found.base.grade else "")
                for one in variants
            ]  # fmt: skip
            lines.extend(columns(rows, right=(2,)))
            lines.append("")

    table(say("所有扣分档同用一种读法", "Every step rule under one reading"), found.uniform)
    table(
        say("单独改变一种读法", "One reading changed"),
        [one for one in found.alone if one.changed or one.key in deciding],
    )
    if found.literal is not None:
        table(say("逐字理解全部措辞", "Every wording taken literally"), [found.literal])
    table(say("换一套计分规则", "Another rule book"), found.rule_books)
    lines += [say("全部读法组合", "All readings combined"), *_combined(found.combined, evaluation, language)]
    for title, distance in (
        (say("距上一等级", "To the grade above"), found.above),
        (say("距下一等级", "To the grade below"), found.below),
    ):
        if distance is not None:
            lines += ["", *_distance(title, distance, evaluation, language)]
    return "\n".join(lines) + "\n"


def _combined(combined: Combined | None, evaluation: Evaluation, language: Language) -> list[str]:
    if combined is None:
        return [Text("  组合过多，未逐一计算", "  too many to work out").into(language)]
    least, most = (evaluation.printed(one[0]) for one in (combined.least, combined.most))
    number = f"{combined.number:,}"
    lines = [
        Text(
            f"  {number} 种组合，总分 {least} 至 {most}", f"  {number} combinations, total {least} to {most}"
        ).into(language)
    ]
    if combined.grades is not None:
        words = {band.grade.zh: band.grade.into(language) for band in evaluation.framework.grades}
        shares = [f"{words.get(grade, grade)} {count:,}" for grade, count in combined.grades.items()]
        lines.append(f"  {'　'.join(shares)}")
    return lines


def _points(evaluation: Evaluation, one: Variant) -> str:
    outcome = one.total.outcome
    if outcome.points is not None:
        return evaluation.printed(outcome.points)
    return f"{evaluation.printed(outcome.low)}–{evaluation.printed(outcome.high)}"


def _distance(title: str, distance: Distance, evaluation: Evaluation, language: Language) -> list[str]:
    grade, bound, points = (
        distance.grade.into(language),
        evaluation.printed(distance.bound),
        evaluation.printed(distance.points),
    )
    lines = [
        Text(
            f"{title}“{grade}”：{points} 分（界限 {bound}）",
            f"{title} ({grade}): {points} points (bound {bound})",
        ).into(language)
    ]
    rows = [
        ("", lever.title.into(language), lever.now, "→", lever.needed, Text(f"总分 {evaluation.printed(lever.total)}", f"total {evaluation.printed(lever.total)}").into(language))
        for lever in distance.levers
    ]  # fmt: skip
    if not rows:
        return [*lines, Text("  没有单独一项数据能达到", "  no single figure would reach it").into(language)]
    return [*lines, *columns(rows, right=(2, 4))]
