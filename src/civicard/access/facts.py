"""Facts of access. Accounts stand in them by their codes; no login name is in any."""

from dataclasses import dataclass
from datetime import date, datetime

from civicard.access.rules import Role
from civicard.ledger.kinds import Fact, column


@dataclass(frozen=True, kw_only=True, slots=True)
class StaffAccountOpened(Fact):
    """An account of staff was opened."""

    title = "开立工作账户"
    account: str = column("账户代号", "code of the account")


@dataclass(frozen=True, kw_only=True, slots=True)
class StaffAccountDisabled(Fact):
    """An account of staff was disabled for good."""

    title = "停用工作账户"
    account: str = column("账户代号", "code of the account")
    reason: str = column("原因", "why", words=True)


@dataclass(frozen=True, kw_only=True, slots=True)
class StaffAccessReset(Fact):
    """An account was given a temporary password and lost its second factor."""

    title = "重置登录方式"
    account: str = column("账户代号", "code of the account")
    reason: str = column("原因", "why", words=True)


@dataclass(frozen=True, kw_only=True, slots=True)
class StaffPasswordChanged(Fact):
    """Somebody changed their own password."""

    title = "修改密码"
    account: str = column("账户代号", "code of the account")


@dataclass(frozen=True, kw_only=True, slots=True)
class StaffSecondFactorConfirmed(Fact):
    """Somebody set up their second factor, or took another phone."""

    title = "启用第二验证因素"
    account: str = column("账户代号", "code of the account")


@dataclass(frozen=True, kw_only=True, slots=True)
class StaffSignedIn(Fact):
    """Somebody signed in."""

    title = "登录"
    account: str = column("账户代号", "code of the account")
    is_with_second_factor: bool = column("使用第二验证因素", "whether a second factor was given")
    is_by_recovery_code: bool = column("使用恢复码", "whether that was a recovery code")


@dataclass(frozen=True, kw_only=True, slots=True)
class StaffLockedOut(Fact):
    """Sign-in to an account was locked after failures in a row."""

    title = "锁定登录"
    account: str = column("账户代号", "code of the account")
    until: datetime = column("锁定至", "until when")


@dataclass(frozen=True, kw_only=True, slots=True)
class RoleAssigned(Fact):
    """Somebody was given a role; without district and station, in the whole city."""

    title = "授予角色"
    assignment: int = column("授权编号", "number of the assignment")
    account: str = column("账户代号", "code of the account")
    role: Role = column("角色", "the role")
    first_on: date = column("开始日期", "the first day")
    last_on: date | None = column("结束日期", "the last day; empty while no end is known", optional=True)
    district: str | None = column("区县代码", "the district; empty for a station or the city", optional=True)
    station: str | None = column("网点代码", "the station; empty for a district or the city", optional=True)


@dataclass(frozen=True, kw_only=True, slots=True)
class RoleEnded(Fact):
    """The last day of somebody's role was set."""

    title = "结束角色"
    assignment: int = column("授权编号", "number of the assignment")
    account: str = column("账户代号", "code of the account")
    role: Role = column("角色", "the role")
    last_on: date = column("结束日期", "the last day")


@dataclass(frozen=True, kw_only=True, slots=True)
class RoleWithdrawn(Fact):
    """Somebody's role was taken back at once."""

    title = "收回角色"
    assignment: int = column("授权编号", "number of the assignment")
    account: str = column("账户代号", "code of the account")
    role: Role = column("角色", "the role")
    reason: str = column("原因", "why", words=True)
