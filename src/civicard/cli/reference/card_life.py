"""`card-life.md`: the four lives of a card, from the table of arrows. `programme-rules.md`: the rules of each city."""

from collections.abc import Iterator, Mapping

from civicard.cards.codes import State
from civicard.cards.rules import (
    ARROWS,
    LIVES,
    AgeRow,
    Entry,
    FaultCode,
    Fees,
    Life,
    ProgrammeRules,
    load_rules,
)
from civicard.cards.rules.reading import NUMBERS
from civicard.cards.rules.steps import BROUGHT_IN, LIVING, REVIVING, title
from civicard.cli.reference.markdown import code, page, table
from civicard.ledger.kinds import kind_named

NO_END = "no end"
MEANINGS = {
    "title": "the programme, as `{zh: …, en: …}`",
    "validity": "validity by age at application; the value is `ages`",
    "fees": "what a card costs, in fen; the value is `fen`, and null where no source says it, which is not free",
    "temporary_loss_hours": "hours after which a temporary loss lapses by itself",
    "formal_loss_days": "days after which a formal loss lapses, unless a reissue was asked for",
    "promised_days": "days from intake until the card is ready",
    "uncollected_days": "days a card waits at its station; from the next day on it is uncollected",
    "least_age_to_act": "age from which a person applies without a guardian",
}


def card_life_page() -> str:
    """Return `card-life.md`."""
    return page(
        "The four lives of a card",
        "An application, a card, its financial account and the piece of plastic it is made from each have a life of "
        "their own. What joins them are events: one fact in the ledger moves one or more of the four. Whatever is not "
        "in these tables is refused, and the refusal says what is possible instead.",
        "\n".join(
            f"- [{LIVES[life].text.en}](#{anchor}) {LIVES[life].text.zh}" for life, anchor in _anchors()
        ),
        *(block for life in Life for block in _life(life)),
        "## Event by event",
        table(
            ("event", "中文", *(LIVES[life].text.en for life in Life)),
            [_event_row(event) for event in ARROWS],
        ),
        "## What the tables do not say",
        f"A card that is {_words(LIVING)} is living: a person has at most one. A reported loss lapses by itself when "
        "the time runs out that the [rules of the programme](programme-rules.md) set. Once a reissue was asked for in "
        f"place of a card, {_codes(REVIVING)} are refused for it for ever: the old card never works again. Expired is "
        "no state: a card past its validity may go on being used, and whoever reads it is warned.",
        f"A card brought in from before the ledger begins as {_words(BROUGHT_IN)}, as its fact says.",
        "A batch balances when the blanks taken out for it are its good cards, spoiled ones, samples and returns "
        "together, and cannot close otherwise.",
        "## What a replay finds",
        "A replay takes facts in the order of their numbers and names what they may not do.",
        table(("code", "中文", "meaning"), [(f"`{one}`", one.text.zh, one.text.en) for one in FaultCode]),
    )


def _anchors() -> Iterator[tuple[Life, str]]:
    for life in Life:
        name = LIVES[life].text
        yield life, f"{name.en} {name.zh}".lower().replace(" ", "-")


def _life(life: Life) -> Iterator[str]:
    name, states = LIVES[life]
    yield f"## {name.en.capitalize()} {name.zh}"
    yield table(("state", "中文", "English"), [(f"`{one}`", one.text.zh, one.text.en) for one in states])
    yield table(
        ("event", "中文", "from", "to"),
        [
            (f"`{event}`", kind_named(event).title.zh, _starts(life, event), _end(life, event))
            for event, arrows in ARROWS.items()
            if life in arrows
        ],
    )
    yield code("stateDiagram-v2\n" + "\n".join(_drawn(life)), "mermaid")


def _drawn(life: Life) -> Iterator[str]:
    for event, arrows in ARROWS.items():
        arrow = arrows.get(life)
        if arrow is None or arrow.to is None:
            continue
        for start in _ordered(life, arrow.starts):
            yield f"    {start or '[*]'} --> {arrow.to}: {event}"


def _ordered(life: Life, starts: frozenset[State | None]) -> list[State | None]:
    """Return states as the life declares them, the beginning first: a set has no order to print."""
    return [one for one in (None, *LIVES[life].states) if one in starts]


