"""The closed sets of values that cards' facts and rules share. Pure."""

from enum import StrEnum
from typing import Self

from civicard.kernel.text import Text


class Reason(StrEnum):
    """Why a card is applied for."""

    FIRST = "first"
    CHANGEOVER = "changeover"
    REPLACEMENT = "replacement"
    REISSUE = "reissue"


class Channel(StrEnum):
    """By which way an application or a report came in."""

    COUNTER = "counter"
    UNIT_BATCH = "unit_batch"
    PHONE = "phone"
    ONLINE = "online"
    TERMINAL = "terminal"


class CheckCause(StrEnum):
    """Why an application did not pass its check at once."""

    PHOTO = "photo"
    IDENTITY = "identity"
    DUPLICATE = "duplicate"
    ELIGIBILITY = "eligibility"


class ReplaceCause(StrEnum):
    """Why a card is replaced though it was not lost; what it costs goes by it."""

    QUALITY = "quality"
    DAMAGE = "damage"
    DETAILS_CHANGED = "details_changed"
    BANK_CHANGED = "bank_changed"
    EXPIRED = "expired"


class MakingCause(StrEnum):
    """Why an attempt at making a card failed."""

    CHIP = "chip"
    READ_BACK = "read_back"
    PRINT = "print"
    FEED = "feed"
    SURFACE = "surface"


class PickedUpBy(StrEnum):
    """Who took the card."""

    HOLDER = "holder"
    AGENT = "agent"
    GUARDIAN = "guardian"
    EMPLOYER = "employer"


class CancelCause(StrEnum):
    """Why a card came to its end."""

    REISSUED = "reissued"
    REPLACED = "replaced"
    DIED = "died"
    MOVED_AWAY = "moved_away"
    HOLDER_ASKED = "holder_asked"
    UNCOLLECTED = "uncollected"


class Named(StrEnum):
    """A closed set whose values have names that people read.

    Attributes:
        text: the name.
    """

    text: Text

    def __new__(cls, value: str, zh: str = "", en: str = "") -> Self:
        """Keep the name beside the value; it has defaults so that a member can be looked up by its value alone."""
        made = str.__new__(cls, value)
        made._value_ = value
        made.text = Text(zh, en)
        return made


class State(Named):
    """Where one of the four lives stands."""


class ApplicationState(State):
    """Where an application stands. A draft is kept at the desk and leaves no fact; the others follow from facts."""

    DRAFT = "draft", "草稿", "a draft"
    TAKEN_IN = "taken_in", "已受理（校核中）", "taken in, being checked"
    AWAITING_CORRECTION = "awaiting_correction", "待补正", "awaiting correction"
    NOT_TAKEN_IN = "not_taken_in", "不予受理", "not taken in"
    PASSED = "passed", "校核合格", "passed"
    BATCHED = "batched", "已组批", "batched"
    ACCOUNT_OPENED = "account_opened", "已预开户", "account opened in advance"
    IN_MAKING = "in_making", "制卡中", "in making"
    MADE = "made", "已制卡", "made"
    INSPECTED = "inspected", "质检合格", "inspected"
    DISPATCHED = "dispatched", "已配送", "dispatched"
    RECEIVED = "received", "网点已接收", "received, ready for pick-up"
    ISSUED = "issued", "已发放", "issued"
    RETURNED = "returned", "已退卡", "returned"
    RECALLED = "recalled", "已回收", "recalled"


class CardState(State):
    """Where a card stands, on its social security side. Expired is none of them: it is a warning, not a block."""

    IN_MAKING = "in_making", "在制", "in making"
    NOT_ENABLED = "not_enabled", "未启用", "not enabled"
    NORMAL = "normal", "正常", "normal"
    TEMPORARY_LOSS = "temporary_loss", "临时挂失", "under temporary loss"
    FORMAL_LOSS = "formal_loss", "正式挂失", "under formal loss"
    LOCKED = "locked", "锁定", "locked"
    CANCELLED = "cancelled", "已注销", "cancelled"
    SPOILED = "spoiled", "废品", "spoiled"
    DESTROYED = "destroyed", "已销毁", "destroyed"


class AccountState(State):
    """Where a card's financial account stands. It is activated by itself: an enabled card says nothing about it."""

    PRE_OPENED = "pre_opened", "预开户", "opened in advance"
    INACTIVE = "inactive", "未激活", "inactive"
    ACTIVE = "active", "已激活", "active"
    FROZEN = "frozen", "冻结", "frozen"
    CLOSED = "closed", "已销户", "closed"


class BlankState(State):
    """Where a piece of plastic stands, by its serial."""

    IN_STOCK = "in_stock", "入库", "in stock"
    TAKEN = "taken", "已领用", "taken out for making"
    IN_MACHINE = "in_machine", "在机", "in the machine"
    GOOD = "good", "成品", "a good card"
    SPOILED = "spoiled", "废品", "spoiled"
    DESTROYED = "destroyed", "已销毁", "destroyed"
