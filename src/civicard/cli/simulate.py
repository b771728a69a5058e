"""`civicard simulate`: a scenario file to a lake of invented facts, and to the people behind them."""

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from civicard.cli.progress import Progress
from civicard.kernel.text import Text, counted

if TYPE_CHECKING:
    from civicard.simulation.plan import Plan
    from civicard.simulation.writing import Written

SCALE, SEED = "1:100", 2018
FOLDER = "simulated"


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command's arguments."""
    one = commands.add_parser(
        "simulate",
        help="模拟一座城市 / simulate a city",
        description="按情景文件模拟一座城市的一年，写成逐月封签的数据湖，全部标为模拟；中断后重新运行即接着写 / "
        "simulate a year of an invented city into a lake, one seal a month; run it again to go on where it stopped",
    )
    one.add_argument("scenario", type=Path, help="情景文件 / scenario file (YAML)")
    one.add_argument("--scale", default=SCALE, help=f"比例，1:1 至 1:1000 / 1:1 to 1:1000 (default {SCALE})")
    one.add_argument("--seed", type=int, default=SEED, help=f"随机种子 / seed of all chance (default {SEED})")
    one.add_argument(
        "--lake",
        type=Path,
        help="数据湖文件夹，缺省为数据文件夹中的 simulated/<情景>-1-<比例> / folder of the lake",
    )
    one.add_argument("--people", type=Path, help="另写人员名册 / also write the invented people (CSV)")
    one.add_argument(
        "--lang", choices=("zh", "en"), help="屏幕语言 / language on screen (default zh, or CIVICARD_LANG)"
    )
    one.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Simulate, and say what was written."""
    from civicard.cli.keeping import data_folder, signers
    from civicard.simulation.opening import open_scenario
    from civicard.simulation.plan import Plan, scale_of, seed_of
    from civicard.simulation.writing import simulate

    begun = time.monotonic()
    plan = Plan(open_scenario(arguments.scenario), scale_of(arguments.scale), seed_of(arguments.seed))
    folder = arguments.lake or data_folder() / FOLDER / f"{arguments.scenario.stem}-1-{plan.scale}"
    if arguments.people is not None:
        _write_people(plan, arguments)
    with Progress(arguments.language) as progress:
        written = simulate(plan, folder, signers(), say=progress.say)
    sys.stdout.write(
        _summary(plan, folder, written, time.monotonic() - begun).into(arguments.language) + "\n"
    )
    return 0


def _write_people(plan: "Plan", arguments: argparse.Namespace) -> None:
    from civicard.files import write_whole
    from civicard.simulation.city import city
    from civicard.simulation.people import register_csv

    with Progress(arguments.language) as progress:
        progress.say(0, 1, Text("人员名册", "the register of people"))
        data = register_csv(city(plan))
        write_whole(arguments.people, data)
    people = data.count(b"\n") - 1
    sys.stdout.write(
        Text(
            f"已写入 {arguments.people}：{people:,} 个虚构的人，均标为模拟\n",
            f"{arguments.people} written: {people:,} invented people, all marked as simulated\n",
        ).into(arguments.language)
    )


def _summary(plan: "Plan", folder: Path, written: "Written", seconds: float) -> Text:
    city, seals = plan.opened.scenario.city, written.lake.seals
    before = len(seals) - written.months
    gone_on = (
        Text(f"（其中 {before} 个月原已封签）", f" ({before} of them were there)") if before else Text("")
    )
    return Text(
        f"【模拟数据】{city.zh} {plan.days.year} 年，比例 1:{plan.scale}，种子 {plan.seed}\n"
        f"数据湖 {folder}\n"
        f"事实 {written.facts:,} 条，其中合格卡 {written.made:,} 张\n"
        f"封签 {len(seals)} 个{gone_on.zh}，根值 {written.lake.root}\n"
        f"用时 {seconds:.1f} 秒",
        f"[SIMULATED DATA] {city.en or city.zh} {plan.days.year}, scale 1:{plan.scale}, seed {plan.seed}\n"
        f"Lake {folder}\n"
        f"{counted(written.facts, 'fact')}, {counted(written.made, 'good card')} among them\n"
        f"{counted(len(seals), 'seal')}{gone_on.en}, root {written.lake.root}\n"
        f"{seconds:.1f} seconds",
    )
