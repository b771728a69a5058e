"""`measures.md`: every measure with its definition and its SQL, from the files that are run."""

from civicard.cli.reference.markdown import code, page, table
from civicard.kernel.text import Text
from civicard.ledger.kinds import all_kinds
from civicard.measures.definition import Measure, Shape, all_measures
from civicard.measures.statement import parsed

FIGURES = {
    Shape.SUM: Text("分子之和", "the sum of the numerators"),
    Shape.FRACTION: Text(
        "分子之和除以分母之和", "the sum of the numerators over the sum of the denominators"
    ),
}


def measures_page() -> str:
    """Return `measures.md`."""
    measures = all_measures().values()
    return page(
        "Measures",
        "A measure is SQL over the sealed facts that gives evidence rows, each with a whole numerator and, for a "
        "fraction, a whole denominator; the figure is their exact sum or fraction. A figure of a programme file names "
        "its measure under `measure`. How to read and to write one is told in "
        "[measures](../explanation/measures.md), what the facts are in the fact reference. `civicard measures show "
        "NAME` prints what stands here.",
        table(
            ("measure", "口径", "unit", "broken down by"),
            [
                (
                    f"[{one.name}](#{one.name})",
                    one.title.zh,
                    f"`{one.unit}`",
                    ", ".join(f"`{name}`" for name in one.by) or "—",
                )
                for one in measures
            ],
        ),
        *(block for one in measures for block in _section(one)),
    )


def _section(measure: Measure) -> list[str]:
    kinds = all_kinds()
    names = parsed(measure.body).named_selects
    rows = [
        ("unit", f"`{measure.unit}`"),
        ("figure", _both(FIGURES[measure.figure])),
        ("evidence row", _both(measure.grain)),
        ("keys", ", ".join(f"`{name}`" for name in measure.keys)),
        ("broken down by", ", ".join(f"`{name}`" for name in measure.by) or "—"),
        ("no figure when", _both(measure.null)),
        ("answers", measure.clause),
        ("reads", ", ".join(f"`{name}` {kinds[name].title.zh}" for name in measure.sources)),
        ("columns", ", ".join(f"`{name}` {measure.heading(name).zh}" for name in names)),
    ]
    return [
        f"## {measure.name}",
        f"**{measure.title.en}** {measure.title.zh}",
        f"{measure.definition.en}\n\n{measure.definition.zh}",
        table(("", ""), rows),
        code(measure.body, "sql"),
    ]


def _both(text: Text) -> str:
    return f"{text.en} / {text.zh}"
