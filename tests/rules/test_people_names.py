"""Names on cards: 30 bytes of GBK, 20 more in the extension, and the characters that GBK does not have."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from civicard.people.rules import NameFit, NameRefused, name_on_card


@pytest.mark.parametrize(
    ("name", "fit"),
    [
        ("张三", NameFit.FITS),
        ("阿卜杜拉·买买提", NameFit.FITS),
        ("张" * 15, NameFit.FITS),
        ("张" * 16, NameFit.NEEDS_EXTENSION),
        ("a" + "张" * 15, NameFit.NEEDS_EXTENSION),
        ("张" * 25, NameFit.NEEDS_EXTENSION),
        ("张" * 25 + "a", NameFit.TOO_LONG),
        ("张" * 26, NameFit.TOO_LONG),
        ("MARIA-JOSE O'BRIEN, A", NameFit.FITS),
        ("刘\N{IDEOGRAPHIC NUMBER ZERO}一", NameFit.FITS),
        ("王㛃", NameFit.BEYOND_GBK),
        ("𬱖", NameFit.BEYOND_GBK),
        ("𬱖" * 12, NameFit.BEYOND_GBK),
        ("𬱖" * 12 + "张", NameFit.BEYOND_GBK),
        ("𬱖" * 12 + "张a", NameFit.TOO_LONG),
    ],
)
def test_a_name_fits_or_not(name: str, fit: NameFit) -> None:
    assert name_on_card(name).fit is fit


def test_a_name_of_sixteen_characters_puts_the_last_into_the_extension() -> None:
    on_card = name_on_card("张" * 15 + "三")
    assert (on_card.first, on_card.extension) == ("张" * 15, "三")


def test_no_character_is_cut_in_two() -> None:
    on_card = name_on_card("a" * 29 + "张" * 10)
    assert (on_card.first, on_card.extension) == ("a" * 29, "张" * 10)


def test_the_byte_that_is_left_over_at_the_cut_is_lost() -> None:
    # 50 bytes in all, but 29 before the cut and 21 behind it.
    assert name_on_card("a" * 29 + "张" * 10 + "a").fit is NameFit.TOO_LONG


def test_the_characters_beyond_gbk_are_named_once_each() -> None:
    assert name_on_card("㛃王㛃𬱖").beyond == ("㛃", "𬱖")


@pytest.mark.parametrize(
    ("name", "position"),
    [
        ("", None), (" 张三", 1), ("张三 ", 3), ("·张", 1), ("张·", 2), ("张3", 2), ("买•提", 2), ("买・提", 2),
        ("买\N{FULLWIDTH FULL STOP}提", 2), ("张\u200b三", 2), ("张\ue000", 2), ("张?", 2), ("张\n三", 2), ("张\ud800", 2), ("张（三）", 2),
    ],
)  # fmt: skip
def test_what_is_no_name_is_refused_with_the_place(name: str, position: int | None) -> None:
    with pytest.raises(NameRefused) as caught:
        name_on_card(name)
    assert (caught.value.code, caught.value.position) == ("name_refused", position)


@given(st.text(alphabet=st.sampled_from("张三丰a b·-"), min_size=1, max_size=40))
def test_the_two_parts_are_the_name_and_fit_their_fields(name: str) -> None:
    if {name[0], name[-1]} & set(" ·-"):
        with pytest.raises(NameRefused):
            name_on_card(name)
        return
    on_card = name_on_card(name)
    assert on_card.first + on_card.extension == name
    if on_card.fit is NameFit.TOO_LONG:
        assert len(name.encode("gbk")) >= 50
    else:
        assert len(on_card.first.encode("gbk")) <= 30
        assert len(on_card.extension.encode("gbk")) <= 20
        assert bool(on_card.extension) == (len(name.encode("gbk")) > 30)
