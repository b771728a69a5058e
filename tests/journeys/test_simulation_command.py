"""`civicard simulate`: what it writes, says and refuses."""

import csv
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from civicard.cli.main import main
from civicard.ledger.lake import open_lake
from civicard.people.rules import read_id_number

SHANGHAI = Path(__file__).parents[2] / "scenarios" / "shanghai-2018.yaml"
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Return what runs the command with a data folder of its own: status, what it said, what it complained about."""
    monkeypatch.setenv("CIVICARD_DATA", str(tmp_path / "data"))
    for name in ("CIVICARD_LANG", "CIVICARD_KEYSTORE", "CIVICARD_MODE"):
        monkeypatch.delenv(name, raising=False)

    def simulate(*arguments: object) -> tuple[int, str, str]:
        status = main(["simulate", *(str(one) for one in arguments)])
        said = capsys.readouterr()
        return status, said.out, said.err

    return simulate


def test_a_city_is_simulated_and_summed_up_in_both_languages(run: Run, tmp_path: Path) -> None:
    status, chinese, _ = run(SHANGHAI, "--scale", "1:1000")
    lake = open_lake(tmp_path / "data" / "simulated" / "shanghai-2018-1-1000")
    assert status == 0
    assert len(lake.seals) == 12
    for word in (
        "【模拟数据】上海 2018 年",
        "1:1000",
        "种子 2018",
        "合格卡 2,413 张",
        "封签 12 个",
        lake.root,
    ):
        assert word in chinese
    assert f"事实 {lake.seals[-1].facts:,} 条" in chinese
    status, english, _ = run(SHANGHAI, "--scale", "1:1000", "--lake", tmp_path / "other", "--lang", "en")
    assert status == 0
    for word in ("[SIMULATED DATA] Shanghai 2018", "2,413 good cards", "12 seals", lake.root):
        assert word in english


def test_the_same_command_once_more_says_that_it_is_there_already(run: Run, tmp_path: Path) -> None:
    command = (SHANGHAI, "--scale", "1:1000", "--seed", "4", "--lake", tmp_path / "lake")
    assert run(*command)[0] == 0
    status, out, err = run(*command)
    assert (status, out) == (1, "")
    assert "[simulation_there]" in err
    assert "另换" in err or "换一个文件夹" in err


@pytest.mark.parametrize("other", [("--seed", "5"), ("--scale", "1:999")])
def test_another_simulation_is_not_mixed_into_a_lake(
    run: Run, tmp_path: Path, other: tuple[str, str]
) -> None:
    command = (SHANGHAI, "--scale", "1:1000", "--seed", "4", "--lake", tmp_path / "lake")
    assert run(*command)[0] == 0
    status, _, err = run(*command, *other)
    assert status == 1
    assert "[lake_differs]" in err
    assert other[0].removeprefix("--") in err


def test_the_people_are_written_and_marked_in_every_row(run: Run, tmp_path: Path) -> None:
    people = tmp_path / "people.csv"
    status, out, _ = run(SHANGHAI, "--scale", "1:1000", "--people", people)
    assert status == 0
    with people.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["origin"] for row in rows} == {"simulated"}
    assert f"{len(rows):,} 个虚构的人" in out
    assert {read_id_number(row["id_number"], date(2018, 12, 31)).born_on.isoformat() for row in rows} == {
        row["born_on"] for row in rows
    }


@pytest.mark.parametrize("scale", ["100", "1:0", "1:1001"])
def test_a_wrong_scale_is_refused_with_what_is_possible(run: Run, scale: str) -> None:
    status, _, err = run(SHANGHAI, "--scale", scale)
    assert status == 1
    assert "[scale_wrong]" in err
    assert "1:1000" in err


def test_a_wrong_seed_is_refused(run: Run) -> None:
    status, _, err = run(SHANGHAI, "--seed", "-1")
    assert (status, err.count("[seed_wrong]")) == (1, 2)


def test_a_scenario_that_is_missing_or_faulty_is_refused_and_nothing_is_written(
    run: Run, tmp_path: Path
) -> None:
    status, _, err = run(tmp_path / "none.yaml", "--lake", tmp_path / "lake")
    assert (status, err.count("[file_unreadable]")) == (1, 2)
    faulty = tmp_path / "faulty.yaml"
    faulty.write_text("civicard_scenario: 2\ncity: 上海\n", encoding="utf-8")
    status, _, err = run(faulty, "--lake", tmp_path / "lake")
    assert (status, err.count("[scenario_refused]")) == (1, 2)
    assert "faulty.yaml 第 1 行" in err
    assert not (tmp_path / "lake").exists()


def test_a_scenario_whose_rules_are_missing_is_refused(run: Run, tmp_path: Path) -> None:
    alone = tmp_path / "alone.yaml"
    alone.write_bytes(SHANGHAI.read_bytes())
    status, _, err = run(alone, "--lake", tmp_path / "lake")
    assert status == 1
    assert "[file_unreadable]" in err
    assert "shanghai.yaml" in err


def test_a_folder_that_cannot_be_written_is_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    status, _, err = run(SHANGHAI, "--scale", "1:1000", "--lake", tmp_path / "file" / "lake")
    assert status == 1
    assert "[lake_place_taken]" in err
    assert (tmp_path / "file").read_text(encoding="utf-8") == "in the way"


def test_a_simulation_is_not_mixed_with_what_else_lies_in_a_folder(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "thesis.txt").write_text("years of work", encoding="utf-8")
    status, _, err = run(SHANGHAI, "--scale", "1:1000", "--lake", folder)
    assert status == 1
    assert "[lake_place_taken]" in err
    assert "thesis.txt" in err
    assert [one.name for one in folder.iterdir()] == ["thesis.txt"]


def test_what_a_stopped_process_left_does_not_keep_a_simulation_out(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "begun"
    (folder / ".sealing").mkdir(parents=True)
    (folder / ".lock").touch()
    (folder / ".civicard-0123456789abcdef.part").touch()
    assert run(SHANGHAI, "--scale", "1:1000", "--lake", folder)[0] == 0


def test_a_folder_that_cannot_be_looked_into_is_a_refusal(run: Run, tmp_path: Path) -> None:
    # A name that no system looks up: root, who runs the gate, may look into everything else.
    status, _, err = run(SHANGHAI, "--scale", "1:1000", "--lake", tmp_path / ("x" * 300))
    assert status == 1
    assert "[lake_unreadable]" in err


def test_rules_that_are_missing_are_told_with_the_scenario_that_names_them(run: Run, tmp_path: Path) -> None:
    (tmp_path / "our-city.yaml").write_bytes(SHANGHAI.read_bytes())
    status, _, err = run(tmp_path / "our-city.yaml", "--scale", "1:1000")
    assert status == 1
    assert "[file_unreadable] The scenario our-city.yaml names " in err
