"""Valid facts, and their export: whole files, marked when simulated, with nothing a spreadsheet would run."""

import csv
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from civicard.files import FileUnwritable
from civicard.kernel.text import Language, Text
from civicard.ledger.kinds import UnknownKind, kind_named
from civicard.ledger.lake import About, Lake, LakeUnreadable, open_lake
from civicard.ledger.lake import export as exporting
from civicard.ledger.lake.arrow import schema
from civicard.ledger.lake.export import Chosen, ExportRefused, export
from civicard.ledger.lake.sealing import sealing
from civicard.ledger.lake.valid import valid, valid_sql

AT = datetime(2019, 1, 5, 8, tzinfo=UTC)
# An export in a process of its own, which may write no more than a few bytes into any file.
EXPORTING = """
import resource, sys
from civicard.kernel.refusal import Refusal
from civicard.ledger.lake import open_lake
from civicard.ledger.lake.export import Chosen, export

lake = open_lake(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64))
try:
    export(lake, Chosen(kind="application_passed"), sys.argv[2])
except Refusal as refusal:
    print(refusal.code)
"""
Row = Mapping[str, object]
Tables = Sequence[tuple[str, str, Sequence[Row]]]


def make(folder: Path, *seals: Tables, origin: str = "operated") -> Lake:
    """Seal tables of facts; each row says only what differs from the usual."""
    about = About(city=Text("示例市", "Sample City"), origin=origin)
    for tables in seals:
        with sealing(folder, signers=[], at=AT, about=about) as one:
            for kind, month, rows in tables:
                day = date.fromisoformat(f"{month}-09")
                at = datetime(day.year, day.month, day.day, 2, tzinfo=UTC)
                usual = {"at": at, "day": day, "recorded_at": at, "actor": "clerk-1"}
                whole = schema(kind_named(kind))
                one.write(
                    kind_named(kind),
                    month,
                    [pa.Table.from_pylist([{**usual, **row} for row in rows], schema=whole)],
                )
            one.commit(facts=sum(len(rows) for _, _, rows in tables))
    return open_lake(folder)


def passed(*facts: int, **more: object) -> list[Row]:
    """Return passed applications with these numbers."""
    return [{"fact": fact, "application": fact + 100, **more} for fact in facts]


def retracted(number: int, fact: int, kind: str = "application_passed", reason: str = "录入有误") -> Row:
    """Return a fact that retracts another."""
    return {"fact": number, "retracted": fact, "retracted_kind": kind, "reason": reason}


def facts(query: str) -> list[int]:
    """Return the fact numbers that a query gives, in order."""
    with duckdb.connect() as base:
        return [fact for (fact,) in base.execute(f"SELECT fact FROM ({query}) ORDER BY fact").fetchall()]  # noqa: S608 - the query under test


JULY, AUGUST = "2018-07", "2018-08"


def test_all_facts_are_valid_where_nothing_was_taken_back(tmp_path: Path) -> None:
    lake = make(tmp_path / "lake", [("application_passed", JULY, passed(1, 2, 3))])

    assert facts(valid_sql(lake, "application_passed")) == [1, 2, 3]
    assert not valid(lake, "application_passed").excluded
    assert "NOT EXISTS" not in valid_sql(lake, "application_passed")


def test_a_corrected_fact_is_left_out_and_its_correction_stands(tmp_path: Path) -> None:
    # 3 takes the place of 1, and 4 that of 3; both in another month and seal.
    lake = make(
        tmp_path / "lake",
        [("application_passed", JULY, passed(1, 2))],
        [("application_passed", AUGUST, [*passed(3, corrects=1), *passed(4, corrects=3)])],
    )

    assert facts(valid_sql(lake, "application_passed")) == [2, 4]
    assert facts(valid_sql(lake, "application_passed", [JULY])) == [2]
    assert valid(lake, "application_passed").excluded


def test_a_retracted_fact_is_left_out_of_its_own_kind_only(tmp_path: Path) -> None:
    lake = make(
        tmp_path / "lake",
        [("application_passed", JULY, passed(1, 2)), ("correction_given", JULY, passed(3))],
        [("fact_retracted", AUGUST, [retracted(9, 2)])],
    )

    assert facts(valid_sql(lake, "application_passed")) == [1]
    assert facts(valid_sql(lake, "correction_given")) == [3]
    assert not valid(lake, "correction_given").excluded


