"""How much the result depends on readings, in words, as a table and as a chart. Pure."""

from collections.abc import Iterator
from typing import NamedTuple

from civicard.kernel.exact import ZERO, Fraction
from civicard.reports import charts
from civicard.reports.contents.binding import Binding
from civicard.reports.contents.naming import Names
from civicard.reports.contents.tables import heads, left, shown
from civicard.reports.contents.words import between, listed, tidy
from civicard.reports.document import Block, Cell, Chart, Column, Paragraph, Table
from civicard.scoring.scorer import Total
from civicard.scoring.sensitivity import Distance, Sensitivity, Variant

CHOSEN = "本次采用"


class Line(NamedTuple):
    """One reading: a short label, a whole sentence, the result under it, and whether only one thing is changed."""

    short: str
    words: str
    total: Total
    is_one: bool = False


def blocks(binding: Binding, names: Names, found: Sensitivity) -> Iterator[Block]:
    """Yield the readings with their totals, those that decide, and what would give another grade."""
    lines = _lines(names, found)
    yield Paragraph(text=_combined(binding, found))
    if len(lines) > 1:
        yield Paragraph(text=_deciding(binding, lines, found), keep_with_next=True)
        yield _table(binding, lines, found)
        if (chart := _chart(binding, lines)) is not None:
            yield chart
    yield from _distances(binding, found)


def _lines(names: Names, found: Sensitivity) -> list[Line]:
    lines = [Line(CHOSEN, "本次采用的口径", found.base)]
    for one in found.uniform:
        if one.changed:
            words = tidy(one.label.zh).removeprefix("所有扣分档")
            lines.append(Line(f"扣分一律{words}", f"按档扣分的指标一律{words}", one.total))
    lines += [
        Line(*_named(names, one), one.total, is_one=True)
        for one in found.alone
        if one.changed or one in found.deciding
    ]
    if found.literal is not None:
        lines.append(Line("全部逐字理解", "全部存疑措辞逐字理解", found.literal.total))
    lines += [Line(one.label.zh, f"改用{one.label.zh}", one.total) for one in found.rule_books]
    return lines


def _named(names: Names, one: Variant) -> tuple[str, str]:
    ((key, reading),) = one.choices.items()
    return names.variant(key, reading)


def _combined(binding: Binding, found: Sensitivity) -> str:
    if not found.open:
        return "本项目的评分规则和数据没有登记存疑的口径，结果不因理解不同而变化。"
    combined = found.combined
    if combined is None:
        return f"评分规则和数据中有{len(found.open)}处可作不同理解，组合过多，未逐一计算；单独改变一处的结果见下。"
    low, high = (binding.evaluation.printed(one[0]) for one in (combined.least, combined.most))
    text = (
        f"评分规则和数据中有{len(found.open)}处可作不同理解，共{combined.number:,}种组合，"
        f"总分在{between(low, high)}之间。"
    )
    if combined.grades is not None:
        each = "，".join(f"{number:,}种为“{grade}”" for grade, number in combined.grades.items())
        text += f"其中{each}。" if len(combined.grades) > 1 else "各种组合的等次相同。"
    return text


def _deciding(binding: Binding, lines: list[Line], found: Sensitivity) -> str:
    deciding = [
        f"第{at}项（{line.short}，总分{_total(binding, line.total)}分，等次“{_grade(line.total)}”）"
        for at, line in enumerate(lines, 1)
        if line.total.grade != found.base.grade and line.is_one
    ]
    if deciding:
        return f"各种口径下的结果见下表，其中只改变一处理解就会改变等次的是{listed(deciding)}。"
    return "各种口径下的结果见下表，只改变其中任何一处理解都不会改变等次。"


def _total(binding: Binding, total: Total) -> str:
    outcome = total.outcome
    if outcome.points is not None:
        return binding.evaluation.printed(outcome.points)
    return between(binding.evaluation.printed(outcome.low), binding.evaluation.printed(outcome.high), "")


def _grade(total: Total) -> str:
    if total.grade is not None:
        return total.grade.zh
    both = dict.fromkeys(one.zh for one in (total.grade_low, total.grade_high) if one is not None)
    return "至".join(both) or "不定"


