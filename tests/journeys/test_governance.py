"""The plan of Shanghai's 2018 through the actions, on a real database: 5,000,000 cards, then 3,000,000."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from django.db import IntegrityError, connection, transaction

from civicard.governance import queries
from civicard.governance.actions import TargetChangedMeanwhile, change_target, set_target
from civicard.governance.models import Target
from civicard.governance.rules import Proposal, TargetAlreadySet, TargetIncomplete, TargetNotSet, Version
from civicard.kernel.actor import Actor, NotPermitted
from civicard.kernel.permissions import May, Reach
from civicard.kernel.refusal import Refusal
from civicard.ledger.kinds import FactRefused
from civicard.ledger.models import Fact

DIRECTOR = Actor(code="director-1", grants={May.SEE_TARGETS: Reach.city(), May.CHANGE_TARGETS: Reach.city()})
# 09:00 in Shanghai on the day of each decision.
JANUARY, JULY = datetime(2018, 1, 15, 1, tzinfo=UTC), datetime(2018, 7, 2, 1, tzinfo=UTC)
PLAN = Proposal(
    year=2018, target="cards_made", value=5_000_000, unit="cards", reason="全年换发", approval="预算批复",
    approved_on=date(2018, 1, 15),
)  # fmt: skip
REVISED = replace(
    PLAN, value=3_000_000, reason="换发推迟到7月", approval="调整批复", approved_on=date(2018, 7, 2)
)


def planned() -> Version:
    """Set the plan and change it, as it was."""
    set_target(PLAN, actor=DIRECTOR, at=JANUARY)
    return change_target(REVISED, seen=1, actor=DIRECTOR, at=JULY)


def recorded() -> list[tuple[object, object]]:
    """Return version and value of every recorded fact of a target, oldest first."""
    bodies = Fact.objects.filter(kind="target_set").order_by("number").values_list("body", flat=True)
    return [(one["version"], one["value"]) for one in bodies]


@pytest.mark.django_db
def test_both_the_first_and_the_latest_plan_are_kept() -> None:
    planned()
    first = queries.first_target(DIRECTOR, 2018, "cards_made")
    latest = queries.latest_target(DIRECTOR, 2018, "cards_made")
    assert first is not None
    assert latest is not None
    assert (first.version, first.value, first.reason) == (1, 5_000_000, "全年换发")
    assert (latest.version, latest.value, latest.approval) == (2, 3_000_000, "调整批复")
    assert [one.version for one in queries.targets(DIRECTOR, 2018)] == [1, 2]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("day", "value"),
    [
        (date(2018, 1, 14), None),
        (date(2018, 1, 15), 5_000_000),
        (date(2018, 7, 1), 5_000_000),
        (date(2018, 7, 2), 3_000_000),
        (date(2019, 1, 1), 3_000_000),
    ],
)
def test_the_plan_in_force_on_a_day_is_the_one_approved_by_then(day: date, value: int | None) -> None:
    planned()
    found = queries.target_at(DIRECTOR, 2018, "cards_made", day)
    assert (None if found is None else found.value) == value


@pytest.mark.django_db
def test_a_target_that_was_never_set_is_none_and_not_zero() -> None:
    planned()
    assert queries.first_target(DIRECTOR, 2017, "cards_made") is None
    assert queries.latest_target(DIRECTOR, 2018, "cards_issued") is None
    assert queries.targets(DIRECTOR, 2017) == []


@pytest.mark.django_db
def test_every_version_is_a_fact_in_the_ledger() -> None:
    planned()
    assert recorded() == [(1, 5_000_000), (2, 3_000_000)]
    fact = Fact.objects.get(kind="target_set", body__version=2)
    assert (fact.actor, fact.at, fact.day) == ("director-1", JULY, date(2018, 7, 2))
    assert fact.body["approved_on"] == "2018-07-02"


@pytest.mark.django_db
def test_a_day_is_a_day_in_the_programmes_time_zone() -> None:
    # 17:00 UTC on the 14th is 01:00 on the 15th in Shanghai, the day of the approval.
    assert set_target(PLAN, actor=DIRECTOR, at=datetime(2018, 1, 14, 17, tzinfo=UTC)).version == 1


@pytest.mark.django_db
def test_a_refused_change_leaves_neither_row_nor_fact() -> None:
    set_target(PLAN, actor=DIRECTOR, at=JANUARY)
    for refused, proposed in (
        (TargetIncomplete, replace(REVISED, reason="")),
        (FactRefused, replace(REVISED, reason="详询 13800000000")),
        (TargetNotSet, replace(REVISED, target="cards_issued")),
    ):
        with pytest.raises(refused):
            change_target(proposed, seen=1, actor=DIRECTOR, at=JULY)
    with pytest.raises(TargetAlreadySet):
        set_target(REVISED, actor=DIRECTOR, at=JULY)
    assert Target.objects.count() == 1
    assert recorded() == [(1, 5_000_000)]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("refused", "changes"),
    [
        (FactRefused, {"target": "c" * 65}),
        (FactRefused, {"unit": "c" * 65}),
        (FactRefused, {"reason": "字" * 501}),
        (FactRefused, {"approval": "批\0复"}),
        (FactRefused, {"reason": "\ud800"}),
        (FactRefused, {"value": 2**63}),
        (TargetIncomplete, {"year": -1}),
        (TargetIncomplete, {"year": 20188}),
    ],
)
def test_what_no_database_could_hold_is_refused_in_words(
    refused: type[Refusal], changes: dict[str, str | int]
) -> None:
    with pytest.raises(refused):
        set_target(replace(PLAN, **changes), actor=DIRECTOR, at=JANUARY)  # type: ignore[arg-type]  # each has the type of its field
    assert not Target.objects.exists()
    assert recorded() == []


@pytest.mark.django_db
def test_who_may_only_see_targets_does_not_change_them() -> None:
    planned()
    evaluator = Actor(code="evaluator-1", grants={May.SEE_TARGETS: Reach.city()})
    with pytest.raises(NotPermitted, match="change_targets"):
        set_target(replace(PLAN, target="cards_issued"), actor=evaluator, at=JANUARY)
    with pytest.raises(NotPermitted, match="change_targets"):
        change_target(replace(REVISED, value=1), seen=2, actor=evaluator, at=JULY)
    assert [one.version for one in queries.targets(evaluator, 2018)] == [1, 2]
    assert recorded() == [(1, 5_000_000), (2, 3_000_000)]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "actor",
    [
        Actor(code="nobody-1"),
        Actor(code="officer-1", grants={May.SEE_TARGETS: Reach.of_district("310101")}),
        Actor(code="planner-1", grants={May.CHANGE_TARGETS: Reach.city()}),
    ],
    ids=lambda actor: actor.code,
)
def test_only_who_may_see_the_targets_of_the_whole_city_sees_them(actor: Actor) -> None:
    planned()
    for asked in (
        lambda: queries.targets(actor, 2018),
        lambda: queries.target_at(actor, 2018, "cards_made", date(2018, 7, 1)),
        lambda: queries.latest_target(actor, 2018, "cards_made"),
        lambda: queries.first_target(actor, 2018, "cards_made"),
    ):
        with pytest.raises(NotPermitted, match="see_targets"):
            asked()


@pytest.mark.django_db
def test_who_decided_on_an_older_version_is_told() -> None:
    planned()
    with pytest.raises(TargetChangedMeanwhile, match="version 2"):
        change_target(replace(REVISED, value=2_500_000), seen=1, actor=DIRECTOR, at=JULY)
    assert recorded() == [(1, 5_000_000), (2, 3_000_000)]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "changes", [{"version": 0}, {"value": -1}, {"reason": ""}, {"approval": ""}, {"unit": ""}, {"code": ""}]
)
def test_the_table_itself_refuses_what_the_rules_would(changes: dict[str, object]) -> None:
    row = {
        "year": 2018, "code": "cards_made", "version": 1, "value": 1, "unit": "cards", "reason": "a", "approval": "b",
        "approved_on": date(2018, 1, 15),
    }  # fmt: skip
    with pytest.raises(IntegrityError), transaction.atomic():
        Target.objects.create(**{**row, **changes})


@pytest.mark.django_db
def test_a_version_stands_once() -> None:
    planned()
    row = Target.objects.get(version=2)
    row.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save(force_insert=True)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_set_before", [False, True], ids=["setting", "changing"])
def test_of_two_at_once_one_is_told(*, is_set_before: bool) -> None:
    if is_set_before:
        set_target(PLAN, actor=DIRECTOR, at=JANUARY)
    start = threading.Barrier(2)
    done: list[int] = []
    told: list[str] = []

    def attempt(act: Callable[[], Version]) -> None:
        try:
            start.wait(timeout=30)
            done.append(act().value)
        except Refusal as refusal:
            told.append(refusal.code)
        finally:
            connection.close()

    def act(value: int) -> Callable[[], Version]:
        if is_set_before:
            return lambda: change_target(replace(REVISED, value=value), seen=1, actor=DIRECTOR, at=JULY)
        return lambda: set_target(replace(PLAN, value=value), actor=DIRECTOR, at=JANUARY)

    threads = [threading.Thread(target=attempt, args=(act(value),)) for value in (2_000_000, 1_000_000)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(done) == 1
    # Whoever came second found it changed, or, having looked after the first was done, set already.
    assert told in [["target_changed_meanwhile"], ["target_already_set"]]
    latest = queries.latest_target(DIRECTOR, 2018, "cards_made")
    assert latest is not None
    assert latest.value == done[0]
    assert recorded()[-1] == (latest.version, done[0])
    assert len(recorded()) == latest.version


@pytest.mark.django_db(transaction=True)
def test_who_waited_for_another_to_commit_is_told() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite lets one transaction write at a time, so nobody waits within one")
    set_target(PLAN, actor=DIRECTOR, at=JANUARY)
    written, waited = threading.Event(), threading.Event()
    told: list[str] = []

    def first() -> None:
        with transaction.atomic():
            change_target(replace(REVISED, value=2_000_000), seen=1, actor=DIRECTOR, at=JULY)
            written.set()
            waited.wait(timeout=30)
        connection.close()

    def second() -> None:
        written.wait(timeout=30)
        try:
            change_target(replace(REVISED, value=1_000_000), seen=1, actor=DIRECTOR, at=JULY)
        except TargetChangedMeanwhile as refusal:
            told.append(refusal.code)
        connection.close()

    threads = [threading.Thread(target=first), threading.Thread(target=second)]
    for one in threads:
        one.start()
    pause = threading.Event()
    with connection.cursor() as cursor:
        for _ in range(3000):
            cursor.execute(
                "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid) "
                "WHERE NOT granted AND datname = current_database()"
            )
            if cursor.fetchone() != (0,):
                break
            pause.wait(0.01)
    waited.set()
    for one in threads:
        one.join()
    assert told == ["target_changed_meanwhile"]
    assert recorded() == [(1, 5_000_000), (2, 2_000_000)]
