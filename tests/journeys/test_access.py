"""From the first administrator to a clerk at a window, on a real database: accounts, roles and what they allow."""

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from civicard.access import queries
from civicard.access.actions import (
    assign_role,
    disable_account,
    end_role,
    first_administrator,
    open_account,
    withdraw_role,
)
from civicard.access.models import Account, Assignment
from civicard.access.rules import Assigned, LoginNameRefused, Role, RoleNotForPlace, RolesApart
from civicard.kernel.actor import Actor, NotPermitted
from civicard.kernel.permissions import May, Reach
from civicard.kernel.refusal import Refusal
from civicard.ledger.kinds import FactRefused
from civicard.ledger.models import Fact
from civicard.network.actions import Opening, list_district, open_station
from civicard.network.rules import StationKind

# 09:00 in Shanghai.
AT = datetime(2026, 3, 2, 1, tzinfo=UTC)
TODAY = date(2026, 3, 2)
STRONG, OTHER = "plum-kettle-orbit-47", "lantern.voyage.seven"
HUANGPU, WINDOW = "310101", "310101-007"
CLERK = Assigned(role=Role.STATION_CLERK, station=WINDOW, first_on=TODAY)
LASTING_ADMINISTRATOR = Assigned(role=Role.ADMINISTRATOR, first_on=TODAY)


def administrator() -> Actor:
    """Make the first administrator and a network of one window, and return who they are."""
    code = first_administrator("admin", STRONG, at=AT)
    officer = Actor(code="officer-1", grants={May.CHANGE_NETWORK: Reach.city()})
    list_district(HUANGPU, "黄浦区", actor=officer, at=AT)
    window = Opening(
        code=WINDOW, kind=StationKind.STATION, name="南京东路", address="南京东路1号", phone="021-63210000"
    )
    open_station(window, actor=officer, at=AT)
    return queries.actor_of(code, on=TODAY)


def facts_of(kind: str) -> list[dict[str, object]]:
    """Return the bodies of all facts of a kind, oldest first."""
    return list(Fact.objects.filter(kind=kind).order_by("number").values_list("body", flat=True))


@pytest.mark.django_db
def test_a_clerk_may_what_clerks_may_at_their_window_from_their_first_day() -> None:
    admin = administrator()
    code = open_account("Li.Na", OTHER, actor=admin, at=AT)
    number = assign_role(
        code, Assigned(role=Role.STATION_CLERK, station=WINDOW, first_on=date(2026, 3, 9)), actor=admin, at=AT
    )
    assert queries.actor_of(code, on=TODAY).grants == {}
    clerk = queries.actor_of(code, on=date(2026, 3, 9))
    assert clerk.code == code
    assert clerk.may(May.HAND_OVER, station=WINDOW)
    assert not clerk.may(May.HAND_OVER, station="310101-008")
    assert not clerk.may(May.HAND_OVER)
    assert not clerk.may(May.MANAGE_ACCOUNTS)
    end_role(number, date(2026, 4, 30), actor=admin, at=AT)
    assert queries.actor_of(code, on=date(2026, 4, 30)).may(May.HAND_OVER, station=WINDOW)
    assert queries.actor_of(code, on=date(2026, 5, 1)).grants == {}


@pytest.mark.django_db
def test_what_is_done_with_accounts_is_in_the_ledger_and_no_name_is() -> None:
    admin = administrator()
    code = open_account("li.na", OTHER, actor=admin, at=AT)
    number = assign_role(code, CLERK, actor=admin, at=AT)
    withdraw_role(number, "分配有误", actor=admin, at=AT)
    disable_account(code, "离职", actor=admin, at=AT)
    assert facts_of("staff_account_opened") == [{"account": admin.code}, {"account": code}]
    assert facts_of("role_assigned")[1:] == [
        {
            "assignment": number,
            "account": code,
            "role": "station_clerk",
            "first_on": "2026-03-02",
            "station": WINDOW,
        }
    ]
    assert facts_of("role_withdrawn") == [
        {"assignment": number, "account": code, "role": "station_clerk", "reason": "分配有误"}
    ]
    assert facts_of("staff_account_disabled") == [{"account": code, "reason": "离职"}]
    everything = str(list(Fact.objects.values_list("actor", "body")))
    assert "li.na" not in everything
    assert "admin" not in everything.replace("administrator", "")


@pytest.mark.django_db
def test_only_who_manages_accounts_does() -> None:
    admin = administrator()
    code = open_account("li.na", OTHER, actor=admin, at=AT)
    number = assign_role(code, CLERK, actor=admin, at=AT)
    clerk = queries.actor_of(code, on=TODAY)
    written = Fact.objects.count()
    deeds: list[Callable[[], object]] = [
        lambda: open_account("wang.wei", OTHER, actor=clerk, at=AT),
        lambda: disable_account(admin.code, "停用", actor=clerk, at=AT),
        lambda: assign_role(code, LASTING_ADMINISTRATOR, actor=clerk, at=AT),
        lambda: end_role(number, TODAY, actor=clerk, at=AT),
        lambda: withdraw_role(number, "收回", actor=clerk, at=AT),
        lambda: queries.accounts(clerk),
        lambda: queries.assignments(clerk),
        lambda: queries.assignments(clerk, admin.code),
    ]
    for deed in deeds:
        with pytest.raises(NotPermitted, match="manage_accounts"):
            deed()
    assert Fact.objects.count() == written
    assert [one.assigned for one in queries.assignments(clerk, code)] == [CLERK]


