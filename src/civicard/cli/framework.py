"""`civicard framework`: check a file; to a workbook and back; a filled national form to a programme file."""

import argparse
import sys
from pathlib import Path

from civicard.kernel.refusal import Refusal
from civicard.kernel.text import Text


class FileExists(Refusal):
    """The file that would be written is there already, and was not named."""

    code = "file_exists"


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the commands and their arguments."""
    group = commands.add_parser("framework", help="计分方案的检查与转换 / check and convert frameworks")
    actions = group.add_subparsers(dest="action", required=True, metavar="ACTION")
    check = actions.add_parser("check", help="列出文件的全部问题 / list every fault of a file")
    check.set_defaults(run=run_check)
    to_xlsx = actions.add_parser("to-xlsx", help="转为工作簿 / make a workbook to fill in")
    to_xlsx.set_defaults(run=run_to_workbook)
    from_xlsx = actions.add_parser("from-xlsx", help="读回工作簿 / read a filled workbook")
    from_xlsx.set_defaults(run=run_from_workbook)
    from_form = actions.add_parser(
        "from-form", help="读入项目支出绩效自评表 / read a filled national self-evaluation form"
    )
    from_form.set_defaults(run=run_from_form)
    schema = actions.add_parser(
        "schema", help="打印方案文件的 JSON Schema / print the JSON Schema of programme files"
    )
    schema.set_defaults(run=run_schema)
    for one in (check, to_xlsx, from_xlsx, from_form):
        one.add_argument("file", type=Path, help="文件 / file")
        one.add_argument("--lang", choices=("zh", "en"), help="屏幕语言 / language on screen")
    for one, ending in ((to_xlsx, "xlsx"), (from_xlsx, "yaml"), (from_form, "yaml")):
        one.add_argument(
            "--out",
            type=Path,
            help=f"输出文件，缺省为同名 .{ending} / file to write (default: same name, .{ending})",
        )


def run_check(arguments: argparse.Namespace) -> int:
    """Check a file and say that it is in order; faults are a refusal."""
    from civicard.evaluation.opening import open_programme
    from civicard.scoring.readings import ambiguities

    programme = open_programme(arguments.file).loaded.programme
    leaves, readings = len(programme.framework.leaves()), len(ambiguities(programme))
    sys.stdout.write(
        Text(
            f"{arguments.file.name} 无误：{leaves} 个计分指标，{len(programme.figures)} 项数据，{readings} 处读法选择\n",
            f"{arguments.file.name} is in order: {leaves} indicators, {len(programme.figures)} figures, {readings} choices of reading\n",
        ).into(arguments.language)
    )
    return 0


def run_to_workbook(arguments: argparse.Namespace) -> int:
    """Write the workbook of a programme file."""
    from civicard.evaluation.opening import open_programme
    from civicard.evaluation.workbook import to_workbook

    return _written(arguments, to_workbook(open_programme(arguments.file).loaded), ".xlsx")


def run_from_workbook(arguments: argparse.Namespace) -> int:
    """Write the programme file of a filled workbook, once it is found in order."""
    from civicard.evaluation.spreadsheets import MOST_BYTES
    from civicard.evaluation.workbook import from_workbook
    from civicard.files import read_bytes

    return _programme(arguments, from_workbook(read_bytes(arguments.file, MOST_BYTES), arguments.file.name))


def run_from_form(arguments: argparse.Namespace) -> int:
    """Write the programme file of a filled self-evaluation form, once it is found in order."""
    from civicard.evaluation.form import from_form
    from civicard.evaluation.spreadsheets import MOST_BYTES
    from civicard.files import read_bytes

    return _programme(arguments, from_form(read_bytes(arguments.file, MOST_BYTES), arguments.file.name))


def run_schema(_arguments: argparse.Namespace) -> int:
    """Print the JSON Schema of programme files."""
    from civicard.cli.reference.markdown import as_json
    from civicard.cli.reference.schema import programme_schema

    sys.stdout.write(as_json(programme_schema()))
    return 0


def _programme(arguments: argparse.Namespace, text: str) -> int:
    from civicard.scoring.load import load

    load({arguments.file.name: text})
    return _written(arguments, text.encode(), ".yaml")


def _written(arguments: argparse.Namespace, data: bytes, ending: str) -> int:
    from civicard.files import write_whole

    out: Path = arguments.out or arguments.file.with_suffix(ending)
    if arguments.out is None and out.exists():
        # What somebody has filled in or written by hand is replaced only when they name it.
        raise FileExists(
            Text(
                f"{out} 已存在，未覆盖；要覆盖请写 --out {out}",
                f"{out} exists and was kept; to replace it give --out {out}",
            )
        )
    write_whole(out, data)
    sys.stdout.write(Text(f"已写入 {out}\n", f"{out} written\n").into(arguments.language))
    return 0
