"""The generated reference: `python -m civicard.cli.reference [FOLDER]`, by default into `docs/reference`.

Everything in it is taken from the code, the worked examples and the parser, so that it cannot say anything else than
they do. The pages are made in memory and only then written, all or none.
"""

from pathlib import Path

import civicard
from civicard.kernel.refusal import Refusal
from civicard.kernel.text import Text

ROOT = Path(civicard.__file__).parents[2]
SOURCES = ROOT / "docs" / "reference"
PROGRAMME_RULES = ROOT / "programme-rules"


class SourcesMissing(Refusal):
    """The reference can only be made where the examples lie that it shows: in a checkout of the repository."""

    code = "sources_missing"


def pages() -> dict[str, str]:
    """Return every generated file by name.

    Raises:
        SourcesMissing: there are no examples to show.
    """
    from civicard.cli.reference import schema
    from civicard.cli.reference.card_life import card_life_page, programme_rules_page
    from civicard.cli.reference.commands import commands_page
    from civicard.cli.reference.facts import facts_page
    from civicard.cli.reference.formulas import expressions_page
    from civicard.cli.reference.markdown import as_json
    from civicard.cli.reference.measures import measures_page
    from civicard.cli.reference.parts import programme_page, rules_page
    from civicard.cli.reference.refused import refusals_page
    from civicard.cli.reference.results import json_page

    return {
        schema.PROGRAMME_SCHEMA: as_json(schema.programme_schema()),
        schema.BESIDE_SCHEMA: as_json(schema.beside_schema()),
        "programme.md": programme_page(),
        "rules.md": rules_page(source("rule-examples.yaml")),
        "expressions.md": expressions_page(source("expression-examples.yaml")),
        "commands.md": commands_page(),
        "facts.md": facts_page(),
        "refusals.md": refusals_page(),
        "json.md": json_page(source("json-keys.yaml")),
        "measures.md": measures_page(),
        "card-life.md": card_life_page(),
        "programme-rules.md": programme_rules_page(
            {name: source(name, PROGRAMME_RULES) for name in ("shanghai.yaml", "zhengzhou.yaml")}
        ),
    }


def source(name: str, folder: Path = SOURCES) -> str:
    """Return one of the files that the pages are made from."""
    path = folder / name
    if not path.is_file():
        raise SourcesMissing(
            Text(
                f"没有 {name}：参考文档只能在源码仓库中生成",
                f"there is no {name}: the reference is made in a checkout of the repository",
            )
        )
    return path.read_text(encoding="utf-8")
