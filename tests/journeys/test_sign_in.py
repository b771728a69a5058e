"""Signing in on a real database: what is told, what is counted, what locks, and the second factor."""

import threading
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher, ScryptPasswordHasher
from django.db import connection, transaction
from django.test import override_settings

from civicard.access import queries
from civicard.access.actions import (
    assign_role,
    change_password,
    confirm_second_factor,
    disable_account,
    enrol_second_factor,
    first_administrator,
    open_account,
    reset_access,
    sign_in,
)
from civicard.access.models import Account, FailedTries, RecoveryCode
from civicard.access.one_time_codes import code_at, secret_bytes, step_at
from civicard.access.rules import Assigned, Role, SessionOver, SignedIn, Stage
from civicard.kernel.actor import Actor
from civicard.kernel.permissions import May
from civicard.kernel.refusal import Refusal
from civicard.ledger.models import Fact
from civicard.vault.keystore import Keystore, Purpose
from civicard.vault.master import Master

AT = datetime(2026, 3, 2, 1, tzinfo=UTC)
TODAY = date(2026, 3, 2)
MINUTE = timedelta(minutes=1)
STRONG, OTHER, NEW = "plum-kettle-orbit-47", "lantern.voyage.seven", "harbour gravel mosaic"
WRONG = "not-the-password-1"


class CountedScrypt(ScryptPasswordHasher):
    """The hasher of the settings, which also counts how often it worked."""

    worked = 0

    def encode(self, password: str, salt: str, *settings: int | None) -> str:
        """Hash, and count it."""
        CountedScrypt.worked += 1
        return super().encode(password, salt, *settings)


