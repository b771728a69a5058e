"""`programme.md`: every part of a programme file and its keys. `rules.md`: every kind of rule with its examples."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, get_args

from pydantic import TypeAdapter

from civicard.cli.reference.markdown import code, keys, page, table
from civicard.cli.reference.schema import SHARED, flowing, led_to, programme_schema
from civicard.kernel.exact import plain
from civicard.kernel.text import Text
from civicard.scoring.evidence import Answer
from civicard.scoring.figures import Figure, State
from civicard.scoring.load import BESIDE
from civicard.scoring.rules import KINDS, AnyRule
from civicard.scoring.rules.base import Case, FigureRule, Outcome, Rule, Slot
from civicard.scoring.rules.peers import Group
from civicard.scoring.source import MOST_BYTES, MOST_DEPTH, MOST_NODES, read

if TYPE_CHECKING:
    from civicard.cli.reference.schema import JSON

RULES: TypeAdapter[Rule] = TypeAdapter(AnyRule)
COMMON = tuple(Rule.model_fields)
OF_A_FIGURE = tuple(FigureRule.model_fields)
# In these kinds the examples name the figure where they need it.
NAMES_ITS_FIGURES = frozenset({"sum", "mean", "best", "worst", "formula"})


class Worked(NamedTuple):
    """A worked example: what the program gives, and how it says so."""

    outcome: Outcome
    working: Text


def worked(example: Mapping[str, Any]) -> Worked:
    """Return what one example of `rule-examples.yaml` gives."""
    data = dict(example["rule"])
    if "figure" in example and data["kind"] not in NAMES_ITS_FIGURES:
        data.setdefault("figure", "x")
    rule = RULES.validate_python(data)
    unit = example.get("unit", "")
    case = Case(
        {"x": example["figure"]} if "figure" in example else {},
        {code: Answer.model_validate(one) for code, one in example.get("evidence", {}).items()},
        {"x": Group(example["peers"])} if "peers" in example else {},
        {"x": Figure.model_validate({"name": "x", "unit": unit, "value": None})},
    )
    slot = Slot("X", example["weight"], unit)
    outcome = rule.assess(case, slot)
    return Worked(outcome, rule.explain(outcome, case, slot))


class Example(NamedTuple):
    """An example with the lines that it stands in."""

    value: Mapping[str, Any]
    text: str


def examples(text: str) -> Iterator[Example]:
    """Yield the examples of `rule-examples.yaml`, each with what it shows: rule, figure and evidence."""
    values: Any = read(text, "rule-examples.yaml").value
    blocks = re.split(r"^- ", text, flags=re.MULTILINE)[1:]
    for value, block in zip(values, blocks, strict=True):
        lines = [line.removeprefix("  ") for line in block.splitlines()]
        told = re.compile(r"(kind|title|points|why|state|low|high):")
        shown = "\n".join(line for line in lines if not told.match(line))
        if "figure" in value and value["kind"] not in NAMES_ITS_FIGURES:
            shown = re.sub(r"^(rule: \{kind: \w+)", r"\1, figure: x", shown, count=1, flags=re.MULTILINE)
            shown = re.sub(r"^(  kind: \w+)$", r"\1\n  figure: x", shown, count=1, flags=re.MULTILINE)
            shown = re.sub(r"^figure: ", "x: ", shown, count=1, flags=re.MULTILINE)
        yield Example(value, re.sub(r"^figure: ", "x: ", shown, count=1, flags=re.MULTILINE))


class Parts:
    """The parts of a programme file, sorted onto two pages."""

    def __init__(self) -> None:
        """Find every part, and the page on which it is described."""
        self.schema = programme_schema()
        self.definitions: JSON = self.schema["$defs"]
        kinds = [kind.__name__ for kind in KINDS]
        self.of_programme = [
            name
            for name in led_to(self.schema["properties"], self.definitions, past=["Rule"])
            if name not in SHARED
        ]
        everything = [
            name for name in led_to(self.definitions["Rule"], self.definitions) if name not in SHARED
        ]
        self.of_rules = [name for name in everything if name not in {*kinds, *self.of_programme, "Rule"}]
        self.kind_of = {kind.__name__: get_args(kind.model_fields["kind"].annotation) for kind in KINDS}

    def links(self, here: str) -> dict[str, str]:
        """Return where each part is described, as seen from the page `here`."""
        made = {"Rule": "rules.md"}
        for target, names in (("programme.md", self.of_programme), ("rules.md", self.of_rules)):
            made |= {
                name: f"{'' if target == here else target}#{name.lower()}"
                for name in names
            }  # fmt: skip
        return made

    def described(self, names: Sequence[str], here: str) -> Iterator[str]:
        """Yield the sections of parts: what a part is, and its keys or words."""
        for name in names:
            part = self.definitions[name]
            yield f"## {name}\n\n{part.get('description', '')}"
            if "enum" in part:
                yield "One of " + ", ".join(f"`{word}`" for word in part["enum"]) + "."
            else:
                yield keys(part, self.links(here))


def programme_page() -> str:
    """Return `programme.md`."""
    parts = Parts()
    shapes = [
        (shape.words, shape.meaning.removesuffix("."))
        for shape in SHARED.values()
    ]  # fmt: skip
    beside = ", ".join(f"`{one}`" for one in BESIDE)
    return page(
        "The programme file",
        "A programme file is YAML. It says who is evaluated, how points are given, what is known, and what the source "
        "prints. `civicard framework check` lists everything that is wrong with one, and editors that know JSON "
        "Schema check it while it is written: let its first line be "
        "`# yaml-language-server: $schema=` with the path to [programme.schema.json](programme.schema.json), which "
        "`civicard framework schema` prints. Begin with a copy of one of the two programmes in "
        "[programmes](../../programmes).",
        f"Some sections may stand in files beside it, in the same folder, which it names under `beside`: {beside}. "
        "Such a file is described by [beside.schema.json](beside.schema.json).",
        "## How values are read",
        table(("type", "what it takes"), shapes),
        "Numbers are exact and never become binary floating point. A figure that was not measured is left empty "
        "(`null`); it is missing then, which is not zero. Dates and times are text. Repeated keys, tags and more "
        f"than one document in a file are refused, and so is a file of more than {MOST_BYTES:,} characters, "
        f"{MOST_NODES:,} values (aliases unfolded) or {MOST_DEPTH} levels.",
        "A key that is neither required nor shown with a default may be left out. Where a part has `ambiguities`, "
        "the reading that is chosen there sets its keys, which then need not stand in the part itself.",
        "## The whole file",
        keys(parts.schema, parts.links("programme.md")),
        *parts.described(parts.of_programme, "programme.md"),
    )


def rules_page(text: str) -> str:
    """Return `rules.md` with the worked examples in `text`."""
    parts = Parts()
    links = parts.links("rules.md")
    found = list(examples(text))
    blocks = []
    for kind in KINDS:
        name = kind.__name__
        words = parts.kind_of[name]
        part = parts.definitions[name]
        common = OF_A_FIGURE if issubclass(kind, FigureRule) else COMMON
        blocks += [f"## {', '.join(words)}", flowing(kind.__doc__ or "")]
        if issubclass(kind, FigureRule):
            blocks.append("It judges one [figure](#keys-of-every-rule-over-one-figure).")
        blocks.append(keys(part, links, leave_out=(*common, "kind")))
        for example in found:
            if example.value["kind"] in words:
                blocks += _shown(example)
    contents = [
        f"- [{', '.join(words)}](#{'-'.join(words)}): {_first_sentence(kind.__doc__ or '')}"
        for kind in KINDS
        for words in [parts.kind_of[kind.__name__]]
    ]
    step = parts.definitions["StepRule"]

    def some(names: Iterable[str]) -> str:
        return keys({**step, "properties": {key: step["properties"][key] for key in names}}, links)

    return page(
        "Rules",
        "A rule turns what is known about an indicator into points. Its `kind` says how; each kind is described "
        "here with its keys and with examples that are computed by hand and held against the program. Points are "
        "exact; the words below each example are the program's own, as they stand in every result.",
        "\n".join(contents),
        "In the examples the indicator has the code X, the `weight` and, where it matters, the `unit` shown; `x` is "
        "the figure, `evidence` what a person answered, and `peers` are the figures of the whole group. Why one rule "
        "can be read in several ways is told in [how scoring works](../explanation/scoring.md).",
        "## Keys of every rule",
        some(COMMON),
        "## Keys of every rule over one figure",
        some(key for key in OF_A_FIGURE if key not in COMMON),
        *blocks,
        *parts.described(parts.of_rules, "rules.md"),
    )


def _first_sentence(doc: str) -> str:
    first = flowing(doc).split("\n\n")[0]
    return re.split(r"(?<=\.)\s", first)[0]


def _shown(example: Example) -> Iterator[str]:
    outcome, working = worked(example.value)
    title = example.value["title"]
    if outcome.state is State.SCORED:
        result = f"{plain(outcome.low)} of {plain(example.value['weight'])}"
    else:
        result = f"{outcome.state}, {plain(outcome.low)} to {plain(outcome.high)} of {plain(example.value['weight'])}"
    yield f"**{title['en']}** {title['zh']}"
    yield code(example.text)
    yield f"Points: {result}.\n\n> {working.en}\n>\n> {working.zh}".replace("|", "\\|")
