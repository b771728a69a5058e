"""ID numbers: what is one, what is not, which character is wrong, and that none is ever shown."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from civicard.people.rules import IdFault, IdKind, IdNumberRefused, Sex, check_character, read_id_number

KNOWN = "310101199003070035"
TODAY = date(2018, 7, 2)


def check_by_recursion(body: str) -> str:
    """Return the check character by the recursive form of ISO 7064 MOD 11-2, which needs no weights."""
    rest = 0
    for digit in body:
        rest = (rest + int(digit)) * 2 % 11
    return "0123456789X"[(12 - rest) % 11]


def number(body: str) -> str:
    return body + check_by_recursion(body)


def refused(text: str, day: date = TODAY) -> IdNumberRefused:
    with pytest.raises(IdNumberRefused) as caught:
        read_id_number(text, day)
    return caught.value


def test_a_known_number_says_its_birth_sex_and_region() -> None:
    read = read_id_number(KNOWN, TODAY)
    assert (read.kind, read.born_on, read.sex, read.region) == (
        IdKind.CITIZEN,
        date(1990, 3, 7),
        Sex.MALE,
        "310101",
    )
    assert read.warnings == ()


@pytest.mark.parametrize("position", range(17))
def test_one_changed_digit_is_always_refused(position: int) -> None:
    for digit in "0123456789":
        if digit != KNOWN[position]:
            refused(KNOWN[:position] + digit + KNOWN[position + 1 :])


def test_any_other_check_character_is_refused() -> None:
    for character in "012346789X":
        assert refused(KNOWN[:-1] + character).fault is IdFault.CHECK


@pytest.mark.parametrize("position", range(16))
def test_two_neighbours_that_changed_places_are_refused(position: int) -> None:
    swapped = list(KNOWN)
    swapped[position], swapped[position + 1] = swapped[position + 1], swapped[position]
    if "".join(swapped) != KNOWN:
        refused("".join(swapped))


@given(st.text(alphabet="0123456789", min_size=17, max_size=17))
def test_the_check_character_is_that_of_iso_7064(body: str) -> None:
    assert check_character(body) == check_by_recursion(body)


@given(
    st.dates(date(1850, 1, 1), TODAY),
    st.integers(0, 999),
    st.sampled_from(["110101", "310230", "522427", "659004"]),
)
def test_every_well_formed_number_is_read_as_it_was_put_together(
    born_on: date, order: int, region: str
) -> None:
    read = read_id_number(number(f"{region}{born_on:%Y%m%d}{order:03d}"), TODAY)
    assert (read.born_on, read.region) == (born_on, region)
    assert read.sex is (Sex.MALE if order % 2 else Sex.FEMALE)


def test_a_check_character_x_may_be_small() -> None:
    # The 17 digits give 10 by the recursion, which is written X.
    body = next(
        f"31010119900307{order:03d}"
        for order in range(1000)
        if check_by_recursion(f"31010119900307{order:03d}") == "X"
    )
    assert read_id_number(f"{body}x", TODAY).text == f"{body}X"


@pytest.mark.parametrize(
    ("region", "kind"),
    [
        ("810000", IdKind.HONG_KONG_PERMIT),
        ("820000", IdKind.MACAU_PERMIT),
        ("830000", IdKind.TAIWAN_PERMIT),
    ],
)
def test_residence_permits_are_numbers_of_the_same_form(region: str, kind: IdKind) -> None:
    read = read_id_number(number(f"{region}19851231002"), TODAY)
    assert (read.kind, read.born_on, read.sex, read.warnings) == (kind, date(1985, 12, 31), Sex.FEMALE, ())


def test_the_foreigners_card_begins_with_a_nine() -> None:
    read = read_id_number(number("93184019791101001"), date(2024, 1, 2))
    assert (read.kind, read.born_on, read.sex, read.region) == (
        IdKind.FOREIGN_RESIDENT,
        date(1979, 11, 1),
        None,
        None,
    )
    assert read.warnings == ()


@pytest.mark.parametrize("region", ["190101", "810101"])
def test_a_region_that_is_none_today_is_only_a_warning(region: str) -> None:
    (warning,) = read_id_number(number(f"{region}19900307003"), TODAY).warnings
    assert "1 至 6" in warning.zh
    assert "characters 1 to 6" in warning.en


@pytest.mark.parametrize(
    ("text", "fault", "position"),
    [
        ("", IdFault.LENGTH, None),
        ("310101900307003", IdFault.LENGTH, None),
        (KNOWN + "0", IdFault.LENGTH, None),
        (" " + KNOWN[1:], IdFault.CHARACTER, 1),
        (KNOWN[:4] + "O" + KNOWN[5:], IdFault.CHARACTER, 5),
        (KNOWN[:16] + "X" + KNOWN[17:], IdFault.CHARACTER, 17),
        ("\N{FULLWIDTH DIGIT THREE}" + KNOWN[1:], IdFault.CHARACTER, 1),
        (KNOWN[:17] + "Y", IdFault.CHARACTER, 18),
        (KNOWN[:17] + "\N{FULLWIDTH DIGIT FIVE}", IdFault.CHARACTER, 18),
        (number("31010100000307003"), IdFault.BIRTH_DATE, 7),
        (number("31010119901307003"), IdFault.BIRTH_DATE, 11),
        (number("31010119900007003"), IdFault.BIRTH_DATE, 11),
        (number("31010119900230003"), IdFault.BIRTH_DATE, 13),
        (number("31010119000229003"), IdFault.BIRTH_DATE, 13),
        (number("31010120180703003"), IdFault.BIRTH_IN_FUTURE, 7),
    ],
)  # fmt: skip
def test_a_refusal_says_which_character_is_wrong(text: str, fault: IdFault, position: int | None) -> None:
    refusal = refused(text)
    assert (refusal.fault, refusal.position) == (fault, position)
    if position is not None:
        assert str(position) in refusal.text.zh
        assert str(position) in refusal.text.en


def test_who_is_born_today_has_a_number_already() -> None:
    assert read_id_number(number("31010120180702003"), TODAY).born_on == TODAY


def test_29_february_is_a_birthday_in_leap_years_only() -> None:
    assert read_id_number(number("31010120000229003"), TODAY).born_on == date(2000, 2, 29)
    assert refused(number("31010120010229003")).position == 13


@pytest.mark.parametrize(
    "text", [KNOWN[:-1] + "4", KNOWN[:12] + "9" + KNOWN[13:], KNOWN + "1", KNOWN[:8] + "A" + KNOWN[9:]]
)
def test_no_refusal_shows_the_number(text: str) -> None:
    said = refused(text).text.zh + refused(text).text.en
    runs = [text[start : start + 4] for start in range(len(text) - 3)]
    assert [run for run in runs if run in said] == []


def test_a_number_is_printed_masked_only() -> None:
    read = read_id_number(KNOWN, TODAY)
    assert read.masked() == "310*************35"
    assert f"{read}" == read.masked()
    assert "1990" not in repr(read)
    assert KNOWN[6:] not in repr(read)


def test_seventeen_digits_are_needed_for_a_check_character() -> None:
    with pytest.raises(IdNumberRefused):
        check_character(KNOWN)
    with pytest.raises(IdNumberRefused):
        check_character(KNOWN[:16] + "X")
