"""What the documentation promises: that it is made from this code, that its links lead somewhere, that its commands work."""

import difflib
import functools
import importlib
import json
import os
import pkgutil
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import docx
import jsonschema
import pytest
import yaml

import civicard
from civicard.cli import printing, reference
from civicard.cli.main import parser
from civicard.cli.reference.commands import commands
from civicard.cli.reference.parts import worked
from civicard.cli.reference.refused import kinds
from civicard.kernel.refusal import Refusal
from civicard.kernel.text import Text
from civicard.reports.contents.binding import Binding
from civicard.scoring.evaluate import evaluate
from civicard.scoring.load import load
from civicard.scoring.source import read

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"
PROGRAMMES = ROOT / "programmes"
READMES = sorted(ROOT.glob("README*.md"))
PAGES = [*READMES, ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
# The pages whose commands are run and whose printed output is held against the real one.
TRIED = [*READMES, *sorted((ROOT / "docs" / "guides").glob("*.md"))]
GUIDES = ["evaluator", "ledger"]
LINK = re.compile(r"!?\[[^\]]*\]\(([^()\s]+(?:\([^()\s]*\))?[^()\s]*)\)")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NAMED = re.compile(r"# ([\w.-]+\.ya?ml)\n")
# What a page may run besides civicard: all of it harmless, and there on every machine with a shell.
OTHER_COMMANDS = {"cd", "export", "head", "ls"}
# Commands that set up the project itself, which the tests run in already.
NOT_RUN = {"git", "make", "."}
MISTAKES = [
    ("weight: 8", 'weight: "8"'),
    ("weight: 8", "weihgt: 8"),
    ("kind: step", "kind: steps"),
    ("reading: started", "reading: begun"),
    (", deduct: 2", ""),
    ("value: 99.60", "value: 99.60%"),
    ("value: 99.60", "value: yes"),
    ("civicard: 1", "civicard: 2"),
    ("sum: 8", "sum: [8]"),
    ("programme:", "programm:"),
    ("unit: 示例单位", "units: 示例单位"),
]
SMALL = """civicard: 1
programme: {title: 示例, unit: 示例单位}
framework:
  sum: 8
  grades: [{grade: 合格, least: 5, most: 8}, {grade: 不合格, below: 5}]
  indicators:
    - {code: C12, name: 及时率, weight: 8, unit: "%", rule: {kind: step, figure: in_time, target: 100, step: 1, deduct: 2, reading: started}}
figures:
  in_time: {name: 及时率, unit: "%", value: 99.60}
evidence: {C12.over: yes}
"""


@functools.cache
def generated() -> dict[str, str]:
    """Return every generated file as the generator makes it now."""
    return reference.pages()


@functools.cache
def schema(name: str = "programme.schema.json") -> dict[str, Any]:
    """Return a generated schema."""
    made: dict[str, Any] = json.loads(generated()[name])
    return made


def validator(name: str = "programme.schema.json") -> jsonschema.Draft202012Validator:
    """Return the validator of a generated schema."""
    return jsonschema.Draft202012Validator(schema(name))


def part_validator(part: dict[str, Any]) -> jsonschema.Draft202012Validator:
    """Return the validator of one part of the schema of programme files."""
    return jsonschema.Draft202012Validator({**part, "$defs": schema()["$defs"]})


def name_of(path: Path) -> str:
    """Return a page as a reader of the repository names it."""
    return path.relative_to(ROOT).as_posix()


def text_of(path: Path) -> str:
    """Return a page."""
    return path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted(generated()))
def test_a_generated_file_is_what_the_generator_makes_now(name: str) -> None:
    stands, made = text_of(REFERENCE / name).splitlines(), generated()[name].splitlines()
    difference = list(difflib.unified_diff(stands, made, "stands", "made by `make docs`", n=0, lineterm=""))
    assert not difference, "\n".join(difference[:20])


def test_the_generator_writes_the_same_files_into_any_folder(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "civicard.cli.reference", str(tmp_path / "made")],
        check=True,
        capture_output=True,
    )
    assert {path.name: text_of(path) for path in (tmp_path / "made").iterdir()} == generated()


def test_the_generator_writes_nothing_when_it_cannot_write_all(tmp_path: Path) -> None:
    (tmp_path / "rules.md").mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "civicard.cli.reference", str(tmp_path)], capture_output=True, check=False
    )
    assert done.returncode == 1
    assert [path.name for path in tmp_path.iterdir()] == ["rules.md"]


