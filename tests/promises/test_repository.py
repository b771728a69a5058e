"""What this code base promises about itself, whoever works on it."""

import ast
import io
import re
import subprocess
import tokenize
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import civicard

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "civicard"
MODULES = sorted(SOURCE.rglob("*.py"))
CODE = sorted(path for folder in ("src", "tests", "benchmarks") for path in (ROOT / folder).rglob("*.py"))
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
LONGEST_MODULE = 500

# From top to bottom; names on one line never import each other. Whoever changes this changes the design.
LAYERS = [
    ["config"],
    ["web", "api", "cli"],
    ["reports"],
    ["evaluation", "planning", "simulation"],
    ["measures"],
    ["uses"],
    ["exchange"],
    ["production", "ecard"],
    ["keys"],
    ["service", "surveys", "funds"],
    ["cards"],
    ["governance"],
    ["people"],
    ["access"],
    ["network"],
    ["ledger"],
    ["vault"],
    ["files"],
    ["scoring"],
    ["kernel"],
]

# Written so that they do not find themselves.
PATH_OF_A_MACHINE = re.compile(r"(?<![\w.~>])/(?:work|root|home|Users|mnt|workspace)/[\w.]")
REGISTRY_HOST = re.compile(
    r"\b(?:pypi\.|test\.pypi\.|pythonhosted\.|registry\.np|registry\.yarn|crates\.i|rubygems\.or|proxy\.golan)",
    re.IGNORECASE,
)
EXCUSE = re.compile(r"#\s*(?:noqa|type:\s*ignore|ruff:\s*noqa|pragma)\b")
# A reason is what is left of a comment once its directives are taken out: at least so many letters.
DIRECTIVE = re.compile(
    r"noqa(?::\s*[A-Z]+\d+(?:\s*,\s*[A-Z]+\d+)*)?|type:\s*ignore(?:\[[\w\s,-]*\])?|pragma:\s*no \w+|ruff:"
)
SHORTEST_REASON = 4


