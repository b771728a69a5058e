"""Make the pictures of `documents.md` anew from the documents of both programmes: `make pictures`.

A page is found by a phrase that it holds, so that pages may move; the first page that holds it is taken.
"""

import contextlib
import io
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pypdfium2
from PIL import Image

from civicard.cli.main import main as main_of_civicard
from civicard.evaluation.opening import open_programme
from civicard.evaluation.receipts import receipt
from civicard.files import write_all
from civicard.reports.documents import make_documents
from civicard.scoring import evaluate, sensitivity

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
PORTRAIT, LANDSCAPE, SMALL = 900, 1200, 150
COLOURS = 32
SIMULATED = "simulated"
OVERVIEW_COLUMNS = 11


class Picture(NamedTuple):
    """One picture: its name, the programme and document it shows, and a phrase of the page."""

    name: str
    programme: str
    document: str
    phrase: str


PICTURES = (
    Picture("report-cover", "shanghai-2018", "report", "财政支出绩效评价报告"),
    Picture("report-funds", "shanghai-2018", "report", "预算安排及执行情况"),
    Picture("report-conclusion", "shanghai-2018", "report", "本项目绩效评价总分为"),
    Picture("report-scores", "shanghai-2018", "report", "各指标得分与失分"),
    Picture("report-analysis", "shanghai-2018", "report", "制卡发放及时性，得6分"),
    Picture("report-contradictions", "shanghai-2018", "report", "错误互相抵消"),
    Picture("report-sensitivity", "shanghai-2018", "report", "不同评分口径下的总分和等次单位"),
    Picture("report-readings", "shanghai-2018", "report", "图3不同评分口径下的总分"),
    Picture("report-annex", "shanghai-2018", "report", "评分计算过程"),
    Picture("report-facts", SIMULATED, "report", "实测数据及其依据"),
    Picture("table-first", "shanghai-2018", "self-evaluation-table", "年度总体目标"),
    Picture("table-second", "shanghai-2018", "self-evaluation-table", "总分"),
    Picture("form-first", "shanghai-2018", "self-evaluation-report", "一、"),
    Picture("form-conclusion", "shanghai-2018", "self-evaluation-report", "二、总体评价结论"),
    Picture("zhengzhou-table", "zhengzhou-2021", "self-evaluation-table", "总分"),
    Picture("scores-first", "shanghai-2018", "score-table", "计算"),
)


def documents(name: str) -> dict[str, pypdfium2.PdfDocument]:
    """Return the PDFs of a programme, by document."""
    opened = open_programme(ROOT / "programmes" / f"{name}.yaml")
    digest = receipt(opened)["digest"]
    made = make_documents(
        evaluate(opened.loaded.programme), sensitivity(opened.loaded), digest=digest, formats=["pdf"],
        kinds=None, template=None, advance=None,
    )  # fmt: skip
    return {file.removesuffix(".pdf"): pypdfium2.PdfDocument(data) for file, data in made.items()}


def simulated_documents() -> dict[str, pypdfium2.PdfDocument]:
    """Return the PDFs of the simulated city, by document."""
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        os.environ["CIVICARD_DATA"] = folder
        out = Path(folder) / "out"
        if main_of_civicard(["demo", "--no-serve", "--format", "pdf", "--out", str(out)]):
            raise RuntimeError("the demonstration was refused; what it said stands above")
        return {path.stem: pypdfium2.PdfDocument(path.read_bytes()) for path in out.glob("*.pdf")}


def page_with(document: pypdfium2.PdfDocument, phrase: str) -> pypdfium2.PdfPage:
    """Return the first page that holds `phrase`, spaces and line breaks aside.

    Raises:
        LookupError: no page holds it.
    """
    for page in document:
        text = "".join(page.get_textpage().get_text_range().split())
        if phrase in text:
            return page
    raise LookupError(f"No page holds {phrase}.")


def drawn(page: pypdfium2.PdfPage, width: int) -> Image.Image:
    """Return a page as a picture of `width` pixels."""
    image: Image.Image = page.render(scale=width / page.get_width()).to_pil()
    return image.convert("RGB")


def overview(document: pypdfium2.PdfDocument) -> Image.Image:
    """Return all pages of a document, small, in rows."""
    pages = [drawn(page, SMALL) for page in document]
    high = max(page.height for page in pages)
    gap = SMALL // 40
    rows = -(-len(pages) // OVERVIEW_COLUMNS)
    sheet = Image.new("RGB", (OVERVIEW_COLUMNS * (SMALL + gap), rows * (high + gap)), "#c8c8c8")
    for at, page in enumerate(pages):
        row, column = divmod(at, OVERVIEW_COLUMNS)
        sheet.paste(page, (column * (SMALL + gap), row * (high + gap)))
    return sheet


def pictures() -> "Iterator[tuple[str, Image.Image]]":
    """Yield every picture with its name."""
    made = {name: documents(name) for name in ("shanghai-2018", "zhengzhou-2021")}
    made[SIMULATED] = simulated_documents()
    yield "report-overview", overview(made["shanghai-2018"]["report"])
    for one in PICTURES:
        page = page_with(made[one.programme][one.document], one.phrase)
        yield one.name, drawn(page, LANDSCAPE if page.get_width() > page.get_height() else PORTRAIT)


def main() -> int:
    """Write all pictures, or none."""
    files: dict[str, bytes] = {}
    for name, image in pictures():
        data = io.BytesIO()
        image.quantize(COLOURS).save(data, "PNG", optimize=True)
        files[f"{name}.png"] = data.getvalue()
    write_all(ROOT / "docs" / "pictures", files)
    return 0


if __name__ == "__main__":
    sys.exit(main())
