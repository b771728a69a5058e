"""The official Chinese documents of an evaluation: which there are, and each as bytes in the formats asked for."""

import re
from collections.abc import Callable, Sequence
from datetime import date

from civicard.evaluation.measured import Measurement
from civicard.kernel.refusal import Refusal
from civicard.kernel.text import Text
from civicard.reports.contents import report, score_table, self_report, self_table
from civicard.reports.contents.binding import Binding
from civicard.reports.document import Document
from civicard.scoring.evaluate import Evaluation
from civicard.scoring.programme import Origin
from civicard.scoring.sensitivity import Sensitivity

MOST_TEMPLATE_BYTES = 20_000_000
ORIGIN_MARK = "模拟数据"
DAY = re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})日")
# The kinds as they are asked for, each with the name of its files.
KINDS = {
    "report": "report",
    "table": "self-evaluation-table",
    "form": "self-evaluation-report",
    "scores": "score-table",
}
NAMES = {
    "report": Text("绩效评价报告", "evaluation report"),
    "table": Text("绩效自评表", "self-evaluation table"),
    "form": Text("绩效自评价报告", "self-evaluation report"),
    "scores": Text("评分表", "score table"),
}


class DocumentUnknown(Refusal):
    """A document was asked for that is none of those there are."""

    code = "document_unknown"

    def __init__(self, asked: Sequence[str]) -> None:
        possible_zh = "、".join(f"{kind}（{NAMES[kind].zh}）" for kind in KINDS)
        possible = ", ".join(f"{kind} ({NAMES[kind].en})" for kind in KINDS)
        super().__init__(
            Text(
                f"没有文件 {'、'.join(asked)}；可选：{possible_zh}。未生成任何文件。",
                f"There is no document {', '.join(asked)}; possible: {possible}. Nothing was made.",
            )
        )


def make_documents(
    evaluation: Evaluation,
    found: Sensitivity,
    *,
    digest: str,
    formats: Sequence[str],
    kinds: Sequence[str] | None = None,
    template: bytes | None = None,
    measurement: Measurement | None = None,
    advance: Callable[[int, int, Text], None] | None = None,
) -> dict[str, bytes]:
    """Return documents as bytes by file name, such as report.docx.

    Args:
        evaluation: what they report on.
        found: how much its result depends on choices.
        digest: of the receipt, printed on every page.
        formats: docx, pdf, html, xlsx.
        kinds: report, table, form, scores; None makes all of them.
        template: the city's own Word file, filled for the report as docx.
        measurement: what was measured in a lake for it; None where nothing was.
        advance: is told how many files are done, of how many, and which is next.

    Raises:
        DocumentUnknown: one of `kinds` does not exist.
        Refusal: the template cannot be used, or no font has a character for the PDF.
    """
    wanted = list(KINDS) if kinds is None else list(dict.fromkeys(kinds))
    if unknown := [kind for kind in wanted if kind not in KINDS]:
        raise DocumentUnknown(unknown)
    binding = Binding(evaluation, measurement)
    made: dict[str, bytes] = {}
    number = len(wanted) * len(formats)
    for kind in wanted:
        document = document_of(kind, binding, found, digest)
        for form in formats:
            if advance is not None:
                name = NAMES[kind]
                advance(len(made), number, Text(f"{name.zh}（{form}）", f"{name.en} ({form})"))
            if template is not None and kind == "report" and form == "docx":
                from civicard.reports.template import fill_template

                made[f"{KINDS[kind]}.{form}"] = fill_template(template, binding.fields(), document)
            else:
                made[f"{KINDS[kind]}.{form}"] = rendered(document, form)
    return made


def document_of(kind: str, binding: Binding, found: Sensitivity, digest: str) -> Document:
    """Return one document, free of any format."""
    about = binding.evaluation.programme.programme
    subtitle, is_wide = self_table.year_line(binding), False
    cover: tuple[str, ...] = ()
    match kind:
        case "report":
            title = f"{about.title.zh}\n{report.TITLE}"
            subtitle = f"（{about.kind.zh}）" if about.kind else ""
            cover = ((about.evaluator or about.unit).zh, about.written.zh or "（成文日期未提供）")
            if binding.provenance:
                cover += (binding.provenance,)
            blocks = tuple(report.blocks(binding, found))
        case "table":
            title, is_wide = self_table.TITLE, True
            blocks = tuple(self_table.blocks(binding))
        case "form":
            title = f"{about.title.zh}\n{self_report.TITLE}"
            subtitle = _unless_told(subtitle, title)
            blocks = tuple(self_report.blocks(binding))
        case _:
            title, is_wide = f"{about.title.zh}\n{score_table.TITLE}", True
            subtitle = _unless_told(subtitle, title)
            blocks = tuple(score_table.blocks(binding))
    return Document(
        title=title,
        subtitle=subtitle,
        blocks=blocks,
        cover_lines=cover,
        origin_mark=ORIGIN_MARK if about.origin is Origin.SIMULATED else "",
        footer_note=f"评分凭据：{digest}",
        author=(about.evaluator or about.unit).zh,
        dated_on=_day(about.written.zh),
        landscape=is_wide,
    )


def _unless_told(subtitle: str, title: str) -> str:
    """Return the line with the year, unless the title names it already."""
    return "" if subtitle.strip("（）") in title else subtitle


def _day(written: str) -> date | None:
    """Return the day that is written, unless it is a month only, or no day at all."""
    found = DAY.fullmatch(written)
    if found is None:
        return None
    try:
        return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return None


def rendered(document: Document, form: str) -> bytes:
    """Return a document in one format."""
    match form:
        case "docx":
            from civicard.reports.word import to_docx

            return to_docx(document)
        case "pdf":
            from civicard.reports.pdf import to_pdf

            return to_pdf(document)
        case "html":
            from civicard.reports.html import to_html

            return to_html(document).encode()
        case "xlsx":
            from civicard.reports.workbook import to_xlsx

            return to_xlsx(document)
    raise ValueError(f"No renderer writes {form}.")