def pyproject() -> dict[str, Any]:
    """Return pyproject.toml as it stands."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def place(path: Path, line: int | None = None) -> str:
    """Return `path` as a reader of the repository names it."""
    name = path.relative_to(ROOT).as_posix()
    return name if line is None else f"{name}:{line}"


def tree(path: Path) -> ast.Module:
    """Return the module at `path`, parsed."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def tracked_texts() -> Iterator[tuple[Path, str]]:
    """Yield every text file that git holds, or would hold after `git add`."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            check=True,
            text=True,
        ).stdout
    except (FileNotFoundError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout, so nothing says which files belong to the repository")
    for name in sorted(filter(None, listed.split("\0"))):
        path = ROOT / name
        if not path.is_file():
            continue
        try:
            yield path, path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


def found_in_tracked_texts(pattern: re.Pattern[str]) -> list[str]:
    """Return the places where `pattern` occurs, with what was found."""
    return [
        f"{place(path, text.count(chr(10), 0, match.start()) + 1)} {match.group()}"
        for path, text in tracked_texts()
        for match in pattern.finditer(text)
    ]


def public_definitions(
    body: list[ast.stmt], prefix: str = ""
) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]]:
    """Yield the public classes and functions of `body` and their public methods, with dotted names."""
    for node in body:
        if not isinstance(
            node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
        ) or node.name.startswith("_"):
            continue
        decorators = {ast.unparse(decorator).rpartition(".")[2] for decorator in node.decorator_list}
        # An override says what its parent says; overloads and setters are documented by what they belong to.
        if decorators & {"override", "overload", "setter", "deleter"}:
            continue
        yield prefix + node.name, node
        if isinstance(node, ast.ClassDef):
            yield from public_definitions(node.body, f"{prefix}{node.name}.")


def test_the_version_is_the_same_in_both_places() -> None:
    assert civicard.__version__ == pyproject()["project"]["version"]


def test_the_linter_holds_the_layers_of_the_design() -> None:
    contracts = {contract["id"]: contract for contract in pyproject()["tool"]["importlinter"]["contracts"]}
    layers = contracts["layers"]
    held = [[name.strip(" ()") for name in line.split("|")] for line in layers["layers"]]
    assert held == LAYERS
    assert layers["containers"] == ["civicard"]
    assert layers["exhaustive"] is True
    assert "ignore_imports" not in layers


def test_scoring_and_the_kernel_are_held_pure() -> None:
    contracts = {contract["id"]: contract for contract in pyproject()["tool"]["importlinter"]["contracts"]}
    pure = contracts["pure"]
    assert {"civicard.scoring", "civicard.kernel"} <= set(pure["source_modules"])
    assert {"django", "os", "pathlib", "socket", "subprocess", "urllib", "http", "sqlite3"} <= set(
        pure["forbidden_modules"]
    )
    assert "ignore_imports" not in pure


def test_no_file_names_a_path_of_one_machine() -> None:
    assert found_in_tracked_texts(PATH_OF_A_MACHINE) == []


def test_no_file_names_the_host_of_a_package_registry() -> None:
    assert found_in_tracked_texts(REGISTRY_HOST) == []


def test_every_module_says_what_it_is() -> None:
    assert [place(path) for path in MODULES if not ast.get_docstring(tree(path))] == []


def test_every_folder_of_the_package_says_what_it_owns() -> None:
    folders = {path.parent for path in MODULES}
    assert [place(folder) for folder in sorted(folders) if not (folder / "__init__.py").is_file()] == []


def test_every_public_class_and_function_has_a_docstring() -> None:
    silent = [
        f"{place(path, node.lineno)} {name}"
        for path in MODULES
        for name, node in public_definitions(tree(path).body)
        if not ast.get_docstring(node)
    ]
    assert silent == []


def test_no_float_decides_a_figure() -> None:
    pure = [path for path in MODULES if path.relative_to(SOURCE).parts[0] in {"scoring", "kernel"}]
    floats = [
        f"{place(path, node.lineno)} {ast.unparse(node)}"
        for path in pure
        for node in ast.walk(tree(path))
        if (isinstance(node, ast.Constant) and isinstance(node.value, float | complex))
        or (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in {"float", "complex"}
        )
    ]
    assert floats == []


def test_no_module_has_a_name_that_says_nothing() -> None:
    names = {"util", "utils", "helper", "helpers", "common", "misc"}
    parts = {
        path: {part.strip("_") for part in path.relative_to(SOURCE).with_suffix("").parts} for path in MODULES
    }
    assert [place(path) for path in MODULES if parts[path] & names] == []


def test_no_module_is_too_long_to_read_at_one_sitting() -> None:
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    assert {place(path): length for path, length in lengths.items() if length > LONGEST_MODULE} == {}


def test_every_exception_to_a_check_gives_its_reason() -> None:
    unexplained = []
    for path in CODE:
        source = path.read_text(encoding="utf-8")
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type != tokenize.COMMENT or not EXCUSE.search(token.string):
                continue
            reason = re.sub(r"[\W\d_]", "", DIRECTIVE.sub("", token.string))
            if len(reason) < SHORTEST_REASON:
                unexplained.append(f"{place(path, token.start[0])} {token.string}")
    assert unexplained == []


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_a_lock_is_hashed_and_names_no_address(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    assert "://" not in text
    assert not re.search(r"^\s*-(?!-hash=)", text, re.MULTILINE), "an option other than a hash"
    entries = re.sub(r"\\\n", " ", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE)).splitlines()
    assert [entry for entry in entries if not re.search(r"==\S+.*--hash=sha256:[0-9a-f]{64}", entry)] == []


def test_each_lock_holds_the_same_versions_as_the_one_before_it() -> None:
    versions = {
        lock.stem: set(re.findall(r"^[\w.-]+==\S+", lock.read_text(encoding="utf-8"), re.MULTILINE))
        for lock in LOCKS
    }
    assert set(versions) == {"run", "dev", "bench"}
    assert versions["run"] < versions["dev"] < versions["bench"]
