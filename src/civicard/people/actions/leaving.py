"""Reports of death and move: taken with notice, disputed, confirmed, undone; and the return of who moved away."""

from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import F

from civicard.kernel.actor import Actor, require
from civicard.kernel.permissions import May
from civicard.kernel.refusal import Refusal
from civicard.kernel.text import Text
from civicard.ledger.actions import record
from civicard.ledger.days import business_day
from civicard.ledger.facts import FactRetracted
from civicard.people import facts, queries, rules, sealed
from civicard.people.actions.registering import changed_meanwhile, require_place
from civicard.people.models import NoticePeriod, Person, Report
from civicard.people.rules import DisputeGrounds, LeavingCause, ReportSource, Standing, Step, UndoGrounds

MOST_NOTICE_DAYS = 366


class NoticePeriodMissing(Refusal):
    """No period of notice is in force, so that a report cannot be taken."""

    code = "notice_period_missing"


class NoticePeriodSetAlready(Refusal):
    """A period of notice begins on that day already."""

    code = "notice_period_set_already"


class NoticePeriodWrong(Refusal):
    """A period of notice is no number of days that can be."""

    code = "notice_period_wrong"


@transaction.atomic
def set_notice_period(
    cause: LeavingCause, days: int, *, from_on: date, source: str, actor: Actor, at: datetime
) -> None:
    """Set the days of notice that reports get from a day on. Those that came in before keep theirs.

    Raises:
        NotPermitted: the actor may not change the programme's rules.
        NoticePeriodWrong: there are less than 1 or more than 366 days.
        NoticePeriodSetAlready: one begins on that day already.
        FactRefused: the source is left out, or holds what looks like a person's number.
    """
    require(actor, May.CHANGE_RULES)
    if not 1 <= days <= MOST_NOTICE_DAYS:
        raise NoticePeriodWrong(
            Text(
                f"公示期不能是 {days} 天。未作改动；应为 1 至 {MOST_NOTICE_DAYS} 天。",
                f"A period of notice cannot have {days} days. Nothing was changed; it has 1 to {MOST_NOTICE_DAYS}.",
            )
        )
    fact = facts.NoticePeriodSet(leaving_cause=cause, notice_days=days, from_on=from_on, source=source)
    record(fact, actor=actor, at=at)
    try:
        with transaction.atomic():
            NoticePeriod(cause=cause, days=days, from_on=from_on, source=source).save(force_insert=True)
    except IntegrityError:
        if not NoticePeriod.objects.filter(cause=cause, from_on=from_on).exists():
            raise
        raise NoticePeriodSetAlready(
            Text(
                f"自 {from_on} 起的公示期已设定。未作改动；请另选起始日期。",
                f"A period of notice from {from_on} on is set already. Nothing was changed; choose another first day.",
            )
        ) from None


def report_death(person: int, source: ReportSource, *, actor: Actor, at: datetime) -> date:
    """Freeze a person who is reported dead, and return the last day of notice.

    Raises:
        NotPermitted: the actor may change people nowhere.
        PersonUnknown: there is no such person within reach.
        StandingStepNotAllowed: the person is frozen or gone already.
        NoticePeriodMissing: no period of notice is in force.
        PersonChangedMeanwhile: someone else changed the person first.
    """
    return _report(person, LeavingCause.DIED, source, actor, at)


def report_move(person: int, source: ReportSource, *, actor: Actor, at: datetime) -> date:
    """Freeze a person who is reported to have moved away, and return the last day of notice.

    Raises:
        NotPermitted: the actor may change people nowhere.
        PersonUnknown: there is no such person within reach.
        StandingStepNotAllowed: the person is frozen or gone already.
        NoticePeriodMissing: no period of notice is in force.
        PersonChangedMeanwhile: someone else changed the person first.
    """
    return _report(person, LeavingCause.MOVED_AWAY, source, actor, at)


@transaction.atomic
def dispute(person: int, grounds: DisputeGrounds, *, actor: Actor, at: datetime) -> None:
    """Dispute the report under way: it is then confirmed only on a decision.

    Raises:
        NotPermitted: the actor may change people nowhere.
        PersonUnknown: there is no such person within reach.
        StandingStepNotAllowed: no report is under way, or it is disputed already.
        PersonChangedMeanwhile: someone else changed the person first.
    """
    row = queries.row_of(actor, May.CHANGE_PEOPLE, person)
    _take(row, Step.DISPUTE)
    report = _under_way(row)
    Report.objects.filter(pk=report.pk).update(disputed_at=at)
    fact = facts.PersonReportDisputed(person=row.pseudonym, district=row.district, grounds=grounds)
    record(fact, actor=actor, at=at, cause=report.frozen_fact)