@pytest.mark.django_db
def test_administrators_see_all_accounts_and_roles() -> None:
    admin = administrator()
    code = open_account("li.na", OTHER, actor=admin, at=AT)
    assign_role(code, CLERK, actor=admin, at=AT)
    disable_account(code, "离职", actor=admin, at=AT)
    seen = queries.accounts(admin)
    assert [(one.login, one.disabled_on, one.is_password_temporary) for one in seen] == [
        ("admin", None, False),
        ("li.na", TODAY, True),
    ]
    roles = {(one.account, one.assigned.role) for one in queries.assignments(admin)}
    assert roles == {(admin.code, Role.ADMINISTRATOR), (code, Role.STATION_CLERK)}


@pytest.mark.django_db
def test_a_disabled_account_is_granted_nothing() -> None:
    admin = administrator()
    code = open_account("li.na", OTHER, actor=admin, at=AT)
    assign_role(code, CLERK, actor=admin, at=AT)
    disable_account(code, "离职", actor=admin, at=AT)
    assert queries.actor_of(code, on=TODAY).grants == {}
    for deed in (
        lambda: disable_account(code, "离职", actor=admin, at=AT),
        lambda: assign_role(code, CLERK, actor=admin, at=AT),
    ):
        with pytest.raises(Refusal) as refused:
            deed()
        assert refused.value.code == "account_disabled"


@pytest.mark.django_db
def test_there_is_one_first_administrator() -> None:
    administrator()
    with pytest.raises(Refusal) as refused:
        first_administrator("second", STRONG, at=AT)
    assert refused.value.code == "not_first_administrator"
    assert Account.objects.count() == 1


@pytest.mark.django_db
def test_nobody_gives_themselves_a_role_or_disables_themselves() -> None:
    admin = administrator()
    for deed in (
        lambda: assign_role(admin.code, CLERK, actor=admin, at=AT),
        lambda: disable_account(admin.code, "离职", actor=admin, at=AT),
    ):
        with pytest.raises(Refusal) as refused:
            deed()
        assert refused.value.code == "not_for_oneself"


@pytest.mark.django_db
def test_somebody_always_manages_accounts() -> None:
    admin = administrator()
    (own,) = [one.number for one in queries.assignments(admin)]
    second = open_account("wang.wei", OTHER, actor=admin, at=AT)

    def refused_to_go() -> bool:
        codes = []
        deeds: list[Callable[[], None]] = [
            lambda: end_role(own, TODAY, actor=admin, at=AT),
            lambda: withdraw_role(own, "收回", actor=admin, at=AT),
        ]
        for deed in deeds:
            with pytest.raises(Refusal) as refused:
                deed()
            codes.append(refused.value.code)
        return codes == ["last_administrator", "last_administrator"]

    assert refused_to_go()
    for_a_month = Assigned(role=Role.ADMINISTRATOR, first_on=TODAY, last_on=date(2026, 3, 31))
    later = Assigned(role=Role.ADMINISTRATOR, first_on=date(2026, 3, 3))
    assign_role(second, for_a_month, actor=admin, at=AT)
    assign_role(second, later, actor=admin, at=AT)
    assert refused_to_go()
    assign_role(second, LASTING_ADMINISTRATOR, actor=admin, at=AT)
    end_role(own, TODAY, actor=admin, at=AT)
    # Whoever is left is now the last, and cannot be disabled by the other on that one's last day.
    with pytest.raises(Refusal) as refused:
        disable_account(second, "离职", actor=admin, at=AT)
    assert refused.value.code == "last_administrator"


@pytest.mark.django_db
def test_a_role_that_cannot_be_is_refused_and_nothing_is_written() -> None:
    admin = administrator()
    code = open_account("li.na", OTHER, actor=admin, at=AT)
    assign_role(code, Assigned(role=Role.EVALUATOR, first_on=TODAY), actor=admin, at=AT)
    written = Fact.objects.count()
    for kind, given in (
        (RoleNotForPlace, Assigned(role=Role.STATION_CLERK, first_on=TODAY)),
        (RolesApart, Assigned(role=Role.SECOND_EVALUATOR, first_on=TODAY)),
    ):
        with pytest.raises(kind):
            assign_role(code, given, actor=admin, at=AT)
    for unknown, given in (
        ("station_unknown", Assigned(role=Role.STATION_CLERK, station="310101-099", first_on=TODAY)),
        ("district_unknown", Assigned(role=Role.STATION_CLERK, district="310199", first_on=TODAY)),
    ):
        with pytest.raises(Refusal) as refused:
            assign_role(code, given, actor=admin, at=AT)
        assert refused.value.code == unknown
    for number in (0, 10**12):
        with pytest.raises(Refusal) as refused:
            end_role(number, TODAY, actor=admin, at=AT)
        assert refused.value.code == "assignment_unknown"
    with pytest.raises(Refusal) as refused:
        assign_role("staff-99999999", CLERK, actor=admin, at=AT)
    assert refused.value.code == "account_unknown"
    assert Fact.objects.count() == written
    assert Assignment.objects.filter(account__code=code).count() == 1


