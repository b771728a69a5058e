"""How much the result depends on choices: every reading, other rule books, and what would have changed the grade. Pure."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any, NamedTuple

from civicard.kernel.exact import ZERO, Fraction, Rounding, rounded
from civicard.kernel.text import Text
from civicard.scoring.checks import str_of
from civicard.scoring.expressions import parsed
from civicard.scoring.figures import Figure, Input, resolved
from civicard.scoring.framework import GradeBand
from civicard.scoring.load import Loaded, reloaded
from civicard.scoring.programme import Programme
from civicard.scoring.readings import FRAMEWORK, Open, ambiguities, changed, under
from civicard.scoring.rules.base import Case, Outcome
from civicard.scoring.rules.step import READING_WORDS, StepReading
from civicard.scoring.scorer import Scorer, Total
from civicard.scoring.source import Place

# Combinations beyond this many distinct results are not counted one by one; least and most are still exact.
MOST_COMBINATIONS = 20_000
# A set of ambiguities that touch the same indicators is worked out reading by reading, up to so many.
MOST_IN_ONE_SET = 2_000
# A lever is looked for up to so many times the present value of a figure.
FARTHEST = 16
# What a rule of another kind keeps of the one whose place it takes.
KEPT = frozenset({"code", "name", "points", "unit", "figure", "target", "direction"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Variant:
    """The result under other choices.

    Attributes:
        key: stable name: C11.reading=completed, or the name of a rule book.
        label: what was chosen, in words.
        choices: reading by ambiguity; empty for a rule book.
        total: total and grade.
        changed: points by code, where they differ from the base.
    """

    key: str
    label: Text
    choices: Mapping[str, str]
    total: Total
    changed: Mapping[str, Outcome]


@dataclass(frozen=True, kw_only=True, slots=True)
class Combined:
    """All combinations of all readings.

    Attributes:
        number: how many combinations of readings there are.
        least, most: the lowest and the highest total, with readings that give it.
        grades: how many combinations give each grade; None when there are too many to count.
    """

    number: int
    least: tuple[Fraction, Mapping[str, str]]
    most: tuple[Fraction, Mapping[str, str]]
    grades: Mapping[str, int] | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Lever:
    """What one figure, all others equal, would have to be for another grade.

    Attributes:
        figure: its name.
        title: its name in words.
        now, needed: as printed, with unit.
        value: the exact value needed.
        total: the total it would give.
    """

    figure: str
    title: Text
    now: str
    needed: str
    value: Fraction
    total: Fraction


@dataclass(frozen=True, kw_only=True, slots=True)
class Distance:
    """How far the total is from a neighbouring grade.

    Attributes:
        grade: the neighbouring grade.
        bound: the total at which it begins (above) or the present grade ends (below).
        points: how many points lie between; those to gain, or those that can be lost and the grade just held.
        levers: the figures that alone would reach it, nearest first.
    """

    grade: Text
    bound: Fraction
    points: Fraction
    levers: tuple[Lever, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Sensitivity:
    """How much the result depends on choices.

    Attributes:
        base: the result as chosen.
        open: all ambiguities.
        alone: each other reading by itself.
        uniform: every step rule under the same reading, one variant a reading.
        literal: every wording taken literally at once; None when no reading is marked as literal.
        rule_books: the framework under other rule books.
        combined: all readings combined; None when too many of them meet in one indicator.
        above, below: distance to the neighbouring grades; None at the end of the scale or while the total is open.
    """

    base: Total
    open: tuple[Open, ...]
    alone: tuple[Variant, ...]
    uniform: tuple[Variant, ...]
    literal: Variant | None
    rule_books: tuple[Variant, ...]
    combined: Combined | None
    above: Distance | None
    below: Distance | None

    @property
    def deciding(self) -> tuple[Variant, ...]:
        """The readings that, each alone, change the grade."""
        return tuple(one for one in self.alone if one.total.grade != self.base.grade)


class Result(NamedTuple):
    """Outcomes and total of one form of the programme."""

    outcomes: dict[str, Outcome]
    total: Total
    figures: dict[str, Input]


def result(programme: Programme, given: Mapping[str, Input] | None = None) -> Result:
    """Return outcomes and total without explanations."""
    case = Case(resolved(programme.figures, given), programme.evidence, programme.groups(), programme.figures)
    scorer = Scorer(programme.framework)
    outcomes = scorer.outcomes(case)
    return Result(outcomes, scorer.total(outcomes, case), dict(case.figures))


def sensitivity(loaded: Loaded, advance: Callable[[int, int], None] | None = None) -> Sensitivity:
    """Return how the result depends on readings, rule books and figures.

    Args:
        loaded: the programme as it was loaded.
        advance: is told how many readings are worked out, and of how many, for a progress bar.
    """
    known = ambiguities(loaded.programme)
    base = result(loaded.programme)
    others = [(one, reading) for one in known for reading in one.options if reading != one.chosen]
    alone = []
    for at, (one, reading) in enumerate(others):
        alone.append(_variant(loaded, {one.key: reading}, _label(one, reading), base, known))
        if advance is not None:
            advance(at + 1, len(others))
    steps = [one for one in known if one.by_nature]
    uniform = [
        _variant(loaded, {one.key: reading for one in steps}, Text(f"所有扣分档{READING_WORDS[reading].zh}", f"all steps {reading}"), base, known)
        for reading in (StepReading if steps else ())
    ]  # fmt: skip
    literally = {one.key: one.literal for one in known if one.literal is not None}
    literal = (
        _variant(loaded, literally, Text("逐字理解", "every wording literally"), base, known)
        if literally
        else None
    )
    books = tuple(_book(loaded, name, base) for name in loaded.programme.rule_books)
    combined = _combined(loaded, known, base)
    above, below = _distances(loaded.programme, base)
    return Sensitivity(
        base=base.total, open=tuple(known), alone=tuple(alone), uniform=tuple(uniform), literal=literal,
        rule_books=books, combined=combined, above=above, below=below,
    )  # fmt: skip


def _label(one: Open, reading: str) -> Text:
    meaning = one.options[reading]
    return Text(
        f"{one.title.zh}：{one.question.zh} → {meaning.zh}",
        f"{one.title.en or one.title.zh}: {one.question.en or one.question.zh} → {meaning.en or meaning.zh}",
    )


def _differing(outcomes: Mapping[str, Outcome], base: Mapping[str, Outcome]) -> dict[str, Outcome]:
    return {code: one for code, one in outcomes.items() if one[:4] != base[code][:4]}


def _variant(
    loaded: Loaded, choices: Mapping[str, str], label: Text, base: Result, known: list[Open]
) -> Variant:
    found = result(under(loaded, choices, known))
    key = ", ".join(f"{name}={reading}" for name, reading in choices.items())
    return Variant(
        key=key,
        label=label,
        choices=choices,
        total=found.total,
        changed=_differing(found.outcomes, base.outcomes),
    )


def _book(loaded: Loaded, name: str, base: Result) -> Variant:
    """Return the result with the rules of a rule book in the place of the framework's own."""
    book = loaded.programme.rule_books[name]
    value = loaded.value
    # A rule of another kind has other parts, or none.
    replaced: list[Place] = []
    for place, code, rule in _rules(value["framework"]["indicators"], ("framework", "indicators")):
        new = book.rules.get(code, book.kinds.get(rule["kind"]))
        if new is not None and not any(place[: len(one)] == one for one in replaced):
            is_same_kind = new.get("kind", rule["kind"]) == rule["kind"]
            kept = {key: one for key, one in rule.items() if is_same_kind or key in KEPT}
            if not is_same_kind:
                replaced.append(place)
            value = changed(value, place, {**kept, **new})
    found = result(reloaded(value))
    return Variant(
        key=name,
        label=book.title,
        choices={},
        total=found.total,
        changed=_differing(found.outcomes, base.outcomes),
    )


