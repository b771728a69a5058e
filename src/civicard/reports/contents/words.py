"""The words of the official documents: numbers of headings, names of states and grounds, tidy Chinese. Pure."""

import re
from collections.abc import Iterable

from civicard.kernel.exact import plain
from civicard.reports.document import DEEPEST_HEADING, Heading
from civicard.scoring.figures import Basis, State
from civicard.scoring.framework import GradeBand
from civicard.scoring.programme import CauseKind
from civicard.scoring.rules.base import Interval

NOT_PROVIDED, NOT_FILLED, NO_ANALYSIS = "未提供", "未填写", "未作分析"
NO_CAUSE, UNSORTED_CAUSE, NOT_STATED, NOTHING = "未说明原因", "未归类", "未写明", "—"
ORIGINAL = "原文"
STATES = {
    State.SCORED: "已评分",
    State.MISSING: "缺数据",
    State.NOT_APPLICABLE: "不适用",
    State.DISPUTED: "有争议",
}
MARKS = {state: f"【{word}】" for state, word in STATES.items()}
BASES = {Basis.MEASURED: "实测", Basis.EVIDENCE: "佐证", Basis.STATED: "自述", Basis.NONE: "无"}
CAUSES = {
    CauseKind.LATE_START: "启动推迟",
    CauseKind.DEMAND: "需求变化",
    CauseKind.QUALITY: "质量问题",
    CauseKind.DATA: "数据问题",
    CauseKind.UNKNOWN: NO_CAUSE,
}
# 一级指标, 三级绩效目标.
LEVELS = ("", "一级", "二级", "三级", "四级", "五级", "六级")
DIGITS = "零一二三四五六七八九"
TEN, MOST_CIRCLED = 10, 20
# A space between Chinese and Latin or digits is a habit of screens, not of official documents.
CHINESE = r"\u3000-\u303f\u3400-\u9fff\uff00-\uffef“”‘’"
SPACE = re.compile(rf"(?<=[{CHINESE}]) +(?=[^ ])|(?<=[^ ]) +(?=[{CHINESE}])")
OUT_OF = re.compile(r"：(\d[\d.]*)/(\d[\d.]*)")
STATED_OUT_OF = re.compile(r"给出 ?(\d[\d.]*)/(\d[\d.]*) ?分")
ENDS = "。！？…"


def numeral(number: int) -> str:
    """Return a number from 1 to 99 in Chinese, as headings have it.

    >>> numeral(2), numeral(10), numeral(21)
    ('二', '十', '二十一')
    """
    tens, ones = divmod(number, TEN)
    return ("" if not tens else "十" if tens == 1 else f"{DIGITS[tens]}十") + (DIGITS[ones] if ones else "")


def circled(number: int) -> str:
    """Return the number of an item in a circle, in brackets beyond twenty."""
    return chr(0x245F + number) if number <= MOST_CIRCLED else f"（{number}）"


class Outline:
    """Numbers the headings of one document: 一、 （一） 1. （1）."""

    def __init__(self) -> None:
        self.counts = [0] * DEEPEST_HEADING

    def heading(self, level: int, text: str) -> Heading:
        """Return the next heading of a level, numbered; numbers below it start anew."""
        self.counts[level - 1] += 1
        self.counts[level:] = [0] * (DEEPEST_HEADING - level)
        number = self.counts[level - 1]
        mark = (f"{numeral(number)}、", f"（{numeral(number)}）", f"{number}.", f"（{number}）")[level - 1]
        return Heading(level=level, text=f"{mark}{text}")


def tidy(text: str) -> str:
    """Return a sentence of the calculation as official documents write it.

    >>> tidy("84.31 比 100 差 15.69；每档 2 个百分点；5 − 8 低于下限，得 0")
    '84.31比100差15.69；每档2个百分点；5 − 8低于下限，得0'
    >>> tidy("评为“完全实现”：6/6")
    '评为“完全实现”，得6分（满分6分）'
    """
    text = SPACE.sub("", text)
    text = STATED_OUT_OF.sub(r"给出\1分（满分\2分）", text)
    return OUT_OF.sub(r"，得\1分（满分\2分）", text)


def sentence(text: str) -> str:
    """Return text that ends as a sentence does."""
    return text if not text or text[-1] in ENDS else f"{text}。"


def listed(names: Iterable[str]) -> str:
    """Return names in a row."""
    return "、".join(names)


def titled(title: str) -> str:
    """Return the title of a document in its brackets; a title within it gets the inner ones.

    >>> titled("《管理办法》实施细则")
    '《〈管理办法〉实施细则》'
    """
    return f"《{title.replace('《', '〈').replace('》', '〉')}》"


def between(low: str, high: str, unit: str = "分") -> str:
    """Return a range in words, or the one number it is."""
    return f"{low}{unit}" if low == high else f"{low}{unit}至{high}{unit}"


def interval(one: Interval, unit: str = "") -> str:
    """Return an interval in words, each end said to belong to it or not.

    >>> from civicard.kernel.exact import Fraction
    >>> interval(Interval(least=Fraction(80), below=Fraction(90)), "分")
    '80分（含）至90分（不含）'
    """
    low = "" if one.low is None else f"{plain(one.low)}{unit}（{'含' if one.least is not None else '不含'}）"
    high = (
        "" if one.high is None else f"{plain(one.high)}{unit}（{'含' if one.most is not None else '不含'}）"
    )
    if low and high:
        return f"{low}至{high}"
    return f"{low}以上" if low else f"{high}以下" if high else "不限"


def grade_scale(bands: Iterable[GradeBand]) -> str:
    """Return the bands of the total in words, best first."""
    return "；".join(f"{interval(band, '分')}为“{band.grade.zh}”" for band in bands)
