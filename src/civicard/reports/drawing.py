"""Drawing of charts without a browser: ECharts in an embedded V8 makes SVG, resvg makes PNG.

Trap: a V8 context does not survive a fork, so each process starts its own; it serves one caller at a time.
"""

import hashlib
import json
import os
import re
import threading
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING
from xml.etree.ElementTree import tostring

from civicard.kernel.exact import Fraction
from civicard.reports.fonts import SANS, font_files

if TYPE_CHECKING:
    from py_mini_racer import MiniRacer

DRAW = """function draw(option, width, height) {
  const chart = echarts.init(null, null, {renderer: "svg", ssr: true, width: width, height: height});
  chart.setOption(option);
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}"""
SVG = "http://www.w3.org/2000/svg"
SHAPES = frozenset(
    {
        *(
            "svg",
            "g",
            "defs",
            "path",
            "rect",
            "circle",
            "ellipse",
            "line",
            "polyline",
            "polygon",
            "text",
            "tspan",
        ),
        *("clipPath", "pattern", "linearGradient", "radialGradient", "stop"),
    }
)
DROPPED = frozenset({"class", "pointer-events", "baseProfile", "version"})
# CSS pixels of the SVG to pixels of the PNG: 288 dots an inch.
ZOOM = 3
PIXELS_PER_MM = 96 / 25.4
_turn = threading.Lock()


def to_svg(option: Mapping[str, object], width: int, height: int) -> str:
    """Return `option` drawn as SVG, `width` by `height` CSS pixels; the same bytes for the same option.

    Raises:
        ValueError: the option draws something that is no shape or text, such as an outside picture.
    """
    argument = json.dumps(option, default=_float, allow_nan=False)
    with _turn:
        drawn = _engine(os.getpid()).eval(f"draw({argument}, {int(width)}, {int(height)})")
    key = hashlib.sha256(f"{argument}{width}{height}".encode()).hexdigest()[:10]
    return _checked(str(drawn), key)


def to_png(svg: str) -> bytes:
    """Return an SVG as PNG at 288 dots an inch, with the bundled fonts only."""
    import resvg_py

    return bytes(
        resvg_py.svg_to_bytes(
            svg_string=svg,
            zoom=ZOOM,
            background="#ffffff",
            skip_system_fonts=True,
            font_files=[str(path) for path in font_files()],
            font_family=SANS,
            sans_serif_family=SANS,
            languages=["zh-Hans"],
        )
    )


def pixels(mm: int) -> int:
    """Return the CSS pixels of a length in mm, so that 12 px type prints as 9 points."""
    return round(mm * PIXELS_PER_MM)


@cache
def _engine(process: int) -> "MiniRacer":  # noqa: ARG001 - the key of the cache, see the module's trap
    """Return this process's JavaScript context with ECharts loaded; its start takes a third of a second."""
    from py_mini_racer import MiniRacer

    engine = MiniRacer()
    engine.eval((files("civicard.reports") / "assets" / "echarts.min.js").read_text(encoding="utf-8"))
    engine.eval(DRAW)
    return engine


def _float(number: object) -> float:
    """Return an exact number as JSON can hold it."""
    if isinstance(number, Fraction):
        return float(number)
    raise TypeError(f"A chart option holds {type(number).__name__}.")


def _checked(drawn: str, key: str) -> str:
    """Return ECharts' SVG without its hover styles, and with ids that depend on the drawing alone.

    ECharts numbers ids over the life of its process; as they are, two charts on one page would share some.
    """
    from defusedxml.ElementTree import fromstring

    root = fromstring(drawn)
    for element in root.iter():
        element.tag = element.tag.removeprefix(f"{{{SVG}}}")
        for name, value in list(element.items()):
            if name in DROPPED or name.startswith("ecmeta_"):
                del element.attrib[name]
            elif name.startswith("on") or "href" in name:
                raise ValueError(f"A chart may not hold {name}: {value}")
            else:
                element.set(name, re.sub(r"\bzr\d+-", f"{key}-", value))
    for element in list(root):
        if element.tag == "style":
            root.remove(element)
    foreign = {element.tag for element in root.iter()} - SHAPES
    if foreign:
        raise ValueError(f"A chart may hold shapes and text only, not {sorted(foreign)}.")
    root.set("xmlns", SVG)
    return tostring(root, encoding="unicode")