def _rules(rows: Sequence[dict[str, Any]], place: Place) -> Iterator[tuple[Place, str, dict[str, Any]]]:
    """Yield the rules of the file with their places and codes, a rule before its parts."""
    for at, row in enumerate(rows):
        if "rule" in row:
            yield from _parts(row["rule"], (*place, at, "rule"), str_of(row["code"]))
        yield from _rules(row.get("children", ()), (*place, at, "children"))


def _parts(rule: dict[str, Any], place: Place, code: str) -> Iterator[tuple[Place, str, dict[str, Any]]]:
    yield place, code, rule
    for at, part in enumerate(rule.get("parts", ())):
        yield from _parts(part, (*place, "parts", at), str_of(part.get("code")) or f"{code}.{at + 1}")


class Piece(NamedTuple):
    """One distinct result of a set of ambiguities that touch the same indicators."""

    outcomes: dict[str, Outcome]
    figures: dict[str, Input]
    choices: dict[str, str]
    number: int


def _combined(loaded: Loaded, known: list[Open], base: Result) -> Combined | None:
    """Return the range and the grades over all combinations of readings; None when they are too many.

    Ambiguities that touch different indicators are worked out apart, and only their distinct results are combined.
    """
    number = prod(len(one.options) for one in known)
    sets = _connected(loaded.programme, [one for one in known if one.about != FRAMEWORK])
    if any(prod(len(one.options) for one in some) > MOST_IN_ONE_SET for some in sets):
        return None
    pieces = [_pieces(loaded, known, some, base) for some in sets]
    scorers = _scorers(loaded, known)
    if prod(len(some) for some in pieces) * len(scorers) > MOST_COMBINATIONS:
        # The total never falls when an indicator's points rise, so the extremes come from the extremes of each set.
        combinations = [_extreme(pieces, base, best=False), _extreme(pieces, base, best=True)]
    else:
        combinations = [list(one) for one in product(*pieces)]
    grades: Counter[str] = Counter()
    least: tuple[Fraction, Mapping[str, str]] | None = None
    most: tuple[Fraction, Mapping[str, str]] | None = None
    for combination, (choices, scorer) in product(combinations, scorers):
        total = _total(scorer, base, combination)
        grades[total.grade.zh if total.grade is not None else "—"] += prod(
            piece.number for piece in combination
        )
        readings = {key: reading for piece in combination for key, reading in piece.choices.items()} | choices
        if least is None or total.outcome.low < least[0]:
            least = (total.outcome.low, readings)
        if most is None or total.outcome.high > most[0]:
            most = (total.outcome.high, readings)
    assert least is not None  # there is at least the base
    assert most is not None
    is_whole = sum(grades.values()) == number
    return Combined(number=number, least=least, most=most, grades=dict(grades) if is_whole else None)


