"""Facts of cards: the events that join the four lives. Which arrows each takes stands in `rules.py`."""

from dataclasses import dataclass
from datetime import date

from civicard.cards.codes import (
    CancelCause,
    CardState,
    Channel,
    CheckCause,
    MakingCause,
    PickedUpBy,
    Reason,
)
from civicard.ledger.kinds import Fact, column
from civicard.people.rules import AgeBand

# Intake to pick-up


@dataclass(frozen=True, kw_only=True, slots=True)
class ApplicationTakenIn(Fact):
    """An application was taken in; its promised days begin."""

    title = "受理申领"
    application: int = column("申领编号", "number of the application")
    person: int = column("人员代号", "pseudonym of the applicant")
    application_reason: Reason = column("申领原因", "why a card is applied for")
    channel: Channel = column("渠道", "how it came in")
    district: str = column("区县代码", "district of the station")
    station: str = column("网点代码", "station that took it in and where the card will be ready")
    age_band: AgeBand = column("年龄段", "age band of the applicant")
    promised_days: int = column("承诺天数", "days promised from intake until the card is ready")
    due_on: date = column("应完成日期", "the last day on which it is in time")
    old_card: int | None = column("原卡代号", "the card it takes the place of", optional=True)


@dataclass(frozen=True, kw_only=True, slots=True)
class CorrectionAsked(Fact):
    """The applicant was asked to mend something."""

    title = "退回补正"
    application: int = column("申领编号", "number of the application")
    check_cause: CheckCause = column("原因", "what is wrong")


@dataclass(frozen=True, kw_only=True, slots=True)
class CorrectionGiven(Fact):
    """The applicant mended it; the check goes on."""

    title = "已补正"
    application: int = column("申领编号", "number of the application")


@dataclass(frozen=True, kw_only=True, slots=True)
class ApplicationRefused(Fact):
    """An application was refused for good."""

    title = "不予受理"
    application: int = column("申领编号", "number of the application")
    check_cause: CheckCause = column("原因", "why")


@dataclass(frozen=True, kw_only=True, slots=True)
class ApplicationPassed(Fact):
    """An application passed its check."""

    title = "校核合格"
    application: int = column("申领编号", "number of the application")


@dataclass(frozen=True, kw_only=True, slots=True)
class ApplicationBatched(Fact):
    """An application was put into a batch for making."""

    title = "组批"
    application: int = column("申领编号", "number of the application")
    batch: int = column("批次编号", "number of the batch")


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountOpened(Fact):
    """The bank opened the card's account in advance."""

    title = "银行预开户"
    application: int = column("申领编号", "number of the application")
    account: int = column("账户代号", "pseudonym of the account")
    bank: str = column("银行", "code of the bank")


@dataclass(frozen=True, kw_only=True, slots=True)
class MakingStarted(Fact):
    """A blank went into the machine for an application."""

    title = "开始制卡"
    application: int = column("申领编号", "number of the application")
    card: int = column("卡片代号", "pseudonym of the card to be")
    blank: int = column("白卡序号", "serial of the blank")
    attempt: int = column("第几次", "1 for the first attempt at this application")


@dataclass(frozen=True, kw_only=True, slots=True)
class MakingFailed(Fact):
    """An attempt spoiled its blank; another attempt must follow."""

    title = "制卡失败"
    application: int = column("申领编号", "number of the application")
    card: int = column("卡片代号", "pseudonym of the card that did not come to be")
    blank: int = column("白卡序号", "serial of the blank")
    attempt: int = column("第几次", "number of the attempt")
    making_cause: MakingCause = column("原因", "what failed")


@dataclass(frozen=True, kw_only=True, slots=True)
class CardMade(Fact):
    """A card was made: written, read back and printed."""

    title = "制成卡片"
    application: int = column("申领编号", "number of the application")
    card: int = column("卡片代号", "pseudonym of the card")
    blank: int = column("白卡序号", "serial of the blank it was made from")
    attempt: int = column("第几次", "number of the attempt")
    district: str = column("区县代码", "district it was made for")
    station: str = column("网点代码", "station it was made for")
    valid_until: date | None = column("有效期至", "last day of validity; None is without end", optional=True)


@dataclass(frozen=True, kw_only=True, slots=True)
class CardInspected(Fact):
    """A card passed its quality inspection."""

    title = "质检合格"
    application: int = column("申领编号", "number of the application")
    card: int = column("卡片代号", "pseudonym of the card")


@dataclass(frozen=True, kw_only=True, slots=True)
class InspectionFailed(Fact):
    """A made card failed its quality inspection and is spoiled; another attempt must follow."""

    title = "质检不合格"
    application: int = column("申领编号", "number of the application")
    card: int = column("卡片代号", "pseudonym of the card")
    blank: int = column("白卡序号", "serial of its blank")
    attempt: int = column("第几次", "number of the attempt")
    making_cause: MakingCause = column("原因", "what is wrong with it")


@dataclass(frozen=True, kw_only=True, slots=True)
class CardDispatched(Fact):
    """A card left for its station."""

    title = "配送"
    application: int = column("申领编号", "number of the application")
    card: int = column("卡片代号", "pseudonym of the card")
    box: int = column("箱号", "number of the box")


@dataclass(frozen=True, kw_only=True, slots=True)
class CardReceived(Fact):
    """A card arrived at its station and is ready for pick-up."""

    title = "网点接收"
    application: int = column("申领编号", "number of the application")
    card: int = column("卡片代号", "pseudonym of the card")
    district: str = column("区县代码", "district of the station")
    station: str = column("网点代码", "the station")


