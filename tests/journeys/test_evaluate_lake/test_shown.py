"""What a person sees of measured scores: text, JSON, documents, and the evidence rows as files."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openpyxl
import pyarrow.parquet as pq
import pytest
from pyarrow import csv

from civicard.ledger.checking.witness import witnesses_in
from civicard.ledger.lake import open_lake

if TYPE_CHECKING:
    from tests.journeys.test_evaluate_lake.conftest import City, Run


def test_the_text_shows_the_facts_behind_each_measured_score(civicard: "Run", city: "City") -> None:
    out = civicard(*city.command()).out
    lake = open_lake(city.lake)
    assert "依据的事实" in out.splitlines()
    behind = out[out.index("依据的事实") :]
    assert f"封签 1 根值 {lake.root}" in behind
    assert "199 / 200（in_time）" in behind
    assert "未达到的前 1 行" in behind
    assert "2018-12-06" in behind  # the one late card arrived on the 31st day after 5 November
    assert "Facts behind the measured scores" in civicard(*city.command("--lang", "en")).out


def test_every_result_is_a_witness_of_the_lake(civicard: "Run", city: "City", tmp_path: Path) -> None:
    lake = open_lake(city.lake)
    civicard(*city.command("--out", tmp_path / "out", "--format", "text,json,html"))
    for name in ("receipt.json", "scores.json", "scores.txt", "report.html", "score-table.html"):
        (found, *_) = witnesses_in((tmp_path / "out" / name).read_text("utf-8"), name)
        assert (found.number, found.root) == (1, lake.root), name


@pytest.mark.parametrize("form", ["parquet", "csv", "xlsx"])
def test_exported_evidence_adds_up_to_the_sums(
    civicard: "Run", city: "City", tmp_path: Path, form: str
) -> None:
    ran = civicard(*city.command("--out", tmp_path / "out", "--evidence", form))
    assert ran.status == 0, ran.err
    folder = tmp_path / "out" / "evidence"
    assert sorted(one.name for one in folder.iterdir()) == [
        f"C11-made.{form}", f"C11-planned.{form}", f"C12-in_time_rate.{form}",
    ]  # fmt: skip
    assert str(folder / f"C12-in_time_rate.{form}") in ran.out
    sums = {}
    for one in folder.iterdir():
        columns = dict(read_columns(one))
        sums[one.stem] = {
            name: sum(columns[name]) for name in ("numerator", "denominator") if name in columns
        }
    assert sums == {
        "C11-made": {"numerator": 241},
        "C11-planned": {"numerator": 300},
        "C12-in_time_rate": {"numerator": 199, "denominator": 200},
    }
    assert not (tmp_path / "out" / ".evidence.part").exists()


def read_columns(path: Path) -> Iterator[tuple[str, list[Any]]]:
    """Yield the columns of an exported file as other tools read it."""
    if path.suffix == ".parquet":
        yield from pq.read_table(path).to_pydict().items()
    elif path.suffix == ".csv":
        # The first line says what the file is.
        yield from csv.read_csv(path, csv.ReadOptions(skip_rows=1)).to_pydict().items()
    else:
        sheet = openpyxl.load_workbook(path).active
        assert sheet is not None
        rows = list(sheet.iter_rows(values_only=True))
        for at, name in enumerate(rows[2]):
            yield str(name), [row[at] for row in rows[3:]]


def test_the_report_has_an_annex_of_what_it_rests_on(civicard: "Run", city: "City", tmp_path: Path) -> None:
    civicard(*city.command("--out", tmp_path / "out", "--format", "html"))
    report = (tmp_path / "out" / "report.html").read_text("utf-8")
    annex = report[report.index("数据依据</h") :]
    assert open_lake(city.lake).root in annex
    assert "199" in annex
    assert "期内质检合格的卡片" in annex
    assert "实测" in (tmp_path / "out" / "score-table.html").read_text("utf-8")


def test_older_evidence_of_another_form_is_pointed_out(civicard: "Run", city: "City", tmp_path: Path) -> None:
    civicard(*city.command("--out", tmp_path / "out", "--evidence", "csv"))
    told = civicard(*city.command("--out", tmp_path / "out")).err
    assert "evidence/C12-in_time_rate.csv" in told
