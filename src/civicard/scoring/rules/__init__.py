"""The kinds of scoring rule, one class a kind: its keys, its exact working, its words, its worked example."""

from typing import Annotated

from pydantic import Field

from civicard.scoring.rules.combined import CombinedRule
from civicard.scoring.rules.counting import CountRule, EventRule
from civicard.scoring.rules.formula import FormulaRule
from civicard.scoring.rules.judged import ChecklistRule, DiscretionRule, GradedRule, StatedRule
from civicard.scoring.rules.peers import PeerRule
from civicard.scoring.rules.proportional import BandsRule, InterpolationRule, PassMarkRule, ProportionalRule
from civicard.scoring.rules.step import StepRule

AnyRule = Annotated[
    ChecklistRule
    | StepRule
    | ProportionalRule
    | PassMarkRule
    | BandsRule
    | InterpolationRule
    | GradedRule
    | CountRule
    | EventRule
    | CombinedRule
    | PeerRule
    | DiscretionRule
    | FormulaRule
    | StatedRule,
    Field(discriminator="kind"),
]
CombinedRule.model_rebuild(_types_namespace={"AnyRule": AnyRule})

KINDS = (
    ChecklistRule, StepRule, ProportionalRule, PassMarkRule, BandsRule, InterpolationRule, GradedRule,
    CountRule, EventRule, CombinedRule, PeerRule, DiscretionRule, FormulaRule, StatedRule,
)  # fmt: skip

__all__ = ["KINDS", "AnyRule", "CombinedRule", "FormulaRule", "PeerRule", "StatedRule", "StepRule"]
