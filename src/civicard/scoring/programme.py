"""A programme file: who is evaluated, what was aimed at, how it is scored, and what the source says. Pure."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Literal

from pydantic import Field, model_validator

from civicard.kernel.exact import Fraction
from civicard.kernel.text import Text
from civicard.scoring.evidence import Answer
from civicard.scoring.figures import Figure
from civicard.scoring.framework import Framework, condition
from civicard.scoring.model import Exact, Part, Said, Whole, Word
from civicard.scoring.rules.base import Rule, Slot
from civicard.scoring.rules.peers import Group


class Origin(StrEnum):
    """Whether the figures come from a real programme or from an invented one."""

    OPERATED = "operated"
    SIMULATED = "simulated"


class About(Part):
    """Who and what is evaluated."""

    title: Said
    """Name of the project."""
    unit: Said
    """The unit that carries it out."""
    department: Said = Text("")
    """The department in charge."""
    evaluator: Said = Text("")
    """Who evaluates."""
    kind: Said = Text("")
    """Kind of evaluation: 单位自评, 部门评价, 财政评价."""
    year: Whole | None = None
    """The year that is evaluated; left out when the source does not name it."""
    period: Said = Text("")
    """The period that is evaluated, as printed."""
    written: Said = Text("")
    """When the evaluation was written, as printed."""
    origin: Origin = Origin.OPERATED
    """Real or invented figures; invented ones are marked on every page."""


class Document(Part):
    """A document that the file quotes facts from."""

    title: Said
    """Its title."""
    issuer: Said = Text("")
    """Who issued it."""
    number: Said = Text("")
    """Its number and date."""


class Target(Part):
    """A performance target, on up to three levels."""

    code: Word
    """Unique among the targets."""
    name: Said
    """Its name."""
    value: Said | None = None
    """The target value, as printed."""
    explanation: Said = Text("")
    """The explanation, as printed."""
    children: list["Target"] = Field(default_factory=list)
    """The next level."""

    def walk(self, level: int = 1) -> Iterator[tuple["Target", int]]:
        """Yield this target and all below it with their levels."""
        yield self, level
        for child in self.children:
            yield from child.walk(level + 1)


class Published(Part):
    """What one place of the source says: points, weights, names, codes, figures, total and grade."""

    place: Said
    """Where it stands."""
    points: dict[str, Exact] = Field(default_factory=dict)
    """Points by code; `total` for the total."""
    weights: dict[str, Exact] = Field(default_factory=dict)
    """Weights by code; `total` for the sum."""
    names: dict[str, Said] = Field(default_factory=dict)
    """Names by code."""
    codes: dict[str, Word] = Field(default_factory=dict)
    """Codes as printed, by the code that is meant."""
    figures: dict[str, Exact] = Field(default_factory=dict)
    """Figures by name, as printed."""
    grade: Said | None = None
    """The grade, as printed."""


class Claim(Part):
    """A sentence of the source that can be checked against the figures."""

    place: Said
    """Where it stands."""
    text: Said
    """What it claims, in our own words."""
    holds_if: str
    """The condition over figures under which it would be true."""

    @model_validator(mode="after")
    def _condition_can_be_read(self) -> "Claim":
        condition(self.holds_if)
        return self


class Slip(Part):
    """A slip of the source that a reader noticed and no calculation can find."""

    place: Said
    """Where it stands."""
    text: Said
    """What is wrong, in our own words."""


class CauseKind(StrEnum):
    """Why points were lost."""

    LATE_START = "late_start"
    DEMAND = "demand"
    QUALITY = "quality"
    DATA = "data"
    UNKNOWN = "unknown"


class Finding(Part):
    """What the evaluator writes about one indicator. `{name}` stands for a figure and follows it."""

    analysis: Said | None = None
    """The analysis."""
    cause: CauseKind | None = None
    """Why points were lost."""
    reason: Said | None = None
    """The cause in words, and what is done about it."""


class FundsRow(Part):
    """One row of the funds table; each cell names a figure."""

    name: Said
    """Source of the funds."""
    initial: str | None = None
    """Figure: the budget at the beginning of the year."""
    full_year: str | None = None
    """Figure: the adjusted budget of the full year."""
    executed: str | None = None
    """Figure: what was spent."""
    rate: str | None = None
    """Figure: executed over full-year budget."""
    total: bool = False
    """This row is the total of the others."""


class Management(Part):
    """One row of the fund-management table."""

    name: Said
    """What is judged: soundness of allocation, lawfulness of disbursement, …"""
    statement: Said | None = None
    """The statement."""
    measures: Said | None = None
    """Problems and measures."""


class Funds(Part):
    """Budget and spending."""

    unit: Word
    """Unit of all amounts of the table."""
    rows: list[FundsRow] = Field(min_length=1)
    """The rows, the total first."""
    indicator: Word | None = None
    """Code of the indicator that scores the execution rate."""
    management: list[Management] = Field(default_factory=list)
    """How the funds were managed."""


class RuleBook(Part):
    """Another way to score the same figures: rules that take the place of the framework's own."""

    title: Said
    """What the rule book is called."""
    document: Said = Text("")
    """Where it stands."""
    kinds: dict[str, dict[str, object]] = Field(default_factory=dict)
    """By kind of rule (step, …): keys that replace those of every rule of that kind, parts included."""
    rules: dict[str, dict[str, object]] = Field(default_factory=dict)
    """By code: keys that replace those of one rule. Where the kind changes, figure, target and place are kept."""


