"""How the result depends on choices, held against working out every combination one by one."""

from collections import Counter
from itertools import product

import pytest

from civicard.kernel.exact import Fraction
from civicard.scoring import Loaded, ambiguities, evaluate, load, sensitivity, under

# One ambiguous figure feeds two indicators, a ceiling and a bonus; the framework's own rounding is ambiguous too.
TANGLED = """
civicard: 1
programme: {title: 示例, unit: 示例单位}
framework:
  grades: [{grade: 优, least: 90}, {grade: 良, least: 80, below: 90}, {grade: 差, below: 80}]
  ceilings: [{when: share < 84, most: 79, why: 低}]
  ambiguities:
    rounding:
      question: 总分是否取整
      chosen: none
      readings: {none: {}, whole: {set: {round: {to: 1}}}}
  indicators:
    - {code: A, name: 甲, weight: 60, unit: "%", rule: {kind: step, figure: share, target: 100, step: 5, deduct: 3, reading: started}}
    - code: B
      name: 乙
      weight: 40
      unit: "%"
      rule:
        kind: sum
        parts:
          - {kind: proportional, figure: share, target: 90, points: 25}
          - {kind: step, figure: other, target: 100, step: 4, deduct: 2, reading: nearest, points: 15}
figures:
  made: {name: 完成数, unit: 件, value: 83}
  planned: {name: 计划数, unit: 件, value: 100}
  other: {name: 另一项, unit: "%", value: 93}
  share:
    name: 完成率
    unit: "%"
    formula: made / planned
    ambiguities:
      base:
        question: 以何为基数
        chosen: first
        readings: {first: {}, revised: {literal: true, set: {formula: made / (planned - 5)}}, cut: {set: {formula: made / (planned - 12)}}}
"""


@pytest.fixture(scope="module")
def tangled() -> Loaded:
    return load({"p.yaml": TANGLED})


def test_every_ambiguity_is_found_under_its_key(tangled: Loaded) -> None:
    found = {one.key: tuple(one.options) for one in ambiguities(tangled.programme)}
    steps = ("started", "completed", "nearest", "proportional")
    assert found == {
        "share.base": ("first", "revised", "cut"),
        "A.reading": steps,
        "B.2.reading": steps,
        "framework.rounding": ("none", "whole"),
    }


def test_all_combinations_agree_with_working_out_each_one(tangled: Loaded) -> None:
    known = ambiguities(tangled.programme)
    totals: list[Fraction] = []
    grades: Counter[str] = Counter()
    for readings in product(*(one.options for one in known)):
        choices = {one.key: reading for one, reading in zip(known, readings, strict=True)}
        total = evaluate(under(tangled, choices)).total
        assert total.outcome.points is not None
        assert total.grade is not None
        totals.append(total.outcome.points)
        grades[total.grade.zh] += 1

    combined = sensitivity(tangled).combined

    assert combined is not None
    assert combined.number == len(totals) == 3 * 4 * 4 * 2
    assert combined.least[0] == min(totals)
    assert combined.most[0] == max(totals)
    assert combined.grades == dict(grades)
    for extreme, readings_of_it in (combined.least, combined.most):
        assert evaluate(under(tangled, readings_of_it)).total.outcome.points == extreme


def test_each_reading_alone_is_what_the_programme_gives_under_it(tangled: Loaded) -> None:
    found = sensitivity(tangled)
    assert len(found.alone) == 2 + 3 + 3 + 1
    for one in found.alone:
        assert one.total == evaluate(under(tangled, one.choices)).total
    assert found.literal is not None
    assert found.literal.choices == {"share.base": "revised"}
    assert {one.key for one in found.deciding} >= {"share.base=revised", "share.base=cut"}


def test_a_lever_is_the_first_value_that_reaches_the_grade(tangled: Loaded) -> None:
    found = sensitivity(tangled)
    assert found.above is not None
    (lever,) = [one for one in found.above.levers if one.figure == "made"]
    reached = evaluate(tangled.programme, {"made": lever.value}).total
    before = evaluate(tangled.programme, {"made": lever.value - 1}).total
    assert reached.grade == found.above.grade
    assert before.grade == found.base.grade
    assert lever.value.denominator == 1


def test_levers_keep_to_the_range_of_a_unit() -> None:
    text = TANGLED.replace(
        'other: {name: 另一项, unit: "%", value: 93}', 'other: {name: 另一项, unit: "% of whole", value: 93}'
    )
    found = sensitivity(load({"p.yaml": text}))
    for distance in (found.above, found.below):
        for lever in distance.levers if distance is not None else ():
            assert lever.figure != "other" or 0 <= lever.value <= 100


def test_too_many_ambiguities_in_one_indicator_are_not_guessed() -> None:
    parts = "".join(
        "          - {kind: step, figure: other, target: 100, step: 4, deduct: 1, reading: nearest, points: 1}\n"
        for _ in range(15)
    )
    old = "          - {kind: step, figure: other, target: 100, step: 4, deduct: 2, reading: nearest, points: 15}\n"
    found = sensitivity(load({"p.yaml": TANGLED.replace(old, parts)}))
    assert found.combined is None
    assert len(found.alone) == 2 + 3 + 3 * 15 + 1


