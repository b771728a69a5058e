"""Settings are read into types, and a refusal says what is possible without giving a secret away."""

from collections.abc import Callable

import pytest

from civicard.kernel import environment
from civicard.kernel.environment import SettingWrong

READERS: list[Callable[[dict[str, str]], object]] = [
    lambda held: environment.text(held, "NAME"),
    lambda held: environment.whole_number(held, "NAME", most=9),
    lambda held: environment.yes_or_no(held, "NAME"),
    lambda held: environment.one_of(held, "NAME", ("red", "green")),
    lambda held: environment.path_text(held, "NAME"),
    lambda held: environment.comma_list(held, "NAME"),
]


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("held", [{}, {"NAME": ""}, {"NAME": "  \t"}, {"OTHER": "1"}])
def test_a_setting_without_default_must_be_set(
    read: Callable[[dict[str, str]], object], held: dict[str, str]
) -> None:
    with pytest.raises(SettingWrong, match="The setting NAME is not set; it must be") as refused:
        read(held)
    assert refused.value.code == "setting_wrong"
    assert refused.value.text.zh.startswith("设置 NAME 未设置；应为")


def test_a_default_stands_in_for_what_is_not_set() -> None:
    nothing = {"NAME": " "}
    assert environment.text(nothing, "NAME", default="") == ""
    assert environment.whole_number(nothing, "NAME", default=0, most=9) == 0
    assert environment.yes_or_no(nothing, "NAME", default=False) is False
    assert environment.one_of(nothing, "NAME", ("red", "green"), default="red") == "red"
    assert environment.path_text(nothing, "NAME", default="data") == "data"
    assert environment.comma_list(nothing, "NAME", default=()) == ()
    assert not environment.is_set(nothing, "NAME")


def test_blanks_around_a_value_are_not_part_of_it() -> None:
    held = {"NAME": " 7 \n"}
    assert environment.text(held, "NAME") == environment.path_text(held, "NAME") == "7"
    assert environment.whole_number(held, "NAME", most=9) == 7
    assert environment.is_set(held, "NAME")


@pytest.mark.parametrize(("held", "number"), [("0", 0), ("+5", 5), ("-3", -3), ("007", 7)])
def test_whole_numbers_are_read(held: str, number: int) -> None:
    assert environment.whole_number({"NAME": held}, "NAME", least=-3, most=7) == number


@pytest.mark.parametrize(
    "held", ["8", "-4", "1.0", "1e3", "1_0", "٣", "\uff10", "0x1", "seven", "9" * 5000, "--1"]
)
def test_anything_else_is_no_whole_number_of_the_range(held: str) -> None:
    with pytest.raises(SettingWrong, match="it must be a whole number from -3 to 7"):
        environment.whole_number({"NAME": held}, "NAME", least=-3, most=7)


@pytest.mark.parametrize(
    ("held", "answer"),
    [("1", True), ("yes", True), ("TRUE", True), ("On", True), ("0", False), ("no", False), ("False", False), ("off", False)],
)  # fmt: skip
def test_yes_and_no_are_read_in_the_usual_words(held: str, answer: bool) -> None:  # noqa: FBT001 - the expected answer
    assert environment.yes_or_no({"NAME": held}, "NAME") is answer


@pytest.mark.parametrize("held", ["2", "y", "ja", "是", "yes please"])
def test_other_words_are_neither_yes_nor_no(held: str) -> None:
    with pytest.raises(SettingWrong, match="it must be yes or no"):
        environment.yes_or_no({"NAME": held}, "NAME")


def test_one_of_several_is_taken_as_written() -> None:
    assert environment.one_of({"NAME": "green"}, "NAME", ("red", "green")) == "green"
    with pytest.raises(SettingWrong, match="it must be one of red, green"):
        environment.one_of({"NAME": "Green"}, "NAME", ("red", "green"))


def test_a_list_keeps_its_order_and_no_blanks() -> None:
    assert environment.comma_list({"NAME": "b , a,b"}, "NAME") == ("b", "a", "b")


@pytest.mark.parametrize("held", [",", "a,,b", "a,", "a\nb", "a,\x7f"])
def test_a_list_with_nothing_between_two_commas_is_refused(held: str) -> None:
    with pytest.raises(SettingWrong, match="items with commas between them"):
        environment.comma_list({"NAME": held}, "NAME")


def test_paths_may_hold_whatever_people_write() -> None:
    for path in ("数据　2018/湖", "C:\\Program Files\\x", "../a b"):
        assert environment.path_text({"NAME": path}, "NAME") == path


@pytest.mark.parametrize("held", ["a\0b", "a\nb", "a\x1b[31mb"])
def test_control_characters_are_refused_and_never_printed(held: str) -> None:
    for read in (environment.text, environment.path_text):
        with pytest.raises(SettingWrong) as refused:
            read({"NAME": held}, "NAME")
        assert refused.value.text.zh.isprintable()
        assert refused.value.text.en.isprintable()


def test_a_refusal_shows_what_was_held_but_not_at_length() -> None:
    with pytest.raises(SettingWrong) as refused:
        environment.yes_or_no({"NAME": "maybe" + "x" * 10_000}, "NAME")
    assert "maybe" in refused.value.text.zh
    assert len(refused.value.text.en) < 300


def test_a_secret_is_never_shown() -> None:
    with pytest.raises(SettingWrong) as refused:
        environment.text({"NAME": "open\nsesame"}, "NAME", is_secret=True)
    shown = repr(refused.value) + str(refused.value.text) + repr(vars(refused.value))
    assert "open" not in shown
    assert "sesame" not in shown
    assert "NAME" in shown
