"""Encrypted fields: read again only where they were written, by the right key, and unchanged."""

import gmssl_pyx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from civicard.vault.binding import bound
from civicard.vault.fields import SoftwareBlindIndex, SoftwareFieldCipher
from civicard.vault.interface import BlindIndex, FieldCipher
from civicard.vault.refusals import FieldNotText, FieldUnreadable, KeyVersionUnknown

FIRST = bytes.fromhex("0123456789abcdeffedcba9876543210")
SECOND = bytes(range(16))
INDEX_FIRST = bytes(range(32))
INDEX_SECOND = bytes(range(32, 64))
TEXT = st.text(st.characters(exclude_categories=["Cs"]))


def cipher(**versions: bytes) -> FieldCipher:
    """Return a cipher of the key `people` with the versions v1, v2, ..."""
    return SoftwareFieldCipher("people", {int(name[1:]): secret for name, secret in versions.items()})


def encrypted(plaintext: str = "张三") -> bytes:
    """Return a name as row 7 of the register keeps it."""
    return cipher(v1=FIRST).encrypt(plaintext, table="citizen", row=7, field="name")


@given(plaintext=TEXT, table=TEXT, row=st.integers() | TEXT.filter(bool), field=TEXT)
def test_a_field_reads_as_it_was_written(plaintext: str, table: str, row: int | str, field: str) -> None:
    people = cipher(v1=FIRST)
    stored = people.encrypt(plaintext, table=table, row=row, field=field)
    assert people.decrypt(stored, table=table, row=row, field=field) == plaintext


def test_the_stored_bytes_are_laid_out_as_documented() -> None:
    """Another library, given the documented layout, reads them."""
    stored = cipher(v1=SECOND, v258=FIRST).encrypt("张三", table="citizen", row=7, field="name")
    assert stored[:5] == bytes((1, 0, 0, 1, 2))  # the format, then version 258 in four bytes
    bound_to = (
        b"\0\0\0\x0ecivicard field"
        b"\0\0\0\x05\x01\0\0\x01\x02"
        b"\0\0\0\x06people"
        b"\0\0\0\x07citizen"
        b"\0\0\0\x017"
        b"\0\0\0\x04name"
    )
    plaintext = gmssl_pyx.sm4_gcm_decrypt(FIRST, stored[5:17], bound_to, stored[17:-16], stored[-16:])
    assert plaintext == "张三".encode()


def test_two_encryptions_of_one_value_have_nothing_in_common() -> None:
    stored = [encrypted() for _ in range(50)]
    assert len({one[5:17] for one in stored}) == len({one[17:] for one in stored}) == 50