def test_a_rule_book_changes_only_the_rules_it_names() -> None:
    book = """
rule_books:
  national:
    title: 按比例
    rules: {A: {kind: proportional}}
"""
    (variant,) = sensitivity(load({"p.yaml": TANGLED + book})).rule_books
    assert set(variant.changed) == {"A"}
    assert variant.changed["A"].points == Fraction("49.8")  # 83 of 100, of 60 points


def test_a_rule_book_may_replace_every_rule_of_a_kind_parts_included() -> None:
    book = """
rule_books:
  national:
    title: 按比例
    kinds: {step: {kind: proportional}}
"""
    (variant,) = sensitivity(load({"p.yaml": TANGLED + book})).rule_books
    assert variant.changed["A"].points == Fraction("49.8")
    # 83 of 90 of 25 points, and 93 of 100 of 15 points.
    assert variant.changed["B"].points == Fraction(83, 90) * 25 + Fraction("13.95")


def test_a_share_of_few_answers_moves_to_a_share_that_can_be() -> None:
    # 98.5 is no share of 40 answers; 97.5 (39 of 40) and 100 (40 of 40) are.
    text = """
civicard: 1
programme: {title: 示例, unit: 示例单位}
framework:
  grades: [{grade: 优, least: 99}, {grade: 良, least: 98, below: 99}, {grade: 差, below: 98}]
  indicators:
    - {code: A, name: 甲, weight: 100, unit: "%", rule: {kind: proportional, figure: share, target: 100}}
figures:
  share: {name: 满意率, unit: "% of whole", value: 98.5, answers: 40}
"""
    found = sensitivity(load({"p.yaml": text}))
    assert found.above is not None
    assert found.below is not None
    assert [lever.value for lever in found.above.levers] == [100]
    assert [lever.value for lever in found.below.levers] == [Fraction("97.5")]


def brute(loaded: Loaded) -> tuple[Fraction, Fraction, dict[str, int]]:
    """Return least, most and grades over every combination of readings, each worked out by itself."""
    known = ambiguities(loaded.programme)
    totals: list[Fraction] = []
    grades: Counter[str] = Counter()
    for readings in product(*(one.options for one in known)):
        choices = {one.key: reading for one, reading in zip(known, readings, strict=True)}
        total = evaluate(under(loaded, choices)).total
        totals.append(total.outcome.low)
        assert total.grade is not None
        grades[total.grade.zh] += 1
    return min(totals), max(totals), dict(grades)


@pytest.mark.parametrize(
    ("rule", "figures"),
    [
        # Neither reading changes anything alone; together they do.
        (
            "{kind: proportional, figure: least, target: 100}",
            (
                'least: {name: 较小者, unit: "%", formula: "min(a, b)"}\n'
                '  a: {name: 甲, unit: "%", value: 50, ambiguities: {r: {question: q, chosen: x, readings: {x: {}, y: {set: {value: 90}}}}}}\n'
                '  b: {name: 乙, unit: "%", value: 50, ambiguities: {r: {question: q, chosen: x, readings: {x: {}, y: {set: {value: 95}}}}}}\n'
            ),
        ),
        # The reading of the figure decides whether that of the step matters.
        (
            "{kind: step, figure: a, target: 100, step: 20, deduct: 10, reading: started}",
            'a: {name: 甲, unit: "%", value: 79.9, ambiguities: {r: {question: q, chosen: x, readings: {x: {}, y: {set: {value: 61}}}}}}\n',
        ),
    ],
)
def test_readings_that_matter_only_together_are_combined(rule: str, figures: str) -> None:
    text = f"""
civicard: 1
programme: {{title: 示例, unit: 示例单位}}
framework:
  grades: [{{grade: 优, least: 80}}, {{grade: 中, below: 80}}]
  indicators:
    - {{code: A, name: 甲, weight: 100, unit: "%", rule: {rule}}}
figures:
  {figures}"""
    loaded = load({"p.yaml": text})
    combined = sensitivity(loaded).combined
    assert combined is not None
    assert (combined.least[0], combined.most[0], combined.grades) == brute(loaded)


def test_the_extremes_are_exact_beyond_what_is_counted() -> None:
    rows = "".join(
        f'    - {{code: A{at}, name: A, weight: 100/15, unit: "%", '
        "rule: {kind: step, figure: a, target: 100, step: 1, deduct: 1, reading: completed}}\n"
        for at in range(15)
    )
    text = f"""
civicard: 1
programme: {{title: 示例, unit: 示例单位}}
framework:
  grades: [{{grade: 优, least: 0}}]
  indicators:
{rows}figures:
  a: {{name: 甲, unit: "%", value: 99.6}}
"""
    found = sensitivity(load({"p.yaml": text}))
    assert found.combined is not None
    # Each of 15 started steps costs a point; completed ones cost nothing.
    assert found.combined.least[0] == 85
    assert found.combined.most[0] == 100
    assert found.combined.grades is None


def test_a_veto_leaves_no_figure_to_turn() -> None:
    text = TANGLED.replace("  ceilings:", "  vetoes: [{when: other > 90, grade: 差, why: 违规}]\n  ceilings:")
    found = sensitivity(load({"p.yaml": text}))
    assert (found.above, found.below) == (None, None)
