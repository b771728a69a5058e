"""Invented names. Pure.

Surnames and given-name characters are common ones, put together by chance. A few names are of the kinds that break
systems: with `·`, too long for a card, or with characters that GBK does not know.
"""

from collections.abc import Sequence
from enum import IntEnum

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from civicard.simulation.chance import Chance
from civicard.simulation.days import Flags

# The most common first; frequency falls with the place.
SURNAMES = tuple(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常"
)
COMPOUND = ("欧阳", "上官", "司马", "诸葛", "夏侯", "皇甫")
OF_MEN = tuple(
    "伟强磊军勇杰涛超明刚平辉鹏华飞鑫波斌宇浩凯健俊帆帅旭宁龙林博诚宏建国志海峰文翔晨泽轩昊然铭睿哲坤东亮安"
)
OF_WOMEN = tuple(
    "芳娜敏静丽艳娟霞秀燕玲桂英红玉萍洁梅琳雪晶颖慧倩婷莹佳欣怡悦雯琪瑶蕾薇璐思梦雨彤涵诗语嫣妍菲月兰珍春"
)
# None of them is in GBK; the first two are in names often enough that registers know them well.
BEYOND_GBK = ("𬱖", "𫖯", "𬭛", "𣲗", "𬍛", "𠅤")
PARTS = (
    "阿依古丽", "买买提", "吐尔逊", "艾合买提", "古丽娜尔", "阿卜杜拉", "热依汗", "努尔兰", "帕提古丽", "玉素甫",
    "其米卓玛", "扎西多吉", "斯琴高娃", "巴特尔", "乌云其其格", "卡德尔江",
)  # fmt: skip
LONG_PARTS = ("阿卜杜热合曼江", "古丽巴哈尔汗木", "努尔买买提艾力", "赛买提吐尔逊江", "乌日图那顺巴雅尔")


class Kind(IntEnum):
    """What kind of name it is."""

    TWO = 0
    THREE = 1
    COMPOUND = 2
    DOTTED = 3
    LONG = 4
    BEYOND = 5


# Of 10,000 names.
SHARES = (1400, 8390, 40, 150, 5, 15)


def names(chance: Chance, is_man: Flags) -> pa.Array:
    """Return a name for each person, by sex."""
    number = len(is_man)
    kind = chance.pick("name-kind", SHARES, number)
    surname = _taken(
        chance, "surname", SURNAMES, number, weights=[1000 // (at + 4) for at in range(len(SURNAMES))]
    )
    given = [
        pc.if_else(
            pa.array(is_man), _taken(chance, f"man-{at}", OF_MEN, number), _taken(chance, f"woman-{at}", OF_WOMEN, number)
        )
        for at in (1, 2)
    ]  # fmt: skip
    dotted = [_taken(chance, f"part-{at}", PARTS, number) for at in (1, 2)]
    long = [_taken(chance, f"long-{at}", LONG_PARTS, number) for at in (1, 2, 3)]
    forms = {
        Kind.TWO: _joined(surname, given[0]),
        Kind.THREE: _joined(surname, *given),
        Kind.COMPOUND: _joined(_taken(chance, "compound", COMPOUND, number), *given),
        Kind.DOTTED: _joined(*dotted, by="·"),
        Kind.LONG: _joined(*long, by="·"),
        Kind.BEYOND: _joined(surname, given[0], _taken(chance, "beyond", BEYOND_GBK, number)),
    }
    return pc.choose(pa.array(kind.astype(np.int64)), *(forms[one] for one in Kind))


def _taken(
    chance: Chance, label: str, among: Sequence[str], number: int, weights: Sequence[int] | None = None
) -> pa.Array:
    places = chance.pick(f"name-{label}", weights or [1] * len(among), number)
    return pa.array(list(among), pa.string()).take(pa.array(places))


def _joined(*parts: pa.Array, by: str = "") -> pa.Array:
    return pc.binary_join_element_wise(*parts, by)
