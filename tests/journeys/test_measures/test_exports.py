"""Evidence rows as files, and the commands that show and write them."""

import csv
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import openpyxl
import pyarrow.parquet as pq
import pytest

from civicard.cards.codes import Channel, Reason
from civicard.cards.facts import ApplicationTakenIn, CardReceived
from civicard.cli.main import main
from civicard.measures import export as exporting
from civicard.measures.definition import measure_named
from civicard.measures.engine import Engine
from civicard.measures.export import NotExported, export
from civicard.people.rules import AgeBand

if TYPE_CHECKING:
    from tests.journeys.test_measures.conftest import HandMade

    from civicard.ledger.lake import Lake

YEAR = (date(2018, 1, 1), date(2018, 12, 31))
IN_TIME = measure_named("in_time")


def filled(by_hand: "HandMade") -> "Lake":
    """Return a lake in which applications 1 to 5 came due and 5 was late."""
    for application in range(1, 6):
        by_hand.add(
            "2018-03-01",
            ApplicationTakenIn(
                application=application, person=application, application_reason=Reason.FIRST,
                channel=Channel.COUNTER, district="310101", station="310101-001", age_band=next(iter(AgeBand)),
                promised_days=30, due_on=date(2018, 3, 31),
            ),
        )  # fmt: skip
        by_hand.add(
            "2018-03-20" if application < 5 else "2018-04-20",
            CardReceived(application=application, card=application, district="310101", station="310101-001"),
        )
    return by_hand.lake()


@pytest.fixture
def lake(by_hand: "HandMade") -> "Lake":
    return filled(by_hand)


@pytest.fixture
def invented(invented_by_hand: "HandMade") -> "Lake":
    return filled(invented_by_hand)


def test_parquet_holds_the_rows_and_says_what_it_is(lake: "Lake", tmp_path: Path) -> None:
    with Engine(lake, *YEAR) as engine:
        written = engine.export(IN_TIME, tmp_path / "rows.parquet")
    table = pq.read_table(tmp_path / "rows.parquet")
    assert written == table.num_rows == 5
    assert sum(table.column("numerator").to_pylist()) == 4
    assert sum(table.column("denominator").to_pylist()) == 5
    metadata = {key.decode(): value.decode() for key, value in table.schema.metadata.items()}
    assert metadata["civicard.measure"] == "in_time"
    assert (metadata["civicard.since"], metadata["civicard.until"]) == ("2018-01-01", "2018-12-31")
    assert metadata["civicard.root"] == lake.root
    assert metadata["civicard.origin"] == "operated"


def test_csv_begins_with_a_line_that_says_what_it_is(lake: "Lake", tmp_path: Path) -> None:
    with Engine(lake, *YEAR) as engine:
        export(engine, IN_TIME, tmp_path / "rows.csv", misses=True)
    with (tmp_path / "rows.csv").open(encoding="utf-8-sig", newline="") as file:
        note, names, *rows = list(csv.reader(file))
    assert len(note) == 1
    assert f"root={lake.root}" in note[0]
    assert "模拟数据" not in note[0]
    assert [dict(zip(names, row, strict=True))["application"] for row in rows] == ["5"]


