"""Which role may do what and where, beside which others it stands, when names are locked and sessions over."""

from datetime import UTC, date, datetime, timedelta

import pytest

from civicard.access import rules
from civicard.access.rules import (
    DUTIES,
    Assigned,
    LoginNameRefused,
    Role,
    RoleDaysOutOfOrder,
    RoleNotForPlace,
    RolesApart,
    SessionOver,
    SignedIn,
    SignInRules,
    Stage,
    Tries,
    Width,
)
from civicard.kernel.permissions import May, Reach
from civicard.network.rules import DistrictCodeRefused, StationCodeRefused

# Written by hand, so that a change of what somebody may do is a change here too.
MAY = {
    "station_clerk": {
        "take_applications", "hand_over", "change_cards", "see_cards", "see_people", "see_full_id", "change_people",
        "see_network", "acknowledge_circulars",
    },
    "unit_contact": {"send_unit_batches", "sign_out_cards", "see_network"},
    "production_operator": {"make_cards"},
    "production_inspector": {"inspect_cards"},
    "stock_keeper": {"keep_stock"},
    "finance": {"see_funds", "manage_funds", "see_targets"},
    "service_agent": {"answer_tickets", "publish_notices", "see_cards", "see_people", "see_network"},
    "district_officer": {
        "see_network", "change_network", "guide_stations", "send_circulars", "acknowledge_circulars",
        "inspect_stations", "see_cards", "see_people",
    },
    "exchange_officer": {"manage_exchange", "import_people", "see_network"},
    "quality_officer": {"manage_quality", "inspect_stations", "see_network", "see_targets", "see_evaluation"},
    "evaluator": {"see_targets", "see_funds", "see_evaluation", "evaluate"},
    "second_evaluator": {"see_targets", "see_funds", "see_evaluation", "review_evaluation"},
    "director": {
        "see_targets", "change_targets", "change_rules", "see_evaluation", "see_funds", "see_network", "see_cards",
    },
    "partner": {"exchange_data", "verify_cards"},
    "citizen": set(),
    "administrator": {"manage_accounts"},
}  # fmt: skip
WIDE = {
    "station_clerk": {"station", "district"},
    "unit_contact": {"station", "district"},
    "district_officer": {"district", "city"},
    "partner": {"district", "city"},
    "citizen": set(),
}
MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)
AT = datetime(2026, 3, 2, 1, tzinfo=UTC)
SIGN_IN = SignInRules(most_failures=3, locked_minutes=15, idle_minutes=30, session_hours=10)
PLACES = {
    Width.STATION: {"station": "310101-007"},
    Width.DISTRICT: {"district": "310101"},
    Width.CITY: {},
}


def assigned(role: Role, width: Width = Width.CITY, last_on: date | None = None) -> Assigned:
    return Assigned(role=role, first_on=MARCH, last_on=last_on, **PLACES[width])


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("may", May)
def test_a_role_may_what_is_listed_and_nothing_else(role: Role, may: May) -> None:
    granted = rules.grants([assigned(role)], MARCH)
    assert (may in granted) is (str(may) in MAY[str(role)])


def test_every_permission_is_granted_by_some_role() -> None:
    assert set().union(*MAY.values()) == {str(may) for may in May}


def test_administrators_and_finance_need_a_second_factor() -> None:
    needing = {role for role in Role if rules.needs_second_factor([assigned(role)], MARCH)}
    assert needing == {Role.ADMINISTRATOR, Role.FINANCE}
    ended = assigned(Role.FINANCE, last_on=MARCH)
    assert not rules.needs_second_factor([ended], APRIL)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("width", Width)
def test_a_role_is_assigned_as_wide_as_its_desk(role: Role, width: Width) -> None:
    if str(width) in WIDE.get(str(role), {"city"}):
        rules.require_assignable(assigned(role, width), [])
    else:
        with pytest.raises(RoleNotForPlace):
            rules.require_assignable(assigned(role, width), [])


def test_the_grants_of_a_day_are_those_of_all_assignments_in_force() -> None:
    here, there = "310101-007", "310115-001"
    held = [
        Assigned(role=Role.STATION_CLERK, station=here, first_on=MARCH, last_on=date(2026, 3, 31)),
        Assigned(role=Role.STATION_CLERK, station=there, first_on=date(2026, 3, 15)),
        Assigned(role=Role.DISTRICT_OFFICER, district="310104", first_on=APRIL),
    ]
    assert rules.grants(held, date(2026, 2, 28)) == {}
    assert rules.grants(held, MARCH)[May.SEE_CARDS] == Reach.of_station(here)
    assert rules.grants(held, date(2026, 3, 31))[May.SEE_CARDS] == Reach.of_station(here, there)
    april = rules.grants(held, APRIL)
    assert april[May.SEE_CARDS] == Reach(districts=frozenset({"310104"}), stations=frozenset({there}))
    assert april[May.HAND_OVER] == Reach.of_station(there)
    assert april[May.INSPECT_STATIONS] == Reach.of_district("310104")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Role.PRODUCTION_OPERATOR, Role.PRODUCTION_INSPECTOR),
        (Role.PRODUCTION_OPERATOR, Role.STOCK_KEEPER),
        (Role.EVALUATOR, Role.SECOND_EVALUATOR),
        (Role.FINANCE, Role.EVALUATOR),
        (Role.FINANCE, Role.SECOND_EVALUATOR),
    ],
)
def test_nobody_checks_their_own_work(one: Role, other: Role) -> None:
    for first, second in ((one, other), (other, one)):
        with pytest.raises(RolesApart):
            rules.require_assignable(assigned(first), [assigned(second)])
        before = Assigned(role=second, first_on=date(2026, 1, 1), last_on=date(2026, 2, 28))
        rules.require_assignable(assigned(first), [before])


