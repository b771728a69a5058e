"""Programme files: what is refused, how all faults are named at once, and on which line."""

import pytest

from civicard.kernel.exact import Fraction
from civicard.scoring.faults import ProgrammeRefused
from civicard.scoring.load import beside, load
from civicard.scoring.source import MOST_BYTES, SourceUnreadable, read

GOOD = """civicard: 1
programme: {title: 示例, unit: 示例单位}
framework:
  sum: 20
  grades: [{grade: 合格, least: 12, most: 20}, {grade: 不合格, below: 12}]
  indicators:
    - {code: A, name: 甲, weight: 8, unit: "%", rule: {kind: step, figure: share, target: 100, step: 1, deduct: 2, reading: started}}
    - {code: B, name: 乙, weight: 12, unit: 元, rule: {kind: proportional, figure: spent, target: 100}}
figures:
  share: {name: 占比, unit: "% of whole", value: 99.60}
  spent: {name: 支出, unit: 元, value: 50}
"""


def refused(text: str) -> ProgrammeRefused:
    with pytest.raises(ProgrammeRefused) as caught:
        load({"p.yaml": text})
    return caught.value


def test_a_good_file_loads() -> None:
    assert load({"p.yaml": GOOD}).programme.framework.leaves()[0].code == "A"


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("weight: 8", 'weight: "8"', 7, "a number is needed, here stands the text '8'"),
        ("weight: 8", "weight: -8", 7, "the weight -8 is negative"),
        ("code: B", "code: A", 8, "the code A stands more than once (lines 7, 8)"),
        ("value: 99.60", "value: 199.60", 10, "199.6 lies outside 0 to 100"),
        ("weight: 12", "weight: 13", 6, "8 + 13 = 21, and should be 20"),
        ("figure: spent", "figure: spend", 8, "no figure 'spend'; did you mean 'spent'?"),
        ("unit: 元, value: 50", "unit: 万元, value: 50", 8, "spent is in 万元, 元 is needed here (50 万元 are 500000 元)"),
        ("kind: proportional", "kind: proportionl", 8, "did you mean 'proportional'?"),
        ("deduct: 2", "deduckt: 2", 7, "did you mean 'deduct'?"),
        ("least: 12, most: 20", "least: 13, most: 20", 5, "12.5, for example, is in none"),
        ("below: 12", "most: 12", 5, "overlap"),
        ("most: 20}", "most: 19}", 3, "do not cover all totals"),
        ("unit: 元, rule", "rule", 8, "the target of B has no unit"),
        ("title: 示例", "titel: 示例", 2, "did you mean 'title'?"),
        ("value: 50", "value: 50, formula: share / 0", 11, "only one of value, formula"),
        ("value: 50", "formula: share + spent", 11, "the formulas run in a circle: spent → spent"),
        ("value: 50", "formula: __import__('os')", 11, "uses what is not allowed"),
        ("value: 50", f"value: {'9' * 61}", 11, "a number is needed"),
        ("value: 50", "formula: 1e99999999", 11, "no number that a formula may hold"),
        ("value: 50", "formula: spent.real", 11, "uses what is not allowed"),
        ("civicard: 1", "civicard: 2", 1, "there is no value '2'"),
    ],
)  # fmt: skip
def test_a_fault_is_named_with_its_line(old: str, new: str, line: int, said: str) -> None:
    faults = refused(GOOD.replace(old, new)).faults
    assert [fault for fault in faults if fault.line == line and said in fault.text.en], [
        str(one) for one in faults
    ]


def test_all_faults_are_reported_at_once() -> None:
    text = (
        GOOD.replace("weight: 8", 'weight: "8"')
        .replace("figure: spent", "figure: spend")
        .replace("99.60", "-1")
    )
    faults = refused(text).faults
    assert {fault.line for fault in faults} == {7, 8, 10}
    assert faults == sorted(faults, key=lambda one: (one.file, one.line, one.path, one.text.en))


def test_a_step_rule_without_a_reading_shows_each_reading_with_its_own_numbers() -> None:
    (fault,) = refused(GOOD.replace(", reading: started", "")).faults
    assert fault.line == 7
    # 1.6 steps of 1 point at 2 each: 2 started steps cost 4, 1 completed costs 2, 2 rounded cost 4, 1.6 cost 3.2.
    assert (
        "98.4 (1.6 away): started costs 4, completed costs 2, nearest costs 4, proportional costs 3.2"
        in fault.text.en
    )
    assert "98.4（差 1.6）" in fault.text.zh


def test_a_checklist_item_must_say_which_answer_is_good() -> None:
    checklist = "rule: {kind: checklist, items: [{text: 有无挪用, points: 12}]}"
    text = GOOD.replace("unit: 元, rule: {kind: proportional, figure: spent, target: 100}", checklist)
    (fault,) = refused(text).faults
    assert fault.path.endswith("items[1].good")
    assert fault.text.en == "this is missing"