@dataclass(frozen=True, kw_only=True, slots=True)
class CardHandedOver(Fact):
    """A card was handed over and enabled."""

    title = "发放"
    application: int = column("申领编号", "number of the application")
    card: int = column("卡片代号", "pseudonym of the card")
    person: int = column("人员代号", "pseudonym of the holder")
    district: str = column("区县代码", "district of the station")
    station: str = column("网点代码", "the station")
    picked_up_by: PickedUpBy = column("领取人", "who took it")


@dataclass(frozen=True, kw_only=True, slots=True)
class CardReturned(Fact):
    """An uncollected card left its station for the centre."""

    title = "退卡"
    application: int = column("申领编号", "number of the application")
    card: int = column("卡片代号", "pseudonym of the card")


@dataclass(frozen=True, kw_only=True, slots=True)
class CardRecalled(Fact):
    """An uncollected card came back to the centre and was cancelled."""

    title = "回收"
    application: int = column("申领编号", "number of the application")
    card: int = column("卡片代号", "pseudonym of the card")


# In the holder's hands


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountActivated(Fact):
    """The holder activated the financial account."""

    title = "激活金融账户"
    application: int = column("申领编号", "application the account was opened for")
    account: int = column("账户代号", "pseudonym of the account")
    district: str = column("区县代码", "district of the station of that application")
    station: str = column("网点代码", "station of that application")


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountFrozen(Fact):
    """The bank froze an account."""

    title = "冻结金融账户"
    account: int = column("账户代号", "pseudonym of the account")


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountClosed(Fact):
    """The bank closed an account."""

    title = "销户"
    account: int = column("账户代号", "pseudonym of the account")


@dataclass(frozen=True, kw_only=True, slots=True)
class TemporaryLossReported(Fact):
    """A holder said by word that the card is lost; it works again by itself after a set time."""

    title = "临时挂失"
    card: int = column("卡片代号", "pseudonym of the card")
    channel: Channel = column("渠道", "how it was reported")


@dataclass(frozen=True, kw_only=True, slots=True)
class FormalLossReported(Fact):
    """A holder reported the loss in writing, with identity shown."""

    title = "正式挂失"
    card: int = column("卡片代号", "pseudonym of the card")
    channel: Channel = column("渠道", "how it was reported")


@dataclass(frozen=True, kw_only=True, slots=True)
class LossLapsed(Fact):
    """A reported loss lapsed because its time ran out."""

    title = "挂失失效"
    card: int = column("卡片代号", "pseudonym of the card")


@dataclass(frozen=True, kw_only=True, slots=True)
class LossLifted(Fact):
    """The holder found the card and it works again."""

    title = "解挂"
    card: int = column("卡片代号", "pseudonym of the card")


@dataclass(frozen=True, kw_only=True, slots=True)
class CardLocked(Fact):
    """A card was locked."""

    title = "锁定"
    card: int = column("卡片代号", "pseudonym of the card")


@dataclass(frozen=True, kw_only=True, slots=True)
class CardUnlocked(Fact):
    """A locked card was released."""

    title = "解锁"
    card: int = column("卡片代号", "pseudonym of the card")


@dataclass(frozen=True, kw_only=True, slots=True)
class CardCancelled(Fact):
    """A card came to its end."""

    title = "注销"
    card: int = column("卡片代号", "pseudonym of the card")
    cancel_cause: CancelCause = column("原因", "why")
    district: str = column("区县代码", "district where it is counted")


@dataclass(frozen=True, kw_only=True, slots=True)
class CardDestroyed(Fact):
    """A cancelled card was made unreadable, by two persons."""

    title = "销毁卡片"
    card: int = column("卡片代号", "pseudonym of the card")
    blank: int | None = column("白卡序号", "serial of its blank, where it is known", optional=True)


# Blanks, in ranges of serials


@dataclass(frozen=True, kw_only=True, slots=True)
class BlanksStocked(Fact):
    """A lot of blanks came into the store."""

    title = "白卡入库"
    lot: str = column("批号", "the supplier's lot")
    first_blank: int = column("起始序号", "first serial")
    quantity: int = column("数量", "how many serials follow each other")


@dataclass(frozen=True, kw_only=True, slots=True)
class BlanksTaken(Fact):
    """Blanks were taken out of the store for making."""

    title = "领用白卡"
    batch: int = column("批次编号", "the batch they were taken for")
    first_blank: int = column("起始序号", "first serial")
    quantity: int = column("数量", "how many serials follow each other")


# What a city has already when the ledger begins


@dataclass(frozen=True, kw_only=True, slots=True)
class CardBroughtIn(Fact):
    """A card that existed before the ledger was brought into it."""

    title = "期初卡片"
    card: int = column("卡片代号", "pseudonym of the card")
    person: int = column("人员代号", "pseudonym of the holder")
    district: str = column("区县代码", "district of residence")
    age_band: AgeBand = column("年龄段", "age band of the holder")
    state: CardState = column("状态", "where the card stood")
    is_account_active: bool = column("金融账户已激活", "whether its financial account was active")


@dataclass(frozen=True, kw_only=True, slots=True)
class HoldersCounted(Fact):
    """Holders that the city had before the ledger were counted, where they are not brought in one by one."""

    title = "期初持卡人数"
    district: str = column("区县代码", "district of residence")
    age_band: AgeBand = column("年龄段", "age band")
    holders: int = column("持卡人数", "people with a card in force")
