"""Charts of an evaluation as ECharts options: plain dictionaries, the same on a page and in print.

Exact numbers become floats here and only here, for drawing; every printed figure is text made from the exact
number. Colours are from Okabe and Ito's palette, chosen so that light and dark also tell them apart in grey.
"""

from collections.abc import Mapping, Sequence
from math import ceil, floor

from civicard.kernel.exact import ZERO, Fraction, grouped, plain
from civicard.kernel.text import Language, Text
from civicard.reports.drawing import to_png, to_svg

__all__ = [
    "Option",
    "budget_against_spending",
    "points_lost",
    "rows_height_mm",
    "sensitivity",
    "to_png",
    "to_svg",
]

Option = dict[str, object]

DARK, MIDDLE, LIGHT, ACCENT, INK, RULE = "#0B4F8A", "#7FB0D6", "#DCE6EE", "#F0A63A", "#222222", "#B8B8B8"
BANDS = ("#FFFFFF", "#EEF1F4")
HALO = {"backgroundColor": "rgba(255,255,255,0.85)", "padding": [1, 2]}
FONTS = "Noto Sans CJK SC, Source Han Sans SC, Microsoft YaHei, PingFang SC, sans-serif"
FULL_MARKS = 100
# Room between the lowest total and the left edge of the axis.
MARGIN_POINTS = 4
ROW_MM, FRAME_MM = 6, 22

WON, LOST = Text("得分", "Points won"), Text("失分", "Points lost")
NOT_SCORED = Text("未评分", "not scored")
NOT_GIVEN = Text("未提供", "not given")
INITIAL, FULL_YEAR = Text("年初预算数", "Initial budget"), Text("全年预算数", "Full-year budget")
EXECUTED = Text("全年执行数", "Executed")
TOTAL = Text("总分", "Total")
PUBLISHED = Text("采用", "Chosen")
UNIT = Text("单位：", "Unit: ")


def points_lost(
    rows: Sequence[tuple[str, str, Fraction | None, Fraction]], language: Language = Language.CHINESE
) -> Option:
    """Return bars of the points won and lost by each indicator, in the order given.

    Args:
        rows: code, name, points (None: not scored, drawn as an empty frame) and weight of each indicator.
        language: of the legend.
    """
    won: list[object] = [0.0 if points is None else float(points) for _, _, points, _ in rows]
    lost: list[object] = []
    for _, _, points, weight in rows:
        if points is None:
            label, style = (
                NOT_SCORED.into(language),
                {"color": "#FFFFFF", "borderColor": INK, "borderType": "dashed"},
            )
            lost.append(
                {"value": float(weight), "itemStyle": style, "label": _label(f"{label} / {plain(weight)}")}
            )
        else:
            less = weight - points
            label = f"{plain(points, _places(points))} / {plain(weight)}"
            label = f"{label}（−{plain(less, _places(less))}）" if less > ZERO else label
            lost.append({"value": float(max(less, ZERO)), "label": _label(label)})
    most = max((weight for _, _, _, weight in rows), default=Fraction(1))
    bars = {"type": "bar", "stack": "points", "barWidth": "58%"}
    return _option(
        legend=[WON.into(language), LOST.into(language)],
        x={"type": "value", "min": 0, "max": ceil(most * Fraction(5, 4))},
        y={
            "type": "category",
            "inverse": True,
            "data": [f"{code} {name}".strip() for code, name, _, _ in rows],
        },
        series=[
            {**bars, "name": WON.into(language), "data": won, "itemStyle": {"color": DARK}},
            {
                **bars,
                "name": LOST.into(language),
                "data": lost,
                "itemStyle": {"color": ACCENT, "borderColor": INK, "borderWidth": 0.5},
            },
        ],
    )


def budget_against_spending(
    rows: Sequence[tuple[str, Fraction | None, Fraction | None, Fraction | None]],
    unit: str,
    language: Language = Language.CHINESE,
) -> Option:
    """Return bars of initial budget, full-year budget and spending of each fund.

    Args:
        rows: label, initial budget, full-year budget and executed amount; None where it is not known.
        unit: of all amounts, as printed on the axis.
        language: of the legend.
    """
    parts = ((INITIAL, LIGHT), (FULL_YEAR, MIDDLE), (EXECUTED, DARK))
    highest = max(
        (amount for _, *amounts in rows for amount in amounts if amount is not None), default=Fraction(1)
    )
    series: list[object] = []
    for number, (name, colour) in enumerate(parts):
        data: list[object] = []
        for _, *amounts in rows:
            amount = amounts[number]
            # An unknown amount says so: an empty place reads as zero.
            shown = NOT_GIVEN.into(language) if amount is None else grouped(amount, _places(amount))
            data.append({"value": float(amount or ZERO), "label": _label(shown)})
        series.append(
            {
                "type": "bar",
                "name": name.into(language),
                "data": data,
                "barMaxWidth": 22,
                "itemStyle": {"color": colour, "borderColor": INK, "borderWidth": 0.5},
            }
        )
    # The longest bar keeps room for its figure.
    end = float(highest * Fraction(5, 4)) or 1.0
    option = _option(
        legend=[name.into(language) for name, _ in parts],
        x={
            "type": "value",
            "min": 0,
            "max": end,
            "axisLabel": {"show": False},
            "splitLine": {"show": False},
        },
        y={"type": "category", "inverse": True, "data": [label for label, *_ in rows]},
        series=series,
    )
    plain_type = {"color": INK, "fontSize": 12, "fontWeight": "normal"}
    option["title"] = {"text": f"{UNIT.into(language)}{unit}", "right": 8, "top": 2, "textStyle": plain_type}
    return option


