"""A programme to a workbook and back: the same value, the same scores; and what LibreOffice computes from it."""

import io
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from civicard.evaluation.sheet_cells import Seen, exact
from civicard.evaluation.workbook import from_workbook, same_programme, to_workbook
from civicard.evaluation.workbook.layout import (
    BY_PROGRAM,
    FIGURES_SHEET,
    FRAMEWORK_SHEET,
    READINGS,
    RULES_SHEET,
    SHEETS,
    Sheet,
)
from civicard.evaluation.workbook.records import from_row, to_row
from civicard.evaluation.yaml_text import as_yaml, same
from civicard.kernel.exact import Fraction, from_text
from civicard.scoring.evaluate import Evaluation, evaluate
from civicard.scoring.figures import Lack
from civicard.scoring.load import Loaded, beside, load
from civicard.scoring.source import read

PROGRAMMES = Path(__file__).parents[2] / "programmes"
SHANGHAI = PROGRAMMES / "shanghai-2018.yaml"
OFFICE = shutil.which("soffice")
needs_office = pytest.mark.skipif(OFFICE is None, reason="LibreOffice (soffice) is not installed")

# Every kind of rule and every section, and whatever a cell cannot hold: thirds, long digits, nulls, long texts.
EVERY_KIND = """
civicard: 1
programme: {title: {zh: 示例, en: Example}, unit: 7, department: "=1+1", year: null, written: "2031-01-01"}
documents: [{title: "@办法", number: 一号}]
targets:
  - {code: 1, name: 产出, children: [{code: "1.10", name: 数量, value: 5, explanation: "一\\n二 "}]}
  - {code: T2, name: 效益, children: []}
framework:
  title: {zh: 体系}
  round: {to: 0.01, mode: half_up}
  most: 100
  ceilings: [{when: a < 50, most: 89, why: 执行率低}]
  vetoes: [{when: events > 10, grade: 差, why: 一票否决}]
  indicators:
    - code: S
      name: 过程
      weight: 40
      children:
        - {code: S1, name: 进, weight: 5, unit: "%", rule: {kind: step, figure: a, target: 100, step: 1, deduct: 1/3, reading: started, threshold: 98, least: 0.5}}
        - {code: S2, name: 超, weight: 5, unit: 天, rule: {kind: step, figure: days, target: 30, step: 7, deduct: 1, reading: nearest, direction: reverse, zero_beyond: 60}}
        - {code: S3, name: 等, weight: 5, unit: 元, rule: {kind: step, figure: cost, target: 6, step: 5, deduct: 1, reading: completed, direction: equal, step_is: percent_of_target}}
        - {code: S4, name: 比, weight: 5, unit: "%", rule: {kind: proportional, figure: a, target: 120, round: {to: 0.1, mode: down}}}
        - {code: S5, name: 反, weight: 5, unit: 天, rule: {kind: proportional, figure: days, target: 30, direction: reverse}}
        - {code: S6, name: 倒, weight: 5, unit: 天, rule: {kind: proportional, figure: days, target: 30, direction: reverse, reverse_form: inverse, cap: no, least: 1}}
        - {code: S7, name: 及, weight: 5, unit: "%", rule: {kind: pass_mark, figure: a, target: 100, pass_percent: 60}}
        - code: S8
          name: 超额
          weight: 5
          unit: 张
          rule: {kind: proportional, figure: cards, target: 100, over: {percent: 20, deduct: 2}}
    - code: U
      name: 产出
      weight: 40
      children:
        - code: U1
          name: 档
          weight: 8
          unit: "%"
          rule: {kind: bands, figure: a, bands: [{least: 95, points: 8}, {least: 90, below: 95, points: 7/3}, {below: 90, points: 0}]}
        - {code: U2, name: 线, weight: 8, unit: "%", out_of: 100, rule: {kind: interpolation, figure: a, floor: 60, benchmark: 100, least: 20, most: 90}}
        - {code: U3, name: 折, weight: 8, unit: 天, rule: {kind: interpolation, figure: days, knots: [[0, 8], [30, 5], [60, 0]]}}
        - {code: U4, name: 数, weight: 8, rule: {kind: mean, weights: [1, 2], parts: [{kind: count, figure: things, target: 5, deduct: 2, counts: {zh: 项, en: items}, unit: 项}, {kind: event, figure: events, deduct: 3, counts: 次, unit: 次}]}}
        - code: U5
          name: 合
          weight: 8
          rule:
            kind: sum
            parts:
              - {kind: best, points: 4, parts: [{kind: proportional, figure: a, target: 100, unit: "%"}, {kind: event, figure: events, earns: 1, counts: 次, unit: 次}]}
              - {kind: formula, points: 4, formula: "full * min(1, a / 100) - (1 if events >= 2 else 0)", code: F}
    - code: V
      name: 评判
      weight: 20
      children:
        - {code: V1, name: 表, weight: 4, rule: {kind: checklist, items: [{text: 甲, points: 1, good: yes}, {text: 乙, points: 2, good: no, code: Y}, {text: 丙, points: 1, good: yes}]}}
        - {code: V2, name: 级, weight: 4, rule: {kind: graded, grades: [{grade: {zh: 好, en: good}, points: 4}, {grade: 中, least: 1, below: 3}, {grade: 差, points: 0}]}}
        - {code: V3, name: 裁, weight: 4, rule: {kind: discretion, most_off: 3}}
        - {code: V4, name: 述, weight: 4, rule: {kind: stated, stated: 3.5, place: 表}, covers: [{name: 块, code: V41, targets: [T2]}]}
        - {code: V5, name: 比, weight: 4, unit: 张, rule: {kind: peer, figure: cards, by: rank}}
    - {code: X, name: 加分, weight: 2, extra: yes, rule: {kind: event, figure: events, earns: 0.25, counts: 奖}}
  grades: [{grade: 优, least: 90}, {grade: {zh: 良, en: good}, least: 80, below: 90}, {grade: 差, below: 80}]
figures:
  a: {name: 比率, unit: "%", formula: b / c, digits: 2, ambiguities: {base: {question: 基数, chosen: now, readings: {now: {}, then: {set: {formula: b / (2 * c)}}}}}}
  b: {name: 分子, unit: 元, value: 96.4}
  c: {name: 分母, unit: 元, value: 100}
  days: {name: 天数, unit: 天, value: 44}
  cost: {name: 成本, unit: 元, value: 1/3}
  cards: {name: 张数, unit: 张, value: 121, peers: [121, 100, 90]}
  things: {name: 项数, unit: 项, value: 4}
  events: {name: 次数, unit: 次, value: 2}
  digits: {name: 长数, unit: 元, value: 12345678901234567.89}
  null_value: {name: 空, unit: 元, value: null}
  gone: {name: {zh: 缺}, unit: 元, missing: {zh: 无, en: none}, place: 3}
  open: {name: 争, unit: 元, disputed: [{value: 1.5, place: 甲}, {value: 1/3}]}
  never: {name: 不适用, unit: 元, not_applicable: 没有}
  " odd key ": {name: 怪键, unit: 元, value: 1}
evidence:
  V1.1: yes
  "Y": {answer: yes}
  V1.3: {not_applicable: 无此项}
  V2: {grade: 中, points: 2, reason: {zh: 还行, en: fair}, documents: [甲, {zh: 乙, en: b}]}
  V3: {amount: 1, reason: 迟报, seconded_by: 乙}
  S8.over: {}
findings: {S1: {cause: quality, reason: "{a} 不足"}}
published: [{place: 页, points: {total: 82}, weights: {S1: 5}, figures: {a: 96.4}}]
claims: [{place: 页, text: 达标, holds_if: a >= 100}]
slips: [{place: 页, text: "-1"}]
rule_books: {other: {title: 另一办法, rules: {S1: {kind: proportional}}}}
narrative: {background: [{heading: 背景, text: ["LONG"]}]}
""".replace("LONG", "长" * 40_000)


