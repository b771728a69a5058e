"""`civicard receipt verify`: compute everything anew and say what differs."""

import argparse
import sys
from pathlib import Path

from civicard.kernel.text import Text

MOST_BYTES = 50_000_000


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command's arguments."""
    group = commands.add_parser("receipt", help="凭据 / receipts")
    actions = group.add_subparsers(dest="action", required=True, metavar="ACTION")
    one = actions.add_parser("verify", help="重新计算并核对 / compute anew and compare")
    one.add_argument("file", type=Path, help="凭据文件 / receipt file (JSON)")
    one.add_argument(
        "--programme", type=Path, help="一并核对计分方案文件 / the programme file it should be of"
    )
    one.add_argument("--lang", choices=("zh", "en"), help="屏幕语言 / language on screen")
    one.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Verify; exit status 1 and every difference when it does not hold."""
    from civicard.evaluation.files import read_text
    from civicard.evaluation.opening import open_programme
    from civicard.evaluation.receipts import parse, verify

    stated = parse(read_text(arguments.file, MOST_BYTES), arguments.file.name)
    given = None if arguments.programme is None else open_programme(arguments.programme).texts
    differences = verify(stated, given)
    for one in differences:
        sys.stdout.write(f"{one.text.into(arguments.language)}\n")
    if differences:
        number = len(differences)
        sys.stdout.write(
            Text(
                f"凭据不成立：{number} 处不同\n",
                f"The receipt does not hold: {number} difference{'' if number == 1 else 's'}\n",
            ).into(arguments.language)
        )
        return 1
    total, grade = stated["results"]["total"], stated["results"]["grade"]
    sys.stdout.write(
        Text(
            f"凭据成立：重新计算得 {total} 分，{grade}；摘要 {stated['digest']}\n",
            f"The receipt holds: computed anew, {total} points, {grade}; digest {stated['digest']}\n",
        ).into(arguments.language)
    )
    return 0
