"""Tables of many units: three kinds of files, the same cells; and what each column and cell means to a programme."""

import io
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path

import duckdb
import openpyxl
import pytest

from civicard.evaluation.spreadsheets import WorkbookUnreadable
from civicard.evaluation.tables import Cell, TableRefused, UnitTable, read_table, write_table
from civicard.evaluation.tables.inputs import TableInputs, to_inputs
from civicard.files import FileUnreadable
from civicard.kernel.exact import Fraction
from civicard.scoring.evidence import Answer
from civicard.scoring.figures import Lack, State
from civicard.scoring.load import load
from civicard.scoring.many import score_units
from civicard.scoring.programme import Programme

HOSTILE = ("=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "'=quoted", "＝1+1", "plain", "=1")

PROGRAMME = """
civicard: 1
programme: {title: 示例, unit: 示例单位}
framework:
  indicators:
    - code: C12
      name: 及时率
      weight: 60
      unit: "%"
      rule: {kind: step, figure: in_time, target: 100, step: 1, deduct: 2, reading: started}
    - {code: B21, name: 制度, weight: 20, rule: {kind: checklist, items: [{text: 有制度, points: 20, good: yes}]}}
    - code: B22
      name: 作用
      weight: 15
      rule: {kind: graded, grades: [{grade: {zh: 好, en: good}, points: 15}, {grade: 差, points: 0}]}
    - {code: B23, name: 裁量, weight: 5, rule: {kind: discretion, most_off: 5}}
  grades: [{grade: 合格, least: 60}, {grade: 不合格, below: 60}]
figures:
  in_time: {name: {zh: 及时率, en: In time}, unit: "% of whole", value: null}
  spent: {name: 支出, unit: 元, value: null}
  cards: {name: 制卡数, unit: 张, value: null}
  twin_a: {name: 同名, unit: 元, value: null}
  twin_b: {name: 同名, unit: 元, value: null}
"""


@pytest.fixture(name="programme", scope="module")
def _programme() -> Programme:
    return load({"programme.yaml": PROGRAMME}).programme


def table(columns: Mapping[str, Sequence[Cell]]) -> UnitTable:
    number = max(map(len, columns.values()), default=0)
    return UnitTable(
        name="units.csv", columns={head: list(cells) for head, cells in columns.items()}, number=number
    )


def read_back(given: UnitTable, suffix: str, folder: Path) -> UnitTable:
    path = folder / f"table{suffix}"
    path.write_bytes(write_table(given, suffix))
    return read_table(path)


def csv_of(text: str, folder: Path, encoding: str = "utf-8") -> Path:
    path = folder / "units.csv"
    path.write_bytes(text.encode(encoding))
    return path


def one(inputs: TableInputs, name: str) -> object:
    assert not inputs.faults, [fault.said.en for fault in inputs.faults]
    return inputs.inputs[name][0]


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".parquet"])
def test_every_kind_of_file_gives_the_cells_back_in_order(suffix: str, tmp_path: Path) -> None:
    given = table(
        {
            "编号": ["007", "A-1", "乙"],
            "number": [30501000, None, -5],
            "rate": [Decimal("99.60"), Decimal("0.1"), None],
            "long": [123456789012345678, None, 10**30],
            "text": ["a\nb", 'c "d", e', None],
        }
    )
    back = read_back(given, suffix, tmp_path)
    assert list(back.columns) == list(given.columns)
    assert [str(x) for x in back.columns["long"]] == [str(x) for x in given.columns["long"]]
    assert {k: v for k, v in back.columns.items() if k != "long"} == {
        k: v for k, v in given.columns.items() if k != "long"
    }


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".parquet"])
def test_text_like_a_formula_stays_text_and_comes_back_unchanged(suffix: str, tmp_path: Path) -> None:
    back = read_back(table({"text": list(HOSTILE)}), suffix, tmp_path)
    assert back.columns["text"] == list(HOSTILE)


