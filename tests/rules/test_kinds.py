"""Kinds of facts: what a column takes, what a fact may not hold, and what all declared kinds have in common."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from civicard.cards.facts import CardMade, HoldersCounted
from civicard.governance.facts import TargetSet
from civicard.kernel.text import Text
from civicard.ledger.kinds import (
    ENVELOPE,
    Arrival,
    Column,
    Fact,
    FactRefused,
    Kind,
    Store,
    UnknownKind,
    all_kinds,
    column,
    kind_named,
    kind_of,
)
from civicard.ledger.lake.arrow import TYPES, schema
from civicard.people.rules import AgeBand

KINDS = list(all_kinds().values())
TITLE = Text("列", "column")
NOON = datetime(2018, 7, 9, 12, tzinfo=UTC)


def made(**values: object) -> CardMade:
    """Return a card that was made; `values` replace what is usual."""
    usual: dict[str, object] = {
        "application": 1, "card": 2, "blank": 3, "attempt": 1, "district": "310115", "station": "s-7",
        "valid_until": date(2028, 7, 9),
    }  # fmt: skip
    return CardMade(**(usual | values))  # type: ignore[arg-type]  # wrong values are what is tested


GOOD: list[tuple[Store, object]] = [
    (Store.WHOLE, 0), (Store.WHOLE, -(2**63 - 1)), (Store.WHOLE, 2**63 - 1), (Store.TEXT, "310115"),
    (Store.TEXT, "a" * 64), (Store.TEXT, "s-7/b.2:x_1"), (Store.YES_NO, False), (Store.DAY, date(2018, 7, 9)),
    (Store.INSTANT, NOON), (Store.INSTANT, NOON.astimezone(timezone(timedelta(hours=8)))),
]  # fmt: skip
BAD: list[tuple[Store, object]] = [
    (Store.WHOLE, 1.0), (Store.WHOLE, True), (Store.WHOLE, "1"), (Store.WHOLE, 2**63), (Store.TEXT, ""),
    (Store.TEXT, "张三"), (Store.TEXT, "a b"), (Store.TEXT, "a" * 65), (Store.TEXT, "-a"), (Store.TEXT, 5),
    (Store.TEXT, "a\n"), (Store.YES_NO, 1), (Store.YES_NO, "yes"), (Store.DAY, NOON), (Store.DAY, "2018-07-09"),
    (Store.INSTANT, datetime(2018, 7, 9, 12)), (Store.INSTANT, date(2018, 7, 9)),  # noqa: DTZ001 - the fault
]  # fmt: skip


@pytest.mark.parametrize(("store", "value"), GOOD)
def test_a_column_takes_what_it_is_for(store: Store, value: object) -> None:
    assert Column("x", store, TITLE).fault(value) is None


@pytest.mark.parametrize(("store", "value"), BAD)
def test_a_column_refuses_everything_else(store: Store, value: object) -> None:
    assert Column("x", store, TITLE).fault(value) is not None


@pytest.mark.parametrize("store", list(Store))
def test_a_missing_value_is_refused_unless_the_column_may_be_empty(store: Store) -> None:
    assert Column("x", store, TITLE).fault(None) is not None
    assert Column("x", store, TITLE, optional=True).fault(None) is None


@pytest.mark.parametrize(
    "text",
    [
        "310101199003070035",
        "31010119900307003X",
        "8888812345678901",
        "13812345678",
        "tel:13812345678",
        "8613812345678",
        "tel:008613812345678",
        "110108900101123",
    ],
)
@pytest.mark.parametrize("words", [False, True])
def test_what_looks_like_a_number_of_a_person_is_refused_everywhere(text: str, words: bool) -> None:  # noqa: FBT001 - a case
    fault = Column("x", Store.TEXT, TITLE, words=words).fault(text)

    assert fault is not None
    assert "looks like an ID" in fault.en


@pytest.mark.parametrize(
    "text",
    [
        "电话 138-1234-5678",
        "电话：138 1234 5678",
        "+86 138-1234-5678",
        "１３８１２３４５６７８",  # noqa: RUF001 - full-width digits are the case
        "310101 19900307 0035",
        "310101-19900307003X",
        "卡号 6222 0212 3456 7890 123",
    ],
)
def test_a_number_of_a_person_is_found_in_words_however_it_is_written(text: str) -> None:
    fault = Column("x", Store.TEXT, TITLE, words=True).fault(text)

    assert fault is not None
    assert "looks like an ID" in fault.en


@pytest.mark.parametrize(
    "text",
    [
        "2018-07-01 至 2018-12-31",
        "沪人社卡〔2018〕1234 号",
        "由 5000000 张调整为 3000000 张",
        "2018-09-12 15:30:00",
    ],
)
def test_dates_documents_and_amounts_in_words_are_nobodys_number(text: str) -> None:
    assert Column("x", Store.TEXT, TITLE, words=True).fault(text) is None


def test_a_code_may_be_numbered_in_groups() -> None:
    assert Column("x", Store.TEXT, TITLE).fault("310101-20180701-0001") is None


def test_words_are_free_but_bounded() -> None:
    words = Column("x", Store.TEXT, TITLE, words=True)

    assert words.fault("新版卡换发推迟到7月") is None
    assert words.fault("字" * 500) is None
    for value in ("", "  ", "字" * 501, "two\nlines", "\x00"):
        assert words.fault(value) is not None


def test_a_closed_set_takes_its_values_only() -> None:
    band = next(one for one in kind_of(HoldersCounted).columns if one.name == "age_band")

    assert band.values == tuple(str(one) for one in AgeBand)
    assert band.fault(AgeBand(band.values[0])) is None
    assert band.fault("110 and over") is not None


def test_the_body_of_a_fact_is_its_values_with_dates_as_text_and_nothing_for_none() -> None:
    kind = kind_of(CardMade)

    assert kind.body(made()) == {
        "application": 1, "card": 2, "blank": 3, "attempt": 1, "district": "310115", "station": "s-7",
        "valid_until": "2028-07-09",
    }  # fmt: skip
    assert "valid_until" not in kind.body(made(valid_until=None))


def test_a_refused_fact_names_every_fault_in_both_languages() -> None:
    with pytest.raises(FactRefused) as caught:
        kind_of(CardMade).body(made(card="2", district="浦东", attempt=None))

    assert caught.value.code == "fact_refused"
    for part in ("card must be a whole number, not str", "district must be a code", "attempt is missing"):
        assert part in caught.value.text.en
    for part in ("制成卡片", "card 应为整数", "attempt 缺少"):
        assert part in caught.value.text.zh


def test_a_field_that_a_kind_does_not_have_is_a_fault() -> None:
    faults = kind_of(CardMade).faults({**kind_of(CardMade).body(made(valid_until=None)), "name": "张三"})

    assert [name for name, _ in faults] == ["name"]


def test_a_kind_is_named_after_its_class_and_found_by_name() -> None:
    kind = kind_named("target_set")

    assert (kind.cls, kind.app, kind.name) == (TargetSet, "governance", "target_set")
    assert kind.title == Text(
        "设定目标值", "A target of the year was set, or changed; version 1 is the one first approved"
    )


def test_an_unknown_kind_is_refused_with_those_there_are() -> None:
    with pytest.raises(UnknownKind, match=r"There is no kind of fact card_lent; there are: .*card_made"):
        kind_named("card_lent")


def test_a_field_cannot_take_a_name_of_the_envelope() -> None:
    @dataclass(frozen=True, kw_only=True, slots=True)
    class Odd(Fact):
        """It happened."""

        title = "怪事"
        day: date = column("日期", "day")  # noqa: RUF009 - it declares a field, as dataclasses.field does

    with pytest.raises(TypeError, match="day is taken by the envelope"):
        kind_of(Odd)


@pytest.mark.parametrize("kind", KINDS, ids=lambda one: one.name)
def test_every_kind_is_a_frozen_dataclass_with_titles_in_both_languages(kind: Kind) -> None:
    assert vars(kind.cls)["__dataclass_params__"].frozen
    for text in (kind.title, *(one.title for one in kind.columns)):
        assert text.zh
        assert text.en
        assert not text.zh.isascii()


@pytest.mark.parametrize("kind", KINDS, ids=lambda one: one.name)
def test_the_columns_of_every_kind_are_the_envelope_and_its_own_in_the_lake_too(kind: Kind) -> None:
    names = [one.name for one in (*ENVELOPE, *kind.columns)]

    assert len(set(names)) == len(names)
    assert schema(kind).names == names
    assert [field.nullable for field in schema(kind)] == [one.optional for one in kind.all_columns]
    assert [field.type for field in schema(kind)] == [TYPES[one.store] for one in kind.all_columns]


@pytest.mark.parametrize("kind", KINDS, ids=lambda one: one.name)
def test_every_summary_is_over_columns_of_its_kind(kind: Kind) -> None:
    rollup = kind.cls.rollup
    if rollup is None:
        assert kind.cls.arrival is Arrival.ROW, "what comes by the hundred million needs a summary"
        return
    own = {one.name: one for one in kind.columns}
    assert set(rollup.keys) | set(rollup.sums) <= own.keys()
    assert all(own[name].store is Store.WHOLE for name in rollup.sums)


@pytest.mark.parametrize("kind", KINDS, ids=lambda one: one.name)
def test_no_kind_ends_like_a_summary_or_holds_a_person(kind: Kind) -> None:
    assert not kind.name.endswith("_monthly")
    assert {one.name for one in kind.columns}.isdisjoint({"id_number", "phone", "bank_account", "address"})
