"""Looking at a full ID number, which is a deed of its own: whoever does it leaves a fact."""

from datetime import datetime

from django.db import transaction

from civicard.kernel.actor import Actor
from civicard.kernel.permissions import May
from civicard.ledger.actions import record
from civicard.people import queries, sealed
from civicard.people.facts import FullIdNumberSeen, LookPurpose


@transaction.atomic
def see_full_id_number(person: int, purpose: LookPurpose, *, actor: Actor, at: datetime) -> str:
    """Return a person's full ID number, and record that `actor` saw it.

    Raises:
        NotPermitted: the actor may see full ID numbers nowhere.
        PersonUnknown: there is no such person where the actor may.
    """
    row = queries.row_of(actor, May.SEE_FULL_ID, person)
    record(FullIdNumberSeen(person=row.pseudonym, purpose=purpose), actor=actor, at=at)
    return sealed.opened(row, "id_number") or ""
