"""Which role may do what, where and beside which others; when a sign-in is locked and a session over. Pure.

Source: the desks of the card centre (the design's table "who uses it"); GB/T 22239-2019, 8.1.4.1, for failed
sign-ins, the end of idle sessions and a second factor, and 8.1.4.2 for least privilege and the separation of duties.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from civicard.kernel.permissions import May, Reach
from civicard.kernel.refusal import Refusal
from civicard.kernel.text import Text
from civicard.network.rules import district_of, require_district

LOGIN: Final = re.compile(r"[a-z0-9][a-z0-9._@-]{2,63}")


class Role(StrEnum):
    """What somebody is to the programme. Desks where one checks the other have a role for each."""

    STATION_CLERK = "station_clerk"
    UNIT_CONTACT = "unit_contact"
    PRODUCTION_OPERATOR = "production_operator"
    PRODUCTION_INSPECTOR = "production_inspector"
    STOCK_KEEPER = "stock_keeper"
    FINANCE = "finance"
    SERVICE_AGENT = "service_agent"
    DISTRICT_OFFICER = "district_officer"
    EXCHANGE_OFFICER = "exchange_officer"
    QUALITY_OFFICER = "quality_officer"
    EVALUATOR = "evaluator"
    SECOND_EVALUATOR = "second_evaluator"
    DIRECTOR = "director"
    PARTNER = "partner"
    CITIZEN = "citizen"
    ADMINISTRATOR = "administrator"

    @property
    def words(self) -> Text:
        """What it is called, in both languages."""
        return DUTIES[self].words


class Width(StrEnum):
    """How wide an assignment is."""

    STATION = "station"
    DISTRICT = "district"
    CITY = "city"

    @property
    def words(self) -> Text:
        """What it is called, in both languages."""
        return _WIDTHS[self]


_WIDTHS: Final = {
    Width.STATION: Text("网点", "at a station"),
    Width.DISTRICT: Text("区县", "in a district"),
    Width.CITY: Text("全市", "in the whole city"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Duty:
    """What a role is.

    Attributes:
        words: what it is called.
        may: what it grants.
        widths: how wide it can be assigned; nowhere, where the role is not one of staff.
        needs_second_factor: whoever has it signs in with a second factor.
    """

    words: Text
    may: frozenset[May]
    widths: frozenset[Width]
    needs_second_factor: bool = False


def _duty(words: Text, widths: Iterable[Width], *may: May, needs_second_factor: bool = False) -> Duty:
    return Duty(
        words=words, may=frozenset(may), widths=frozenset(widths), needs_second_factor=needs_second_factor
    )


_CITY: Final = (Width.CITY,)
DUTIES: Final[Mapping[Role, Duty]] = {
    Role.STATION_CLERK: _duty(
        Text("服务站窗口", "station clerk"), (Width.STATION, Width.DISTRICT),
        May.TAKE_APPLICATIONS, May.HAND_OVER, May.CHANGE_CARDS, May.SEE_CARDS, May.SEE_PEOPLE, May.SEE_FULL_ID,
        May.CHANGE_PEOPLE, May.SEE_NETWORK, May.ACKNOWLEDGE_CIRCULARS,
    ),
    Role.UNIT_CONTACT: _duty(
        Text("单位经办", "employer or school contact"), (Width.STATION, Width.DISTRICT),
        May.SEND_UNIT_BATCHES, May.SIGN_OUT_CARDS, May.SEE_NETWORK,
    ),
    Role.PRODUCTION_OPERATOR: _duty(Text("制卡操作员", "production operator"), _CITY, May.MAKE_CARDS),
    Role.PRODUCTION_INSPECTOR: _duty(Text("制卡质检员", "production inspector"), _CITY, May.INSPECT_CARDS),
    Role.STOCK_KEEPER: _duty(Text("库存管理员", "stock keeper"), _CITY, May.KEEP_STOCK),
    Role.FINANCE: _duty(
        Text("财务", "finance"), _CITY, May.SEE_FUNDS, May.MANAGE_FUNDS, May.SEE_TARGETS, needs_second_factor=True
    ),
    Role.SERVICE_AGENT: _duty(
        Text("市民服务", "service agent"), _CITY,
        May.ANSWER_TICKETS, May.PUBLISH_NOTICES, May.SEE_CARDS, May.SEE_PEOPLE, May.SEE_NETWORK,
    ),
    # The department is one of the centre's, so it has officers for the city too, who list districts.
    Role.DISTRICT_OFFICER: _duty(
        Text("区县服务", "district officer"), (Width.DISTRICT, Width.CITY),
        May.SEE_NETWORK, May.CHANGE_NETWORK, May.GUIDE_STATIONS, May.SEND_CIRCULARS, May.ACKNOWLEDGE_CIRCULARS,
        May.INSPECT_STATIONS, May.SEE_CARDS, May.SEE_PEOPLE,
    ),
    Role.EXCHANGE_OFFICER: _duty(
        Text("系统运行", "exchange officer"), _CITY, May.MANAGE_EXCHANGE, May.IMPORT_PEOPLE, May.SEE_NETWORK
    ),
    Role.QUALITY_OFFICER: _duty(
        Text("质量管理", "quality officer"), _CITY,
        May.MANAGE_QUALITY, May.INSPECT_STATIONS, May.SEE_NETWORK, May.SEE_TARGETS, May.SEE_EVALUATION,
    ),
    Role.EVALUATOR: _duty(
        Text("评价人员", "evaluator"), _CITY,
        May.SEE_TARGETS, May.SEE_FUNDS, May.SEE_EVALUATION, May.EVALUATE,
    ),
    Role.SECOND_EVALUATOR: _duty(
        Text("独立复评人员", "independent second evaluator"), _CITY,
        May.SEE_TARGETS, May.SEE_FUNDS, May.SEE_EVALUATION, May.REVIEW_EVALUATION,
    ),
    Role.DIRECTOR: _duty(
        Text("主任", "director"), _CITY,
        May.SEE_TARGETS, May.CHANGE_TARGETS, May.CHANGE_RULES, May.SEE_EVALUATION, May.SEE_FUNDS, May.SEE_NETWORK,
        May.SEE_CARDS,
    ),
    Role.PARTNER: _duty(
        Text("合作部门或应用单位", "partner department or application operator"), (Width.DISTRICT, Width.CITY),
        May.EXCHANGE_DATA, May.VERIFY_CARDS,
    ),
    # What citizens may do goes by whose card it is, not by place: nothing of it is granted to an account of staff.
    Role.CITIZEN: _duty(Text("市民", "citizen"), ()),
    # Nobody else opens accounts, and this role does nothing else: who grants does not use what they grant.
    Role.ADMINISTRATOR: _duty(
        Text("账户管理员", "administrator of accounts"), _CITY, May.MANAGE_ACCOUNTS, needs_second_factor=True
    ),
}  # fmt: skip

# Of each two the one checks the other, so that nobody has both on one day.
APART: Final = (
    frozenset({Role.PRODUCTION_OPERATOR, Role.PRODUCTION_INSPECTOR}),
    frozenset({Role.PRODUCTION_OPERATOR, Role.STOCK_KEEPER}),
    frozenset({Role.EVALUATOR, Role.SECOND_EVALUATOR}),
    frozenset({Role.FINANCE, Role.EVALUATOR}),
    frozenset({Role.FINANCE, Role.SECOND_EVALUATOR}),
)


class Stage(StrEnum):
    """How far somebody has come in signing in; all but the last lead only to what is still to be done."""

    CHANGE_PASSWORD = "change_password"  # noqa: S105 - the name of a stage
    ENROL = "enrol"
    FULL = "full"


class LoginNameRefused(Refusal):
    """A login name is not 3 to 64 letters, digits and a few signs."""

    code = "login_name_refused"


class RoleNotForPlace(Refusal):
    """A role was to be assigned wider or narrower than it can be, or is no role of staff."""

    code = "role_not_for_place"


class RoleDaysOutOfOrder(Refusal):
    """A role was to end before it began."""

    code = "role_days_out_of_order"


class RolesApart(Refusal):
    """One person was to have two roles of which one checks the other."""

    code = "roles_apart"


class SessionOver(Refusal):
    """A session has ended: by its age, by idleness, or because the account or its password changed."""

    code = "session_over"


@dataclass(frozen=True, kw_only=True, slots=True)
class SignInRules:
    """How signing in goes; an installation sets the numbers in its settings.

    Attributes:
        most_failures: after so many failures in a row a login name is locked.
        locked_minutes: for so long.
        idle_minutes: a session without a sign of life ends after so long.
        session_hours: a session ends after so long in any case.
    """

    most_failures: int
    locked_minutes: int
    idle_minutes: int
    session_hours: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Assigned:
    """One role of one person, at a place, for days.

    Attributes:
        role: what they are.
        station: where; None for a district or the city.
        district: where; None for a station or the city. None for both is the whole city.
        first_on: the first day.
        last_on: the last day, which still counts; None while no end is known.
    """

    role: Role
    station: str | None = None
    district: str | None = None
    first_on: date
    last_on: date | None = None

    @property
    def width(self) -> Width:
        """How wide it is."""
        if self.station is not None:
            return Width.STATION
        return Width.CITY if self.district is None else Width.DISTRICT

    @property
    def reach(self) -> Reach:
        """The places it covers."""
        if self.station is not None:
            return Reach.of_station(self.station)
        return Reach.city() if self.district is None else Reach.of_district(self.district)

    def is_in_force(self, on: date) -> bool:
        """Tell whether it holds on a day."""
        return self.first_on <= on and (self.last_on is None or on <= self.last_on)

    def overlaps(self, other: "Assigned") -> bool:
        """Tell whether there is a day on which both hold."""
        return (self.last_on is None or other.first_on <= self.last_on) and (
            other.last_on is None or self.first_on <= other.last_on
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class SignedIn:
    """A sign-in that succeeded, which pages keep in their session.

    Attributes:
        account: code of the account.
        at: when.
        stage: how far it goes: a temporary password is changed first, then a second factor set up where one is needed.
    """

    account: str
    at: datetime
    stage: Stage


@dataclass(frozen=True, kw_only=True, slots=True)
class Tries:
    """The failures at one login name.

    Attributes:
        failures: how many in a row.
        locked_until: until when it is locked; None when it is not.
    """

    failures: int = 0
    locked_until: datetime | None = None


def grants(assigned: Iterable[Assigned], on: date) -> dict[May, Reach]:
    """Return what the assignments in force on a day allow together, and where."""
    found: dict[May, Reach] = {}
    for one in assigned:
        if one.is_in_force(on):
            for may in DUTIES[one.role].may:
                found[may] = found.get(may, Reach()) | one.reach
    return found


def needs_second_factor(assigned: Iterable[Assigned], on: date) -> bool:
    """Tell whether one of the roles in force on a day asks for a second factor."""
    return any(DUTIES[one.role].needs_second_factor for one in assigned if one.is_in_force(on))


def login_name(typed: str) -> str:
    """Return a login name in its one form: small, and half as wide where the keyboard wrote wide letters.

    >>> login_name(" Li.Na ")
    'li.na'

    Raises:
        LoginNameRefused: it is not 3 to 64 letters, digits and `. _ - @`.
    """
    name = unicodedata.normalize("NFKC", typed).strip().lower()
    if not LOGIN.fullmatch(name):
        raise LoginNameRefused(
            Text(
                "登录名不成立：应为 3 至 64 个字母、数字或 . _ - @，以字母或数字开头；未作改动。",
                "This is no login name: it has 3 to 64 letters, digits or . _ - @ and begins with a letter or digit. "
                "Nothing was changed.",
            )
        )
    return name


def require_assignable(new: Assigned, held: Iterable[Assigned]) -> None:
    """Check that a role can be assigned as proposed, beside those that the same person has or will have.

    Raises:
        DistrictCodeRefused, StationCodeRefused: the place's code is none.
        RoleNotForPlace: the role is not assigned so wide, or not to staff.
        RoleDaysOutOfOrder: it would end before it begins.
        RolesApart: another of theirs is one that this one checks, or that checks it.
    """
    if new.station is not None:
        district_of(new.station)
    if new.district is not None:
        require_district(new.district)
    _fits_place(new)
    _days_in_order(new.first_on, new.last_on)
    for other in held:
        if frozenset({new.role, other.role}) in APART and new.overlaps(other):
            until = Text(f"至 {other.last_on}", f" to {other.last_on}") if other.last_on else Text("起", "")
            raise RolesApart(
                Text(
                    f"同一人不能同时担任{new.role.words.zh}和{other.role.words.zh}（后者自 {other.first_on} {until.zh}）："
                    "两者互相监督。未作改动；请另派人员，或先结束其中一个角色。",
                    f"One person cannot be {new.role.words.en} and {other.role.words.en} (the latter from "
                    f"{other.first_on}{until.en}), as one checks the other. Nothing was changed; choose somebody else, "
                    "or end one of the roles first.",
                )
            )


def require_end(held: Assigned, last_on: date) -> None:
    """Check that an assignment can end on a day.

    Raises:
        RoleDaysOutOfOrder: it had not begun by then, or ends earlier already.
    """
    _days_in_order(held.first_on, last_on)
    if held.last_on is not None and last_on > held.last_on:
        raise RoleDaysOutOfOrder(
            Text(
                f"该角色已定于 {held.last_on} 结束，不能改为更晚的 {last_on}；未作改动，如需延长请另行授予。",
                f"This role ends on {held.last_on} already and cannot end later, on {last_on}. Nothing was changed; "
                "assign it anew to prolong it.",
            )
        )


def tried(before: Tries, rules: SignInRules, at: datetime) -> Tries:
    """Return the tries after one more, which counts as failed until it has succeeded; a lock that is over is gone."""
    failures = 1 if before.locked_until is not None else before.failures + 1
    is_locked = failures >= rules.most_failures
    return Tries(
        failures=failures, locked_until=at + timedelta(minutes=rules.locked_minutes) if is_locked else None
    )


def stage(*, is_password_temporary: bool, needs_second_factor: bool, has_second_factor: bool) -> Stage:
    """Return how far a sign-in goes whose password, and second factor where there is one, were right."""
    if is_password_temporary:
        return Stage.CHANGE_PASSWORD
    return Stage.ENROL if needs_second_factor and not has_second_factor else Stage.FULL


def session_ends_at(signed_in_at: datetime, seen_at: datetime, rules: SignInRules) -> datetime:
    """Return when a session ends that was last heard of at `seen_at`."""
    return min(
        signed_in_at + timedelta(hours=rules.session_hours), seen_at + timedelta(minutes=rules.idle_minutes)
    )


def require_session(
    signed: SignedIn, *, seen_at: datetime, changed_at: datetime, rules: SignInRules, at: datetime
) -> None:
    """Check that a session goes on.

    Args:
        signed: how it began.
        seen_at: when it was last heard of.
        changed_at: when the account's password or second factor was last changed.
        rules: how long sessions are.
        at: now.

    Raises:
        SessionOver: it is too old or was idle too long, or was begun before that change.
    """
    if signed.at < changed_at or at >= session_ends_at(signed.at, seen_at, rules):
        raise session_over()


def session_over() -> SessionOver:
    """Return the refusal of a session that has ended."""
    return SessionOver(
        Text(
            "登录已失效，未作改动；请重新登录。",
            "You are no longer signed in. Nothing was changed; sign in again.",
        )
    )


def _fits_place(new: Assigned) -> None:
    duty = DUTIES[new.role]
    both = new.station is not None and new.district is not None
    if new.width in duty.widths and not both:
        return
    fitting = [one for one in Width if one in duty.widths]
    zh = "、".join(one.words.zh for one in fitting) or "无（不是工作人员的角色）"
    en = " or ".join(one.words.en for one in fitting) or "nowhere, as it is no role of staff"
    asked = Text("同时在网点和区县", "both at a station and in a district") if both else new.width.words
    raise RoleNotForPlace(
        Text(
            f"不能授予“{duty.words.zh}”（{asked.zh}）：可授予的范围为{zh}。未作改动。",
            f"The role {duty.words.en} cannot be assigned {asked.en}; it is assigned {en}. Nothing was changed.",
        )
    )


def _days_in_order(first_on: date, last_on: date | None) -> None:
    if last_on is not None and last_on < first_on:
        raise RoleDaysOutOfOrder(
            Text(
                f"结束日期 {last_on} 早于开始日期 {first_on}；未作改动，请核对日期。",
                f"The last day {last_on} is before the first, {first_on}. Nothing was changed; check the days.",
            )
        )
