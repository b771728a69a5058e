"""What is refused when figures are measured in a lake, each with what is possible."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.journeys.test_evaluate_lake.conftest import City, Run


def test_a_tampered_lake_is_refused_and_the_fault_named(civicard: "Run", city: "City") -> None:
    (file,) = city.lake.glob("seal=*/kind=card_received/month=2018-12/facts.parquet")
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    told = city.refused(civicard(*city.command()), "lake_not_sound")
    assert "kind=card_received/month=2018-12" in told


def test_a_lake_signed_by_a_stranger_is_refused(civicard: "Run", city: "City", stranger: Path) -> None:
    told = city.refused(
        civicard("evaluate", city.programme, "--lake", city.lake, "--keys", stranger), "lake_not_sound"
    )
    assert "seal=000001" in told


def test_the_keys_of_the_installation_count_when_none_are_named(
    civicard: "Run", city: "City", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("CIVICARD_KEYSTORE", "CIVICARD_MASTER_KEY", "CIVICARD_MASTER_KEY_FILE", "CIVICARD_MODE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CIVICARD_DATA", str(tmp_path / "var"))
    city.refused(civicard("evaluate", city.programme, "--lake", city.lake), "lake_not_sound")


def test_a_folder_that_is_no_lake_is_refused(civicard: "Run", city: "City", tmp_path: Path) -> None:
    told = city.refused(
        civicard("evaluate", city.programme, "--lake", tmp_path / "none", "--keys", city.keys),
        "lake_unreadable",
    )
    assert "is no lake" in told


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("measure: in_time}", "measure: in_tim}", "there is no measure in_tim"),
        (
            "unit: 张, value: 250",
            "unit: 元, value: 250",
            "its unit is 元, that of the measure cards_made is 张",
        ),
    ],
    ids=["an unknown measure", "another unit"],
)
def test_a_measure_that_does_not_fit_its_figure_is_refused(
    civicard: "Run", city: "City", before: str, after: str, said: str
) -> None:
    city.changed(before, after)
    if "元" in after:
        city.changed("formula: made / planned\n", "formula: planned / planned_first\n")
        city.changed("set: {formula: made / planned_first}", "set: {formula: planned / planned_first}")
    assert said in city.refused(civicard(*city.command()), "measure_unfit")


def test_a_programme_that_binds_nothing_has_no_use_for_a_lake(civicard: "Run", city: "City") -> None:
    text = city.programme.read_text("utf-8")
    for name in ("cards_planned_initial", "cards_planned", "cards_made", "in_time"):
        text = text.replace(f", measure: {name}}}", "}")
    city.programme.write_text(text, encoding="utf-8")
    city.refused(civicard(*city.command()), "measure_none_named")


@pytest.mark.parametrize(
    ("options", "year", "said"),
    [
        ((), "", "names no year"),
        (("--since", "2018-01-01"), "", "names no year"),
        (("--since", "2018-12-31", "--until", "2018-01-01"), ", year: 2018", "after its end"),
    ],
)
def test_a_period_must_be_known_and_run_forwards(
    civicard: "Run", city: "City", options: tuple[str, ...], year: str, said: str
) -> None:
    city.changed(", year: 2018", year)
    assert said in city.refused(civicard(*city.command(*options)), "period_unknown")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--keys", "public.json"), "--keys goes with --lake"),
        (("--since", "2018-01-01", "--evidence", "csv"), "--since, --evidence goes with --lake"),
        (("--lake", "lake", "--evidence", "csv"), "--evidence needs a folder"),
        (("--lake", "lake", "--out", "out", "--evidence", "odt"), "possible: parquet, csv, xlsx"),
        (("--lake", "lake", "--units", "units.csv"), "one city"),
    ],
)
def test_options_that_do_not_go_together_are_refused(
    civicard: "Run", city: "City", options: tuple[str, ...], said: str
) -> None:
    assert said in city.refused(civicard("evaluate", city.programme, *options), "wrong_use")


def test_a_day_that_is_none_is_refused_in_both_languages(
    civicard: "Run", city: "City", capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        civicard(*city.command("--since", "2018-02-30"))
    told = capsys.readouterr().err
    assert stopped.value.code == 2
    assert "不是日期" in told
    assert "is no date" in told


def test_a_refusal_leaves_no_file_behind(civicard: "Run", city: "City", tmp_path: Path) -> None:
    out = tmp_path / "out"
    ran = civicard(*city.command("--out", out, "--format", "docx", "--document", "memo"))
    city.refused(ran, "document_unknown")
    assert not out.exists()
