"""`civicard receipt verify`: compute everything anew and say what differs; with a lake, measure anew as well."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from civicard.cli.evaluate import WrongUse
from civicard.kernel.text import Text

if TYPE_CHECKING:
    from civicard.evaluation.receipts import Difference

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
    one.add_argument(
        "--lake", type=Path, help="一并在数据湖中重新实测 / the lake it rests on, to measure there anew"
    )
    one.add_argument(
        "--keys",
        type=Path,
        help="核验封签的公钥文件，缺省用密钥库 / public keys the lake was signed with (JSON)",
    )
    one.add_argument("--lang", choices=("zh", "en"), help="屏幕语言 / language on screen")
    one.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Verify; exit status 1 and every difference when it does not hold."""
    from civicard.evaluation.opening import open_programme
    from civicard.evaluation.receipts import lake_of, parse, verify
    from civicard.files import read_text

    if arguments.keys is not None and arguments.lake is None:
        raise WrongUse(Text("--keys 只与 --lake 同用", "--keys goes with --lake"))
    stated = parse(read_text(arguments.file, MOST_BYTES), arguments.file.name)
    given = None if arguments.programme is None else open_programme(arguments.programme).texts
    differences = verify(stated, given)
    if arguments.lake is not None:
        differences += _in_lake(stated, arguments)
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
    said = Text(
        f"凭据成立：重新计算得 {total} 分，{grade}；摘要 {stated['digest']}\n",
        f"The receipt holds: computed anew, {total} points, {grade}; digest {stated['digest']}\n",
    )
    if (lake := lake_of(stated)) is not None:
        more = (
            Text("已在数据湖中重新实测", "measured anew in the lake")
            if arguments.lake is not None
            else Text("未在数据湖中重新实测，可加 --lake", "not measured anew in the lake; --lake does")
        )
        said = Text(
            f"{said.zh}依据封签 {lake.seal} 根值 {lake.root}；{more.zh}\n",
            f"{said.en}It rests on seal {lake.seal} root {lake.root}; {more.en}\n",
        )
    sys.stdout.write(said.into(arguments.language))
    return 0


def _in_lake(stated: dict[str, Any], arguments: argparse.Namespace) -> "list[Difference]":
    """Return what the lake says otherwise, once nothing is found wrong with it."""
    from civicard.cli.keeping import trusted_keys
    from civicard.cli.progress import Progress
    from civicard.evaluation.measuring import open_sound
    from civicard.evaluation.remeasuring import differences_in

    checking = Text("检查数据湖（兆字节）", "checking the lake (megabytes)")
    trusted = trusted_keys(arguments.keys)
    with Progress(arguments.language) as progress:
        lake = open_sound(
            arguments.lake, trusted, lambda done, of: progress.say(done >> 20, of >> 20, checking)
        )
        return differences_in(stated, lake)