@pytest.mark.django_db
def test_a_reason_with_a_persons_number_leaves_the_account_in_use() -> None:
    admin = administrator()
    code = open_account("li.na", OTHER, actor=admin, at=AT)
    for reason in ("", "详询 13800000000"):
        with pytest.raises(FactRefused):
            disable_account(code, reason, actor=admin, at=AT)
    assert Account.objects.get(code=code).disabled_at is None


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("short-one", "too short"),
        ("password1234", "too common"),
        ("918273645546", "only digits"),
        ("wangxiaoming1", "login name"),
        ("x" * 257, "too long"),
        ("plum-kettle-\ud800rbit", "half a character"),
    ],
)
def test_a_weak_password_is_refused_with_its_fault_and_never_shown(password: str, why: str) -> None:
    admin = administrator()
    with pytest.raises(Refusal, match=why) as refused:
        open_account("wangxiaoming", password, actor=admin, at=AT)
    assert refused.value.code == "password_too_weak"
    assert password not in str(refused.value) + refused.value.text.zh
    assert Account.objects.count() == 1


@pytest.mark.django_db
def test_a_login_name_is_taken_in_whatever_way_it_is_written() -> None:
    admin = administrator()
    open_account("li.na", OTHER, actor=admin, at=AT)
    with pytest.raises(Refusal) as refused:
        open_account(" LI.NA", OTHER, actor=admin, at=AT)
    assert refused.value.code == "login_name_taken"
    with pytest.raises(LoginNameRefused):
        open_account("李娜", OTHER, actor=admin, at=AT)
    assert len(facts_of("staff_account_opened")) == 2


@pytest.mark.django_db
@pytest.mark.parametrize(
    "changes",
    [
        {"role": "king"},
        {"station": WINDOW, "district": HUANGPU},
        {"last_on": TODAY - timedelta(days=1)},
    ],
)
def test_the_table_itself_refuses_what_the_rules_would(changes: dict[str, object]) -> None:
    administrator()
    row = {"account": Account.objects.get(), "role": "director", "first_on": TODAY}
    with pytest.raises(IntegrityError), transaction.atomic():
        Assignment.objects.create(**{**row, **changes})


def both_at_once(first: Callable[[], object], second: Callable[[], object]) -> list[str]:
    """Do two deeds at the same moment and return the codes of what was refused."""
    start = threading.Barrier(2)
    told: list[str] = []

    def attempt(deed: Callable[[], object]) -> None:
        try:
            start.wait(timeout=30)
            deed()
        except Refusal as refusal:
            told.append(refusal.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=attempt, args=(deed,)) for deed in (first, second)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return told


@pytest.mark.django_db(transaction=True)
def test_of_two_administrators_who_end_each_other_at_once_one_stays() -> None:
    admin = administrator()
    other_code = open_account("wang.wei", OTHER, actor=admin, at=AT)
    theirs = assign_role(other_code, LASTING_ADMINISTRATOR, actor=admin, at=AT)
    other = queries.actor_of(other_code, on=TODAY)
    (own,) = [one.number for one in queries.assignments(admin, admin.code)]
    told = both_at_once(
        lambda: end_role(theirs, TODAY, actor=admin, at=AT), lambda: end_role(own, TODAY, actor=other, at=AT)
    )
    assert told == ["last_administrator"]
    assert Assignment.objects.filter(last_on=None).count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_roles_that_exclude_each_other_given_at_once_one_is_refused() -> None:
    admin = administrator()
    code = open_account("li.na", OTHER, actor=admin, at=AT)
    told = both_at_once(
        lambda: assign_role(code, Assigned(role=Role.EVALUATOR, first_on=TODAY), actor=admin, at=AT),
        lambda: assign_role(code, Assigned(role=Role.SECOND_EVALUATOR, first_on=TODAY), actor=admin, at=AT),
    )
    assert told == ["roles_apart"]
    assert Assignment.objects.filter(account__code=code).count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_first_administrators_made_at_once_one_is_refused() -> None:
    told = both_at_once(
        lambda: first_administrator("admin", STRONG, at=AT),
        lambda: first_administrator("root1", OTHER, at=AT),
    )
    assert told == ["not_first_administrator"]
    assert Account.objects.count() == 1