def _table(binding: Binding, lines: list[Line], found: Sensitivity) -> Table:
    rows = [heads("序号", "评分口径", "总分", "等次", "等次是否改变")]
    base = found.base.grade
    for at, line in enumerate(lines, 1):
        is_base = at == 1
        is_other = line.total.grade != base
        rows.append(
            (
                shown(str(at)),
                left(line.words.rstrip("。"), bold=is_base),
                shown(_total(binding, line.total), bold=is_base or is_other),
                Cell(text=_grade(line.total), bold=is_base or is_other),
                Cell(text="—" if is_base else "改变" if is_other else "不变", bold=is_other),
            )
        )
    return Table(
        columns=tuple(Column(width=width) for width in (8, 78, 12, 10, 14)),
        rows=tuple(rows),
        caption="表　不同评分口径下的总分和等次",
        unit_note="单位：分",
        note="注：单独改变后总分不变的理解未列。",
    )


def _chart(binding: Binding, lines: list[Line]) -> Chart | None:
    """Return the totals over the grades; None while they are open."""
    rows = [
        (f"{at} {line.short}", line.total.outcome.points)
        for at, line in enumerate(lines, 1)
        if line.total.outcome.points is not None
    ]
    if len(rows) < len(lines):
        return None
    whole = binding.evaluation.framework.sum
    bands = [
        (
            band.grade.zh,
            band.low if band.low is not None else ZERO,
            band.high if band.high is not None else whole,
        )
        for band in binding.evaluation.framework.grades
    ]
    chosen = rows[0][0]
    told = listed(f"{label}{binding.evaluation.printed(total)}分" for label, total in rows)
    return Chart(
        option=charts.sensitivity(
            [(label, Fraction(total)) for label, total in rows],
            bands,
            chosen,
            places=binding.evaluation.framework.print_places,
            full=whole,
        ),
        caption="图　不同评分口径下的总分",
        alt=f"{told}。",
        height_mm=charts.rows_height_mm(len(rows)),
    )


def _distances(binding: Binding, found: Sensitivity) -> Iterator[Block]:
    if found.above is None and found.below is None:
        if found.base.outcome.points is None:
            yield Paragraph(text="总分尚未确定，暂不计算与相邻等次的距离。")
        return
    printed = binding.evaluation.printed
    if found.above is not None:
        text = f"距上一等次“{found.above.grade.zh}”（{printed(found.above.bound)}分）差{printed(found.above.points)}分。"
        yield Paragraph(text=text + _levers_lead(found.above, "达到"), keep_with_next=True)
        if found.above.levers:
            yield _levers(binding, found.above, f"表　达到“{found.above.grade.zh}”所需的单项数据")
    if found.below is not None:
        below = found.below
        text = f"高出本等次下限（{printed(below.bound)}分）{printed(below.points)}分，总分低于该分即降为“{below.grade.zh}”。"
        yield Paragraph(text=text + _levers_lead(below, "降至"), keep_with_next=True)
        if below.levers:
            yield _levers(binding, below, f"表　降至“{below.grade.zh}”的单项数据")


def _levers_lead(distance: Distance, verb: str) -> str:
    if not distance.levers:
        return f"其他数据不变时，没有哪一项数据单独变化就能{verb}“{distance.grade.zh}”。"
    return f"其他数据不变时，下列数据只要有一项变为所列数值，即{verb}“{distance.grade.zh}”："


def _levers(binding: Binding, distance: Distance, caption: str) -> Table:
    rows = [heads("数据", "现值", "变为", "届时总分")]
    rows += [
        (
            left(one.title.zh),
            Cell(text=tidy(one.now).replace(" ", "")),
            Cell(text=tidy(one.needed).replace(" ", "")),
            shown(binding.evaluation.printed(one.total)),
        )
        for one in distance.levers
    ]
    return Table(
        columns=tuple(Column(width=width) for width in (48, 28, 28, 16)), rows=tuple(rows), caption=caption
    )
