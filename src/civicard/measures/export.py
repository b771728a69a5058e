"""Evidence rows as files that other tools open: Parquet, CSV and xlsx, whole or not at all.

Every file says what it is: the measure, its period, the seal it rests on, and whether the facts are invented.
"""

import contextlib
import datetime as dt
import os
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from civicard.files import settle
from civicard.kernel.refusal import Refusal
from civicard.kernel.text import Text
from civicard.measures.definition import Measure

if TYPE_CHECKING:
    import pyarrow as pa
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

    from civicard.measures.engine import Engine

# Rows of a sheet, less those for the note, the headings and the names.
SHEET_HEAD = 3
MOST_SHEET_ROWS = 1_048_576 - SHEET_HEAD
# Up to here a spreadsheet keeps every digit of a number.
EXACT_NUMBERS = 10**15
SIMULATED = Text("【模拟数据】", "[SIMULATED DATA]")


class NotExported(Refusal):
    """The evidence rows could not be written; what stood there before still does."""

    code = "measure_not_exported"


def export(
    engine: "Engine",
    measure: Measure,
    path: Path | str,
    *,
    where: Mapping[str, str | None] | None = None,
    misses: bool = False,
) -> int:
    """Write a measure's evidence rows into a file, whole or not at all, and return how many there are.

    Args:
        engine: an open engine.
        measure: whose rows.
        path: ends in .parquet, .csv or .xlsx, which decides the form.
        where: only rows with these values of dimensions.
        misses: only rows whose numerator is less than their denominator.

    Raises:
        NotExported: the ending is none of these, a sheet cannot hold so many rows, or the file cannot be written.
        DimensionUnknown, PeriodRefused, RelationRefused, LakeUnreadable: as for `Engine.rows`.
    """
    target = Path(path)
    write = FORMS.get(target.suffix.lower())
    if write is None:
        raise _refused(
            target,
            Text("只能写成 .parquet、.csv 或 .xlsx", "it can be written as .parquet, .csv or .xlsx only"),
        )
    select, values = engine.selection(measure, where=where, misses=misses)
    if target.suffix.lower() == ".xlsx" and (rows := engine.count(select, values)) > MOST_SHEET_ROWS:
        raise _refused(
            target,
            Text(
                f"共 {rows:,} 行，一张工作表只能放 {MOST_SHEET_ROWS:,} 行；请写成 .parquet 或 .csv，或只取一部分",
                f"it has {rows:,} rows and a sheet holds {MOST_SHEET_ROWS:,}; write .parquet or .csv, or only some of them",
            ),
        )
    # Named as `civicard.files` names its own, so that what a killed process leaves is swept up like theirs.
    part = target.parent / f".civicard-{secrets.token_hex(8)}.part"
    try:
        with engine.reading():
            written = write(part, engine.batches(select, values), measure, labels(engine, measure))
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.replace(target)
        settle(target.parent)
    except OSError as error:
        said = error.strerror or str(error)
        raise _refused(target, Text(f"系统报告：{said}", f"the system says: {said}")) from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
    return written


def labels(engine: "Engine", measure: Measure) -> dict[str, str]:
    """Return what every exported file says of itself, in order."""
    about = engine.lake.about
    return {
        "origin": about.origin,
        "scale": f"1:{about.scale}",
        "city": str(about.city),
        "measure": measure.name,
        "title": str(measure.title),
        "since": engine.since.isoformat(),
        "until": engine.until.isoformat(),
        "seal": str(len(engine.lake.seals)),
        "root": engine.lake.root,
        "definition_sha256": measure.digest,
    }


def note(said: Mapping[str, str]) -> str:
    """Return the labels as one line for people; invented facts are marked first."""
    mark = f"{SIMULATED} " if said["origin"] == "simulated" else ""
    return mark + "; ".join(f"{key}={value}" for key, value in said.items())


def _parquet(path: Path, rows: "pa.RecordBatchReader", _: Measure, said: Mapping[str, str]) -> int:
    import pyarrow.parquet as pq

    metadata = {f"civicard.{key}": value for key, value in said.items()}
    written = 0
    with pq.ParquetWriter(path, rows.schema.with_metadata(metadata), compression="zstd") as writer:
        for batch in rows:
            writer.write_batch(batch)
            written += batch.num_rows
    return written


def _csv(path: Path, rows: "pa.RecordBatchReader", _: Measure, said: Mapping[str, str]) -> int:
    from pyarrow import csv

    written = 0
    with path.open("wb") as file:
        # With a byte order mark, without which spreadsheets read Chinese as something else.
        file.write(('\ufeff"' + note(said).replace('"', '""') + '"\n').encode())
        with csv.CSVWriter(file, rows.schema) as writer:
            for batch in rows:
                writer.write_batch(batch)
                written += batch.num_rows
    return written


def _xlsx(path: Path, rows: "pa.RecordBatchReader", measure: Measure, said: Mapping[str, str]) -> int:
    import xlsxwriter

    names = rows.schema.names
    at = SHEET_HEAD
    # Row by row to the disk: a full sheet does not fit into memory otherwise.
    with xlsxwriter.Workbook(path, {"constant_memory": True, "tmpdir": str(path.parent)}) as book:
        book.set_properties({"title": str(measure.title), "comments": note(said)})
        sheet = book.add_worksheet(measure.name[:31])
        if said["origin"] == "simulated":
            sheet.set_header(f"&C{SIMULATED}")
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_string(0, 0, note(said))
        for place, name in enumerate(names):
            sheet.write_string(1, place, str(measure.heading(name)))
        for place, name in enumerate(names):
            sheet.write_string(2, place, name)
        for batch in rows:
            for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                for place, value in enumerate(row):
                    _cell(sheet, at, place, value, day)
                at += 1
    return at - SHEET_HEAD


def _cell(sheet: "Worksheet", at: int, place: int, value: object, day: "Format") -> None:
    """Write one value as what it is; text is never read as a formula."""
    match value:
        case None:
            pass
        case bool():
            sheet.write_boolean(at, place, value)
        case int():
            if abs(value) < EXACT_NUMBERS:
                sheet.write_number(at, place, value)
            else:
                sheet.write_string(at, place, str(value))
        case dt.date():
            sheet.write_datetime(at, place, value, day)
        case _:
            sheet.write_string(at, place, str(value))


Write = Callable[[Path, "pa.RecordBatchReader", Measure, Mapping[str, str]], int]
FORMS: Mapping[str, Write] = MappingProxyType({".parquet": _parquet, ".csv": _csv, ".xlsx": _xlsx})


def _refused(target: Path, why: Text) -> NotExported:
    return NotExported(
        Text(
            f"未写入 {target}：{why.zh}。原有内容未变。",
            f"{target} was not written: {why.en}. Nothing was changed.",
        )
    )
