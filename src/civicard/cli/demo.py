"""`civicard demo`: a city of one's own. It is simulated and sealed, checked, measured, evaluated and reported."""

import argparse
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import civicard
from civicard.cli import evaluate
from civicard.cli.progress import Progress
from civicard.kernel.refusal import Refusal
from civicard.kernel.text import Text, counted

if TYPE_CHECKING:
    from civicard.ledger.lake import Lake
    from civicard.simulation.plan import Plan

SCENARIO, PROGRAMME = Path("scenarios") / "shanghai-2018.yaml", Path("programmes") / "shanghai-2018.yaml"
SCALE, SEED, OUT = "1:100", 2018, Path("out") / "demo"
LAKE = "lake"
ALL = ",".join(evaluate.ON_SCREEN + evaluate.DOCUMENT_FORMATS)


class DemoFilesMissing(Refusal):
    """The scenario and programme of the demonstration are not where they should be."""

    code = "demo_files_missing"


class DemoPlaceTaken(Refusal):
    """The folder for the demonstration's lake holds something that is not a simulated lake."""

    code = "demo_place_taken"


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command's arguments."""
    one = commands.add_parser(
        "demo",
        help="演示：从模拟到评价 / a simulated city from its facts to its evaluation",
        description="模拟一座城市的一年，封签、检查、实测、评价并写出全部文件；再次运行时沿用已有的数据湖 / simulate a "
        "year of a city, seal and check it, measure, evaluate, and write every document; run again it uses its lake",
    )
    one.add_argument("--scale", default=SCALE, help=f"比例，1:1 至 1:1000 / 1:1 to 1:1000 (default {SCALE})")
    one.add_argument("--seed", type=int, default=SEED, help=f"随机种子 / seed of all chance (default {SEED})")
    one.add_argument(
        "--out", type=Path, default=OUT, help=f"输出文件夹 / folder of all results (default {OUT})"
    )
    one.add_argument(
        "--format", default=ALL, help=f"逗号分隔，缺省全部 / any of, with commas (default {ALL})"
    )
    one.add_argument(
        "--no-serve",
        action="store_true",
        help="写完即退出，目前总是如此 / stop when all is written, as it always does yet",
    )
    one.add_argument(
        "--lang", choices=("zh", "en"), help="屏幕语言 / language on screen (default zh, or CIVICARD_LANG)"
    )
    one.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Simulate what is not there yet, then evaluate in its lake as `civicard evaluate` does."""
    from civicard.simulation.opening import open_scenario
    from civicard.simulation.plan import Plan, scale_of, seed_of

    scenario, programme = _file(SCENARIO), _file(PROGRAMME)
    plan = Plan(open_scenario(scenario), scale_of(arguments.scale), seed_of(arguments.seed))
    folder = arguments.out / LAKE
    evaluated = argparse.Namespace(
        programme=programme, lake=folder, out=arguments.out, language=arguments.language, units=None,
        format=arguments.format, document=None, template=None, keys=None,
        since=None, until=None, evidence=None,
    )  # fmt: skip
    evaluate.formats_asked(evaluated)  # before a city is simulated in vain
    with Progress(arguments.language) as progress:
        lake = _lake(plan, folder, progress)
    city, facts = lake.about.city, lake.seals[-1].facts
    sys.stdout.write(
        Text(
            f"数据湖 {folder}：模拟的{city.zh}，1:{plan.scale}，种子 {plan.seed}，事实 {facts:,} 条，封签 {len(lake.seals)} 个\n\n",
            f"Lake {folder}: a simulated {city.en or city.zh} at 1:{plan.scale}, seed {plan.seed}, "
            f"{counted(facts, 'fact')} in {counted(len(lake.seals), 'seal')}\n\n",
        ).into(arguments.language)
    )
    return evaluate.run(evaluated)


def _file(name: Path) -> Path:
    """Return a file of the repository, looked for where one stands and where the program lies."""
    places = [Path(), Path(civicard.__file__).parents[2]]
    for place in places:
        if (place / name).is_file():
            return place / name
    raise DemoFilesMissing(
        Text(
            f"没有 {name}；请在代码库的文件夹中运行，或用 civicard simulate 和 civicard evaluate --lake 指明自己的文件。",
            f"There is no {name}; run this in the folder of the repository, or name files of your own to "
            "`civicard simulate` and `civicard evaluate --lake`.",
        )
    )


def _lake(plan: "Plan", folder: Path, progress: Progress) -> "Lake":
    """Return the lake of the plan: the one that is there if it is whole, else a new one in its place."""
    from civicard.cli.keeping import signers
    from civicard.ledger.lake import open_lake
    from civicard.ledger.lake.places import LakePlaceTaken, lake_at
    from civicard.simulation.writing import SimulationDiffers, SimulationThere, about, simulate

    try:
        found = lake_at(folder)
    except LakePlaceTaken:
        raise _taken(folder) from None
    if found is not None and found != about(plan):
        if found.origin != "simulated":
            raise _taken(folder)
        shutil.rmtree(folder)
    try:
        return simulate(plan, folder, signers(), say=progress.say).lake
    except SimulationThere:
        return open_lake(folder)
    except SimulationDiffers:
        # Another edition of the program began it; nothing in an invented lake is worth keeping.
        shutil.rmtree(folder)
        return simulate(plan, folder, signers(), say=progress.say).lake


def _taken(folder: Path) -> DemoPlaceTaken:
    return DemoPlaceTaken(
        Text(
            f"{folder} 中不是模拟的数据湖，未作改动；请用 --out 换一个文件夹。",
            f"{folder} holds something that is no simulated lake; nothing was changed. Name another folder with --out.",
        )
    )