def test_what_was_left_out_does_not_come_back(tmp_path: Path) -> None:
    # 3 corrects 1 and is retracted by 8; 9 retracts the retraction.
    lake = make(
        tmp_path / "lake",
        [("application_passed", JULY, [*passed(1, 2), *passed(3, corrects=1)])],
        [("fact_retracted", AUGUST, [retracted(8, 3), retracted(9, 8, "fact_retracted")])],
    )

    assert facts(valid_sql(lake, "application_passed")) == [2]
    assert facts(valid_sql(lake, "fact_retracted")) == [9]


def test_a_kind_without_files_is_an_empty_relation_with_its_columns(tmp_path: Path) -> None:
    lake = make(tmp_path / "lake", [("application_passed", JULY, passed(1))])

    with duckdb.connect() as base:
        found = base.execute(f"DESCRIBE ({valid_sql(lake, 'card_made')})").fetchall()
        summary = base.execute(f"DESCRIBE ({valid_sql(lake, 'card_used_monthly')})").fetchall()

    assert [(name, kept) for name, kept, *_ in found[:4]] == [
        ("fact", "BIGINT"), ("at", "TIMESTAMP WITH TIME ZONE"), ("day", "DATE"),
        ("recorded_at", "TIMESTAMP WITH TIME ZONE"),
    ]  # fmt: skip
    assert [name for name, *_ in found[7:]] == [
        "application", "card", "blank", "attempt", "district", "station", "valid_until",
    ]  # fmt: skip
    assert [(name, kept) for name, kept, *_ in summary] == [
        ("month", "VARCHAR"), ("application_field", "VARCHAR"), ("district", "VARCHAR"), ("facts", "BIGINT"),
        ("amount_fen", "BIGINT"),
    ]  # fmt: skip


def used(*rows: tuple[int, int | None]) -> list[Row]:
    """Return uses with these numbers and amounts."""
    return [
        {"fact": fact, "card": 5, "application_field": "transit", "district": "310115", "amount_fen": amount}
        for fact, amount in rows
    ]


def summary(lake: Lake) -> list[tuple[object, ...]]:
    """Return month, facts and sum of the valid summary of uses, added up."""
    with duckdb.connect() as base:
        return base.execute(
            f"SELECT month, sum(facts)::BIGINT, sum(amount_fen)::BIGINT FROM "  # noqa: S608 - the query under test
            f"({valid_sql(lake, 'card_used_monthly')}) GROUP BY month ORDER BY month"
        ).fetchall()


def test_a_summary_counts_no_fact_that_was_retracted(tmp_path: Path) -> None:
    uses = [("card_used", JULY, used((1, 200), (2, 300))), ("card_used", AUGUST, used((3, 50)))]
    before = make(tmp_path / "before", uses)
    after = make(tmp_path / "after", uses, [("fact_retracted", AUGUST, [retracted(9, 2, "card_used")])])

    assert summary(before) == [(JULY, 2, 500), (AUGUST, 1, 50)]
    assert summary(after) == [(JULY, 1, 200), (AUGUST, 1, 50)]


def test_retractions_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    lake = make(tmp_path / "lake", [("fact_retracted", JULY, [retracted(9, 2)])])
    Path(lake.paths("fact_retracted")[0]).write_bytes(b"damaged")

    with pytest.raises(LakeUnreadable, match="The lake is damaged"):
        valid(lake, "application_passed")


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """Return a lake in which fact 3 corrects fact 1, and 4 is of August."""
    return make(
        tmp_path / "lake",
        [("application_passed", JULY, passed(1, 2))],
        [("application_passed", JULY, passed(3, corrects=1)), ("application_passed", AUGUST, passed(4))],
    )