@pytest.fixture(autouse=True)
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the installation of this test a keystore of its own."""
    master = Master.random()
    Keystore.create(tmp_path / "keys.json", master)
    monkeypatch.setenv("CIVICARD_KEYSTORE", str(tmp_path / "keys.json"))
    monkeypatch.setenv("CIVICARD_MASTER_KEY", master.to_base64())


def clerk() -> str:
    """Open the account of a director, who needs no second factor, with a password of their own; return its code."""
    admin = queries.actor_of(first_administrator("admin", STRONG, at=AT), on=TODAY)
    code = open_account("li.na", OTHER, actor=admin, at=AT)
    assign_role(code, Assigned(role=Role.DIRECTOR, first_on=TODAY), actor=admin, at=AT)
    change_password(OTHER, NEW, actor=Actor(code=code), at=AT)
    return code


def enrolled() -> tuple[bytes, tuple[str, ...]]:
    """Make an administrator with a second factor; return its secret and the recovery codes."""
    code = first_administrator("admin", STRONG, at=AT)
    given = enrol_second_factor(STRONG, actor=Actor(code=code), at=AT)
    secret = secret_bytes(given.secret)
    codes = confirm_second_factor(code_at(secret, step_at(AT)), actor=Actor(code=code), at=AT)
    return secret, codes


def refusal_of(login: str, password: str, code: str = "", at: datetime = AT) -> Refusal:
    """Return why a sign-in is refused."""
    with pytest.raises(Refusal) as refused:
        sign_in(login, password, code=code, at=at)
    return refused.value


def facts_of(kind: str) -> list[dict[str, object]]:
    return list(Fact.objects.filter(kind=kind).order_by("number").values_list("body", flat=True))


@pytest.mark.django_db
def test_the_right_password_signs_in_and_is_recorded() -> None:
    code = clerk()
    assert sign_in(" LI.NA", NEW, at=AT) == SignedIn(account=code, at=AT, stage=Stage.FULL)
    assert facts_of("staff_signed_in") == [
        {"account": code, "is_with_second_factor": False, "is_by_recovery_code": False}
    ]


@pytest.mark.django_db
def test_a_refusal_does_not_tell_which_of_both_was_wrong() -> None:
    admin = queries.actor_of(first_administrator("admin", STRONG, at=AT), on=TODAY)
    disabled = open_account("gone", OTHER, actor=admin, at=AT)
    disable_account(disabled, "离职", actor=admin, at=AT)
    told = {
        (one.code, str(one.text))
        for one in (
            refusal_of("admin", WRONG),
            refusal_of("nobody", STRONG),
            refusal_of("gone", OTHER),
            refusal_of("李娜", STRONG),
            refusal_of("admin\ud800", "\ud800"),
            refusal_of("admin", ""),
            refusal_of("admin", STRONG + "x" * 10_000),
        )
    }
    assert {code for code, _ in told} == {"sign_in_refused"}
    assert len(told) == 1


@pytest.mark.django_db
def test_a_name_that_does_not_exist_costs_as_much_work_as_one_that_does() -> None:
    clerk()
    refusal_of("nobody", WRONG)
    work = {}
    with override_settings(PASSWORD_HASHERS=[f"{__name__}.{CountedScrypt.__name__}"]):
        for login in ("li.na", "no.such.one", "\u674e\u5a1c"):
            CountedScrypt.worked = 0
            refusal_of(login, WRONG)
            work[login] = CountedScrypt.worked
    assert set(work.values()) == {1}


@pytest.mark.django_db
def test_a_name_is_locked_after_five_failures_whether_it_exists_or_not() -> None:
    code = clerk()
    told = []
    for login in ("li.na", "nobody"):
        codes = [refusal_of(login, WRONG).code for _ in range(5)]
        assert codes == ["sign_in_refused"] * 4 + ["sign_in_locked"]
        told.append(str(refusal_of(login, NEW, at=AT + 14 * MINUTE).text))
    assert told[0] == told[1]
    (fact,) = facts_of("staff_locked_out")
    assert fact["account"] == code
    assert datetime.fromisoformat(str(fact["until"])) == AT + 15 * MINUTE
    assert sign_in("li.na", NEW, at=AT + 15 * MINUTE).account == code
    assert refusal_of("li.na", WRONG, at=AT + 15 * MINUTE).code == "sign_in_refused"


@pytest.mark.django_db
def test_a_sign_in_ends_the_count_of_failures() -> None:
    clerk()
    for _ in range(3):
        for _ in range(4):
            assert refusal_of("li.na", WRONG).code == "sign_in_refused"
        sign_in("li.na", NEW, at=AT)


@pytest.mark.django_db
def test_failures_of_yesterday_are_forgotten() -> None:
    clerk()
    for _ in range(4):
        refusal_of("li.na", WRONG)
    refusal_of("nobody", WRONG)
    later = AT + timedelta(days=1, seconds=1)
    assert refusal_of("li.na", WRONG, at=later).code == "sign_in_refused"
    assert list(FailedTries.objects.values_list("failures", flat=True)) == [1]


@pytest.mark.django_db
def test_the_table_of_failures_holds_no_name_that_was_typed() -> None:
    refusal_of("my.secret.password", "x")
    assert "secret" not in str(list(FailedTries.objects.values()))


@pytest.mark.django_db
def test_passwords_are_kept_by_scrypt_and_older_hashes_are_renewed() -> None:
    code = clerk()
    row = Account.objects.get(code=code)
    assert row.password.startswith("scrypt$")
    older = PBKDF2PasswordHasher().encode(NEW, "an-older-salt-0123456789")
    Account.objects.filter(code=code).update(password=older)
    sign_in("li.na", NEW, at=AT)
    row.refresh_from_db()
    assert row.password.startswith("scrypt$")
    sign_in("li.na", NEW, at=AT)


@pytest.mark.django_db
def test_a_temporary_password_leads_only_to_a_new_one() -> None:
    admin = queries.actor_of(first_administrator("admin", STRONG, at=AT), on=TODAY)
    code = open_account("li.na", OTHER, actor=admin, at=AT)
    assign_role(code, Assigned(role=Role.DIRECTOR, first_on=TODAY), actor=admin, at=AT)
    signed = sign_in("li.na", OTHER, at=AT)
    assert signed.stage is Stage.CHANGE_PASSWORD
    actor = queries.actor_in_session(signed, seen_at=AT, at=AT + MINUTE)
    assert actor.grants == {}
    change_password(OTHER, NEW, actor=actor, at=AT + MINUTE)
    again = sign_in("li.na", NEW, at=AT + 2 * MINUTE)
    assert again.stage is Stage.FULL
    full = queries.actor_in_session(again, seen_at=AT + 2 * MINUTE, at=AT + 3 * MINUTE)
    assert full.may(May.CHANGE_TARGETS)


@pytest.mark.django_db
def test_a_session_ends_with_a_new_password_a_disabled_account_and_with_time() -> None:
    code = clerk()
    signed = sign_in("li.na", NEW, at=AT + MINUTE)

    def is_over(at: datetime) -> bool:
        try:
            queries.actor_in_session(signed, seen_at=AT + 10 * MINUTE, at=at)
        except SessionOver:
            return True
        return False

    assert not is_over(AT + 39 * MINUTE)
    assert is_over(AT + 40 * MINUTE)
    change_password(NEW, OTHER, actor=Actor(code=code), at=AT + 11 * MINUTE)
    assert is_over(AT + 12 * MINUTE)
    signed = sign_in("li.na", OTHER, at=AT + 12 * MINUTE)
    assert not is_over(AT + 13 * MINUTE)
    admin = queries.actor_of("staff-00000001", on=TODAY)
    disable_account(code, "离职", actor=admin, at=AT + 13 * MINUTE)
    assert is_over(AT + 14 * MINUTE)


@pytest.mark.django_db
def test_an_administrator_without_a_second_factor_may_only_set_one_up() -> None:
    code = first_administrator("admin", STRONG, at=AT)
    signed = sign_in("admin", STRONG, at=AT)
    assert signed.stage is Stage.ENROL
    assert queries.actor_in_session(signed, seen_at=AT, at=AT + MINUTE).grants == {}
    assert queries.actor_of(code, on=TODAY).may(May.MANAGE_ACCOUNTS)


@pytest.mark.django_db
def test_who_is_given_a_role_that_needs_a_second_factor_loses_their_grants_until_they_have_one() -> None:
    code = clerk()
    signed = sign_in("li.na", NEW, at=AT)
    admin = queries.actor_of("staff-00000001", on=TODAY)
    assign_role(code, Assigned(role=Role.FINANCE, first_on=TODAY), actor=admin, at=AT)
    assert queries.actor_in_session(signed, seen_at=AT, at=AT).grants == {}


@pytest.mark.django_db
def test_a_second_factor_is_asked_for_and_a_code_is_good_once() -> None:
    secret, _ = enrolled()
    later = AT + MINUTE
    assert refusal_of("admin", STRONG, at=later).code == "second_factor_needed"
    code = code_at(secret, step_at(later))
    assert sign_in("admin", STRONG, code=f" {code[:3]} {code[3:]} ", at=later).stage is Stage.FULL
    assert refusal_of("admin", STRONG, code, at=later).code == "second_factor_refused"
    # The code with which it was confirmed is not good again either.
    assert refusal_of("admin", STRONG, code_at(secret, step_at(AT)), at=AT).code == "second_factor_refused"
    assert facts_of("staff_signed_in")[-1] == {
        "account": "staff-00000001", "is_with_second_factor": True, "is_by_recovery_code": False,
    }  # fmt: skip


@pytest.mark.django_db
def test_the_code_alone_does_not_help_without_the_password() -> None:
    secret, _ = enrolled()
    later = AT + MINUTE
    assert refusal_of("admin", WRONG, code_at(secret, step_at(later)), later).code == "sign_in_refused"


@pytest.mark.django_db
def test_guessing_codes_with_the_right_password_locks_also_with_passwords_alone_between() -> None:
    enrolled()
    codes = []
    for _ in range(5):
        assert refusal_of("admin", STRONG).code == "second_factor_needed"
        codes.append(refusal_of("admin", STRONG, "000000x").code)
    assert codes == ["second_factor_refused"] * 4 + ["sign_in_locked"]
    assert refusal_of("admin", STRONG).code == "sign_in_locked"


@pytest.mark.django_db
def test_a_recovery_code_takes_the_place_of_the_phone_once() -> None:
    _, codes = enrolled()
    assert len(set(codes)) == 10
    assert sign_in("admin", STRONG, code=codes[3].lower().replace("-", " "), at=AT).stage is Stage.FULL
    assert refusal_of("admin", STRONG, codes[3]).code == "second_factor_refused"
    assert sign_in("admin", STRONG, code=codes[4], at=AT).stage is Stage.FULL
    assert facts_of("staff_signed_in")[-1]["is_by_recovery_code"] is True


@pytest.mark.django_db
def test_neither_secret_nor_recovery_codes_nor_password_are_kept_as_they_are() -> None:
    secret, codes = enrolled()
    row = Account.objects.get()
    kept = b"".join(bytes(one) for one in RecoveryCode.objects.values_list("digest", flat=True))
    kept += bytes(row.secret or b"") + row.password.encode()
    plain = [secret, STRONG.encode(), *(one.encode() for one in codes)]
    assert [one for one in plain if one in kept or one.replace(b"-", b"") in kept] == []
    assert str(list(Fact.objects.values_list("body", flat=True))).count(STRONG) == 0


@pytest.mark.django_db
def test_a_secret_copied_to_another_account_cannot_be_read_there() -> None:
    enrolled()
    admin = queries.actor_of("staff-00000001", on=TODAY)
    code = open_account("li.na", OTHER, actor=admin, at=AT)
    Account.objects.filter(code=code).update(secret=Account.objects.get(login="admin").secret)
    assert refusal_of("li.na", OTHER, "123456").code == "field_unreadable"


@pytest.mark.django_db
def test_a_new_secret_counts_only_once_a_code_of_it_was_seen() -> None:
    secret, old_codes = enrolled()
    admin, later = Actor(code="staff-00000001"), AT + 5 * MINUTE
    given = enrol_second_factor(STRONG, actor=admin, at=later)
    assert given.address.startswith("otpauth://totp/Civicard:admin?secret=")
    with pytest.raises(Refusal) as refused:
        confirm_second_factor("abc", actor=admin, at=later)
    assert refused.value.code == "second_factor_refused"
    sign_in("admin", STRONG, code=code_at(secret, step_at(later)), at=later)
    new = secret_bytes(given.secret)
    confirm_second_factor(code_at(new, step_at(later)), actor=admin, at=later)
    evening = AT + 60 * MINUTE
    for stale in (code_at(secret, step_at(evening)), old_codes[0]):
        assert refusal_of("admin", STRONG, stale, evening).code == "second_factor_refused"
    assert sign_in("admin", STRONG, code=code_at(new, step_at(evening)), at=evening).stage is Stage.FULL
    with pytest.raises(Refusal):
        confirm_second_factor(code_at(new, step_at(evening)), actor=admin, at=evening)


@pytest.mark.django_db
def test_a_reset_leads_back_to_a_temporary_password_without_second_factor() -> None:
    enrolled()
    admin = queries.actor_of("staff-00000001", on=TODAY)
    code = open_account("wang.wei", OTHER, actor=admin, at=AT)
    assign_role(code, Assigned(role=Role.ADMINISTRATOR, first_on=TODAY), actor=admin, at=AT)
    other = queries.actor_of(code, on=TODAY)
    reset_access(admin.code, OTHER, "手机遗失", actor=other, at=AT + MINUTE)
    assert sign_in("admin", OTHER, at=AT + MINUTE).stage is Stage.CHANGE_PASSWORD
    assert RecoveryCode.objects.count() == 0
    assert facts_of("staff_access_reset") == [{"account": admin.code, "reason": "手机遗失"}]
    with pytest.raises(Refusal) as refused:
        reset_access(code, NEW, "自助", actor=other, at=AT)
    assert refused.value.code == "not_for_oneself"


@pytest.mark.django_db
def test_the_present_password_is_asked_for_and_failures_count_as_at_sign_in() -> None:
    code = clerk()
    own = Actor(code=code)
    codes = []
    for _ in range(5):
        with pytest.raises(Refusal) as refused:
            change_password(WRONG, OTHER, actor=own, at=AT)
        codes.append(refused.value.code)
    assert codes == ["password_wrong"] * 4 + ["sign_in_locked"]
    assert refusal_of("li.na", NEW).code == "sign_in_locked"
    later = AT + 15 * MINUTE
    for new, why in ((NEW, "password_unchanged"), ("314159265358979", "password_too_weak")):
        with pytest.raises(Refusal) as refused:
            change_password(NEW, new, actor=own, at=later)
        assert refused.value.code == why
    with pytest.raises(Refusal) as refused:
        change_password(NEW, OTHER, actor=Actor(code="job-seal"), at=later)
    assert refused.value.code == "account_unknown"


@pytest.mark.django_db
def test_production_makes_no_key_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    code = first_administrator("admin", STRONG, at=AT)
    monkeypatch.setenv("CIVICARD_MODE", "production")
    with pytest.raises(Refusal, match="civicard keys add access-fields --purpose field") as refused:
        enrol_second_factor(STRONG, actor=Actor(code=code), at=AT)
    assert refused.value.code == "keys_not_set_up"
    # An administrator of the machine adds it, and the running process sees it.
    from civicard.vault.installation import installed_keystore

    installed_keystore().add("access-fields", Purpose.FIELD)
    assert enrol_second_factor(STRONG, actor=Actor(code=code), at=AT).secret


@pytest.mark.django_db(transaction=True)
def test_a_sign_in_is_never_part_of_a_transaction_that_could_undo_its_count() -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        sign_in("admin", WRONG, at=AT)


def at_once(count: int, code: str = "", password: str = WRONG) -> list[str]:
    """Sign in so many times at the same moment and return what each was told."""
    start = threading.Barrier(count)
    told: list[str] = []

    def attempt() -> None:
        try:
            start.wait(timeout=30)
            told.append(str(sign_in("admin", password, code=code, at=AT + MINUTE).stage))
        except Refusal as refusal:
            told.append(refusal.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=attempt) for _ in range(count)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return told


@pytest.mark.django_db(transaction=True)
def test_many_guesses_at_once_are_no_more_than_the_failures_allowed() -> None:
    first_administrator("admin", STRONG, at=AT)
    told = at_once(12)
    assert told.count("sign_in_refused") == 4
    assert told.count("sign_in_locked") == 8


@pytest.mark.django_db(transaction=True)
def test_of_two_who_give_the_same_code_at_once_one_signs_in() -> None:
    secret, _ = enrolled()
    told = at_once(2, code_at(secret, step_at(AT + MINUTE)), STRONG)
    assert sorted(told) == ["full", "second_factor_refused"]