SMALL = """
civicard: 1
framework:
  sum: 1
  indicators: [{code: A, name: 甲, weight: 1, unit: 元, rule: {kind: proportional, figure: a, target: 1}}]
  grades: [{grade: 优, least: 0}, {grade: 差, below: 0}]
"""


def loaded_from(path: Path) -> Loaded:
    texts = {path.name: path.read_text(encoding="utf-8")}
    return load(
        texts
        | {
            name: (path.parent / name).read_text(encoding="utf-8")
            for name in beside(texts[path.name], path.name)
        }
    )


def every_kind() -> Loaded:
    return load(
        {"every.yaml": EVERY_KIND.replace("百元", "元").replace("value: 1}\n  days", "value: 100}\n  days")}
    )


def back(data: bytes) -> Loaded:
    return load({"back.yaml": from_workbook(data, "back.xlsx")})


def points(evaluation: Evaluation) -> list[tuple[str, object, object]]:
    return [(score.code, score.points, score.state) for score in evaluation.walk()]


@pytest.mark.parametrize("path", sorted(PROGRAMMES.glob("*-20[0-9][0-9].yaml")), ids=lambda path: path.name)
def test_a_published_programme_comes_back_the_same_and_scores_the_same(path: Path) -> None:
    loaded = loaded_from(path)
    again = back(to_workbook(loaded))
    assert same_programme(loaded.value, again.value)
    assert points(evaluate(loaded.programme)) == points(evaluate(again.programme))


