"""`civicard demo`: from nothing to the documents of an evaluation, and again."""

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from civicard.cli.main import main
from civicard.kernel.text import Text
from civicard.ledger.lake import About, open_lake
from civicard.ledger.lake.sealing import sealing

SMALL = ("--scale", "1:1000", "--format", "json")


class Ran(NamedTuple):
    """What a command gave."""

    status: int
    out: str
    err: str


Demo = Callable[..., Ran]


@pytest.fixture
def demo(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Demo:
    """Run the demonstration in an empty folder."""
    for name in ("CIVICARD_KEYSTORE", "CIVICARD_MASTER_KEY", "CIVICARD_MASTER_KEY_FILE", "CIVICARD_MODE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("CIVICARD_LANG", raising=False)
    monkeypatch.setenv("CIVICARD_DATA", str(tmp_path / "var"))
    monkeypatch.chdir(tmp_path)

    def run(*options: str | Path) -> Ran:
        capsys.readouterr()
        status = main(["demo", *map(str, options)])
        captured = capsys.readouterr()
        return Ran(status, captured.out, captured.err)

    return run


def test_a_city_of_ones_own_scores_as_published_from_its_facts(demo: Demo, tmp_path: Path) -> None:
    ran = demo("--scale", "1:1000", "--out", tmp_path / "out", "--no-serve")
    assert ran.status == 0, ran.err
    lines = ran.out.splitlines()
    assert "总分 82　等级 良" in lines
    assert "【模拟数据】" in lines
    assert "依据的事实" in lines
    out = tmp_path / "out"
    value = json.loads((out / "scores.json").read_text("utf-8"))
    assert {one["code"] for one in value["scores"] if one["basis"] == "measured"} == {"C11", "C12"}
    names = {"report", "self-evaluation-table", "self-evaluation-report", "score-table"}
    assert {one.name for one in out.iterdir()} == {
        "lake", "evidence", "receipt.json", "scores.json", "scores.txt",
        *(f"{name}.{form}" for name in names for form in ("docx", "pdf", "html", "xlsx")),
    }  # fmt: skip
    assert main(["receipt", "verify", str(out / "receipt.json"), "--lake", str(out / "lake")]) == 0


def test_run_again_it_uses_the_lake_that_is_there(demo: Demo, tmp_path: Path) -> None:
    demo(*SMALL)
    folder = tmp_path / "out" / "demo"
    before = {path: path.stat().st_mtime_ns for path in (folder / "lake").rglob("*.parquet")}
    receipt = (folder / "receipt.json").read_bytes()
    ran = demo(*SMALL)
    assert ran.status == 0, ran.err
    assert {path: path.stat().st_mtime_ns for path in (folder / "lake").rglob("*.parquet")} == before
    assert (folder / "receipt.json").read_bytes() == receipt


@pytest.mark.parametrize(
    "options", [(*SMALL, "--scale", "1:900"), (*SMALL, "--seed", "7")], ids=["scale", "seed"]
)
def test_another_city_takes_the_place_of_the_one_before(
    demo: Demo, tmp_path: Path, options: tuple[str, ...]
) -> None:
    demo(*SMALL)
    root = open_lake(tmp_path / "out" / "demo" / "lake").root
    ran = demo(*options)
    assert ran.status == 0, ran.err
    assert open_lake(tmp_path / "out" / "demo" / "lake").root != root
    assert "总分 82　等级 良" in ran.out.splitlines()


def test_a_city_that_was_left_unfinished_is_finished(demo: Demo, tmp_path: Path) -> None:
    demo(*SMALL)
    lake = tmp_path / "out" / "demo" / "lake"
    root = open_lake(lake).root
    for number in range(5, 13):
        shutil.rmtree(lake / f"seal={number:06d}")
    ran = demo(*SMALL)
    assert ran.status == 0, ran.err
    # Keys and scenario being the same, the year comes out as it did.
    assert open_lake(lake).root == root


def test_a_lake_that_somebody_changed_is_not_evaluated(demo: Demo, tmp_path: Path) -> None:
    demo(*SMALL)
    file = min((tmp_path / "out" / "demo" / "lake").rglob("*.parquet"))
    file.write_bytes(file.read_bytes()[:-1])
    ran = demo(*SMALL)
    assert ran.status == 1
    assert ran.err.startswith("[lake_not_sound]")


def test_nothing_of_somebody_elses_is_taken_away(demo: Demo, tmp_path: Path) -> None:
    folder = tmp_path / "mine" / "lake"
    folder.mkdir(parents=True)
    (folder / "thesis.txt").write_text("years of work", encoding="utf-8")
    ran = demo(*SMALL, "--out", tmp_path / "mine")
    assert ran.status == 1
    assert ran.err.startswith("[demo_place_taken]")
    assert (folder / "thesis.txt").read_text("utf-8") == "years of work"


def test_a_file_where_the_lake_should_be_is_left_alone(demo: Demo, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "lake").write_text("years of work", encoding="utf-8")
    ran = demo(*SMALL, "--out", tmp_path / "mine")
    assert ran.status == 1
    assert ran.err.startswith("[demo_place_taken]")
    assert (tmp_path / "mine" / "lake").read_text("utf-8") == "years of work"


def test_a_format_that_there_is_not_is_refused_before_anything_is_made(demo: Demo, tmp_path: Path) -> None:
    ran = demo("--scale", "1:1000", "--format", "json,foo")
    assert ran.status == 1
    assert ran.err.startswith("[wrong_use]")
    assert list(tmp_path.iterdir()) == []


def test_an_operated_lake_is_never_taken_for_a_simulated_one(demo: Demo, tmp_path: Path) -> None:
    folder = tmp_path / "city" / "lake"
    about = About(city=Text("示例市", "Sample City"), origin="operated")
    with sealing(folder, signers=(), at=datetime(2019, 1, 5, tzinfo=UTC), about=about):
        pass
    ran = demo(*SMALL, "--out", tmp_path / "city")
    assert ran.status == 1
    assert ran.err.startswith("[demo_place_taken]")
    assert open_lake(folder).about == about


def test_a_wrong_scale_is_refused_before_anything_is_made(demo: Demo, tmp_path: Path) -> None:
    ran = demo("--scale", "100")
    assert ran.status == 1
    assert ran.err.startswith("[scale_wrong]")
    assert not (tmp_path / "out").exists()
