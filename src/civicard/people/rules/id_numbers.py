"""The numbers that people are known by to the state: 18 characters with a check character. Pure.

Source: GB 11643-1999 (17 digits and an ISO 7064 MOD 11-2 check character). The residence permits of people from Hong
Kong, Macau and Taiwan have the same form with 81, 82 and 83 in place of a province; the foreigners' permanent residence
card has it since 2023-12-01, with a 9 in front, by the National Immigration Administration's rules for reading it.
"""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from civicard.kernel.refusal import Refusal
from civicard.kernel.text import Text

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECKS = "10X98765432"
DIGITS = frozenset("0123456789")
LENGTH = 18
MONTHS = 12
FOREIGN = "9"
# GB/T 2260: provinces, municipalities, autonomous regions and Taiwan; Hong Kong and Macau stand among the permits.
PROVINCES = frozenset(
    "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71".split()  # noqa: SIM905 - a list of 32 quoted codes reads worse
)


class IdKind(StrEnum):
    """What document a number belongs to."""

    CITIZEN = "citizen"
    HONG_KONG_PERMIT = "hong_kong_permit"
    MACAU_PERMIT = "macau_permit"
    TAIWAN_PERMIT = "taiwan_permit"
    FOREIGN_RESIDENT = "foreign_resident"


PERMITS = {"81": IdKind.HONG_KONG_PERMIT, "82": IdKind.MACAU_PERMIT, "83": IdKind.TAIWAN_PERMIT}


class Sex(StrEnum):
    """The sex that a number says."""

    MALE = "male"
    FEMALE = "female"


class IdFault(StrEnum):
    """What is wrong with a number."""

    LENGTH = "length"
    CHARACTER = "character"
    BIRTH_DATE = "birth_date"
    BIRTH_IN_FUTURE = "birth_in_future"
    CHECK = "check"


class IdNumberRefused(Refusal):
    """It is no ID number; the message says which character is wrong and never shows the number.

    Attributes:
        fault: what is wrong.
        position: the first wrong character, from 1; None when the length is wrong.
    """

    code = "id_number_refused"

    def __init__(self, fault: IdFault, position: int | None, why: Text) -> None:
        self.fault, self.position = fault, position
        super().__init__(
            Text(
                f"该证件号码不成立：{why.zh}。请对照证件重新录入；号码不在此显示。",
                f"This is no ID number: {why.en}. Compare it with the document and enter it again; it is not shown here.",
            )
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class IdNumber:
    """A number that is well formed; whether the person exists only the police can say.

    Attributes:
        text: its 18 characters, an X in capitals; kept out of every printed form.
        kind: the document it belongs to.
        born_on: date of birth.
        sex: None where the number is not known to say it: the form of the foreigners' card is not published in full.
        region: the six digits of the first registration, which may be a division that is gone; None for foreigners.
    """

    text: str = field(repr=False)
    kind: IdKind
    born_on: date = field(repr=False)
    sex: Sex | None
    region: str | None

    def masked(self) -> str:
        """Return it as it may be shown: the first three and the last two characters."""
        return masked_id_number(self.text)

    def __str__(self) -> str:
        return self.masked()

    @property
    def warnings(self) -> tuple[Text, ...]:
        """What is odd about it and no reason to refuse it, since codes of divisions that are gone live on."""
        if self.region is None:
            return ()
        if self.kind is not IdKind.CITIZEN:
            usual = self.region.endswith("0000")
        else:
            usual = self.region[:2] in PROVINCES
        if usual:
            return ()
        return (
            Text(
                "第 1 至 6 位不是现行的区划代码，可能是旧码，请核对证件",
                "characters 1 to 6 are the code of no division of today; it may be an old one: compare the document",
            ),
        )


def masked_id_number(text: str) -> str:
    """Return a number as it may be shown: the first three and the last two characters."""
    return f"{text[:3]}{'*' * (LENGTH - 5)}{text[-2:]}"


def check_character(seventeen: str) -> str:
    """Return the check character of the first 17 digits.

    Raises:
        IdNumberRefused: there are not 17 digits.

    >>> check_character("31010119900307003")
    '5'
    """
    if len(seventeen) != LENGTH - 1:
        raise _wrong_length(len(seventeen), LENGTH - 1)
    _require_digits(seventeen)
    total = sum(weight * int(digit) for weight, digit in zip(WEIGHTS, seventeen, strict=True))
    return CHECKS[total % len(CHECKS)]


def read_id_number(text: str, day: date) -> IdNumber:
    """Return what a number says.

    Args:
        text: 18 characters; an x in small letters is read as X, nothing else is mended.
        day: the day it is read on; nobody is born after it.

    Raises:
        IdNumberRefused: its length, a character, its date of birth or its check character is wrong.
    """
    if len(text) != LENGTH:
        raise _wrong_length(len(text), LENGTH)
    body, last = text[:-1], text[-1].upper()
    _require_digits(body)
    if last not in CHECKS:
        raise IdNumberRefused(
            IdFault.CHARACTER,
            LENGTH,
            Text("第 18 位应为数字或 X", "character 18 must be a digit or X"),
        )
    born_on = _birth_date(body[6:14])
    if born_on > day:
        raise IdNumberRefused(
            IdFault.BIRTH_IN_FUTURE,
            7,
            Text(
                "第 7 至 14 位的出生日期尚未到来", "characters 7 to 14, the date of birth, lie in the future"
            ),
        )
    if check_character(body) != last:
        raise IdNumberRefused(
            IdFault.CHECK,
            LENGTH,
            Text(
                "第 18 位校验码与前 17 位不符，其中至少一位有误",
                "character 18, the check, does not fit the 17 before it: at least one of them all is wrong",
            ),
        )
    if body[0] == FOREIGN:
        return IdNumber(
            text=body + last, kind=IdKind.FOREIGN_RESIDENT, born_on=born_on, sex=None, region=None
        )
    return IdNumber(
        text=body + last,
        kind=PERMITS.get(body[:2], IdKind.CITIZEN),
        born_on=born_on,
        sex=Sex.MALE if int(body[16]) % 2 else Sex.FEMALE,
        region=body[:6],
    )


def _wrong_length(length: int, wanted: int) -> IdNumberRefused:
    return IdNumberRefused(
        IdFault.LENGTH,
        None,
        Text(
            f"应为 {wanted} 位，录入了 {length} 位（15 位旧号码须先换为 18 位）",
            f"{wanted} characters are needed, {length} were given (an old one of 15 must be exchanged first)",
        ),
    )


def _require_digits(body: str) -> None:
    # Not str.isdigit: that takes full-width and other digits, which are no characters of a number.
    for position, character in enumerate(body, start=1):
        if character not in DIGITS:
            raise IdNumberRefused(
                IdFault.CHARACTER,
                position,
                Text(f"第 {position} 位应为数字", f"character {position} must be a digit"),
            )


def _birth_date(eight: str) -> date:
    year, month, day = int(eight[:4]), int(eight[4:6]), int(eight[6:])
    try:
        return date(year, month, day)
    except ValueError:
        pass
    if year < 1:
        position, part = 7, Text("第 7 至 10 位的出生年份", "characters 7 to 10, the year of birth,")
    elif not 1 <= month <= MONTHS:
        position, part = 11, Text("第 11 至 12 位的出生月份", "characters 11 and 12, the month of birth,")
    else:
        position, part = 13, Text("第 13 至 14 位的出生日", "characters 13 and 14, the day of birth,")
    raise IdNumberRefused(
        IdFault.BIRTH_DATE, position, Text(f"{part.zh}不存在", f"{part.en} do not exist in the calendar")
    )
