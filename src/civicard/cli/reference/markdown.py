"""Pieces of Markdown that the pages of the reference share."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from civicard.cli.reference.schema import JSON, NULL, REF, SHARED, required

MADE = "<!-- Made by `make docs` from the code and the examples; change those, not this page. -->"


def page(title: str, *blocks: str) -> str:
    """Return a page of the reference."""
    return "\n\n".join([MADE, f"# {title}", *(block for block in blocks if block)]) + "\n"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table; a bar within a cell is kept as one."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(
        f"| {' | '.join(cell.replace('|', chr(92) + '|').replace(chr(10), ' ') for cell in line)} |"
        for line in lines
    )


def code(text: str, language: str = "yaml") -> str:
    """Return a block of code."""
    return f"```{language}\n{text.rstrip()}\n```"


def keys(schema: JSON, links: Mapping[str, str], leave_out: Sequence[str] = ()) -> str:
    """Return the table of the keys of one part: type, default and meaning.

    Args:
        schema: the schema of the part.
        links: where each other part is described, by name.
        leave_out: keys that are described elsewhere.
    """
    needed = required(schema)
    rows = [
        (
            f"`{key}`",
            type_in_words(one, links),
            "**required**" if key in needed else _default(one),
            one.get("description", ""),
        )
        for key, one in schema.get("properties", {}).items()
        if key not in leave_out
    ]
    return table(("key", "type", "default", "meaning"), rows) if rows else ""


def _default(schema: JSON) -> str:
    value = schema.get("default")
    if value is None or value == "":
        return ""
    return f"`{'yes' if value else 'no'}`" if isinstance(value, bool) else f"`{value}`"


def type_in_words(schema: JSON, links: Mapping[str, str]) -> str:
    """Return what a key takes, in words, with links to the parts that are described elsewhere."""
    inner = {key: one for key, one in schema.items() if key not in {"description", "default"}}
    match inner:
        case {"$ref": str(ref)}:
            name = ref.removeprefix(REF)
            return SHARED[name].words if name in SHARED else f"[{name}]({links[name]})"
        case {"anyOf": list(options)}:
            return " or ".join(type_in_words(one, links) for one in options if one != NULL)
        case {"const": value}:
            return f"`{value}`"
        case {"enum": list(values)}:
            return ", ".join(f"`{value}`" for value in values)
        case {"type": "array", "prefixItems": list(items)}:
            return f"`[…]` of {', '.join(type_in_words(one, links) for one in items)}"
        case {"type": "array", "items": items}:
            return f"list of {type_in_words(items, links)}"
        case {"type": "object", "additionalProperties": dict(value)}:
            return f"by name: {type_in_words(value, links)}"
        case {"type": "integer", **limits}:
            return f"whole number{_limits(limits)}"
    return {"string": "text", "object": "mapping"}.get(str(inner.get("type")), "anything")


def _limits(limits: Mapping[str, Any]) -> str:
    low, high = limits.get("minimum"), limits.get("maximum")
    if low is None:
        return ""
    return f" from {low}" + (f" to {high}" if high is not None else "")


def as_json(value: object) -> str:
    """Return a value as JSON for a file."""
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"
