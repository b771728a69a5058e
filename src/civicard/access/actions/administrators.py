"""That somebody can always manage accounts."""

from datetime import date

from civicard.access.models import Assignment
from civicard.access.rules import Role
from civicard.kernel.refusal import Refusal
from civicard.kernel.text import Text


class LastAdministrator(Refusal):
    """Nobody would be left who manages accounts."""

    code = "last_administrator"


def require_another_administrator(account: str, on: date) -> None:
    """Check that accounts are managed also without this one: by an administrator with no end known, on a day.

    The rows it rests on are held until the transaction ends, so that of two administrators who end each other's role
    at once the second is told. What is no administrator's account needs no other.

    Raises:
        LastAdministrator: there would be none.
    """
    rows = (
        Assignment.objects.select_for_update()
        .select_related("account")
        .filter(role=Role.ADMINISTRATOR, withdrawn_at=None, account__disabled_at=None, last_on=None)
        .order_by("pk")
    )
    lasting = {row.account.code for row in rows if row.first_on <= on}
    if account not in lasting or len(lasting) > 1:
        return
    raise LastAdministrator(
        Text(
            f"{account} 是最后一位账户管理员，此后将无人能管理账户；未作改动，请先授予他人该角色（不设结束日期）。",
            f"{account} is the last administrator of accounts, and nobody could manage them afterwards. Nothing was "
            "changed; assign the role to somebody else first, without a last day.",
        )
    )