@pytest.mark.parametrize("name", ["programme.schema.json", "beside.schema.json"])
def test_a_schema_is_one(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(schema(name))
    assert schema(name)["$id"] == name


@pytest.mark.parametrize("path", sorted(PROGRAMMES.glob("*.yaml")), ids=lambda path: path.name)
def test_the_programmes_fit_the_schema_when_any_yaml_reader_reads_them(path: Path) -> None:
    value = yaml.safe_load(text_of(path))
    name = "programme.schema.json" if "civicard" in value else "beside.schema.json"
    assert [f"{one.json_path}: {one.message}" for one in validator(name).iter_errors(value)] == []


def test_the_examples_of_the_rules_fit_the_schema() -> None:
    rules = part_validator(schema()["$defs"]["Rule"])
    for example in yaml.safe_load(text_of(REFERENCE / "rule-examples.yaml")):
        rule = {"figure": "x", **example["rule"]} if "figure" in example else example["rule"]
        if rule["kind"] in {"sum", "mean", "best", "worst", "formula"}:
            rule.pop("figure", None)
        assert [one.message for one in rules.iter_errors(rule)] == []


def test_yes_and_no_fit_the_schema_however_they_are_read() -> None:
    evidence = part_validator(schema()["properties"]["evidence"])
    answers: list[bool | str] = [True, False, "yes", "no", "是", "否", "True"]
    for value in answers:
        assert evidence.is_valid({"C12.over": value})
    for wrong in (1, 0, "maybe", ""):
        assert not evidence.is_valid({"C12.over": wrong})


@pytest.mark.parametrize(("right", "wrong"), MISTAKES)
def test_the_schema_finds_the_usual_mistakes(right: str, wrong: str) -> None:
    assert right in SMALL
    assert validator().is_valid(yaml.safe_load(SMALL))
    assert not validator().is_valid(yaml.safe_load(SMALL.replace(right, wrong)))


def test_every_key_of_a_programme_file_is_described() -> None:
    parts = {"Programme": schema(), **schema()["$defs"]}
    silent = {
        f"{name}.{key}"
        for name, part in parts.items()
        if name != "text"
        for key, one in part.get("properties", {}).items()
        if not one.get("description")
    }
    assert silent <= {"Candidate.value"}


def test_the_command_prints_the_schema(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = parser().parse_args(["framework", "schema"])
    assert arguments.run(arguments) == 0
    assert capsys.readouterr().out == generated()["programme.schema.json"]


def test_the_working_printed_with_each_example_is_the_one_worked_out_by_hand() -> None:
    examples: Any = read(text_of(REFERENCE / "rule-examples.yaml")).value
    page = generated()["rules.md"].replace("\\|", "|")
    for example in examples:
        working = worked(example).working
        assert working.en == example["why"]
        assert f"> {example['why']}\n>\n> {working.zh}\n" in page


def test_every_command_and_option_is_in_the_reference() -> None:
    page = generated()["commands.md"]
    for command in commands():
        section = page.split(f"## {command.prog}\n")[1].split("\n## ")[0].replace("\\|", "|")
        for action in command._actions:  # noqa: SLF001 - argparse has no public way to its arguments
            names = action.option_strings or [action.dest.upper()]
            assert "--help" in names or any(name in section for name in names), f"{command.prog} {names}"


@pytest.mark.parametrize("language", ["", ".zh-CN"], ids=["English", "Chinese"])
def test_every_command_is_in_the_guides(language: str) -> None:
    text = "".join(text_of(ROOT / "docs" / "guides" / f"{name}{language}.md") for name in GUIDES)
    assert [command.prog for command in commands() if command.prog not in text] == []


def test_every_refusal_is_listed_with_a_code_of_its_own() -> None:
    for module in pkgutil.walk_packages(civicard.__path__, "civicard."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    # A name of one's own module is a base that others share, and never raised itself.
    classes = [
        one
        for one in subclasses(Refusal)
        if one.__module__.startswith("civicard.") and not one.__name__.startswith("_")
    ]
    codes = {one.code: one.__name__ for one in classes}
    assert len(codes) == len(classes), "two kinds of refusal share a code"
    assert {kind.code: kind.name for kind in kinds()} == codes
    assert [kind.name for kind in kinds() if not kind.meaning or not kind.raised] == []


def subclasses(of: type[Refusal]) -> Iterator[type[Refusal]]:
    """Yield every class below `of`."""
    for one in of.__subclasses__():
        yield one
        yield from subclasses(one)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_within_the_repository_leads_somewhere(page: Path) -> None:
    lost = []
    for target in LINK.findall(re.sub(r"^```.*?^```$", "", text_of(page), flags=re.MULTILINE | re.DOTALL)):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (anchor and file.suffix == ".md" and anchor not in anchors(file)):
            lost.append(target)
    assert lost == []


def anchors(page: Path) -> set[str]:
    """Return the anchors that the headings of a page get where it is shown."""
    headings = re.findall(r"^#+ (.+)$", text_of(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_page_of_the_documentation_is_in_its_index() -> None:
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    pages = [page.relative_to(ROOT / "docs").as_posix() for page in (ROOT / "docs").rglob("*.md")]
    assert [page for page in pages if page != "README.md" and f"({page})" not in index] == []


def test_every_picture_is_shown_and_small() -> None:
    shown = {
        (page.parent / target).resolve()
        for page in PAGES
        for target in LINK.findall(text_of(page))
        if target.endswith(".png")
    }
    pictures = {path.resolve() for path in (ROOT / "docs" / "pictures").glob("*")}
    assert pictures == shown
    assert [path.name for path in pictures if path.stat().st_size > 200_000] == []


def shell_lines(block: str) -> list[str]:
    """Return the commands of a console block."""
    return [line.removeprefix("$ ") for line in block.splitlines() if line.startswith("$ ")]


@pytest.mark.parametrize("page", TRIED, ids=name_of)
def test_every_command_on_a_page_is_one(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", text_of(ROOT / "Makefile"), re.MULTILINE))
    for language, block in BLOCK.findall(text_of(page)):
        for line in shell_lines(block) if language == "console" else []:
            for command in line.split("|"):
                program, *arguments = shlex.split(command, comments=True)
                if program == "civicard":
                    parser().parse_args(arguments)
                elif program == "make":
                    assert set(arguments) <= targets, line
                else:
                    assert program in OTHER_COMMANDS | NOT_RUN, line


@pytest.mark.parametrize("page", TRIED, ids=name_of)
def test_the_commands_on_a_page_print_what_it_shows(page: Path, tmp_path: Path) -> None:
    for folder in ("programmes", "programme-rules", "scenarios"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    environment = {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT / "src"),
        "CIVICARD_LANG": "zh" if "zh-CN" in page.name else "en",
    }
    last = tmp_path
    for language, block in BLOCK.findall(text_of(page)):
        if language == "yaml" and (named := NAMED.match(block)):
            last = tmp_path / named[1]
            last.write_text(block, encoding="utf-8")
        elif language == "csv":
            (tmp_path / "units.csv").write_text(block, encoding="utf-8")
        elif language == "text":
            template(tmp_path / "our-template.docx", block)
        elif language == "diff":
            changed(last, block)
        elif language == "console" and shell_lines(block)[0].split()[0] not in NOT_RUN:
            for command, shown in steps(block):
                printed = run(command, tmp_path, environment)
                assert missing(shown, printed) == [], f"{name_of(page)}: $ {command}\n{printed}"


def template(path: Path, block: str) -> None:
    """Write the Word file that a page tells its reader to type, one line a paragraph."""
    word = docx.Document()
    for line in block.splitlines():
        word.add_paragraph(line)
    word.save(str(path))


def changed(path: Path, block: str) -> None:
    """Make the change that a block of the kind `diff` shows in a file that the page has given."""
    old = "".join(f"{line[1:]}\n" for line in block.splitlines() if line[0] in "- ")
    new = "".join(f"{line[1:]}\n" for line in block.splitlines() if line[0] in "+ ")
    assert text_of(path).count(old) == 1, block
    path.write_text(text_of(path).replace(old, new), encoding="utf-8")


def steps(block: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each command of a console block with the output shown below it."""
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, *shown = part.splitlines()
        yield command, [" ".join(line.split()) for line in shown if line.strip()]


def run(command: str, folder: Path, environment: Mapping[str, str]) -> str:
    """Run one line of a console block and return all that it prints."""
    done = subprocess.run(
        ["sh", "-c", command],
        cwd=folder,
        env=environment,
        capture_output=True,
        check=False,
        text=True,
        encoding="utf-8",
    )
    printed = done.stdout + done.stderr
    assert "Traceback" not in printed, printed
    return printed


def missing(shown: list[str], printed: str) -> list[str]:
    """Return the shown lines that were not printed; `…` stands for anything, and columns may be wider."""
    lines = [" ".join(line.split()) for line in printed.splitlines()]
    patterns = {line: re.compile(".*".join(map(re.escape, line.split("…")))) for line in shown}
    return [line for line, pattern in patterns.items() if not any(pattern.fullmatch(one) for one in lines)]


def test_the_page_on_templates_lists_every_field() -> None:
    text = text_of(PROGRAMMES / "zhengzhou-2021.yaml")
    evaluation = evaluate(load({"zhengzhou-2021.yaml": text}).programme)
    by_name = {*evaluation.programme.figures, *(score.code for score in evaluation.walk())}
    # These come from the document itself.
    fields = {"author", "subtitle", "footer_note", "origin_mark", *Binding(evaluation).fields()} - by_name
    listed = re.findall(r"^\| `(\w+)` \|", text_of(ROOT / "docs" / "guides" / "template.md"), re.MULTILINE)
    assert set(listed) == fields


@pytest.mark.parametrize(
    "word",
    [*printing.STATES.values(), *printing.BASES.values(), printing.UNSUPPORTED],
    ids=lambda word: word.en,
)
def test_the_glossary_has_every_label_that_is_printed_on_screen(word: Text) -> None:
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in text_of(ROOT / "docs" / "glossary.md").splitlines()
        if line.startswith("|")
    ]
    assert [row for row in rows if word.zh in re.split(r"[、，（）()]", row[0]) and word.en in row[1]], word
