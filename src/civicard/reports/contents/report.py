"""财政支出绩效评价报告: the formal report, in the order of sections that Shanghai's has. Pure."""

from collections.abc import Iterator

from civicard.reports.contents import report_findings, report_scores
from civicard.reports.contents.binding import Binding
from civicard.reports.contents.funds import funds_chart, funds_table
from civicard.reports.contents.naming import Names
from civicard.reports.contents.scores import framework_table
from civicard.reports.contents.tables import heads, is_written, narrated, not_provided, numbered, signed
from civicard.reports.contents.words import LEVELS, NOT_STATED, Outline, listed, sentence, titled
from civicard.reports.document import Block, Cell, Column, Paragraph, Table
from civicard.scoring.programme import About, Target
from civicard.scoring.programme import Document as Source
from civicard.scoring.sensitivity import Sensitivity

TITLE = "财政支出绩效评价报告"


def blocks(binding: Binding, found: Sensitivity) -> Iterator[Block]:
    """Yield the report, its tables and charts numbered."""
    yield from numbered(_blocks(binding, found))


def _blocks(binding: Binding, found: Sensitivity) -> Iterator[Block]:
    names, outline = Names.of(binding.evaluation), Outline()
    yield Paragraph(text=_opening(binding.evaluation.programme.programme, binding.provenance))
    yield outline.heading(1, "项目基本情况")
    yield from _overview(binding, outline)
    yield from _targets(binding, outline)
    yield outline.heading(1, "绩效评价工作情况")
    yield from _work(binding, outline, names)
    yield outline.heading(1, "评价结论及绩效分析")
    yield from report_scores.conclusion(binding, outline)
    yield from report_scores.analysis(binding, outline, names)
    yield outline.heading(1, "主要绩效、存在的问题及整改建议")
    yield from report_findings.achievements(binding, outline)
    yield outline.heading(1, "其他需要说明的问题")
    about = binding.evaluation.programme.programme
    remarks = report_findings.remarks(binding, outline, names, found)
    yield from signed(remarks, (about.evaluator or about.unit).zh, about.written.zh)
    yield from report_findings.annex(binding, names)


def _opening(about: About, provenance: str) -> str:
    parts = [f"项目单位：{about.unit.zh}"]
    parts += [f"主管部门：{about.department.zh}"] if about.department else []
    parts += [f"评价机构：{about.evaluator.zh}"] if about.evaluator else []
    parts += [f"评价类型：{about.kind.zh}"] if about.kind else []
    return (
        f"按照预算绩效管理的要求，对{about.title.zh}开展了绩效评价（{'；'.join(parts)}）。{sentence(provenance)}"
        "现将评价工作情况和结果报告如下："
    )


def _overview(binding: Binding, outline: Outline) -> Iterator[Block]:
    programme = binding.evaluation.programme
    told = programme.narrative
    yield outline.heading(2, "概况")
    yield outline.heading(3, "立项背景及目的")
    yield from narrated(outline, 4, told.background, binding)
    yield outline.heading(3, "预算资金来源及使用情况")
    if is_written(told.funding) or programme.funds is not None:
        yield from narrated(outline, 4, told.funding, binding)
    if programme.funds is None:
        yield not_provided("未提供预算和执行数据。")
    else:
        yield funds_table(programme.funds, binding, "表　预算安排及执行情况")
        yield funds_chart(programme.funds, binding)
    yield outline.heading(3, "实施情况")
    yield from narrated(outline, 4, told.implementation, binding)
    yield outline.heading(3, "组织及管理")
    yield from narrated(outline, 4, told.organisation, binding)


def _targets(binding: Binding, outline: Outline) -> Iterator[Block]:
    programme = binding.evaluation.programme
    yield outline.heading(2, "绩效目标")
    goals = programme.narrative.goals
    if is_written(goals) or programme.targets:
        yield from narrated(outline, 3, goals, binding)
    if not programme.targets:
        yield not_provided("未提供绩效目标表。")
        return
    depth = max(level for top in programme.targets for _, level in top.walk())
    yield Paragraph(text=f"项目设置{LEVELS[depth]}绩效目标，具体如下表：", keep_with_next=True)
    yield target_table(programme.targets, "表　绩效目标表")


def target_table(targets: list[Target], caption: str) -> Table:
    """Return the performance targets, upper levels spanning those below, with value and explanation."""
    depth = max(level for top in targets for _, level in top.walk())
    rows = [heads(*(f"{LEVELS[at]}指标" for at in range(1, depth + 1)), "指标目标值", "指标解释")]

    def add(target: Target, level: int, ahead: list[Cell]) -> None:
        if not target.children:
            value = NOT_STATED if target.value is None else target.value.zh
            name = Cell(text=target.name.zh, colspan=depth - level + 1)
            rest = (Cell(text=value), Cell(text=target.explanation.zh or "—"))
            rows.append((*ahead, name, *rest))
            return
        below = sum(not one.children for one, _ in target.walk())
        ahead = [*ahead, Cell(text=target.name.zh, rowspan=below)]
        for child in target.children:
            add(child, level + 1, ahead)
            ahead = []

    for top in targets:
        add(top, 1, [])
    widths = [*(17 for _ in range(depth - 1)), 42, 46, 30]
    return Table(columns=tuple(Column(width=width) for width in widths), rows=tuple(rows), caption=caption)


def _work(binding: Binding, outline: Outline, names: Names) -> Iterator[Block]:
    programme = binding.evaluation.programme
    told, about = programme.narrative, programme.programme
    yield outline.heading(2, "绩效评价目的")
    yield from narrated(outline, 3, told.purpose, binding)
    yield outline.heading(2, "绩效评价原则、评价方法等")
    yield outline.heading(3, "评价原则")
    yield from narrated(outline, 4, told.principles, binding)
    yield outline.heading(3, "评价方法")
    yield from narrated(outline, 4, told.methods, binding)
    yield outline.heading(3, "评价依据")
    if not programme.documents:
        yield not_provided()
    for at, document in enumerate(programme.documents, 1):
        end = "。" if at == len(programme.documents) else "；"
        yield Paragraph(text=f"（{at}）{_source(document)}{end}")
    yield outline.heading(3, "评价对象和范围")
    yield from narrated(outline, 4, told.scope, binding)
    yield outline.heading(3, "评价时段")
    yield Paragraph(text=f"{about.period.zh}。") if about.period else not_provided()
    yield outline.heading(3, "评价指标体系")
    yield from narrated(outline, 4, told.indicator_system, binding)
    yield framework_table(binding, names, "表　综合评价表")
    yield outline.heading(2, "数据采集方法及过程")
    yield from narrated(outline, 3, told.collection, binding)


def _source(document: Source) -> str:
    more = [one.zh for one in (document.issuer, document.number) if one]
    return f"{titled(document.title.zh)}{f'（{listed(more)}）' if more else ''}"