class Section(Part):
    """One section of a document's narrative. `{name}` stands for a figure and follows it."""

    heading: Said | None = None
    """A heading below the fixed one."""
    text: list[Said] = Field(default_factory=list)
    """Paragraphs."""


class Narrative(Part):
    """The written text of the documents. Each key is one section; what is left out is printed as not provided."""

    background: list[Section] = Field(default_factory=list)
    """Report 1 (1): background and purpose of the project. Form: project overview."""
    funding: list[Section] = Field(default_factory=list)
    """Report 1 (1): where the budget comes from and how it was used."""
    implementation: list[Section] = Field(default_factory=list)
    """Report 1 (1): what was carried out."""
    organisation: list[Section] = Field(default_factory=list)
    """Report 1 (1): organisation and management."""
    goals: list[Section] = Field(default_factory=list)
    """Report 1 (2), form: the performance goals."""
    goals_met: list[Section] = Field(default_factory=list)
    """Form and table: how far the goals were met."""
    purpose: list[Section] = Field(default_factory=list)
    """Report 2: purpose of the evaluation."""
    principles: list[Section] = Field(default_factory=list)
    """Report 2: principles."""
    methods: list[Section] = Field(default_factory=list)
    """Report 2: methods."""
    scope: list[Section] = Field(default_factory=list)
    """Report 2: object, scope and period."""
    indicator_system: list[Section] = Field(default_factory=list)
    """Report 2: the indicator system."""
    collection: list[Section] = Field(default_factory=list)
    """Report 2: how the data were collected."""
    conclusion: list[Section] = Field(default_factory=list)
    """Report 3 (1): what is said beside the computed result."""
    main_results: list[Section] = Field(default_factory=list)
    """Report 3 (1): main results by area."""
    achievements: list[Section] = Field(default_factory=list)
    """Report 4: achievements."""
    problems: list[Section] = Field(default_factory=list)
    """Report 4, form: problems and causes."""
    recommendations: list[Section] = Field(default_factory=list)
    """Report 4: recommendations."""
    other: list[Section] = Field(default_factory=list)
    """Report: anything else that must be said."""
    suggest_decision: list[Section] = Field(default_factory=list)
    """Form: suggestions on the project's decision."""
    suggest_budget: list[Section] = Field(default_factory=list)
    """Form: suggestions on budget and execution."""
    suggest_funds: list[Section] = Field(default_factory=list)
    """Form: suggestions on fund management."""
    suggest_management: list[Section] = Field(default_factory=list)
    """Form: suggestions on project management."""
    suggest_other: list[Section] = Field(default_factory=list)
    """Form: other suggestions."""


class Programme(Part):
    """A whole programme file."""

    civicard: Literal[1]
    """Version of the file format."""
    programme: About
    """Who and what is evaluated."""
    documents: list[Document] = Field(default_factory=list)
    """Rules and sources the evaluation rests on."""
    targets: list[Target] = Field(default_factory=list)
    """The table of performance targets."""
    framework: Framework
    """The scoring framework."""
    figures: dict[str, Figure] = Field(default_factory=dict)
    """Figures by name."""
    evidence: dict[str, Answer] = Field(default_factory=dict)
    """Judgements by code."""
    findings: dict[str, Finding] = Field(default_factory=dict)
    """Analysis and causes by code."""
    funds: Funds | None = None
    """Budget and spending."""
    published: list[Published] = Field(default_factory=list)
    """Statements of the source, place by place."""
    claims: list[Claim] = Field(default_factory=list)
    """Sentences of the source that can be checked."""
    slips: list[Slip] = Field(default_factory=list)
    """Slips that a reader noticed."""
    rule_books: dict[str, RuleBook] = Field(default_factory=dict)
    """Other rules to compare with."""
    narrative: Narrative = Field(default_factory=Narrative)
    """The written text of the documents."""
    beside: list[str] = Field(default_factory=list)
    """Files in the same folder that hold more sections: figures, evidence, findings."""

    def groups(self) -> dict[str, Group]:
        """Return the group of each figure that names its peers."""
        return {
            name: Group(figure.peers) for name, figure in self.figures.items() if figure.peers is not None
        }

    def rules(self) -> Iterator[tuple[Rule, Slot]]:
        """Yield every rule and every part of a rule with its place."""
        for leaf in self.framework.leaves():
            if leaf.rule is not None:
                yield from _parts(leaf.rule, slot_of(leaf.code, leaf.weight, leaf.out_of, leaf.unit))


def slot_of(code: str, full: Fraction, out_of: Fraction | None, unit: str) -> Slot:
    """Return the place of an indicator's rule; scored out of `out_of` where that is given."""
    return Slot(code, full if out_of is None else out_of, unit)


def _parts(rule: Rule, slot: Slot) -> Iterator[tuple[Rule, Slot]]:
    yield rule, slot
    for part, own in rule.slots(slot):
        yield from _parts(part, own)
