"""Facts of the electronic card."""

from dataclasses import dataclass

from civicard.ledger.kinds import Fact, column


@dataclass(frozen=True, kw_only=True, slots=True)
class EcardSigned(Fact):
    """A holder signed up for the electronic card."""

    title = "签发电子社保卡"
    person: int = column("人员代号", "pseudonym of the person")
    district: str = column("区县代码", "district of residence")
    channel: str = column("渠道", "the app it was signed in")