@transaction.atomic
def confirm(person: int, *, decision: str | None = None, actor: Actor, at: datetime) -> None:
    """Confirm the report under way once its notice is over: the person has left.

    Args:
        person: pseudonym.
        decision: code of the document that decided the dispute; needed only where there was one.
        actor: who confirms it.
        at: when.

    Raises:
        NotPermitted: the actor may change people nowhere.
        PersonUnknown: there is no such person within reach.
        StandingStepNotAllowed: no report is under way.
        NoticeRunning: the notice is not over.
        DecisionMissing: the report is disputed, and no decision is named, or by no code.
        PersonChangedMeanwhile: someone else changed the person first.
    """
    row = queries.row_of(actor, May.CHANGE_PEOPLE, person)
    standing = Standing(row.standing)
    report = Report.objects.filter(person=row, confirmed_at__isnull=True, undone_at__isnull=True).first()
    if report is None:
        # Of one who is not frozen neither death nor move can be confirmed; either says what is possible.
        raise rules.StandingStepNotAllowed(standing, Step.CONFIRM_DEATH)
    rules.require_confirmable(standing, report.notice_until, business_day(at), decision)
    cause = LeavingCause(report.cause)
    _take(row, rules.CONFIRMATIONS[cause])
    fact = facts.PersonLeft(person=row.pseudonym, district=row.district, leaving_cause=cause)
    number = record(fact, actor=actor, at=at, cause=report.frozen_fact)
    Report.objects.filter(pk=report.pk).update(confirmed_at=at, left_fact=number, decision=decision or "")


@transaction.atomic
def undo(person: int, grounds: UndoGrounds, *, actor: Actor, at: datetime) -> None:
    """Undo the last report about a person, also one that was confirmed; its trace stays.

    The fact that the person left is taken back, so that no figure counts it.

    Raises:
        NotPermitted: the actor may change people nowhere.
        PersonUnknown: there is no such person within reach.
        StandingStepNotAllowed: there is no report to undo.
        PersonChangedMeanwhile: someone else changed the person first.
    """
    row = queries.row_of(actor, May.CHANGE_PEOPLE, person)
    _take(row, Step.UNDO)
    report = Report.objects.filter(person=row, undone_at__isnull=True).latest("pk")
    Report.objects.filter(pk=report.pk).update(undone_at=at)
    released = facts.PersonReleased(
        person=row.pseudonym, district=row.district, grounds=grounds, had_left=report.left_fact is not None
    )
    cause = record(released, actor=actor, at=at, cause=report.frozen_fact)
    if report.left_fact is not None:
        retracted = FactRetracted(
            retracted=report.left_fact, retracted_kind="person_left", reason="通报撤销 report undone"
        )
        record(retracted, actor=actor, at=at, cause=cause)


@transaction.atomic
def return_person(
    person: int, district: str, station: str | None = None, *, actor: Actor, at: datetime
) -> None:
    """Record that somebody who had moved away lives here again.

    Raises:
        NotPermitted: the actor may not change people at the new place, or nowhere.
        PersonUnknown: there is no such person within reach.
        DistrictUnknown, StationUnknown, StationElsewhere: the new place is not there.
        StandingStepNotAllowed: the person did not move away.
        PersonChangedMeanwhile: someone else changed the person first.
    """
    row = queries.row_of(actor, May.CHANGE_PEOPLE, person)
    day = business_day(at)
    require_place(actor, district, station, day)
    _take(row, Step.RETURN)
    Person.objects.filter(pk=row.pk).update(
        district=district, station=station or "", version=F("version") + 1
    )
    fact = facts.PersonReturned(
        person=row.pseudonym, district=district, age_band=rules.age_band(sealed.opened_birth(row), day)
    )
    record(fact, actor=actor, at=at)


@transaction.atomic
def _report(person: int, cause: LeavingCause, source: ReportSource, actor: Actor, at: datetime) -> date:
    row = queries.row_of(actor, May.CHANGE_PEOPLE, person)
    day = business_day(at)
    days = queries.notice_days(actor, cause, day)
    if days is None:
        raise NoticePeriodMissing(
            Text(
                f"{day} 没有生效的公示期，不能登记通报。未作改动；请先设定公示期。",
                f"No period of notice is in force on {day}: the report cannot be taken. Nothing was changed; set the "
                "period first.",
            )
        )
    _take(row, rules.REPORTS[cause])
    until = day + timedelta(days=days)
    fact = facts.PersonFrozen(
        person=row.pseudonym, district=row.district, leaving_cause=cause, report_source=source,
        notice_until=until,
    )  # fmt: skip
    number = record(fact, actor=actor, at=at)
    Report.objects.create(
        person=row, cause=cause, source=source, reported_at=at, notice_until=until, decision="",
        frozen_fact=number,
    )  # fmt: skip
    return until


def _take(row: Person, step: Step) -> None:
    """Move a person one step, if nobody did since the row was read."""
    standing = Standing(row.standing)
    reached = rules.after(standing, step)
    if Person.objects.filter(pk=row.pk, standing=standing).update(standing=reached) != 1:
        raise changed_meanwhile()


def _under_way(row: Person) -> Report:
    return Report.objects.get(person=row, confirmed_at__isnull=True, undone_at__isnull=True)
