"""The stages that an application passes, and by whom it may be held up. Pure."""

from enum import StrEnum


class Stage(StrEnum):
    """A stage between two facts of an application."""

    CORRECTION = "correction"
    APPLICANT = "applicant"
    CHECK = "check"
    BATCHING = "batching"
    BANK = "bank"
    MAKING = "making"
    INSPECTION = "inspection"
    DISPATCH = "dispatch"
    RECEIPT = "receipt"
    PICK_UP = "pick_up"


# From intake to receipt, in their order; `correction` is the time until something is asked of the applicant.
UNTIL_RECEIPT = tuple(one for one in Stage if one is not Stage.PICK_UP)
# These may end on the day on which the stage before ended, so they must begin later in the day than it does.
SAME_DAY_AFTER = {
    Stage.BATCHING: Stage.CHECK,
    Stage.MAKING: Stage.BANK,
    Stage.DISPATCH: Stage.INSPECTION,
}
# Where a late application may have lost its time.
MAY_CAUSE = (Stage.APPLICANT, Stage.CHECK, Stage.BANK, Stage.MAKING, Stage.INSPECTION, Stage.RECEIPT)