def _scorers(loaded: Loaded, known: list[Open]) -> list[tuple[dict[str, str], Scorer]]:
    """Return the framework under each combination of its own ambiguities."""
    own = [one for one in known if one.about == FRAMEWORK]
    found = []
    for readings in product(*(one.options for one in own)):
        choices = {one.key: reading for one, reading in zip(own, readings, strict=True)}
        changed_ones = {one.key: choices[one.key] for one in own if choices[one.key] != one.chosen}
        programme = under(loaded, changed_ones, known) if changed_ones else loaded.programme
        found.append((changed_ones, Scorer(programme.framework)))
    return found


def _connected(programme: Programme, known: list[Open]) -> list[list[Open]]:
    """Return the ambiguities in sets that touch no common indicator or condition."""
    rests = {name: _rests(figure) for name, figure in programme.figures.items()}
    scorer = Scorer(programme.framework)
    needs = {leaf.code: leaf.rule.needs() for leaf in scorer.leaves}
    needs |= {f"condition {at}": one.names for at, one in enumerate(scorer.conditions())}
    reached = {code: _all_below(names, rests) for code, names in needs.items()}
    sets: list[tuple[set[str], list[Open]]] = []
    for one in known:
        if one.indicator is not None:
            codes = {one.indicator}
        else:
            codes = {code for code, figures in reached.items() if one.about in figures}
        joined, rest = [one], []
        for some, members in sets:
            if some & codes:
                codes, joined = codes | some, members + joined
            else:
                rest.append((some, members))
        sets = [*rest, (codes, joined)]
    return [members for _, members in sets]


def _rests(figure: Figure) -> set[str]:
    """Return the figures that a figure is computed from, under any reading."""
    formulas = [figure.formula] if figure.formula is not None else []
    for ambiguity in figure.ambiguities.values():
        formulas += [one.set["formula"] for one in ambiguity.readings.values() if "formula" in one.set]
    return {name for formula in formulas for name in parsed(formula).names}


def _all_below(names: Iterable[str], rests: Mapping[str, set[str]]) -> set[str]:
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += rests.get(name, ())
    return found


def _pieces(loaded: Loaded, known: list[Open], some: list[Open], base: Result) -> list[Piece]:
    found: dict[object, Piece] = {}
    for readings in product(*(one.options for one in some)):
        choices = {one.key: reading for one, reading in zip(some, readings, strict=True)}
        own = {one.key: reading for one, reading in zip(some, readings, strict=True) if reading != one.chosen}
        variant = result(under(loaded, choices, known)) if own else base
        outcomes = _differing(variant.outcomes, base.outcomes)
        figures = {name: value for name, value in variant.figures.items() if value != base.figures[name]}
        key = (
            tuple((code, one[:4]) for code, one in outcomes.items()),
            tuple(figures.items())
            if loaded.programme.framework.ceilings or loaded.programme.framework.vetoes
            else (),
        )
        if key in found:
            known_piece = found[key]
            shorter = own if len(own) < len(known_piece.choices) else known_piece.choices
            found[key] = known_piece._replace(number=known_piece.number + 1, choices=shorter)
        else:
            found[key] = Piece(outcomes, figures, own, 1)
    return list(found.values())