def test_a_sheet_has_headings_in_both_languages_and_days_as_days(lake: "Lake", tmp_path: Path) -> None:
    with Engine(lake, *YEAR) as engine:
        engine.export(IN_TIME, tmp_path / "rows.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "rows.xlsx").active
    assert sheet is not None
    note, headings, names, *rows = list(sheet.iter_rows(values_only=True))
    place = {name: at for at, name in enumerate(names)}
    assert "measure=in_time" in str(note[0])
    assert headings[place["due_on"]] == "应完成日期 / the last day on which it is in time"
    assert str(rows[0][place["due_on"]]).startswith("2018-03-31")
    assert sorted(int(str(row[place["application"]])) for row in rows) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("name", ["rows.parquet", "rows.csv", "rows.xlsx"])
def test_invented_facts_are_marked_in_every_file(invented: "Lake", tmp_path: Path, name: str) -> None:
    with Engine(invented, *YEAR) as engine:
        engine.export(IN_TIME, tmp_path / name)
    if name.endswith("parquet"):
        metadata = pq.read_schema(tmp_path / name).metadata
        assert (metadata[b"civicard.origin"], metadata[b"civicard.scale"]) == (b"simulated", b"1:100")
    elif name.endswith("csv"):
        assert "模拟数据" in (tmp_path / name).read_text(encoding="utf-8-sig").splitlines()[0]
    else:
        sheet = openpyxl.load_workbook(tmp_path / name).active
        assert sheet is not None
        assert "模拟数据" in str(sheet["A1"].value)
        assert sheet.oddHeader is not None
        assert "模拟数据" in str(sheet.oddHeader.center.text)


@pytest.mark.parametrize("name", ["rows.txt", "rows", "missing/rows.csv"])
def test_a_file_that_cannot_be_written_is_refused_and_leaves_nothing(
    lake: "Lake", tmp_path: Path, name: str
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    with Engine(lake, *YEAR) as engine, pytest.raises(NotExported) as refused:
        engine.export(IN_TIME, folder / name)
    assert refused.value.code == "measure_not_exported"
    assert list(folder.iterdir()) == []


def test_more_rows_than_a_sheet_holds_are_refused_and_what_was_there_stays(
    lake: "Lake", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A lake of a million rows takes longer to make than it is worth; the limit is brought down to it instead.
    monkeypatch.setattr(exporting, "MOST_SHEET_ROWS", 4)
    path = tmp_path / "rows.xlsx"
    path.write_bytes(b"before")
    with Engine(lake, *YEAR) as engine, pytest.raises(NotExported, match="it has 5 rows and a sheet holds 4"):
        engine.export(IN_TIME, path)
    assert path.read_bytes() == b"before"


def test_the_list_names_every_measure_in_the_language_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["measures", "list", "--lang", "en"]) == 0
    said = capsys.readouterr().out
    assert "in_time" in said
    assert "按期制发率" not in said
    assert "broken" not in said


def test_a_measure_is_explained_without_a_lake(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["measures", "show", "in_time"]) == 0
    assert IN_TIME.definition.zh in capsys.readouterr().out


def test_a_measure_is_measured_and_broken_down(lake: "Lake", capsys: pytest.CaptureFixture[str]) -> None:
    command = [
        "measures",
        "show",
        "in_time",
        "--lake",
        str(lake.folder),
        "--year",
        "2018",
        "--by",
        "district",
    ]
    assert main([*command, "--lang", "en"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-2].split() == ["all", "80", "4", "5", "5"]
    assert lines[-1].split() == ["310101", "80", "4", "5", "5"]
    assert lake.root[:16] in lines[-5]
    assert lines[-4].startswith("Not checked: ")


def test_rows_are_printed_page_by_page(invented: "Lake", capsys: pytest.CaptureFixture[str]) -> None:
    command = ["measures", "rows", "in_time", "--lake", str(invented.folder), "--lang", "en", "--limit", "3"]
    period = ["--since", "2018-01-01", "--until", "2018-12-31"]
    assert main([*command, *period]) == 0
    first = capsys.readouterr().out.splitlines()
    assert first[0] == "[SIMULATED DATA]"
    assert first[-1] == "There are more: --after 3"
    assert main([*command, *period, "--after", "3"]) == 0
    second = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in second[4:]] == ["4", "5"]


@pytest.mark.parametrize(("language", "no", "yes"), [("zh", "否", "是"), ("en", "no", "yes")])
def test_rows_read_as_in_an_evaluation_a_month_without_its_day_and_yes_or_no_as_words(
    lake: "Lake", capsys: pytest.CaptureFixture[str], language: str, no: str, yes: str
) -> None:
    command = [
        "measures",
        "rows",
        "in_time",
        "--lake",
        str(lake.folder),
        "--year",
        "2018",
        "--lang",
        language,
    ]
    assert main(command) == 0
    heads, *rows = [line.split() for line in capsys.readouterr().out.splitlines()[2:]]
    month, day, late = (heads.index(name) for name in ("month", "due_on", "is_late"))
    assert [row[month] for row in rows] == ["2018-03"] * 5
    assert {row[day] for row in rows} == {"2018-03-31"}
    assert [row[late] for row in rows] == [no, no, no, no, yes]


def test_a_period_without_a_lake_is_measured_in_the_lake_of_the_settings(
    lake: "Lake", capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CIVICARD_LAKE", str(lake.folder))
    assert main(["measures", "show", "in_time", "--year", "2018"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].split() == ["全部", "80", "4", "5", "5"]
    assert main(["measures", "show", "in_time", "--by", "district"]) == 1
    assert "[measures_asked_wrongly]" in capsys.readouterr().err


@pytest.mark.parametrize("left", [None, 0, 200], ids=["missing", "empty", "cut short"])
def test_a_file_that_is_not_whole_is_a_refusal(
    lake: "Lake", tmp_path: Path, capsys: pytest.CaptureFixture[str], left: int | None
) -> None:
    out = tmp_path / "rows.csv"
    path = Path(lake.paths("card_received")[0])
    data = path.read_bytes()
    path.unlink()
    if left is not None:
        path.write_bytes(data[:left])
    words = ["in_time", "--lake", str(lake.folder), "--year", "2018"]
    for action in (["show", *words], ["rows", *words], ["rows", *words, "--out", str(out)]):
        assert main(["measures", *action]) == 1
        assert "[lake_unreadable]" in capsys.readouterr().err
    assert not out.exists()


def test_rows_are_written_where_they_are_asked_for(lake: "Lake", tmp_path: Path) -> None:
    out = tmp_path / "late.csv"
    command = ["measures", "rows", "in_time", "--lake", str(lake.folder), "--year", "2018", "--misses"]
    assert main([*command, "--out", str(out), "--where", "month=2018-03"]) == 0
    assert len(out.read_text(encoding="utf-8-sig").splitlines()) == 3


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ([], "measures_asked_wrongly"),
        (["--year", "2018", "--since", "2018-01-01"], "measures_asked_wrongly"),
        (["--since", "2018-12-31", "--until", "2018-01-01"], "measure_period_refused"),
        (["--year", "2018", "--where", "district"], "measures_asked_wrongly"),
        (["--year", "2018", "--where", "colour=red"], "measure_dimension_unknown"),
        (["--year", "2018", "--after", "x"], "measures_asked_wrongly"),
        (["--year", "2018", "--after", "1,2"], "measures_asked_wrongly"),
        (["--year", "2018", "--limit", "0"], "measures_asked_wrongly"),
        (["--year", "2018", "--lake", "nowhere"], "lake_unreadable"),
    ],
)
def test_what_is_asked_wrongly_is_refused_by_name(
    lake: "Lake", capsys: pytest.CaptureFixture[str], words: list[str], code: str
) -> None:
    assert main(["measures", "rows", "in_time", "--lake", str(lake.folder), *words]) == 1
    assert f"[{code}]" in capsys.readouterr().err
