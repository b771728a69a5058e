"""The rules of cards: the four linked lives, replay, timers and the rules of a programme by date. Pure."""

from civicard.cards.rules.balance import Balance, BatchUnbalanced
from civicard.cards.rules.lives import Lives, replay
from civicard.cards.rules.programme import (
    AgeRow,
    Entry,
    FeeCauseMissing,
    Fees,
    ProgrammeRules,
    RulesInForce,
    RulesNotInForce,
    fee_fen,
)
from civicard.cards.rules.reading import RuleFault, RulesRefused, load_rules, read_rules
from civicard.cards.rules.standing import Fault, FaultCode
from civicard.cards.rules.steps import (
    ARROWS,
    LIVES,
    AccountStepNotAllowed,
    ApplicationStepNotAllowed,
    Arrow,
    BlankStepNotAllowed,
    CardStepNotAllowed,
    Life,
    ReissueAsked,
    StepNotAllowed,
    after,
    card_after,
    events_from,
)
from civicard.cards.rules.timers import (
    business_day,
    due_on,
    formal_loss_ends,
    is_expired,
    loss_ends,
    may_act_alone,
    temporary_loss_ends,
    uncollected_from,
    validity,
)

__all__ = [
    "ARROWS", "LIVES", "AccountStepNotAllowed", "AgeRow", "ApplicationStepNotAllowed", "Arrow", "Balance",
    "BatchUnbalanced", "BlankStepNotAllowed", "CardStepNotAllowed", "Entry", "Fault", "FaultCode", "FeeCauseMissing",
    "Fees", "Life", "Lives", "ProgrammeRules", "ReissueAsked", "RuleFault", "RulesInForce", "RulesNotInForce",
    "RulesRefused", "StepNotAllowed", "after", "business_day", "card_after", "due_on", "events_from", "fee_fen",
    "formal_loss_ends", "is_expired", "load_rules", "loss_ends", "may_act_alone", "read_rules", "replay",
    "temporary_loss_ends", "uncollected_from", "validity",
]  # fmt: skip
