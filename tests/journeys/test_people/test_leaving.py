"""A report of death or move on a real database: frozen with notice, disputed, confirmed, undone, returned."""

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection

from civicard.kernel.actor import Actor, NotPermitted
from civicard.ledger.models import Fact
from civicard.people import queries
from civicard.people.actions import (
    Details,
    NoticePeriodMissing,
    NoticePeriodSetAlready,
    PersonChangedMeanwhile,
    confirm,
    dispute,
    register,
    report_death,
    report_move,
    return_person,
    set_notice_period,
    undo,
)
from civicard.people.models import NoticePeriod, Person, Report
from civicard.people.queries import PersonUnknown
from civicard.people.rules import (
    DecisionMissing,
    DisputeGrounds,
    LeavingCause,
    NoticeRunning,
    ReportSource,
    Standing,
    StandingStepNotAllowed,
    UndoGrounds,
)

AT = datetime(2026, 3, 2, 1, tzinfo=UTC)
# Fifteen days of notice after 2 March end with the 17th, by the city's clocks.
LAST_OF_NOTICE = datetime(2026, 3, 17, 15, 59, tzinfo=UTC)
AFTER_NOTICE = datetime(2026, 3, 17, 16, tzinfo=UTC)
ZHANG = Details(
    id_number="310101199003070035", name="张三", nation="01", district="310101", station="310101-001"
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("network")]


@pytest.fixture
def zhang(clerk: Actor) -> int:
    """Register one person and return the pseudonym."""
    return register(ZHANG, actor=clerk, at=AT)


def standing(pseudonym: int) -> Standing:
    """Return how a person stands."""
    return Standing(Person.objects.get(pk=pseudonym).standing)


def last(kind: str) -> Fact:
    """Return the newest fact of a kind."""
    return Fact.objects.filter(kind=kind).latest("number")


def test_a_reported_death_freezes_with_notice_and_counts_only_when_confirmed(
    zhang: int, clerk: Actor
) -> None:
    until = report_death(zhang, ReportSource.POLICE, actor=clerk, at=AT)
    assert until == date(2026, 3, 17)
    assert standing(zhang) is Standing.FROZEN
    assert last("person_frozen").body == {
        "person": zhang, "district": "310101", "leaving_cause": "died", "report_source": "police",
        "notice_until": "2026-03-17",
    }  # fmt: skip
    assert not Fact.objects.filter(kind="person_left").exists()
    with pytest.raises(NoticeRunning):
        confirm(zhang, actor=clerk, at=LAST_OF_NOTICE)
    assert queries.reports_waiting(clerk, on=date(2026, 3, 17)) == []
    assert [one.person for one in queries.reports_waiting(clerk, on=date(2026, 3, 18))] == [zhang]
    confirm(zhang, actor=clerk, at=AFTER_NOTICE)
    assert standing(zhang) is Standing.DIED
    left = last("person_left")
    assert left.body == {"person": zhang, "district": "310101", "leaving_cause": "died"}
    assert left.cause == last("person_frozen").number


def test_a_disputed_report_is_confirmed_only_on_a_decision(zhang: int, clerk: Actor) -> None:
    report_death(zhang, ReportSource.HEALTH, actor=clerk, at=AT)
    dispute(zhang, DisputeGrounds.PERSON_APPEARED, actor=clerk, at=AT)
    assert standing(zhang) is Standing.DISPUTED
    for decision in (None, "张三的决定", "310101199003070035"):
        with pytest.raises(DecisionMissing) as told:
            confirm(zhang, decision=decision, actor=clerk, at=AFTER_NOTICE)
        assert decision is None or decision not in told.value.text.zh + told.value.text.en
    confirm(zhang, decision="doc-2026/12", actor=clerk, at=AFTER_NOTICE)
    assert Report.objects.get().decision == "doc-2026/12"
    assert standing(zhang) is Standing.DIED


def test_a_wrong_death_is_undone_with_its_whole_trace(zhang: int, clerk: Actor) -> None:
    report_death(zhang, ReportSource.CIVIL_AFFAIRS, actor=clerk, at=AT)
    confirm(zhang, actor=clerk, at=AFTER_NOTICE)
    undo(zhang, UndoGrounds.SOURCE_WITHDREW, actor=clerk, at=AFTER_NOTICE + timedelta(days=40))
    assert standing(zhang) is Standing.LIVING_HERE
    released, retracted = last("person_released"), last("fact_retracted")
    assert released.body == {
        "person": zhang, "district": "310101", "grounds": "source_withdrew", "had_left": True
    }  # fmt: skip
    assert released.cause == last("person_frozen").number
    assert retracted.cause == released.number
    assert retracted.body["retracted"] == last("person_left").number
    (report,) = queries.reports_of(clerk, zhang)
    assert (report.is_confirmed, report.is_undone) == (True, True)
    # Whoever was declared dead by mistake may die all the same.
    report_death(zhang, ReportSource.POLICE, actor=clerk, at=AFTER_NOTICE + timedelta(days=50))
    assert len(queries.reports_of(clerk, zhang)) == 2


