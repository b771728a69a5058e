"""The rules of a programme as data: which are in force, what they cost, and how a wrong file is refused."""

from collections.abc import Callable
from copy import deepcopy
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from civicard.cards.codes import Reason, ReplaceCause
from civicard.cards.rules import (
    AgeRow,
    FeeCauseMissing,
    ProgrammeRules,
    RulesNotInForce,
    RulesRefused,
    due_on,
    fee_fen,
    load_rules,
    read_rules,
    validity,
)
from civicard.scoring.source import SourceUnreadable

FOLDER = Path(__file__).parents[2] / "programme-rules"
CITIES = sorted(FOLDER.glob("*.yaml"))
WORDS = {"zh": "示例", "en": "example"}
GOOD: dict[str, Any] = {
    "title": WORDS,
    "validity": [
        {
            "from_on": date(2018, 1, 1),
            "source": WORDS,
            "confirmed": True,
            "ages": [
                {"from_age": 0, "below_age": 7, "until_age": 7},
                {"from_age": 7, "below_age": 46, "years": 10},
                {"from_age": 46, "without_end": True},
            ],
        }
    ],
    "fees": [
        {
            "from_on": date(2018, 1, 1),
            "source": WORDS,
            "confirmed": True,
            "fen": {
                "first": 0,
                "changeover": 0,
                "reissue": 2500,
                "replacement": {
                    "quality": 0,
                    "damage": 2000,
                    "details_changed": None,
                    "bank_changed": 100,
                    "expired": 2000,
                },
            },
        }
    ],
    **{
        item: [{"from_on": date(2018, 1, 1), "source": WORDS, "confirmed": False, "value": value}]
        for item, value in (
            ("temporary_loss_hours", 24),
            ("formal_loss_days", 30),
            ("promised_days", 30),
            ("uncollected_days", 180),
            ("least_age_to_act", 18),
        )
    },
}