def test_every_kind_of_rule_and_every_section_comes_back_the_same() -> None:
    loaded = every_kind()
    again = back(to_workbook(loaded))
    for section in loaded.value:
        assert same(loaded.value[section], again.value[section]), section
    assert same_programme(loaded.value, again.value)


def test_the_same_programme_gives_the_same_bytes() -> None:
    assert to_workbook(every_kind()) == to_workbook(every_kind())


def test_texts_that_look_like_formulas_are_text_cells() -> None:
    book = openpyxl.load_workbook(io.BytesIO(to_workbook(every_kind())))
    cells = [
        cell
        for sheet in book
        for row in sheet.iter_rows()
        for cell in row
        if str(cell.value).startswith(("=", "@"))
    ]
    typed = {str(cell.value): cell.data_type for cell in cells if not str(cell.value).startswith("=IF")}
    assert typed["=1+1"] == "s"
    live = {cell.data_type for cell in cells if str(cell.value).startswith("=IF")}
    assert live == {"f"}


def test_heads_are_frozen_and_pages_are_set_up_for_a4_landscape() -> None:
    book = openpyxl.load_workbook(io.BytesIO(to_workbook(every_kind())))
    assert book.sheetnames == [
        "说明",
        "项目",
        "绩效目标",
        "评分体系",
        "计分规则",
        "数据",
        "佐证",
        "等级",
        "其他",
    ]
    for sheet in book.worksheets[1:]:
        assert str(sheet.freeze_panes).endswith("3")
        assert (sheet.page_setup.orientation, int(sheet.page_setup.paperSize or 0)) == ("landscape", 9)
        assert not sheet.protection.sheet


def test_lists_are_offered_where_words_are_chosen() -> None:
    book = openpyxl.load_workbook(io.BytesIO(to_workbook(every_kind())))
    offered = {str(one.formula1) for one in book["佐证"].data_validations.dataValidation}
    assert '"是,否,不适用"' in offered
    readings = {str(one.formula1) for one in book["计分规则"].data_validations.dataValidation}
    assert f'"{",".join(READINGS)}"' in readings


def test_the_cell_of_a_figure_says_how_percentages_are_written() -> None:
    book = openpyxl.load_workbook(io.BytesIO(to_workbook(every_kind())))
    notes = {str(one.sqref)[0]: one.prompt for one in book["数据"].data_validations.dataValidation}
    assert "百分数请填 99.6，不要填 0.996" in str(notes["D"])


def test_a_changed_cell_changes_the_programme_and_nothing_else() -> None:
    book = openpyxl.load_workbook(io.BytesIO(to_workbook(every_kind())))
    at = {row[0].value: row for row in book["数据"].iter_rows(min_row=3)}
    at["days"][FIGURES_SHEET.at("value")].value = 12
    at["cost"][FIGURES_SHEET.at("value")].value = 0.25  # was a third, which stands beside
    stream = io.BytesIO()
    book.save(stream)
    value = every_kind().value
    value["figures"]["days"]["value"] = Fraction(12)
    value["figures"]["cost"]["value"] = Fraction(1, 4)
    assert same_programme(back(stream.getvalue()).value, value)


