"""A filled national self-evaluation form (项目支出绩效自评表) as the text of a programme file.

The form's own points are taken as stated; only the execution rate, whose figures the form prints, is scored
again. Whatever the form prints twice (points, weights, rates, totals) is kept as a statement with its cell, so that
the evaluation finds where they disagree. Nothing is invented: a result in words stays words.

Source: the form of 财预〔2020〕10号 and its provincial variants, by their labels.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from civicard.evaluation.form.sheet import (
    NAMES,
    TOP_ROWS,
    Form,
    FormSheet,
    FundsLine,
    IndicatorLine,
    Printed,
    content,
    label,
)
from civicard.evaluation.form.values import pair
from civicard.evaluation.spreadsheets import opened
from civicard.evaluation.yaml_text import as_yaml
from civicard.kernel.exact import ZERO, Fraction, plain
from civicard.kernel.refusal import Refusal
from civicard.kernel.text import Text
from civicard.scoring.rules.step import Direction

EXECUTION = "Z1"
DEFAULT_WEIGHT = Fraction(10)
HUNDRED = Fraction(100)
MOST_SHOWN = 20
# 优 [90, 100], 良 [80, 90), 中 [60, 80), 差 [0, 60): what applies where a form names no others.
GRADES: Sequence[dict[str, Any]] = (
    {"grade": {"zh": "优", "en": "excellent"}, "least": Fraction(90)},
    {"grade": {"zh": "良", "en": "good"}, "least": Fraction(80), "below": Fraction(90)},
    {"grade": {"zh": "中", "en": "fair"}, "least": Fraction(60), "below": Fraction(80)},
    {"grade": {"zh": "差", "en": "poor"}, "below": Fraction(60)},
)
FUNDS_KEYS = (
    ("年度资金总额", "total"), ("资金总额", "total"), ("总额", "total"), ("政府预算", "government"), ("财政专户", "special_account"),
    ("上年结转", "carry_over"), ("单位资金", "own_funds"), ("其他资金", "other"), ("其他", "other"), ("当年财政拨款", "fiscal"),
    ("财政拨款", "fiscal"),
)  # fmt: skip
AMOUNTS = {"initial": "年初预算数", "full_year": "全年预算数", "executed": "全年执行数"}


class FormUnreadable(Refusal):
    """A file is no filled self-evaluation form, or one that cannot be read without guessing."""

    code = "form_unreadable"


def from_form(data: bytes, name: str) -> str:
    """Return the text of a programme file from a filled form; `scoring.load.load` takes it.

    Args:
        data: an xlsx file with exactly one form in it.
        name: what the file is called in messages.

    Raises:
        WorkbookUnreadable, WorkbookUnsafe: it cannot be opened.
        FormUnreadable: no sheet is such a form (with the labels that were not found), several are, or a cell
            that is needed cannot be read.
    """
    book, formulas = opened(data, name, shown_values=True), opened(data, name)
    sheets = [
        FormSheet(sheet, formulas[sheet.title]) for sheet in book.worksheets if sheet.sheet_state == "visible"
    ]
    read = [(sheet, sheet.read()) for sheet in sheets]
    forms = [(sheet, form) for sheet, form in read if not form.missing]
    if not forms:
        raise _no_form(name, read)
    if len(forms) > 1:
        titles = "、".join(sheet.sheet.title for sheet, _ in forms)
        raise FormUnreadable(
            Text(
                f"{name} 有 {len(forms)} 张自评表（{titles}），一次只读一张；请每张另存一个文件。",
                f"{name} holds {len(forms)} forms ({titles}) and one is read at a time; save each as a file of its own.",
            )
        )
    sheet, form = forms[0]
    problems = [*dict.fromkeys(sheet.problems), *_problems(form)]
    if problems:
        zh = "；".join(one.zh for one in problems[:MOST_SHOWN])
        en = "; ".join(one.en for one in problems[:MOST_SHOWN])
        raise FormUnreadable(Text(f"未读入 {name}：{zh}。", f"{name} was not read: {en}."))
    # The title, its year and its mark may stand on a sheet before the table's, as in our own documents.
    others = [one for one in sheets if one is not sheet]
    if form.year is None:
        form.year = next((year for one in others if (year := one.year(TOP_ROWS)) is not None), None)
    form.is_simulated = form.is_simulated or any(one.is_simulated(TOP_ROWS) for one in others)
    return as_yaml(_Maker(form).value())


def _no_form(name: str, read: Sequence[tuple[FormSheet, Form]]) -> FormUnreadable:
    nearest = min(
        (form for _, form in read),
        key=lambda form: len(form.missing),
        default=Form(missing=list(NAMES.values())),
    )
    labels = "、".join(dict.fromkeys(nearest.missing))
    return FormUnreadable(
        Text(
            f"{name} 不是填好的项目支出绩效自评表：没有找到“{labels}”。请核对是否选错文件，或表头是否改过名称。",
            f"{name} is no filled self-evaluation form: these labels were not found: {labels}. "
            "Check that it is the right file, and that its heads still carry their names.",
        )
    )


def _problems(form: Form) -> Iterator[Text]:
    if not form.money:
        yield Text(
            "没有找到金额的单位，请写明（万元）或（元）",
            "the unit of the amounts was not found; write （万元） or （元）",
        )
    if not form.funds:
        yield Text("没有找到资金行，如“年度资金总额”", "no row of funds was found, such as 年度资金总额")
    for line in form.indicators:
        weight = line.cells["weight"]
        if weight.number is None or weight.is_percent or weight.number < 0:
            yield Text(
                f"{weight.place}：“{line.level3}”的分值应为数字，这里是“{weight.text}”",
                f"{weight.place}: the weight of {line.level3!r} must be a number, here stands {weight.text!r}",
            )
    if not form.indicators:
        yield Text("没有找到指标行", "no row of indicators was found")


class _Maker:
    """Makes the value of a programme from a form."""

    def __init__(self, form: Form) -> None:
        self.form = form
        self.figures: dict[str, Any] = {}
        self.published: list[dict[str, Any]] = []
        self.findings: dict[str, Any] = {}
        self.slips: list[dict[str, Any]] = []
        self.targets: list[dict[str, Any]] = []
        self.rules: dict[str, Any] = {}

    def value(self) -> dict[str, Any]:
        """Return the value of the programme file."""
        form = self.form
        funds = self._funds()
        indicators = [self._execution(), *self._indicators()]
        whole = sum((one["weight"] for one in indicators), ZERO)
        self._total(whole)
        department = content(form.header.get("department", Printed()).text)
        unit = content(form.header.get("unit", Printed()).text) or department
        about: dict[str, Any] = {"title": _said(form.header["title"].text), "unit": unit or "原表未填"}
        if department:
            about["department"] = department
        about |= {"kind": "单位自评"} | ({"year": Fraction(form.year)} if form.year is not None else {})
        if form.is_simulated:
            about["origin"] = "simulated"
        framework: dict[str, Any] = {"title": "项目支出绩效自评表"}
        if whole != HUNDRED:
            framework["sum"] = whole
        framework |= {"indicators": indicators, "grades": [dict(one) for one in GRADES]}
        value: dict[str, Any] = {
            "civicard": Fraction(1),
            "programme": about,
            "targets": self.targets,
            "framework": framework,
        }
        value |= {"figures": self.figures, "funds": funds, "published": self.published}
        if self.findings:
            value["findings"] = self.findings
        if self.slips:
            value["slips"] = self.slips
        if self.rules:
            title = {"zh": "按比例计分（财预〔2020〕10号）", "en": "Proportional scoring"}
            value["rule_books"] = {"national_proportional": {"title": title, "rules": self.rules}}
        narrative = {
            key: [{"text": [_said(one.text)]}] for key, one in self.form.goals.items() if content(one.text)
        }
        return value | ({"narrative": narrative} if narrative else {})

    def _funds(self) -> dict[str, Any]:
        rows: list[dict[str, Any]] = []
        taken: set[str] = set()
        for at, line in enumerate(self.form.funds, 1):
            name = label(line.label).removeprefix("其中")
            key = next((key for word, key in FUNDS_KEYS if name.startswith(word)), f"funds_{at}")
            key = key if key not in taken else f"funds_{at}"
            taken.add(key)
            rows.append(self._funds_row(key, name, line, is_total=at == 1))
        return {"unit": self.form.money, "indicator": EXECUTION, "rows": rows}

    def _funds_row(self, key: str, name: str, line: FundsLine, *, is_total: bool) -> dict[str, Any]:
        row: dict[str, Any] = {"name": name}
        for column, word in AMOUNTS.items():
            if column in line.cells:
                figure = f"{key}_{column}"
                self.figures[figure] = self._amount(f"{name}，{word}", line.cells[column])
                row[column] = figure
        if {"full_year", "executed"} <= row.keys():
            rate = "execution_rate" if is_total else f"{key}_rate"
            cell = line.cells.get("rate", Printed())
            self.figures[rate] = {
                "name": f"{name}，执行率", "unit": "%", "formula": f"{row['executed']} / {row['full_year']}",
                "place": cell.place or line.cells["executed"].place,
            }  # fmt: skip
            row["rate"] = rate
            if cell.shown is not None:
                # A rate without a percent sign is printed either as 96.83 or as 0.9683.
                is_share = not cell.is_percent and 0 < cell.shown <= 1
                self._publish(cell, figures={rate: cell.shown * 100 if is_share else cell.shown})
        return row | ({"total": True} if is_total else {})

    def _amount(self, name: str, cell: Printed) -> dict[str, Any]:
        figure: dict[str, Any] = {"name": name, "unit": self.form.money}
        if cell.number is None or cell.is_percent:
            figure["missing"] = f"原表为“{_said(cell.text)}”" if cell.text else "原表未填"
        else:
            figure["value"] = cell.number
        return figure | {"place": cell.place}

    def _execution(self) -> dict[str, Any]:
        cells = self.form.funds[0].cells
        weight = cells.get("weight", Printed())
        full = weight.number if weight.number is not None and weight.number > 0 else DEFAULT_WEIGHT
        points = cells.get("points", Printed())
        if points.shown is not None:
            self._publish(points, points={EXECUTION: points.shown})
        if weight.number is not None:
            self._publish(weight, weights={EXECUTION: weight.number})
        return {
            "code": EXECUTION, "name": "预算执行率", "weight": full, "unit": "%", "target": "100%",
            "text": "执行率乘以分值，以分值为限", "place": points.place or cells["executed"].place,
            "rule": {"kind": "proportional", "figure": "execution_rate", "target": HUNDRED},
        }  # fmt: skip

    def _indicators(self) -> list[dict[str, Any]]:
        tops: list[dict[str, Any]] = []
        goals: list[dict[str, Any]] = self.targets
        for line in self.form.indicators:
            top = _node(tops, line.level1, lambda at: chr(ord("A") + at))
            middle = _node(top["children"], line.level2, lambda at, top=top: f"{top['code']}{at + 1}")
            goal_top = _node(goals, line.level1, lambda at: f"T{chr(ord('A') + at)}")
            goal = _node(goal_top["children"], line.level2, lambda at, top=goal_top: f"{top['code']}{at + 1}")
            leaf = self._leaf(line, f"{middle['code']}{len(middle['children']) + 1:02d}")
            middle["children"].append(leaf)
            for node in (middle, top):
                node["weight"] += leaf["weight"]
            own = {"code": f"T{leaf['code']}", "name": leaf["name"]}
            goal["children"].append(own | ({"value": leaf["target"]} if "target" in leaf else {}))
        for one in goals:
            for node in (one, *one["children"]):
                del node["weight"]
        return tops

    def _leaf(self, line: IndicatorLine, code: str) -> dict[str, Any]:
        weight, points, target, actual = (line.cells[key] for key in ("weight", "points", "target", "actual"))
        full = weight.number or ZERO
        leaf: dict[str, Any] = {"code": code, "name": _said(line.level3), "weight": full}
        stated = points.shown
        if stated is not None and stated > full:
            text = f"“{line.level3}”得分 {plain(stated)} 超过分值 {plain(full)}"
            self.slips.append({"place": points.place, "text": _said(text)})
        if stated is not None:
            self._publish(points, points={code: stated})
        self._publish(weight, weights={code: full})
        if (both := pair(target, actual)) and both[0].number >= 0:
            wanted, reached = both
            leaf["unit"] = wanted.unit or "1"
            figure = f"{code.lower()}_actual"
            self.figures[figure] = {
                "name": f"{_said(line.level3)}，实际完成值", "unit": leaf["unit"], "value": reached, "place": actual.place,
            }  # fmt: skip
            rule: dict[str, Any] = {"kind": "proportional", "figure": figure, "target": wanted.number}
            self.rules[code] = rule | (
                {} if wanted.direction is Direction.POSITIVE else {"direction": str(wanted.direction)}
            )
        elif content(actual.text):
            self.findings[code] = {"analysis": _said(f"实际完成值：{actual.text}")}
        if content(target.text):
            leaf["target"] = _said(target.text)
        if reason := content(line.cells.get("reason", Printed()).text):
            self.findings[code] = self.findings.get(code, {}) | {"reason": _said(reason)}
        is_known = stated is not None and ZERO <= stated <= full
        leaf |= {"place": points.place, "targets": [f"T{code}"]}
        leaf["rule"] = {"kind": "stated", "stated": stated if is_known else None, "place": points.place}
        return leaf

    def _total(self, whole: Fraction) -> None:
        total = self.form.total
        if total["points"].shown is not None:
            self._publish(total["points"], points={"total": total["points"].shown})
        if total["weight"].number is not None:
            self._publish(total["weight"], weights={"total": total["weight"].number})
        if whole != HUNDRED:
            text = f"各项分值合计 {plain(whole)}，不是 100"
            self.slips.append({"place": total["weight"].place, "text": text})

    def _publish(self, cell: Printed, **what: dict[str, Fraction]) -> None:
        self.published.append({"place": cell.place, **what})


def _node(nodes: list[dict[str, Any]], name: str, code: Any) -> dict[str, Any]:  # noqa: ANN401 - from a position to a code
    shown = label(name) or "未分类"
    found = next((one for one in nodes if one["name"] == shown), None)
    if found is None:
        found = {"code": code(len(nodes)), "name": shown, "weight": ZERO, "children": []}
        nodes.append(found)
    return found


def _said(text: str) -> str:
    """Return text as a programme file may hold it: braces would name a figure."""
    return text.replace("{", "\uff5b").replace("}", "\uff5d").strip()