def test_a_role_at_no_place_that_can_be_is_refused() -> None:
    clerk = Role.STATION_CLERK
    with pytest.raises(StationCodeRefused):
        rules.require_assignable(Assigned(role=clerk, station="310101", first_on=MARCH), [])
    with pytest.raises(DistrictCodeRefused):
        rules.require_assignable(Assigned(role=clerk, district="3101", first_on=MARCH), [])
    both = Assigned(role=clerk, station="310101-007", district="310101", first_on=MARCH)
    with pytest.raises(RoleNotForPlace, match="both"):
        rules.require_assignable(both, [])
    with pytest.raises(RoleNotForPlace, match="no role of staff"):
        rules.require_assignable(assigned(Role.CITIZEN), [])
    backwards = Assigned(role=Role.DIRECTOR, first_on=APRIL, last_on=MARCH)
    with pytest.raises(RoleDaysOutOfOrder):
        rules.require_assignable(backwards, [])


def test_an_end_can_come_earlier_and_not_later() -> None:
    held = assigned(Role.DIRECTOR, last_on=date(2026, 3, 31))
    rules.require_end(held, MARCH)
    for day in (date(2026, 2, 28), APRIL):
        with pytest.raises(RoleDaysOutOfOrder):
            rules.require_end(held, day)


@pytest.mark.parametrize("typed", ["", "ab", "a" * 65, ".lina", "li na", "李娜", "li\x00na", "li\ud800na"])
def test_what_is_no_login_name_is_refused(typed: str) -> None:
    with pytest.raises(LoginNameRefused):
        rules.login_name(typed)


def test_a_login_name_has_one_form() -> None:
    wide = "\uff2c\uff49.Na"  # as a Chinese keyboard may write it
    assert {rules.login_name(one) for one in (wide, "LI.NA", " li.na\n")} == {"li.na"}


def test_a_name_is_locked_at_the_last_failure_allowed_and_begins_anew_after() -> None:
    until = AT + timedelta(minutes=15)
    second = rules.tried(rules.tried(Tries(), SIGN_IN, AT), SIGN_IN, AT)
    assert second == Tries(failures=2)
    third = rules.tried(second, SIGN_IN, AT)
    assert third == Tries(failures=3, locked_until=until)
    assert rules.tried(third, SIGN_IN, until) == Tries(failures=1)


@pytest.mark.parametrize(
    ("is_temporary", "needs", "has", "reached"),
    [
        (False, False, False, Stage.FULL),
        (False, False, True, Stage.FULL),
        (False, True, True, Stage.FULL),
        (False, True, False, Stage.ENROL),
        (True, True, False, Stage.CHANGE_PASSWORD),
        (True, False, False, Stage.CHANGE_PASSWORD),
    ],
)
def test_a_sign_in_goes_as_far_as_what_is_set_up(
    *, is_temporary: bool, needs: bool, has: bool, reached: Stage
) -> None:
    assert (
        rules.stage(is_password_temporary=is_temporary, needs_second_factor=needs, has_second_factor=has)
        is reached
    )


@pytest.mark.parametrize(
    ("seen_minutes", "now_minutes", "is_over"),
    [(0, 29, False), (0, 30, True), (590, 599, False), (599, 600, True)],
)
def test_a_session_ends_when_idle_and_in_the_evening(
    *, seen_minutes: int, now_minutes: int, is_over: bool
) -> None:
    signed = SignedIn(account="staff-10000001", at=AT, stage=Stage.FULL)
    seen, now = AT + timedelta(minutes=seen_minutes), AT + timedelta(minutes=now_minutes)
    if is_over:
        with pytest.raises(SessionOver):
            rules.require_session(signed, seen_at=seen, changed_at=AT, rules=SIGN_IN, at=now)
    else:
        rules.require_session(signed, seen_at=seen, changed_at=AT, rules=SIGN_IN, at=now)
        with pytest.raises(SessionOver):
            rules.require_session(
                signed, seen_at=seen, changed_at=AT + timedelta(seconds=1), rules=SIGN_IN, at=now
            )


def test_every_role_is_named_in_both_languages() -> None:
    assert [role for role in Role if not (role.words.zh and role.words.en)] == []
    assert set(DUTIES) == set(Role)