def _extreme(pieces: list[list[Piece]], base: Result, *, best: bool) -> list[Piece]:
    def value(piece: Piece) -> Fraction:
        outcomes = base.outcomes | piece.outcomes
        return sum((one.high if best else one.low for one in outcomes.values()), ZERO)

    return [(max if best else min)(some, key=value) for some in pieces]


def _total(scorer: Scorer, base: Result, combination: Sequence[Piece]) -> Total:
    outcomes, figures = dict(base.outcomes), dict(base.figures)
    for piece in combination:
        outcomes |= piece.outcomes
        figures |= piece.figures
    return scorer.total(outcomes, Case(figures))


def _distances(programme: Programme, base: Result) -> tuple[Distance | None, Distance | None]:
    total = base.total.outcome.points
    framework = programme.framework
    if total is None or base.total.vetoes or (band := framework.grade(total)) is None:
        return None, None
    ranked = list(framework.ranked())
    at = ranked.index(band)
    above = below = None
    if at > 0 and (bound := ranked[at - 1].low) is not None:
        above = Distance(
            grade=ranked[at - 1].grade, bound=bound, points=bound - total,
            levers=_levers(programme, lambda t: _is_in(t, ranked[:at])),
        )  # fmt: skip
    if at + 1 < len(ranked) and (bound := band.low) is not None:
        below = Distance(
            grade=ranked[at + 1].grade, bound=bound, points=total - bound,
            levers=_levers(programme, lambda t: _is_in(t, ranked[at + 1 :])),
        )  # fmt: skip
    return above, below


def _is_in(total: Total, bands: Sequence[GradeBand]) -> bool:
    points = total.outcome.points
    return points is not None and any(band.holds(points) for band in bands)


def _levers(programme: Programme, reached: Callable[[Total], bool]) -> tuple[Lever, ...]:
    found: list[tuple[Fraction, Lever]] = []
    for name in _inputs(programme):
        figure = programme.figures[name]
        now = figure.value
        assert now is not None  # _inputs
        values = [
            value for sign in (1, -1) if (value := _nearest(programme, name, sign, reached)) is not None
        ]
        if not values:
            continue
        value = min(values, key=lambda one: abs(one - now))
        total = result(programme, {name: value}).total.outcome.points
        assert total is not None  # it was reached
        far = abs(value - now) / (abs(now) or 1)
        found.append((far, Lever(
            figure=name, title=figure.name, now=figure.printed(now, unit=True), needed=figure.printed(value, unit=True),
            value=value, total=total,
        )))  # fmt: skip
    return tuple(lever for _, lever in sorted(found, key=lambda one: one[0]))


def _inputs(programme: Programme) -> list[str]:
    """Return the figures with a value of their own that some rule or condition rests on."""
    needed = sorted(Scorer(programme.framework).needs(), key=list(programme.figures).index)
    seen: dict[str, None] = {}
    while needed:
        name = needed.pop(0)
        if name not in seen:
            seen[name] = None
            expression = programme.figures[name].expression
            needed += expression.names if expression is not None else ()
    return [name for name in seen if programme.figures[name].value is not None]


def _grain(figure: Figure, value: Fraction) -> Fraction:
    """Return the smallest step in which a figure moves: one answer, whole things, fen, or the last printed decimal."""
    if figure.answers is not None and not figure.measured_in.dimension:
        return 1 / figure.measured_in.scale / figure.answers
    places = figure.digits if figure.digits is not None else figure.measured_in.places
    if places is None:
        places = 0 if value.denominator == 1 else 2
    return Fraction(1, 10**places)


def _nearest(programme: Programme, name: str, sign: int, reached: Callable[[Total], bool]) -> Fraction | None:
    """Return the value nearest to the present one, in the direction of `sign`, that reaches the goal.

    The way is walked in doubling strides and then halved, which finds the first crossing for every rule whose
    points rise or fall with the figure.
    """
    figure = programme.figures[name]
    now = figure.value
    assert now is not None  # _inputs
    grain = _grain(figure, now)
    least, most = figure.range
    limit = most if sign > 0 else least if least is not None else ZERO
    farthest = abs(now) * FARTHEST + grain * 1000
    limit = now + sign * farthest if limit is None else limit
    # A share of so many answers moves from one possible share to the next, also where the present one is none.
    start = rounded(now, grain, Rounding.DOWN) if figure.answers is not None else now
    if sign < 0 and start < now:
        start += grain
    steps = abs(limit - start) / grain
    last = steps.numerator // steps.denominator

    def at(step: int) -> Fraction:
        return start + sign * grain * step

    def works(step: int) -> bool:
        return reached(result(programme, {name: at(step)}).total)

    low, high = 0, 1
    while high < last and not works(high):
        low, high = high, high * 2
    high = min(high, last)
    if last <= 0 or not works(high):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if works(middle) else (middle, high)
    return at(high)