def test_a_cell_that_shows_a_percentage_holds_a_percentage() -> None:
    book = openpyxl.load_workbook(io.BytesIO(to_workbook(loaded_from(SHANGHAI))))
    row = next(
        row for row in book["数据"].iter_rows(min_row=3) if row[FIGURES_SHEET.at("value")].value == 99.6
    )
    cell = row[FIGURES_SHEET.at("value")]
    cell.value, cell.number_format = 0.996, "0.00%"
    stream = io.BytesIO()
    book.save(stream)
    assert same_programme(back(stream.getvalue()).value, loaded_from(SHANGHAI).value)


def test_moved_columns_and_added_remarks_do_no_harm() -> None:
    book = openpyxl.load_workbook(io.BytesIO(to_workbook(every_kind())))
    sheet = book["等级"]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    for number, row in enumerate(rows, 1):
        for column, value in enumerate([*reversed(row), "备注"], 1):
            sheet.cell(number, column).value = value
    stream = io.BytesIO()
    book.save(stream)
    assert same_programme(back(stream.getvalue()).value, every_kind().value)


HARD = st.text(
    st.characters(exclude_categories=["Cs"])
    | st.sampled_from("=+-@'\n\r\t\x00\x1f\x7f\x85\u2028\ufeff\ufffe _x:#|是\uff5c、%"),
    max_size=12,
) | st.sampled_from(
    ["_x0041_", "x005F_", "_x005F_", "是", "否", "1/3", "null", "→ 数据#3", "1.5 | 甲", "长" * 20_000]
)
NUMBERS = (
    st.fractions(max_denominator=10**9).map(lambda x: Fraction(x.numerator, x.denominator))
    | st.floats(-1e15, 1e15, allow_subnormal=False).filter(lambda x: abs(x) > 1e-9).map(exact)
    | st.integers(-(10**40), 10**40).map(Fraction)
)
SCALARS = HARD | NUMBERS | st.booleans() | st.none()
VALUES = (
    SCALARS
    | st.lists(SCALARS, max_size=3)
    | st.dictionaries(st.sampled_from(["zh", "en", "to", "x"]), SCALARS, max_size=3)
)


@given(data=st.data(), sheet=st.sampled_from(SHEETS))
@settings(max_examples=400, deadline=None)
def test_any_record_survives_its_row(data: st.DataObject, sheet: Sheet) -> None:
    keys = [one.key for one in sheet.fields] + ["other"]
    record = data.draw(st.dictionaries(st.sampled_from(keys), VALUES, max_size=6))
    cells, beside_ = to_row(record, sheet.fields)
    parsed = read(as_yaml(beside_)).value
    assert isinstance(parsed, dict)
    problems: list[Any] = []
    again = from_row([Seen(cell) for cell in cells], parsed, sheet.fields, problems)
    complaints = {sheet.fields[at].key for at, problem in problems if sheet.fields and at < len(sheet.fields)}
    assert same(again, record) or complaints <= {
        one.key for one in sheet.fields if one.is_required and not record.get(one.key)
    }


@given(text=HARD, number=NUMBERS)
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow], phases=[Phase.generate]
)
def test_any_text_and_number_survives_the_file(text: str, number: Fraction) -> None:
    value = read(SMALL).value
    assert isinstance(value, dict)
    value |= {
        "programme": {"title": text, "unit": "示例", "department": {"zh": text, "en": text}},
        "figures": {"a": {"name": text, "unit": "元", "value": number, "definition": text}},
        "narrative": {"background": [{"text": [text.replace("{", ""), number]}]},
    }
    loaded = load({"hard.yaml": as_yaml(value)})
    assert same_programme(back(to_workbook(loaded)).value, value)


def recalculated(books: Mapping[str, bytes], folder: Path) -> dict[str, Path]:
    """Return the workbooks as LibreOffice computes and saves them, none of our own results being in them."""
    (folder / "in").mkdir()
    for name, data in books.items():
        # Saved by openpyxl, a formula has no result.
        openpyxl.load_workbook(io.BytesIO(data)).save(folder / "in" / f"{name}.xlsx")
    command = [
        str(OFFICE), "--headless", f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--convert-to", "xlsx:Calc MS Excel 2007 XML",
        "--outdir", str(folder / "out"), *(str(folder / "in" / f"{name}.xlsx") for name in books),
    ]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, timeout=240)
    return {name: folder / "out" / f"{name}.xlsx" for name in books}


