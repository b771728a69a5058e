"""Charts of an evaluation as ECharts options: plain dictionaries, the same on a page and in print.

Exact numbers become floats here and only here, for drawing; every printed figure is text made from the exact
number. Colours are from Okabe and Ito's palette, chosen so that light and dark also tell them apart in grey.
"""

from collections.abc import Mapping, Sequence
from math import ceil, floor

from civicard.kernel.exact import ZERO, Fraction, grouped, plain, rounded
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
FULL_MARKS = Fraction(100)
PLACES = 2
# An axis has at most so many steps, each of a round size.
MOST_STEPS = 6
ROUND_STEPS = (1, 2, 5)
SMALLEST_STEP = Fraction(1, 100)
# Type of 11 pixels: a Chinese character is as wide as it is high, a digit little more than half.
WIDE, NARROW, GAP = 11, 6.5, 16
LATIN_END = 0x2E80
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
    rows: Sequence[tuple[str, str, Fraction | None, Fraction]],
    language: Language = Language.CHINESE,
    places: int = PLACES,
) -> Option:
    """Return bars of the points won and lost by each indicator, in the order given.

    Args:
        rows: code, name, points (None: not scored, drawn as an empty frame) and weight of each indicator.
        language: of the legend.
        places: that points are printed to.
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
            label = f"{_points(points, places)} / {plain(weight)}"
            label = f"{label}（−{_points(less, places)}）" if less > ZERO else label
            lost.append({"value": float(max(less, ZERO)), "label": _label(label)})
    most = max((weight for _, _, _, weight in rows), default=Fraction(1))
    most, step = _round_axis(most)
    bars = {"type": "bar", "stack": "points", "barWidth": "58%"}
    option = _option(
        legend=[WON.into(language), LOST.into(language)],
        x={"type": "value", "min": 0, "max": float(most), "interval": float(step)},
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
    # Beyond the full points there is no axis; the figures stand in the margin.
    option["grid"] = {"left": 8, "right": _room(lost), "top": 34, "bottom": 8, "containLabel": True}
    return option


def budget_against_spending(
    rows: Sequence[tuple[str, Fraction | None, Fraction | None, Fraction | None]],
    unit: str,
    language: Language = Language.CHINESE,
    printed: Sequence[Sequence[str]] = (),
) -> Option:
    """Return bars of initial budget, full-year budget and spending of each fund.

    Args:
        rows: label, initial budget, full-year budget and executed amount; None where it is not known.
        unit: of all amounts, as printed on the axis.
        language: of the legend.
        printed: the three amounts of each row as the tables print them; else they get the digits they need.
    """
    parts = ((INITIAL, LIGHT), (FULL_YEAR, MIDDLE), (EXECUTED, DARK))
    highest = max(
        (amount for _, *amounts in rows for amount in amounts if amount is not None), default=Fraction(1)
    )
    series: list[object] = []
    for number, (name, colour) in enumerate(parts):
        data: list[object] = []
        for at, (_, *amounts) in enumerate(rows):
            amount = amounts[number]
            # An unknown amount says so: an empty place reads as zero.
            shown = NOT_GIVEN.into(language) if amount is None else grouped(amount, _places(amount))
            shown = printed[at][number] if printed else shown
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
    *,
    places: int = PLACES,
    full: Fraction = FULL_MARKS,
) -> Option:
    """Return the total under each reading as dots over the grade bands, the chosen one marked by a line.

    Args:
        rows: label and total of each reading, in the order given.
        bands: name, least and most points of each grade.
        chosen: the label of the reading whose total was published.
        language: of the axis.
        places: that points are printed to.
        full: the full points.

    Raises:
        ValueError: no row is labelled `chosen`.
    """
    totals = dict(rows)
    if chosen not in totals:
        raise ValueError(f"No reading is labelled {chosen}.")
    highest = max(full, *totals.values())
    least = max(ZERO, min(totals.values()) - MARGIN_POINTS)
    _, step = _round_axis(highest - least)
    left, right = floor(least / step) * step, ceil(highest / step) * step
    areas = [
        [
            {
                "xAxis": float(max(least, left)),
                "name": grade,
                "itemStyle": {"color": BANDS[number % len(BANDS)], "borderColor": RULE, "borderWidth": 0.8},
                "label": {"show": True, "position": "top", "color": INK, "fontSize": 12},
            },
            {"xAxis": float(min(most, right))},
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
            "label": _label(_points(total, places)),
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
            "formatter": f"{PUBLISHED.into(language)} {_points(totals[chosen], places)}",
        },
        "data": [{"xAxis": float(totals[chosen])}],
    }
    option = _option(
        legend=[],
        x={
            "type": "value",
            "min": float(left),
            "max": float(right),
            "interval": float(step),
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


def _points(number: Fraction, places: int) -> str:
    """Return points as the tables print them: rounded to `places`, without needless zeros."""
    return plain(rounded(number, Fraction(1, 10**places)))


def _round_axis(length: Fraction) -> tuple[Fraction, Fraction]:
    """Return the round end of an axis from 0 that is at least `length` long, and the size of its steps.

    >>> [str(one) for one in _round_axis(Fraction(12))], [str(one) for one in _round_axis(Fraction(90))]
    (['12', '2'], ['100', '20'])
    """
    power = SMALLEST_STEP
    while True:
        for factor in ROUND_STEPS:
            step = power * factor
            if length <= step * MOST_STEPS:
                return max(ceil(length / step), 1) * step, step
        power *= 10


def _room(bars: Sequence[object]) -> int:
    """Return the pixels that the longest label behind the bars takes."""
    texts = [bar["label"]["formatter"] for bar in bars if isinstance(bar, dict)]
    widths = (sum(WIDE if ord(one) >= LATIN_END else NARROW for one in text) for text in texts)
    return GAP + ceil(max(widths, default=0))


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