def _starts(life: Life, event: str) -> str:
    return ", ".join(_named(one) for one in _ordered(life, ARROWS[event][life].starts))


def _end(life: Life, event: str) -> str:
    to = ARROWS[event][life].to
    return "the state that the fact says" if to is None else _named(to)


def _named(state: State | None) -> str:
    return title(state).en if state is None else f"`{state}`"


def _event_row(event: str) -> tuple[str, ...]:
    cells = [
        f"{_starts(life, event)} → {_end(life, event)}" if life in ARROWS[event] else "" for life in Life
    ]
    return (f"`{event}`", kind_named(event).title.zh, *cells)


def _words(states: frozenset[State]) -> str:
    named = [one.text.en for one in LIVES[Life.CARD].states if one in states]
    return f"{', '.join(named[:-1])} or {named[-1]}"


def _codes(events: frozenset[str]) -> str:
    named = [f"`{event}`" for event in ARROWS if event in events]
    return f"{', '.join(named[:-1])} and {named[-1]}"


def programme_rules_page(files: Mapping[str, str]) -> str:
    """Return `programme-rules.md` with the rules that `files` hold: YAML text by file name."""
    return page(
        "Programme rules",
        "What differs by city or changes by decree is data with effective dates: validity by age, fees, loss timers, "
        "promised days. A city has one file in [programme-rules](../../programme-rules). The entry in force on a day "
        "is the last one that has begun by then; before the first there are no rules, and asking for them is refused.",
        "## The file",
        "All keys are required, and no others are known. A file with faults is refused whole, with every fault named "
        "by its line.",
        table(("key", "holds"), [(f"`{key}`", meaning) for key, meaning in MEANINGS.items()]),
        "All but `title` are lists of entries.",
        table(
            ("key of an entry", "holds"),
            [
                ("`from_on`", "the first day it is in force; no two entries of an item begin on one day"),
                ("`source`", "the decree and article, or what else it rests on, as `{zh: …, en: …}`"),
                ("`confirmed`", "whether that source was seen; `no` for what is second-hand or assumed"),
                ("`value`, `ages` or `fen`", "the rule"),
            ],
        ),
        table(
            ("key of a line of `ages`", "holds"),
            [
                ("`from_age`", "the least age in whole years; the first line begins at 0"),
                ("`below_age`", "the age at which the next line begins; left out in the last one"),
                (
                    "`years`, `until_age` or `without_end: yes`",
                    "valid so many years, until that birthday, or for good",
                ),
            ],
        ),
        "A period of days does not count its first day. A period of years ends on the day that corresponds to its "
        "first; one that begins on 29 February, or runs until the birthday of somebody born on it, ends on 28 February "
        "where the year has no 29th. Days are those of the programme's time zone, Asia/Shanghai. Holidays do not move "
        "an end.",
        *(block for name, text in files.items() for block in _city(name, load_rules(text, name))),
    )


def _city(name: str, rules: ProgrammeRules) -> Iterator[str]:
    yield f"## {rules.title.en}\n\n{rules.title.zh}: [{name}](../../programme-rules/{name})"
    rows = [
        *(_row("validity", one, "<br>".join(map(_ages, one.value))) for one in rules.validity),
        *(_row("fees", one, "<br>".join(_fees(one.value))) for one in rules.fees),
    ]
    for item in NUMBERS:
        entries: tuple[Entry[int], ...] = getattr(rules, item)
        rows += [_row(item, one, str(one.value)) for one in entries]
    yield table(("rule", "from", "value", "confirmed", "source"), rows)


def _row(item: str, entry: Entry[object], value: str) -> tuple[str, ...]:
    return (
        f"`{item}`",
        entry.from_on.isoformat(),
        value,
        "yes" if entry.is_confirmed else "**no**",
        f"{entry.source.zh}<br>{entry.source.en}",
    )


def _ages(row: AgeRow) -> str:
    ages = f"from {row.from_age}" if row.below_age is None else f"{row.from_age} to {row.below_age - 1}"
    if row.until_age is not None:
        return f"{ages}: until the birthday at {row.until_age}"
    return f"{ages}: {NO_END if row.years is None else f'{row.years} years'}"


def _fees(fees: Fees) -> Iterator[str]:
    for name, fen in (*fees.by_reason.items(), *fees.of_replacement.items()):
        yield f"{name}: {'not known' if fen is None else fen}"