def test_a_reading_that_cannot_work_is_a_fault_of_the_file() -> None:
    ambiguity = "ambiguities: {base: {question: 以何为准, chosen: a, readings: {a: {}, b: {set: {stap: 2}}}}}"
    faults = refused(GOOD.replace("reading: started}", f"reading: started, {ambiguity}}}")).faults
    assert "sets keys that do not exist: stap" in faults[0].text.en


def test_items_must_sum_to_the_weight() -> None:
    checklist = (
        "rule: {kind: checklist, items: [{text: 有, points: 5, good: yes}, {text: 无, points: 6, good: yes}]}"
    )
    text = GOOD.replace("unit: 元, rule: {kind: proportional, figure: spent, target: 100}", checklist)
    (fault,) = refused(text).faults
    assert "sum to 11, and should be 12" in fault.text.en


def test_a_placeholder_in_the_narrative_must_name_something() -> None:
    (fault,) = refused(GOOD + "narrative:\n  background:\n    - text:\n        - 支出 {spend} 元\n").faults
    assert fault.line == 15
    assert "did you mean 'spent'?" in fault.text.en


def test_a_file_beside_is_joined_and_its_faults_carry_its_own_name_and_line() -> None:
    head, figures = GOOD.split("figures:")
    texts = {"p.yaml": head + "beside: [f.yaml]\n", "f.yaml": "figures:" + figures}
    assert beside(texts["p.yaml"], "p.yaml") == ["f.yaml"]
    assert load(texts).programme.figures["spent"].value == 50
    texts["f.yaml"] = texts["f.yaml"].replace("99.60", "101")
    with pytest.raises(ProgrammeRefused) as caught:
        load(texts)
    assert [(fault.file, fault.line) for fault in caught.value.faults] == [("f.yaml", 2)]


@pytest.mark.parametrize("name", ["../secret.yaml", "/etc/passwd", "a/b.yaml", ".hidden", "7"])
def test_a_file_beside_lies_in_the_same_folder(name: str) -> None:
    with pytest.raises(ProgrammeRefused):
        beside(f"beside: [{name}]", "p.yaml")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [1, 2", "not valid YAML"),
        ("a: 1\na: 2", "stands twice"),
        ("a: .nan", "is no number"),
        ("a: NaN", "is no number"),
        ("a: -.inf", "is no number"),
        ("a: !!python/object:os.system x", "tag"),
        ("? [1, 2]\n: 3", "a key must be plain text"),
        ("a: &x [*x]", "unknown or holds itself"),
        ("a: *nothing", "unknown"),
        ("a: 1\n---\nb: 2", "one document"),
        ("[" * 60 + "]" * 60, "nested more than"),
        ("a: \x07", "characters that YAML forbids"),
        ("x" * (MOST_BYTES + 1), "larger than"),
    ],
)
def test_what_is_no_safe_yaml_is_refused(text: str, said: str) -> None:
    with pytest.raises(SourceUnreadable, match=said):
        read(text, "p.yaml")


def test_an_alias_bomb_is_refused_before_it_unfolds() -> None:
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{at}: &a{at} [{', '.join([f'*a{at - 1}'] * 10)}]" for at in range(1, 12)]
    with pytest.raises(SourceUnreadable, match="aliases of aliases"):
        read("\n".join(rows), "bomb.yaml")


def test_plain_numbers_are_exact_and_quoted_ones_are_text() -> None:
    value = read('{a: 99.60, b: "99.60", c: 1/7, d: 1e3, e: 010, f: 2018-01-01, g: 是, h: no, i: 0.1}').value
    assert value == {
        "a": Fraction(498, 5), "b": "99.60", "c": Fraction(1, 7), "d": Fraction(1000), "e": Fraction(10),
        "f": "2018-01-01", "g": True, "h": False, "i": Fraction(1, 10),
    }  # fmt: skip


def test_a_file_that_is_no_programme_is_refused() -> None:
    assert "no programme file" in refused("- 1\n- 2\n").faults[0].text.en
    assert refused("").faults


def test_punctuation_of_full_width_is_pointed_out() -> None:
    with pytest.raises(SourceUnreadable, match="full-width '：' should be ': '") as caught:
        read("a: 1\nb：2\nc: d: e\n", "p.yaml")
    assert "全角“：”应为半角" in caught.value.text.zh


def test_a_tag_on_a_mapping_is_refused_too() -> None:
    with pytest.raises(SourceUnreadable, match="tag"):
        read("a: !!set {b: 1}", "p.yaml")