def sensitivity(
    rows: Sequence[tuple[str, Fraction]],
    bands: Sequence[tuple[str, Fraction, Fraction]],
    chosen: str,
    language: Language = Language.CHINESE,
) -> Option:
    """Return the total under each reading as dots over the grade bands, the chosen one marked by a line.

    Args:
        rows: label and total of each reading, in the order given.
        bands: name, least and most points of each grade.
        chosen: the label of the reading whose total was published.
        language: of the axis.

    Raises:
        ValueError: no row is labelled `chosen`.
    """
    totals = dict(rows)
    if chosen not in totals:
        raise ValueError(f"No reading is labelled {chosen}.")
    left = max(0, floor(min(totals.values())) - MARGIN_POINTS)
    right = max(FULL_MARKS, ceil(max(totals.values())))
    areas = [
        [
            {
                "xAxis": float(max(least, Fraction(left))),
                "name": grade,
                "itemStyle": {"color": BANDS[number % len(BANDS)], "borderColor": RULE, "borderWidth": 0.8},
                "label": {"show": True, "position": "top", "color": INK, "fontSize": 12},
            },
            {"xAxis": float(min(most, Fraction(right)))},
        ]
        for number, (grade, least, most) in enumerate(sorted(bands, key=lambda band: band[1]))
        if most > left and least < right
    ]
    dots: list[object] = [
        {
            "value": [float(total), label],
            "symbol": "diamond" if label == chosen else "circle",
            "symbolSize": 15 if label == chosen else 11,
            "itemStyle": {
                "color": ACCENT if label == chosen else DARK,
                "borderColor": INK,
                "borderWidth": 0.8,
                "opacity": 1,
            },
            "label": _label(plain(total, _places(total))),
        }
        for label, total in rows
    ]
    line = {
        "silent": True,
        "symbol": "none",
        "lineStyle": {"color": INK, "type": "dashed", "width": 1.2},
        "label": {
            "position": "end",
            "distance": 22,
            "color": INK,
            "fontSize": 12,
            "formatter": f"{PUBLISHED.into(language)} {plain(totals[chosen], _places(totals[chosen]))}",
        },
        "data": [{"xAxis": float(totals[chosen])}],
    }
    option = _option(
        legend=[],
        x={
            "type": "value",
            "min": left,
            "max": right,
            "name": TOTAL.into(language),
            "splitLine": {"show": False},
        },
        y={
            "type": "category",
            "inverse": True,
            "data": [label for label, _ in rows],
            "splitLine": {"show": True, "lineStyle": {"color": RULE, "type": "dotted"}},
        },
        series=[
            {
                "type": "scatter",
                "data": dots,
                "markArea": {"silent": True, "data": areas},
                "markLine": line,
                "z": 3,
            }
        ],
    )
    option["grid"] = {"left": 8, "right": 44, "top": 30, "bottom": 20, "containLabel": True}
    return option


def rows_height_mm(rows: int) -> int:
    """Return the height, in mm, at which a chart of so many bars or dots reads well."""
    return FRAME_MM + ROW_MM * max(rows, 3)


def _places(number: Fraction) -> int | None:
    """Return the places to print: the exact ones, or two where the decimals go on."""
    return None if plain(number) == plain(number, 0) else 2


def _label(text: str) -> dict[str, object]:
    """Return a label to the right of a bar or dot; its text is shown as it is."""
    # ECharts reads {…} in a formatter as its own; no figure of ours holds braces.
    return {"show": bool(text), "position": "right", "color": INK, "fontSize": 11, "formatter": text, **HALO}


def _option(
    *, legend: list[str], x: Mapping[str, object], y: Mapping[str, object], series: list[object]
) -> Option:
    """Return an option with the look that all charts share."""
    axis = {
        "axisLine": {"lineStyle": {"color": INK}},
        "axisLabel": {"color": INK, "fontSize": 12, "width": 190, "overflow": "break"},
        "nameTextStyle": {"color": INK, "fontSize": 12},
    }
    split = {"splitLine": {"lineStyle": {"color": "#E3E3E3"}}}
    return {
        "animation": False,
        "backgroundColor": "#FFFFFF",
        "textStyle": {"fontFamily": FONTS, "color": INK},
        "legend": {
            "data": legend,
            "top": 0,
            "show": bool(legend),
            "textStyle": {"color": INK, "fontSize": 12},
        },
        "grid": {"left": 8, "right": 44, "top": 34 if legend else 12, "bottom": 8, "containLabel": True},
        "tooltip": {"show": False},
        "xAxis": {**axis, **split, **x},
        "yAxis": {**axis, "axisTick": {"show": False}, **y},
        "series": series,
    }