def test_csv_gives_a_spreadsheet_no_formula_to_run() -> None:
    lines = (
        write_table(table({"text": [*HOSTILE, "-12.5"], "n": [*range(9), -1]}), ".csv")
        .decode("utf-8-sig")
        .splitlines()
    )
    assert "'=cmd|' /C calc'!A0,0" in lines
    assert "-12.5,-1" in lines
    assert not any(line.startswith(("=", "+", "@", "-2")) for line in lines[1:])


def test_an_excel_table_holds_no_formula() -> None:
    book = openpyxl.load_workbook(io.BytesIO(write_table(table({"text": list(HOSTILE)}), ".xlsx")))
    cells = [row[0] for row in book.worksheets[0].iter_rows(min_row=2)]
    assert {cell.data_type for cell in cells} == {"s"}


def test_decimals_in_parquet_are_decimals_where_they_fit_and_text_where_not(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    tall, small = Decimal(10) ** 37, Decimal("0.01")
    path.write_bytes(
        write_table(table({"a": [Decimal("1.10"), 5], "b": [tall, small], "c": [2**63, 1]}), ".parquet")
    )
    kinds = duckdb.execute(
        "SELECT typeof(a), typeof(b), typeof(c) FROM read_parquet(?)", [str(path)]
    ).fetchone()
    assert kinds == ("DECIMAL(3,2)", "VARCHAR", "VARCHAR")


def test_binary_floats_are_read_as_they_were_typed(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    duckdb.execute(f"COPY (SELECT 0.1::DOUBLE AS a, 99.6::DOUBLE AS b) TO '{path}'")
    assert read_table(path).columns == {"a": [Decimal("0.1")], "b": [Decimal("99.6")]}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_chinese_csv_is_read_in_each_usual_encoding(encoding: str, tmp_path: Path) -> None:
    assert read_table(csv_of("区,执行率（%）\n黄浦,99.6\n", tmp_path, encoding)).columns == {
        "区": ["黄浦"],
        "执行率（%）": [Decimal("99.6")],
    }


def test_a_percent_format_of_excel_is_seen_as_percent(tmp_path: Path, programme: Programme) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(["区", "in_time"])
    sheet.append(["黄浦", 0.996])
    sheet["B2"].number_format = "0.00%"
    book.save(tmp_path / "t.xlsx")
    assert one(to_inputs(read_table(tmp_path / "t.xlsx"), programme), "in_time") == Fraction("99.6")


def test_a_named_sheet_is_read_and_an_unknown_one_refused(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.create_sheet("数据").append(["a"])
    book.save(tmp_path / "t.xlsx")
    assert read_table(tmp_path / "t.xlsx", "数据").columns == {"a": []}
    with pytest.raises(TableRefused, match="there are: Sheet、数据"):
        read_table(tmp_path / "t.xlsx", "无")


def test_formulas_errors_and_their_cells_are_refused(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(["a", "b"])
    sheet.append(["=1+1", "#DIV/0!"])
    book.save(tmp_path / "t.xlsx")
    with pytest.raises(TableRefused, match="A2") as refusal:
        read_table(tmp_path / "t.xlsx")
    assert len(refusal.value.faults) == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "first row"),
        ("a,a\n1,2\n", "stands twice"),
        ("a,,b\n1,2,3\n", "no name"),
        ("a\n1,2\n", "row 2 has 2 cells"),
        ('a\n"open\n', "cannot be read"),
        (",".join(f"c{at}" for at in range(1001)) + "\n", "more than 1000 columns"),
    ],
)
def test_a_broken_csv_is_refused_with_its_place(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(TableRefused, match=said) as refusal:
        read_table(csv_of(text, tmp_path))
    assert refusal.value.code == "table_refused"


def test_text_in_no_known_encoding_is_refused(tmp_path: Path) -> None:
    (tmp_path / "units.csv").write_bytes("区,值\n".encode("utf-16"))
    with pytest.raises(TableRefused, match="neither UTF-8 nor GB18030"):
        read_table(tmp_path / "units.csv")


def test_missing_files_unknown_endings_and_false_contents_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileUnreadable):
        read_table(tmp_path / "none.parquet")
    with pytest.raises(TableRefused, match="no known kind"):
        read_table(tmp_path / "units.json")
    (tmp_path / "t.parquet").write_bytes(b"PAR1 cut")
    with pytest.raises(TableRefused, match="Parquet"):
        read_table(tmp_path / "t.parquet")
    (tmp_path / "t.xlsx").write_bytes(b"PK\x03\x04 cut")
    with pytest.raises(WorkbookUnreadable):
        read_table(tmp_path / "t.xlsx")


def test_a_name_with_stars_names_one_parquet_file(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(write_table(table({"a": [1]}), ".parquet"))
    (tmp_path / "*.parquet").write_bytes(write_table(table({"a": [2]}), ".parquet"))
    assert read_table(tmp_path / "*.parquet").columns == {"a": [2]}


def test_columns_are_matched_by_key_chinese_and_english_name(programme: Programme) -> None:
    for head in ("in_time", "及时率", "In Time", " 及时率 （％）", "in_time (%)"):
        assert one(to_inputs(table({head: [Decimal("99.6")]}), programme), "in_time") == Fraction("99.6")


def test_columns_that_are_no_figure_are_carried_through(programme: Programme) -> None:
    inputs = to_inputs(table({"区": ["黄浦"], "备注": [None], "in_time": [100]}), programme)
    assert inputs.keys == {"区": ["黄浦"], "备注": [None]}


@pytest.mark.parametrize(
    ("head", "meant"),
    [("spend", "spent"), ("In Tlme（%）", "in_time"), ("b21.1", "B21.1"), ("cards2", "cards")],
)
def test_a_column_one_slip_away_from_a_figure_is_refused_with_the_name(
    head: str, meant: str, programme: Programme
) -> None:
    inputs = to_inputs(table({"区": ["甲"], head: [1]}), programme)
    assert [(fault.row, fault.column) for fault in inputs.faults] == [(0, head)]
    assert f"did you mean {meant}" in inputs.faults[0].said.en
    assert meant in inputs.faults[0].said.zh
    with pytest.raises(TableRefused):
        inputs.units()


def test_a_column_like_one_that_is_there_is_carried_through(programme: Programme) -> None:
    inputs = to_inputs(table({"spent": [1], "spent2": ["x"]}), programme)
    assert not inputs.faults
    assert inputs.keys == {"spent2": ["x"]}


def test_judged_figures_that_the_file_gives_are_named() -> None:
    text = PROGRAMME.replace("name: 支出, unit: 元, value: null", "name: 支出, unit: 元, value: 5")
    known = text.replace('whole", value: null', 'whole", value: 90')
    assert to_inputs(table({"区": ["甲"]}), load({"p.yaml": known}).programme).taken == ("in_time",)
    assert to_inputs(table({"in_time": [1]}), load({"p.yaml": known}).programme).taken == ()
    assert to_inputs(table({"区": ["甲"]}), load({"p.yaml": text}).programme).taken == ()
    worked = text.replace('whole", value: null', 'whole", formula: cards / twin_a').replace(
        "name: 制卡数, unit: 张, value: null", "name: 制卡数, unit: 元, value: 8"
    )
    assert to_inputs(table({"twin_a": [9]}), load({"p.yaml": worked}).programme).taken == ("cards",)


def test_a_column_in_another_unit_is_refused_with_the_conversion(programme: Programme) -> None:
    inputs = to_inputs(table({"支出（万元）": [1]}), programme)
    assert "1 万元 = 10000 元" in inputs.faults[0].said.zh
    with pytest.raises(TableRefused, match="multiply by 10000"):
        inputs.checked()


def test_a_column_of_another_kind_of_unit_is_refused(programme: Programme) -> None:
    assert "张" in to_inputs(table({"支出（张）": [1]}), programme).faults[0].said.en


def test_empty_not_applicable_and_disputed_stay_apart(programme: Programme) -> None:
    inputs = to_inputs(
        table({"支出": [None, "  ", "不适用", "n.a.", "不适用：未开展", "1.5|2", "3\uff5c4.25"]}), programme
    )
    assert not inputs.faults
    lacks = [x for x in inputs.inputs["spent"] if isinstance(x, Lack)]
    assert [x.state for x in lacks] == [
        State.MISSING, State.MISSING, State.NOT_APPLICABLE, State.NOT_APPLICABLE, State.NOT_APPLICABLE,
        State.DISPUTED, State.DISPUTED,
    ]  # fmt: skip
    assert lacks[4].why.zh == "未开展"
    assert lacks[6].candidates == (Fraction(3), Fraction("4.25"))


def test_a_percent_sign_is_taken_only_where_the_unit_is_percent(programme: Programme) -> None:
    assert one(to_inputs(table({"in_time": ["99.6 %"]}), programme), "in_time") == Fraction("99.6")
    assert to_inputs(table({"支出": ["99.6%"]}), programme).faults


@pytest.mark.parametrize(
    ("column", "cell", "said"),
    [
        ("支出", "226.59万元", "2265900"),
        ("支出", "\uff11\uff12", "12"),
        ("支出", "1,234", "1234"),
        ("支出", "NaN", "NaN"),
        ("支出", "inf", "inf"),
        ("支出", Decimal("NaN"), "finite"),
        ("支出", "about 5", "text"),
        ("支出", "2|2", "same"),
        ("in_time", 101, "outside 0 to 100"),
        ("in_time", -1, "outside 0 to 100"),
        ("in_time", "50|101", "outside 0 to 100"),
        ("B21.1", "maybe", "neither yes nor no"),
        ("B22", "中", "no grade"),
        ("B23", "two", "text"),
    ],
)
def test_a_cell_that_cannot_be_taken_is_named(
    column: str, cell: Cell, said: str, programme: Programme
) -> None:
    inputs = to_inputs(table({"区": ["甲", "乙"], column: [None, cell]}), programme)
    assert len(inputs.faults) == 1
    assert said in inputs.faults[0].said.en
    assert inputs.faults[0].said.en.startswith(f"row 3, column {column!r}")


def test_judgements_come_from_columns_named_like_their_codes(programme: Programme) -> None:
    given = table(
        {
            "B21.1": ["是", "no", "不适用", None],
            "B22": ["good", "差", None, "n/a"],
            "B23": [0, None, None, None],
        }
    )
    inputs = to_inputs(given, programme)
    assert not inputs.faults
    assert [x and (x.answer, bool(x.not_applicable)) for x in inputs.answers["B21.1"]] == [
        (True, False), (False, False), (None, True), None,
    ]  # fmt: skip
    assert [x.grade.zh if isinstance(x, Answer) and x.grade else None for x in inputs.answers["B22"]] == [
        "好",
        "差",
        None,
        None,
    ]


def test_two_columns_for_one_figure_and_a_name_of_two_figures_are_faults(programme: Programme) -> None:
    faults = to_inputs(table({"in_time": [1], "及时率": [1], "同名": [1]}), programme).faults
    assert [(fault.row, fault.column) for fault in faults] == [(0, "及时率"), (0, "同名")]
    assert "twin_a, twin_b" in faults[1].said.en


def test_all_faults_come_at_once_and_the_list_is_capped(programme: Programme) -> None:
    inputs = to_inputs(table({"支出": ["x"] * 1000}), programme)
    assert (len(inputs.faults), inputs.more) == (200, 800)
    with pytest.raises(TableRefused, match="and 800 more"):
        inputs.checked()
    assert len(inputs.inputs["spent"]) == 1000


def test_a_table_scores_many_units(programme: Programme) -> None:
    given = table(
        {
            "区": ["甲", "乙"],
            "及时率（%）": [Decimal("99.60"), 100],
            "B21.1": ["是", "否"],
            "B22": ["好", "好"],
            "B23": [0, 0],
        }
    )
    scores = score_units(programme, to_inputs(given, programme).units())
    assert [total.outcome.points for total in scores.totals] == [98, 80]