def test_a_report_undone_during_its_notice_takes_no_fact_back(zhang: int, clerk: Actor) -> None:
    report_move(zhang, ReportSource.POLICE, actor=clerk, at=AT)
    undo(zhang, UndoGrounds.DISPUTE_UPHELD, actor=clerk, at=AT)
    assert standing(zhang) is Standing.LIVING_HERE
    assert last("person_released").body["had_left"] is False
    assert not Fact.objects.filter(kind="fact_retracted").exists()


def test_who_moved_away_and_came_back_keeps_the_pseudonym(zhang: int, clerk: Actor, officer: Actor) -> None:
    assert report_move(zhang, ReportSource.POLICE, actor=clerk, at=AT) == date(2026, 4, 1)
    later = AT + timedelta(days=31)
    confirm(zhang, actor=clerk, at=later)
    assert standing(zhang) is Standing.MOVED_AWAY
    return_person(zhang, "310101", "310101-002", actor=officer, at=later + timedelta(days=200))
    person = queries.person(officer, zhang)
    assert (person.standing, person.station, person.version) == (Standing.LIVING_HERE, "310101-002", 2)
    assert last("person_returned").body == {"person": zhang, "district": "310101", "age_band": "26_45"}


def test_steps_out_of_order_are_refused_and_leave_no_fact(zhang: int, clerk: Actor) -> None:
    before = Fact.objects.count()
    with pytest.raises(StandingStepNotAllowed):
        confirm(zhang, actor=clerk, at=AFTER_NOTICE)
    with pytest.raises(StandingStepNotAllowed):
        dispute(zhang, DisputeGrounds.WRONG_PERSON, actor=clerk, at=AT)
    with pytest.raises(StandingStepNotAllowed):
        undo(zhang, UndoGrounds.ENTERED_BY_MISTAKE, actor=clerk, at=AT)
    with pytest.raises(StandingStepNotAllowed):
        return_person(zhang, "310101", "310101-001", actor=clerk, at=AT)
    assert Fact.objects.count() == before
    report_death(zhang, ReportSource.POLICE, actor=clerk, at=AT)
    with pytest.raises(StandingStepNotAllowed):
        report_move(zhang, ReportSource.POLICE, actor=clerk, at=AT)
    assert Report.objects.count() == 1


def test_a_report_is_taken_only_by_who_looks_after_the_person(
    zhang: int, neighbour: Actor, stranger: Actor
) -> None:
    for outsider in (neighbour, stranger):
        with pytest.raises(PersonUnknown):
            report_death(zhang, ReportSource.POLICE, actor=outsider, at=AT)
    with pytest.raises(NotPermitted):
        report_death(zhang, ReportSource.POLICE, actor=Actor(code="nobody"), at=AT)


def test_the_notice_in_force_on_the_day_of_the_report_counts(zhang: int, clerk: Actor, centre: Actor) -> None:
    set_notice_period(
        LeavingCause.DIED, 60, from_on=date(2026, 3, 3), source="示例修订", actor=centre, at=AT
    )  # fmt: skip
    assert queries.notice_days(clerk, LeavingCause.DIED, date(2026, 3, 2)) == 15
    assert queries.notice_days(clerk, LeavingCause.DIED, date(2026, 3, 3)) == 60
    assert report_death(zhang, ReportSource.POLICE, actor=clerk, at=AT) == date(2026, 3, 17)
    with pytest.raises(NoticePeriodSetAlready):
        set_notice_period(
            LeavingCause.DIED, 30, from_on=date(2026, 3, 3), source="示例", actor=centre, at=AT
        )  # fmt: skip
    with pytest.raises(NotPermitted):
        set_notice_period(LeavingCause.DIED, 1, from_on=date(2027, 1, 1), source="示例", actor=clerk, at=AT)


def test_without_a_notice_period_no_report_is_taken(zhang: int, clerk: Actor) -> None:
    NoticePeriod.objects.all().delete()
    with pytest.raises(NoticePeriodMissing):
        report_death(zhang, ReportSource.POLICE, actor=clerk, at=AT)
    assert standing(zhang) is Standing.LIVING_HERE


@pytest.mark.django_db(transaction=True)
def test_of_two_reports_at_once_one_is_told(zhang: int, clerk: Actor) -> None:
    start, done, told = threading.Barrier(2), [], []

    def attempt(report: Callable[..., date]) -> None:
        start.wait(timeout=30)
        try:
            done.append(report(zhang, ReportSource.POLICE, actor=clerk, at=AT))
        except (StandingStepNotAllowed, PersonChangedMeanwhile) as refusal:
            told.append(refusal.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=attempt, args=(one,)) for one in (report_death, report_move)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(done) == 1
    # Whoever came second found the person frozen, or saw them frozen under their hands.
    assert told in (["person_step_not_allowed"], ["person_changed_meanwhile"])
    assert Report.objects.count() == 1
    assert Fact.objects.filter(kind="person_frozen").count() == 1