def shown(path: Path, sheet: Sheet, key: str, live: str) -> dict[str, object]:
    """Return what a live column shows, by the code or key of the row."""
    rows = openpyxl.load_workbook(path, data_only=True)[sheet.name].iter_rows(min_row=3)
    return {
        str(row[sheet.at(key)].value): row[sheet.at(live)].value for row in rows if row[sheet.at(key)].value
    }


def assert_alike(live: Mapping[str, object], evaluation: Evaluation, without: set[str]) -> None:
    for score in evaluation.walk():
        if score.code in without:
            assert live[score.code] == BY_PROGRAM, score.code
        else:
            assert score.points is not None, score.code
            assert live[score.code] == pytest.approx(float(score.points), abs=1e-8), score.code


@needs_office
def test_libreoffice_computes_the_points_of_shanghai_under_each_reading(tmp_path: Path) -> None:
    books: dict[str, bytes] = {}
    data = to_workbook(loaded_from(SHANGHAI))
    for word, reading in READINGS.items():
        book = openpyxl.load_workbook(io.BytesIO(data))
        for row in book["计分规则"].iter_rows(min_row=3):
            if row[RULES_SHEET.at("reading")].value:
                row[RULES_SHEET.at("reading")].value = word
        stream = io.BytesIO()
        book.save(stream)
        books[reading] = stream.getvalue()
    totals = {}
    for reading, path in recalculated(books, tmp_path).items():
        evaluation = evaluate(back(path.read_bytes()).programme)
        live = shown(path, FRAMEWORK_SHEET, "code", "points")
        assert len(evaluation.leaves()) == 19
        assert_alike(live, evaluation, set())
        lines = shown(path, FRAMEWORK_SHEET, "rule_words", "points")
        totals[reading] = (lines["总分 / total"], lines["等级 / grade"])
    assert {reading: (round(float(str(total)), 2), grade) for reading, (total, grade) in totals.items()} == {
        "started": (82, "良"), "completed": (86, "良"), "nearest": (84, "良"), "proportional": (83.88, "良"),
    }  # fmt: skip


CASES: Mapping[str, Mapping[str, str]] = {
    "as_is": {},
    "all_met": {"b": "100", "days": "0", "cost": "6", "cards": "119.99", "things": "5", "events": "0"},
    "nothing": {"b": "0", "days": "61", "cost": "-1", "cards": "0", "things": "0", "events": "9"},
    "at_the_edges": {"b": "90", "days": "30", "cost": "6.3", "cards": "120", "things": "6", "events": "1"},
    "noise": {
        "b": "95.00000000000001",
        "days": "37.000001",
        "cost": "5.7",
        "cards": "100.1",
        "things": "4.5",
        "events": "3",
    },
}


@needs_office
def test_libreoffice_computes_every_kind_of_rule_as_the_engine_does(tmp_path: Path) -> None:
    cases: dict[str, Loaded] = {}
    for name, figures in CASES.items():
        value = every_kind().value
        for figure, number in figures.items():
            value["figures"][figure]["value"] = from_text(number)
        if "cards" in figures:
            value["figures"]["cards"]["peers"] = [from_text(figures["cards"]), Fraction(100), Fraction(90)]
        cases[name] = load({f"{name}.yaml": as_yaml(value)})
    paths = recalculated({name: to_workbook(loaded) for name, loaded in cases.items()}, tmp_path)
    for name, loaded in cases.items():
        evaluation = evaluate(loaded.programme)
        live = shown(paths[name], FRAMEWORK_SHEET, "code", "points")
        # A standing among peers cannot be a formula, and so neither can the sum above it.
        assert_alike(live, evaluation, {"V5", "V"})
        figures_shown = shown(paths[name], FIGURES_SHEET, "key", "live")
        for key, known in evaluation.case.figures.items():
            if not isinstance(known, Lack) and key in figures_shown:
                assert float(str(figures_shown[key])) == pytest.approx(float(known), rel=1e-12), key
        assert same_programme(back(paths[name].read_bytes()).value, loaded.value), name
