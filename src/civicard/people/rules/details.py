"""The particulars of a person beside ID number and name: how they are read, corrected and shown. Pure.

Nothing here prints itself or appears in a refusal: a refusal names the field, never the value.
"""

import re
from dataclasses import dataclass, field
from enum import StrEnum

from civicard.kernel.refusal import Refusal
from civicard.kernel.text import Text
from civicard.people.rules.id_numbers import IdKind

MOST_ADDRESS = 200
MOBILE = re.compile(r"1[3-9][0-9]{9}")
# An area code with its zero, then seven or eight digits, then perhaps an extension.
LANDLINE = re.compile(r"0[1-9][0-9]{1,2}-?[2-9][0-9]{6,7}(?:-[0-9]{1,6})?")
AREA = re.compile(r"^(0[1-9][0-9]{1,2})-")
ABROAD = re.compile(r"\+(?!86)[1-9][0-9]{5,14}")
# GB/T 3304 numbers the ethnic groups from 01 to 56; 97 and 98 stand for others and for the naturalised.
ETHNIC_GROUPS = frozenset([*(f"{number:02}" for number in range(1, 57)), "97", "98"])
COUNTRY = re.compile(r"[A-Z]{3}")
# Of a number as long as a mobile one the beginning is shown too; of a shorter one it would give away too much.
LEAST_TO_SHOW_BEGINNING = 10


class DetailField(StrEnum):
    """A field of a person, as facts and refusals name it."""

    ID_NUMBER = "id_number"
    NAME = "name"
    SEX = "sex"
    NATION = "nation"
    ADDRESS = "address"
    PHONE = "phone"
    GUARDIAN = "guardian"
    DISTRICT = "district"
    STATION = "station"

    @property
    def words(self) -> Text:
        """What it is called, in both languages."""
        return _FIELDS[self]


_FIELDS = {
    DetailField.ID_NUMBER: Text("证件号码", "ID number"),
    DetailField.NAME: Text("姓名", "name"),
    DetailField.SEX: Text("性别", "sex"),
    DetailField.NATION: Text("民族或国籍", "ethnic group or nationality"),
    DetailField.ADDRESS: Text("地址", "address"),
    DetailField.PHONE: Text("电话", "phone"),
    DetailField.GUARDIAN: Text("监护人", "guardian"),
    DetailField.DISTRICT: Text("区县", "district"),
    DetailField.STATION: Text("网点", "station"),
}


class CorrectionReason(StrEnum):
    """Why particulars are corrected. A closed set, since free words would carry names."""

    ENTERED_WRONG = "entered_wrong"
    DOCUMENT_CHANGED = "document_changed"
    MOVED_WITHIN_CITY = "moved_within_city"
    CONTACT_CHANGED = "contact_changed"
    GUARDIAN_CHANGED = "guardian_changed"


class DetailRefused(Refusal):
    """A particular of a person cannot be taken; the message names the field and never shows the value.

    Attributes:
        field: which.
    """

    code = "person_detail_refused"

    def __init__(self, field: DetailField, why: Text) -> None:
        self.field = field
        super().__init__(
            Text(
                f"“{field.words.zh}”不能采用：{why.zh}。未作改动；内容不在此显示，请改正后再试。",
                f"The {field.words.en} cannot be taken: {why.en}. Nothing was changed; it is not shown here. Mend it and "
                "try again.",
            )
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Guardian:
    """Who acts for a minor or for a person who cannot act.

    Attributes:
        name: as on the identity document.
        id_number: 18 characters.
        phone: of the guardian.
    """

    name: str = field(repr=False)
    id_number: str = field(repr=False)
    phone: str = field(repr=False)


def read_phone(text: str, of: DetailField = DetailField.PHONE) -> str:
    """Return a phone number in its one form: digits, with a hyphen only before an extension.

    Args:
        text: a mobile number, a landline with its area code, or one abroad with its plus sign; blanks are ignored.
        of: the field to name in a refusal.

    Raises:
        DetailRefused: it is none.

    >>> read_phone("+86 138 0000 0000"), read_phone("021-62345678")
    ('13800000000', '02162345678')
    """
    bare = text.replace(" ", "").removeprefix("+86")
    if MOBILE.fullmatch(bare) or ABROAD.fullmatch(bare):
        return bare
    if LANDLINE.fullmatch(bare):
        return AREA.sub(r"\1", bare)
    raise DetailRefused(
        of,
        Text(
            "应为 11 位手机号、带区号的固定电话，或以 + 开头的境外号码",
            "it must be a mobile number of 11 digits, a landline with its area code, or one abroad that begins with +",
        ),
    )


def read_address(text: str) -> str:
    """Return an address without blanks around it.

    Raises:
        DetailRefused: it is empty, too long, or holds what cannot be shown.
    """
    found = text.strip()
    if found and len(found) <= MOST_ADDRESS and found.isprintable():
        return found
    raise DetailRefused(
        DetailField.ADDRESS,
        Text(
            f"应为 1 至 {MOST_ADDRESS} 个可显示的字符",
            f"it must have 1 to {MOST_ADDRESS} characters that can be shown",
        ),
    )


def require_nation(nation: str, kind: IdKind) -> None:
    """Check the code of an ethnic group, or of a country for a foreigner.

    Raises:
        DetailRefused: it is none for such a document.
    """
    if kind is IdKind.FOREIGN_RESIDENT:
        if not COUNTRY.fullmatch(nation):
            raise DetailRefused(
                DetailField.NATION,
                Text(
                    "外国人应填三个大写字母的国籍代码（ISO 3166）",
                    "a foreigner has the three capital letters of a country (ISO 3166)",
                ),
            )
    elif nation not in ETHNIC_GROUPS:
        raise DetailRefused(
            DetailField.NATION,
            Text(
                "应为两位民族代码 01 至 56、97 或 98（GB/T 3304）",
                "it must be the two digits of an ethnic group, 01 to 56, 97 or 98 (GB/T 3304)",
            ),
        )


def masked_phone(phone: str) -> str:
    """Return a phone number as it may be shown: the last two characters, and the first three where it is long.

    >>> masked_phone("13800000123"), masked_phone("+8521234")
    ('138******23', '******34')
    """
    shown = 3 if len(phone) >= LEAST_TO_SHOW_BEGINNING else 0
    return f"{phone[:shown]}{'*' * (len(phone) - shown - 2)}{phone[-2:]}"