def exported(path: Path) -> list[int]:
    """Return the fact numbers in an exported file, in its order."""
    match path.suffix:
        case ".csv":
            with path.open(encoding="utf-8-sig", newline="") as file:
                return [int(row[0]) for row in list(csv.reader(file))[1:]]
        case ".xlsx":
            rows = openpyxl.load_workbook(path).worksheets[0].iter_rows(min_row=2, values_only=True)
            return [int(str(row[0])) for row in rows]
        case ".parquet":
            return list(map(int, pq.read_table(path).column("fact").to_pylist()))
        case _:
            return [json.loads(line)["fact"] for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("ending", [".csv", ".xlsx", ".parquet", ".jsonl"])
@pytest.mark.parametrize(
    ("chosen", "numbers"),
    [
        (Chosen(kind="application_passed"), [2, 3, 4]),
        (Chosen(kind="application_passed", is_every=True), [1, 2, 3, 4]),
        (Chosen(kind="application_passed", since=date(2018, 7, 10)), [4]),
        (Chosen(kind="application_passed", until=date(2018, 8, 8)), [2, 3]),
        (Chosen(kind="application_passed", since=date(2018, 7, 9), until=date(2018, 7, 9)), [2, 3]),
        (Chosen(kind="application_passed", since=date(2018, 8, 10), until=date(2018, 7, 1)), []),
        (Chosen(kind="application_passed", since=date(2019, 1, 1)), []),
        (Chosen(kind="card_made"), []),
    ],
    ids=["valid", "every", "since", "until", "one day", "turned round", "later", "none there"],
)
def test_the_chosen_facts_come_out_in_order(
    lake: Lake, tmp_path: Path, ending: str, chosen: Chosen, numbers: list[int]
) -> None:
    out = tmp_path / f"out{ending}"

    assert export(lake, chosen, out) == len(numbers)
    assert exported(out) == numbers


def test_a_table_for_people_has_headings_in_their_language(lake: Lake, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    for language, first, last in (
        (Language.CHINESE, "事实编号", "申领编号"),
        (Language.ENGLISH, "number of the fact", "number of the application"),
    ):
        export(lake, Chosen(kind="application_passed"), out, language=language)
        with out.open(encoding="utf-8-sig", newline="") as file:
            head = next(csv.reader(file))
        assert (head[0], head[-1]) == (first, last)
    assert out.read_bytes().startswith(b"\xef\xbb\xbf")


def test_instants_are_those_of_the_programmes_zone_for_people_and_utc_for_programs(
    lake: Lake, tmp_path: Path
) -> None:
    one = Chosen(kind="application_passed", since=date(2018, 8, 1))
    for ending in (".csv", ".xlsx", ".jsonl"):
        export(lake, one, tmp_path / f"out{ending}")

    with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as file:
        assert list(csv.reader(file))[1][1] == "2018-08-09 10:00:00+08"
    sheet = openpyxl.load_workbook(tmp_path / "out.xlsx").worksheets[0]
    assert sheet.cell(2, 2).value == datetime(2018, 8, 9, 10)  # noqa: DTZ001 - a sheet knows no zones
    assert json.loads((tmp_path / "out.jsonl").read_text())["at"] == "2018-08-09T02:00:00.000000Z"


def test_simulated_facts_say_so_in_every_format(tmp_path: Path) -> None:
    lake = make(tmp_path / "lake", [("application_passed", JULY, passed(1))], origin="simulated")
    for ending in (".csv", ".xlsx", ".parquet", ".jsonl"):
        export(lake, Chosen(kind="application_passed"), tmp_path / f"out{ending}")

    assert (tmp_path / "out.csv").read_text(encoding="utf-8-sig").startswith("【模拟数据】事实编号,")
    book = openpyxl.load_workbook(tmp_path / "out.xlsx")
    assert book.sheetnames == ["模拟 application_passed"]
    assert str(book.worksheets[0].cell(1, 1).value).startswith("【模拟数据】")
    metadata = pq.read_metadata(tmp_path / "out.parquet").metadata
    assert metadata[b"civicard.origin"] == b"simulated"
    assert metadata[b"civicard.root"].decode() == lake.root
    assert json.loads((tmp_path / "out.jsonl").read_text())["origin"] == "simulated"


@pytest.mark.parametrize("words", ["=1+1", "@cmd", "-2+3", "+1", "'=1", "＝1"])
def test_words_that_a_spreadsheet_would_run_are_made_harmless(tmp_path: Path, words: str) -> None:
    lake = make(tmp_path / "lake", [("fact_retracted", JULY, [retracted(9, 2, reason=words)])])
    for ending in (".csv", ".xlsx"):
        export(lake, Chosen(kind="fact_retracted"), tmp_path / f"out{ending}")

    with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as file:
        assert list(csv.reader(file))[1][-1] == f"'{words}"
    cell = openpyxl.load_workbook(tmp_path / "out.xlsx").worksheets[0].cell(2, 10)
    assert (cell.data_type, cell.value) == ("s", words)


def test_a_summary_is_exported_added_up(tmp_path: Path) -> None:
    lake = make(
        tmp_path / "lake", [("card_used", JULY, used((1, 200)))], [("card_used", JULY, used((2, None)))]
    )
    out = tmp_path / "out.jsonl"

    assert export(lake, Chosen(kind="card_used_monthly"), out) == 1
    assert json.loads(out.read_text()) == {
        "origin": "operated", "month": JULY, "application_field": "transit", "district": "310115", "facts": 2,
        "amount_fen": 200,
    }  # fmt: skip


def test_more_rows_than_a_sheet_holds_are_refused(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "MOST_SHEET_ROWS", 2)
    out = tmp_path / "out.xlsx"
    out.write_bytes(b"before")

    with pytest.raises(ExportRefused, match="there are 3 rows and a sheet holds 2"):
        export(lake, Chosen(kind="application_passed"), out)
    assert out.read_bytes() == b"before"
    assert [one.name for one in tmp_path.iterdir() if one.suffix == ".part"] == []


def test_what_cannot_be_exported_is_refused_and_nothing_is_written(lake: Lake, tmp_path: Path) -> None:
    one = Chosen(kind="application_passed")
    with pytest.raises(ExportRefused, match="must be one of"):
        export(lake, one, tmp_path / "out.doc")
    with pytest.raises(UnknownKind):
        export(lake, Chosen(kind="card_lent"), tmp_path / "out.csv")
    for ending in (".csv", ".xlsx", ".parquet", ".jsonl"):
        with pytest.raises(FileUnwritable):
            export(lake, one, tmp_path / "missing" / f"out{ending}")
    assert [path.name for path in tmp_path.iterdir()] == ["lake"]


@pytest.mark.parametrize("first", [9, 28, 31])
def test_an_open_end_reaches_to_the_end_of_the_last_month(tmp_path: Path, first: int) -> None:
    days = [{"day": date(2018, 12, day)} for day in (9, 28, 31)]
    lake = make(tmp_path / "lake", [("application_passed", "2018-12", [
        {**row, **day} for row, day in zip(passed(1, 2, 3), days, strict=True)
    ])])  # fmt: skip
    chosen = Chosen(kind="application_passed", since=date(2018, 12, first))
    assert export(lake, chosen, tmp_path / "out.csv") == sum(one["day"].day >= first for one in days)


@pytest.mark.parametrize("ending", [".csv", ".xlsx", ".parquet", ".jsonl"])
@pytest.mark.parametrize("kept", [0, 300, None])
def test_a_lake_with_a_file_cut_short_or_gone_is_told_and_nothing_is_written(
    lake: Lake, tmp_path: Path, ending: str, kept: int | None
) -> None:
    sealed = Path(lake.paths("application_passed")[0])
    if kept is None:
        sealed.unlink()
    else:
        sealed.write_bytes(sealed.read_bytes()[:kept])
    with pytest.raises(LakeUnreadable, match="ledger check"):
        export(lake, Chosen(kind="application_passed"), tmp_path / f"out{ending}")
    assert [path.name for path in tmp_path.iterdir()] == ["lake"]


@pytest.mark.parametrize("ending", [".csv", ".xlsx", ".parquet", ".jsonl"])
def test_a_disk_that_is_full_in_the_middle_keeps_what_was_there_and_leaves_nothing(
    lake: Lake, tmp_path: Path, ending: str
) -> None:
    out = tmp_path / f"out{ending}"
    out.write_bytes(b"before")
    command = [sys.executable, "-c", EXPORTING, str(lake.folder), str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["file_unwritable"], done.stderr
    assert out.read_bytes() == b"before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lake", out.name]
