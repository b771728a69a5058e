"""`refusals.md`: every refusal with its code and where it is raised, read from the source of the package."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import civicard
from civicard.cli.reference.markdown import page, table
from civicard.cli.reference.schema import flowing
from civicard.kernel.refusal import Refusal

PACKAGE = Path(civicard.__file__).parent
BASE = Refusal.__name__


class Kind(NamedTuple):
    """One kind of refusal."""

    name: str
    code: str
    meaning: str
    module: str
    raised: tuple[str, ...]


def _trees() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        yield name, ast.parse(path.read_text(encoding="utf-8"))


def kinds() -> list[Kind]:
    """Return every kind of refusal, by code."""
    trees = dict(_trees())
    classes = {
        node.name: (module, node)
        for module, tree in trees.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    }
    made = {module: set(_made_in(tree)) for module, tree in trees.items()}

    def is_refusal(name: str) -> bool:
        if name == BASE:
            return True
        _, node = classes.get(name, ("", None))
        return node is not None and any(
            isinstance(base, ast.Name) and is_refusal(base.id) for base in node.bases
        )

    found = [
        Kind(
            name,
            _code(node),
            flowing(ast.get_docstring(node) or "").split("\n\n")[0],
            module,
            tuple(sorted(one for one, names in made.items() if name in names)),
        )
        for name, (module, node) in classes.items()
        # A private name is a base that others share.
        if name != BASE and not name.startswith("_") and is_refusal(name)
    ]
    return sorted(found, key=lambda kind: kind.code)


def _made_in(tree: ast.Module) -> Iterator[str]:
    """Yield the names of the classes that a module makes things of, raises, or chooses between."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id=name)):
                yield name
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name))) | ast.Raise(exc=ast.Name(id=name)):
                yield name
            case ast.Tuple(elts=names):
                yield from (one.id for one in names if isinstance(one, ast.Name))
            case ast.IfExp(body=ast.Name(id=name), orelse=ast.Name(id=other)):
                yield from (name, other)


def _code(node: ast.ClassDef) -> str:
    for one in node.body:
        match one:
            case ast.Assign(targets=[ast.Name(id="code")], value=ast.Constant(value=str(code))):
                return code
    return ""


def refusals_page() -> str:
    """Return `refusals.md`."""
    return page(
        "Refusals",
        "A refusal says what was asked, why it was not done, and what is possible now, in Chinese and English. Its "
        "code is stable: scripts and tests may rely on it; the sentence may get better. On the command line it is "
        "printed as `[code] sentence` on the error stream, and the exit status is 1. Nothing is left half written. "
        "Anything that ends with a Python traceback instead is a bug.",
        table(
            ("code", "meaning", "class", "raised in"),
            [
                (
                    f"`{one.code}`",
                    one.meaning,
                    f"`{one.module}.{one.name}`",
                    ", ".join(f"`{module}`" for module in one.raised),
                )
                for one in kinds()
            ],
        ),
    )
