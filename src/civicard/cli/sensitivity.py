"""`civicard sensitivity`: the total and grade under every plausible reading."""

import argparse
import sys
from pathlib import Path


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command's arguments."""
    one = commands.add_parser(
        "sensitivity", help="各种读法下的总分与等级 / total and grade under every reading",
        description="每一种读法、读法组合、其他计分规则下的总分与等级，以及距上下等级的差距",
    )  # fmt: skip
    one.add_argument("programme", type=Path, help="计分方案文件 / programme file (YAML)")
    one.add_argument("--format", choices=("text", "json"), default="text", help="text 或 json")
    one.add_argument("--lang", choices=("zh", "en"), help="屏幕语言 / language on screen")
    one.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Analyse and print."""
    from civicard.cli.progress import Progress
    from civicard.evaluation.opening import open_programme
    from civicard.kernel.text import Text
    from civicard.scoring.evaluate import evaluate
    from civicard.scoring.sensitivity import sensitivity

    opened = open_programme(arguments.programme)
    with Progress(arguments.language) as progress:
        found = sensitivity(
            opened.loaded,
            lambda done, of: progress.say(done, of, Text("敏感性分析", "sensitivity")),
        )
    evaluation = evaluate(opened.loaded.programme)
    if arguments.format == "json":
        from civicard.evaluation.record import as_json, of_sensitivity

        sys.stdout.write(as_json(of_sensitivity(found, evaluation)))
    else:
        from civicard.cli.printing import sensitivity_text

        sys.stdout.write(sensitivity_text(found, evaluation, arguments.language))
    return 0