def test_every_bit_flipped_is_refused() -> None:
    stored, people = encrypted(), cipher(v1=FIRST)
    for place in range(len(stored) * 8):
        changed = bytearray(stored)
        changed[place // 8] ^= 1 << place % 8
        with pytest.raises((FieldUnreadable, KeyVersionUnknown)):
            people.decrypt(bytes(changed), table="citizen", row=7, field="name")


def test_every_cut_and_every_addition_is_refused() -> None:
    stored, people = encrypted(), cipher(v1=FIRST)
    for wrong in [*(stored[:length] for length in range(len(stored))), stored + b"\0", b"\0" + stored]:
        with pytest.raises(FieldUnreadable):
            people.decrypt(wrong, table="citizen", row=7, field="name")


@pytest.mark.parametrize(
    ("table", "row", "field"),
    [
        ("citizen", 8, "name"),
        ("citizen", "07", "name"),
        ("citizen", 7, "phone"),
        ("application", 7, "name"),
        # The border between two parts moved: the same characters in the same order.
        ("citize", "n7", "name"),
        ("citizen7", "n", "ame"),
        ("citizen", "7n", "ame"),
    ],
)
def test_a_field_moved_elsewhere_is_refused(table: str, row: int | str, field: str) -> None:
    with pytest.raises(FieldUnreadable) as refused:
        cipher(v1=FIRST).decrypt(encrypted(), table=table, row=row, field=field)
    assert refused.value.code == "field_unreadable"
    assert table in refused.value.text.zh
    assert str(row) in refused.value.text.en


def test_a_row_is_the_same_by_number_and_by_text() -> None:
    assert cipher(v1=FIRST).decrypt(encrypted(), table="citizen", row="7", field="name") == "张三"


def test_the_same_secret_under_another_name_does_not_read_it() -> None:
    other = SoftwareFieldCipher("photos", {1: FIRST})
    with pytest.raises(FieldUnreadable):
        other.decrypt(encrypted(), table="citizen", row=7, field="name")


def test_another_secret_under_the_same_name_does_not_read_it() -> None:
    with pytest.raises(FieldUnreadable):
        cipher(v1=SECOND).decrypt(encrypted(), table="citizen", row=7, field="name")


def test_a_new_version_encrypts_and_the_old_one_still_decrypts() -> None:
    old, both = encrypted("旧"), cipher(v1=FIRST, v2=SECOND)
    new = both.encrypt("新", table="citizen", row=7, field="name")
    assert both.decrypt(old, table="citizen", row=7, field="name") == "旧"
    assert both.decrypt(new, table="citizen", row=7, field="name") == "新"
    with pytest.raises(FieldUnreadable):
        both.decrypt(new[:4] + old[4:5] + new[5:], table="citizen", row=7, field="name")


def test_a_field_of_a_version_that_is_not_here_says_which() -> None:
    stored = cipher(v1=FIRST, v2=SECOND).encrypt("新", table="citizen", row=7, field="name")
    with pytest.raises(KeyVersionUnknown) as refused:
        cipher(v1=FIRST).decrypt(stored, table="citizen", row=7, field="name")
    assert refused.value.code == "key_version_unknown"
    assert "第 2 版" in refused.value.text.zh
    assert "version 2 of its key people" in refused.value.text.en


@pytest.mark.parametrize("row", [None, "", True, 1.0, b"7"])
def test_a_row_without_a_key_is_a_mistake_of_the_caller(row: object) -> None:
    with pytest.raises(TypeError):
        cipher(v1=FIRST).encrypt("张三", table="citizen", row=row, field="name")  # type: ignore[arg-type]  # the mistake


def test_half_a_character_is_refused_without_showing_the_value() -> None:
    with pytest.raises(FieldNotText) as refused:
        cipher(v1=FIRST).encrypt("张三\ud800", table="citizen", row=7, field="name")
    assert refused.value.code == "field_not_text"
    assert refused.value.__context__ is None
    assert "张三" not in repr(refused.value) + str(refused.value.text)


def index(*secrets: bytes) -> BlindIndex:
    """Return an index of the key `people` with these versions, the oldest first."""
    return SoftwareBlindIndex("people", dict(enumerate(secrets, 1)))


def test_an_index_is_the_keyed_digest_that_is_documented() -> None:
    """Another library, given the documented layout, computes the same."""
    written = b"\0\0\0\x0ecivicard index\0\0\0\x02id\0\0\0\x12310101199003070035"
    assert index(INDEX_FIRST).of("310101199003070035", field="id") == gmssl_pyx.sm3_hmac(INDEX_FIRST, written)


def test_equal_values_of_one_field_are_found_and_no_others() -> None:
    people = index(INDEX_FIRST)
    found = people.of("310101199003070035", field="id")
    assert found == people.of("310101199003070035", field="id")
    assert found != people.of("310101199003070036", field="id")
    assert found != people.of("310101199003070035", field="card")
    assert found != index(INDEX_SECOND).of("310101199003070035", field="id")
    assert people.of("b", field="a") != people.of("ab", field="")


def test_after_a_rotation_both_versions_are_searched_for() -> None:
    before, after = index(INDEX_FIRST), index(INDEX_FIRST, INDEX_SECOND)
    old = before.of("13900000000", field="phone")
    assert after.candidates("13900000000", field="phone") == (after.of("13900000000", field="phone"), old)
    assert after.of("13900000000", field="phone") == index(INDEX_SECOND).of("13900000000", field="phone")


def test_half_a_character_has_no_index() -> None:
    with pytest.raises(FieldNotText) as refused:
        index(INDEX_FIRST).of("1390\udfff", field="phone")
    assert refused.value.__context__ is None


@given(st.lists(st.binary()), st.lists(st.binary()))
def test_different_values_are_never_bound_alike(some: list[bytes], others: list[bytes]) -> None:
    assert (bound(*some) == bound(*others)) == (some == others)