def changed(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    values = deepcopy(GOOD)
    change(values)
    return values


def entry(on: date, value: int) -> dict[str, Any]:
    return {"from_on": on, "source": WORDS, "confirmed": True, "value": value}


def faults(values: object) -> list[tuple[str, str]]:
    with pytest.raises(RulesRefused) as caught:
        read_rules(values)
    return [(one.path, one.text.en) for one in caught.value.faults]


def ages(*rows: dict[str, Any]) -> dict[str, Any]:
    return changed(lambda one: one["validity"][0].update(ages=list(rows)))


@pytest.mark.parametrize("path", CITIES, ids=lambda path: path.name)
def test_a_city_reads_the_same_from_either_reader_of_yaml(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert load_rules(text, path.name) == read_rules(yaml.safe_load(text), path.name)


def test_the_rules_of_shanghai_are_those_of_the_survey() -> None:
    rules = load_rules((FOLDER / "shanghai.yaml").read_text(encoding="utf-8")).at(date(2018, 7, 1))
    assert rules.validity == (
        AgeRow(from_age=0, below_age=7, until_age=7),
        AgeRow(from_age=7, below_age=26, years=10),
        AgeRow(from_age=26, below_age=46, years=20),
        AgeRow(from_age=46, below_age=None),
    )
    assert rules.temporary_loss_hours == 24
    assert rules.formal_loss_days == 30
    assert rules.promised_days == 30
    assert rules.least_age_to_act == 18


def test_only_what_a_source_was_seen_for_is_confirmed() -> None:
    confirmed = {
        (path.stem, item)
        for path in CITIES
        for item, entries in yaml.safe_load(path.read_text(encoding="utf-8")).items()
        if item != "title"
        for one in entries
        if one["confirmed"]
    }
    assert confirmed == {("shanghai", "promised_days")}


@pytest.mark.parametrize(
    ("reason", "cause", "fen"),
    [
        (Reason.FIRST, None, 0),
        (Reason.REPLACEMENT, ReplaceCause.DAMAGE, 2000),
        (Reason.REPLACEMENT, ReplaceCause.EXPIRED, 2000),
        (Reason.REPLACEMENT, ReplaceCause.QUALITY, 0),
        (Reason.REPLACEMENT, ReplaceCause.BANK_CHANGED, None),
        (Reason.REISSUE, None, None),
    ],
)
def test_a_fee_of_shanghai_is_known_free_or_unknown(
    reason: Reason, cause: ReplaceCause | None, fen: int | None
) -> None:
    rules = load_rules((FOLDER / "shanghai.yaml").read_text(encoding="utf-8"))
    found = fee_fen(rules, reason, cause, date(2018, 7, 1))
    assert found == fen
    assert (found is None) is (fen is None)


@pytest.mark.parametrize(
    ("reason", "cause"),
    [(Reason.REPLACEMENT, None), (Reason.FIRST, ReplaceCause.DAMAGE), (Reason.REISSUE, ReplaceCause.QUALITY)],
)
def test_a_fee_needs_the_cause_of_a_replacement_and_of_nothing_else(
    reason: Reason, cause: ReplaceCause | None
) -> None:
    with pytest.raises(FeeCauseMissing) as caught:
        fee_fen(read_rules(GOOD), reason, cause, date(2018, 7, 1))
    assert caught.value.code == "fee_cause_missing"


def later() -> ProgrammeRules:
    return read_rules(
        changed(
            lambda one: one["promised_days"].extend(
                [entry(date(2020, 7, 1), 15), entry(date(2019, 7, 1), 20)]
            )
        )
    )


@pytest.mark.parametrize(
    ("day", "days"),
    [
        (date(2018, 1, 1), 30), (date(2019, 6, 30), 30), (date(2019, 7, 1), 20), (date(2020, 6, 30), 20),
        (date(2020, 7, 1), 15), (date(2030, 1, 1), 15),
    ],
)  # fmt: skip
def test_the_last_entry_that_has_begun_is_in_force_whatever_their_order(day: date, days: int) -> None:
    assert later().at(day).promised_days == days
    assert (due_on(later(), day) - day).days == days


def test_before_the_first_entry_there_are_no_rules() -> None:
    with pytest.raises(RulesNotInForce):
        later().at(date(2017, 12, 31))


def test_validity_goes_by_the_rules_of_the_day_of_application() -> None:
    values = changed(
        lambda one: one["validity"].append(
            {
                "from_on": "2019-03-01", "source": WORDS, "confirmed": True,
                "ages": [{"from_age": 0, "years": 5}],
            }
        )
    )  # fmt: skip
    rules = read_rules(values)
    assert validity(rules, date(1960, 1, 1), date(2019, 2, 28)) is None
    assert validity(rules, date(1960, 1, 1), date(2019, 3, 1)) == date(2024, 3, 1)


def test_all_faults_are_named_at_once() -> None:
    def spoil(values: dict[str, Any]) -> None:
        values["promissed_days"] = values.pop("promised_days")
        values["fees"][0]["fen"]["first"] = "free"
        values["validity"][0]["ages"][1]["years"] = 10.5
        values["least_age_to_act"][0]["confirmed"] = "perhaps"

    found = dict(faults(changed(spoil)))
    assert set(found) == {
        "promissed_days", "promised_days", "fees[1].fen.first", "validity[1].ages[2].years",
        "least_age_to_act[1].confirmed",
    }  # fmt: skip
    assert "did you mean 'promised_days'" in found["promissed_days"]
    assert found["promised_days"] == "this is missing"


@pytest.mark.parametrize(
    ("values", "path", "said"),
    [
        ([], "file", "a mapping is needed"),
        (changed(lambda one: one.pop("fees")), "fees", "missing"),
        (changed(lambda one: one.update(promised_days=[])), "promised_days", "a list with at least one line"),
        (changed(lambda one: one.update(promised_days=30)), "promised_days", "a list with at least one line"),
        (changed(lambda one: one.update(title="上海")), "title", "a mapping is needed"),
        (changed(lambda one: one.update(title={"zh": "上海", "en": " "})), "title.en", "text is needed"),
        (
            changed(lambda one: one["promised_days"].append(entry(date(2018, 1, 1), 20))),
            "promised_days[2].from_on",
            "another entry begins on 2018-01-01",
        ),
        (
            changed(lambda one: one["promised_days"][0].update(from_on="2018-02-30")),
            "promised_days[1].from_on",
            "a date is needed",
        ),
        (
            changed(lambda one: one["promised_days"][0].update(from_on=20180101)),
            "promised_days[1].from_on",
            "a date is needed",
        ),
        (
            changed(lambda one: one["promised_days"][0].update(value=0)),
            "promised_days[1].value",
            "outside 1 to 365",
        ),
        (
            changed(lambda one: one["promised_days"][0].update(value=True)),
            "promised_days[1].value",
            "a whole number is needed",
        ),
        (
            changed(lambda one: one["promised_days"][0].update(value=None)),
            "promised_days[1].value",
            "a whole number is needed",
        ),
        (
            changed(lambda one: one["promised_days"][0].pop("source")),
            "promised_days[1].source",
            "this is missing",
        ),
        (changed(lambda one: one["fees"][0]["fen"].pop("reissue")), "fees[1].fen.reissue", "missing"),
        (changed(lambda one: one["fees"][0]["fen"].pop("replacement")), "fees[1].fen.replacement", "missing"),
        (
            changed(lambda one: one["fees"][0]["fen"]["replacement"].update(lost=1)),
            "fees[1].fen.replacement.lost",
            "there is no key 'lost'",
        ),
        (changed(lambda one: one["fees"][0]["fen"].update(first=-1)), "fees[1].fen.first", "-1 lies outside"),
        (
            ages({"from_age": 1, "years": 10}),
            "validity[1].ages[1].from_age",
            "a gap: ages 0 to 0",
        ),
        (
            ages({"from_age": 0, "below_age": 7, "years": 5}, {"from_age": 9, "years": 10}),
            "validity[1].ages[2].from_age",
            "a gap: ages 7 to 8",
        ),
        (
            ages({"from_age": 0, "below_age": 7, "years": 5}, {"from_age": 5, "years": 10}),
            "validity[1].ages[2].from_age",
            "an overlap: ages 5 to 6",
        ),
        (
            ages({"from_age": 0, "below_age": 7, "years": 5}),
            "validity[1].ages[1].below_age",
            "a gap: ages from 7",
        ),
        (
            ages({"from_age": 0, "years": 5}, {"from_age": 7, "years": 10}),
            "validity[1].ages[2].from_age",
            "the row before has no end",
        ),
        (
            ages({"from_age": 0, "years": 5, "without_end": True}),
            "validity[1].ages[1]",
            "exactly one of years, until_age, without_end",
        ),
        (ages({"from_age": 0}), "validity[1].ages[1]", "exactly one of years, until_age, without_end"),
        (ages({"from_age": 0, "without_end": False}), "validity[1].ages[1].without_end", "can only be yes"),
        (
            ages({"from_age": 0, "below_age": 7, "until_age": 6}, {"from_age": 7, "years": 1}),
            "validity[1].ages[1].until_age",
            "must not be less than below_age",
        ),
        (
            ages({"from_age": 7, "below_age": 7, "years": 1}),
            "validity[1].ages[1].below_age",
            "must be more than 7",
        ),
        (ages(), "validity[1].ages", "a list with at least one line"),
    ],
)
def test_a_fault_is_named_with_its_place(values: object, path: str, said: str) -> None:
    found = faults(values)
    assert [one for one in found if one[0] == path and said in one[1]], found


def test_a_fault_in_a_file_is_named_with_its_line() -> None:
    text = (FOLDER / "shanghai.yaml").read_text(encoding="utf-8").replace("value: 24", "value: a day")
    line = text.splitlines().index("    value: a day") + 1
    with pytest.raises(RulesRefused) as caught:
        load_rules(text, "shanghai.yaml")
    (fault,) = caught.value.faults
    assert (fault.line, fault.path) == (line, "temporary_loss_hours[1].value")
    assert f"第 {line} 行" in caught.value.text.zh
    assert f"line {line}" in caught.value.text.en


def test_what_is_no_yaml_is_refused_as_such() -> None:
    with pytest.raises(SourceUnreadable):
        load_rules("title: {zh: 一, zh: 二}")


def test_the_rules_that_were_read_cannot_be_changed_by_accident() -> None:
    fees = read_rules(GOOD).at(date(2018, 7, 1)).fees
    with pytest.raises(TypeError):
        fees.by_reason[Reason.FIRST] = 1  # type: ignore[index]  # that it cannot be set is what is tested
