"""What is done with people: registered, corrected, looked at in full, reported gone and brought back."""

from civicard.people.actions.leaving import (
    NoticePeriodMissing,
    NoticePeriodSetAlready,
    confirm,
    dispute,
    report_death,
    report_move,
    return_person,
    set_notice_period,
    undo,
)
from civicard.people.actions.looking import see_full_id_number
from civicard.people.actions.registering import (
    Correction,
    Details,
    NothingCorrected,
    PersonChangedMeanwhile,
    PersonRegisteredAlready,
    correct_details,
    register,
)

__all__ = [
    "Correction",
    "Details",
    "NothingCorrected",
    "NoticePeriodMissing",
    "NoticePeriodSetAlready",
    "PersonChangedMeanwhile",
    "PersonRegisteredAlready",
    "confirm",
    "correct_details",
    "dispute",
    "register",
    "report_death",
    "report_move",
    "return_person",
    "see_full_id_number",
    "set_notice_period",
    "undo",
]
