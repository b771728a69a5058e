"""Phones, addresses and nations, as they are read and shown."""

import pytest

from civicard.people.rules import (
    DetailField,
    DetailRefused,
    Guardian,
    IdKind,
    masked_phone,
    read_address,
    read_phone,
    require_nation,
)


@pytest.mark.parametrize(
    ("entered", "kept"),
    [
        ("13800000123", "13800000123"),
        ("138 0000 0123", "13800000123"),
        ("+86 13800000123", "13800000123"),
        ("021-62345678", "02162345678"),
        ("02162345678", "02162345678"),
        ("0571-8765432-12", "05718765432-12"),
        ("+85221234567", "+85221234567"),
    ],
)
def test_a_phone_has_one_form_however_it_is_entered(entered: str, kept: str) -> None:
    assert read_phone(entered) == kept
    assert read_phone(kept) == kept


@pytest.mark.parametrize(
    "wrong",
    ["", "12800000123", "1380000012", "138000001234", "62345678", "abc", "021-12345678"],
)
def test_what_is_no_phone_is_refused_by_its_field_without_being_shown(wrong: str) -> None:
    with pytest.raises(DetailRefused) as refused:
        read_phone(wrong, of=DetailField.GUARDIAN)
    assert refused.value.field is DetailField.GUARDIAN
    assert not wrong or wrong not in refused.value.text.zh + refused.value.text.en


@pytest.mark.parametrize("wrong", ["", "  ", "路" * 201, "一\n二", "一\x00"])
def test_an_address_has_words_that_can_be_shown(wrong: str) -> None:
    with pytest.raises(DetailRefused):
        read_address(wrong)
    assert read_address(" 人民路 1 号 ") == "人民路 1 号"


def test_a_nation_is_that_of_the_document() -> None:
    require_nation("01", IdKind.CITIZEN)
    require_nation("56", IdKind.TAIWAN_PERMIT)
    require_nation("DEU", IdKind.FOREIGN_RESIDENT)
    for nation, kind in (("57", IdKind.CITIZEN), ("DEU", IdKind.CITIZEN), ("01", IdKind.FOREIGN_RESIDENT)):
        with pytest.raises(DetailRefused):
            require_nation(nation, kind)


@pytest.mark.parametrize("phone", ["13800000123", "02162345678", "+85221234567", "+123456"])
def test_a_masked_phone_hides_at_least_half_of_it(phone: str) -> None:
    masked = masked_phone(phone)
    assert len(masked) == len(phone)
    assert masked.count("*") * 2 >= len(phone)


def test_a_guardian_prints_nothing() -> None:
    one = Guardian(name="李秀英", id_number="310101199003070035", phone="13900001111")
    assert repr(one) == "Guardian()"
