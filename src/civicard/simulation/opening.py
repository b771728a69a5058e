"""Scenario files to a checked scenario with the rules of its programme."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from civicard.cards.rules import ProgrammeRules, load_rules
from civicard.files import FileUnreadable, read_text
from civicard.kernel.refusal import Refusal
from civicard.kernel.text import Text
from civicard.scoring.faults import Fault, fault_at, from_validation
from civicard.scoring.source import read
from civicard.simulation.scenario import Scenario


class ScenarioRefused(Refusal):
    """A scenario file has faults; nothing was simulated.

    Attributes:
        faults: all of them, by line.
    """

    code = "scenario_refused"

    def __init__(self, faults: Iterable[Fault]) -> None:
        """Sort the faults and make the sentence that lists them."""
        self.faults = sorted(set(faults), key=lambda one: (one.line, one.path, one.text.en))
        number = len(self.faults)
        zh = [f"{one.file} 第 {one.line} 行 {one.path}：{one.text.zh}" for one in self.faults]
        en = [str(one) for one in self.faults]
        super().__init__(
            Text(
                "\n".join([f"情景文件有 {number} 处问题，未作模拟：", *zh]),
                "\n".join(
                    [
                        f"The scenario has {number} fault{'s' if number > 1 else ''}; nothing was simulated:",
                        *en,
                    ]
                ),
            )
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Opened:
    """A scenario with what it rests on.

    Attributes:
        name: of its file.
        digest: SHA-256 over the texts of scenario and rules, in hexadecimal.
        scenario: what it declares.
        rules: of the programme that is simulated.
    """

    name: str
    digest: str
    scenario: Scenario
    rules: ProgrammeRules

    @property
    def mark(self) -> str:
        """File name and digest, as a lake remembers what it was simulated from."""
        return f"{self.name} sha256:{self.digest}"


def open_scenario(path: Path | str) -> Opened:
    """Return the scenario of a file, and the rules that it names.

    Raises:
        FileUnreadable: the file or the one of its rules is missing, too large or no text.
        SourceUnreadable: a text is no YAML.
        ScenarioRefused: with all faults of the scenario.
        RulesRefused: with all faults of the rules.
        RulesNotInForce: the rules do not reach back to the first day of the year.
    """
    file = Path(path)
    text = read_text(file)
    scenario = load_scenario(text, file.name)
    beside = file.parent / scenario.rules
    rules_text = _rules_text(beside, file.name)
    digest = hashlib.sha256()
    for one in (text, rules_text):
        digest.update(hashlib.sha256(one.encode()).digest())
    return Opened(
        name=file.name,
        digest=digest.hexdigest(),
        scenario=scenario,
        rules=load_rules(rules_text, beside.name),
    )


def _rules_text(beside: Path, scenario: str) -> str:
    """Return the text of the rules that a scenario names."""
    try:
        return read_text(beside)
    except FileUnreadable as refusal:
        raise FileUnreadable(
            Text(
                f"情景文件 {scenario} 的 rules 指明的规则文件读不到：{refusal.text.zh}",
                f"The scenario {scenario} names a file under `rules` that cannot be had: {refusal.text.en}",
            )
        ) from None


def load_scenario(text: str, name: str = "scenario.yaml") -> Scenario:
    """Return the scenario that a YAML text declares.

    Raises:
        SourceUnreadable: it is no YAML.
        ScenarioRefused: with all faults, each with its line.
    """
    source = read(text, name)
    if not isinstance(source.value, dict):
        raise ScenarioRefused([fault_at(source, (), Text("这不是情景文件", "this is no scenario file"))])
    try:
        return Scenario.model_validate(source.value)
    except ValidationError as error:
        raise ScenarioRefused(from_validation(error, source, Scenario)) from None
