"""Checking what sealed files hold against what their seals and kinds say, from their footers. No Django.

Bytes that are as they were sealed can only be wrong here when whoever sealed them was: so this is cheap, and reads
columns only where the ranges of fact numbers overlap.
"""

from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from civicard.kernel.text import Text
from civicard.ledger.checking.faults import Fault, Found
from civicard.ledger.kinds import all_kinds
from civicard.ledger.lake import SealedFile
from civicard.ledger.lake.arrow import TYPES, FactTableRefused, require
from civicard.ledger.lake.rollups import rollup_columns, rollup_of

if TYPE_CHECKING:
    from concurrent.futures import Future

__all__ = ["checked_contents"]

Numbers = npt.NDArray[np.int64]
Made = TypeVar("Made")
# Numbers are marked in pages of so many, and a page is dropped when no later fact can fall into it.
PAGE = 1 << 22
MOST_NAMED = 5
THREADS = 2
# Row groups that are read before they are needed: few, as each takes some megabytes.
AHEAD = 4


@dataclass(frozen=True, slots=True)
class Group:
    """The fact numbers of one row group of one file."""

    low: int
    high: int
    path: str
    at: int


def checked_contents(home: Path, sealed: Mapping[str, SealedFile]) -> list[Fault]:
    """Return the faults of files whose bytes are as they were sealed: kind, columns, rows, months, fact numbers."""
    faults: list[Fault] = []
    groups: list[Group] = []
    for path, one in sealed.items():
        try:
            about = pq.read_metadata(home / path)
            schema = about.schema.to_arrow_schema()
            faults += _wrong(path, one, about, schema)
            if not one.is_rollup:
                groups += _groups(path, about)
        except (OSError, ValueError, TypeError, pa.ArrowException) as error:
            text = Text(
                f"不是可读的 Parquet 文件：{error}", f"it is no Parquet file that can be read: {error}"
            )
            faults.append(Fault(Found.CONTENT_WRONG, path, text))
    return faults + list(_doubled(home, groups))


def _wrong(path: str, one: SealedFile, about: pq.FileMetaData, schema: pa.Schema) -> Iterator[Fault]:
    def fault(zh: str, en: str) -> Fault:
        return Fault(Found.CONTENT_WRONG, path, Text(zh, en))

    if about.num_rows != one.rows:
        yield fault(
            f"有 {about.num_rows} 行，封签所记 {one.rows} 行",
            f"it has {about.num_rows} rows, its seal says {one.rows}",
        )
    marked = (about.metadata or {}).get(b"civicard.kind", one.kind.encode()).decode(errors="replace")
    if marked != one.kind:
        yield fault(
            f"文件自称 {marked}，封签所记 {one.kind}", f"it says it holds {marked}, its seal {one.kind}"
        )
    kind, summed = all_kinds().get(one.kind), rollup_of(one.kind)
    if kind is not None:
        try:
            require(kind, schema, path, older=True)
        except FactTableRefused as refusal:
            yield Fault(Found.CONTENT_WRONG, path, refusal.text)
        else:
            yield from _months(path, one, about, schema)
    elif summed is not None:
        wanted = [(each.name, TYPES[each.store]) for each in rollup_columns(summed)]
        if [(each.name, each.type) for each in schema] != wanted:
            yield fault(
                "列与该种类声明的月度汇总不符", "its columns are not those of the summary its kind declares"
            )
    else:
        yield fault(f"没有事实种类 {one.kind}", f"there is no kind of fact {one.kind}")


def _months(path: str, one: SealedFile, about: pq.FileMetaData, schema: pa.Schema) -> Iterator[Fault]:
    at = schema.names.index("day")
    for group in range(about.num_row_groups):
        found = about.row_group(group).column(at).statistics
        if found is None or not found.has_min_max:
            continue
        for day in (found.min, found.max):
            if f"{day:%Y-%m}" != one.month:
                text = Text(
                    f"含 {day} 的事实，不属于 {one.month}", f"it holds facts of {day}, not of {one.month}"
                )
                yield Fault(Found.CONTENT_WRONG, path, text)
                return


def _groups(path: str, about: pq.FileMetaData) -> Iterator[Group]:
    at = about.schema.names.index("fact")
    for number in range(about.num_row_groups):
        found = about.row_group(number).column(at).statistics
        if found is not None and found.has_min_max:
            yield Group(found.min, found.max, path, number)
        else:
            yield Group(-(2**63), 2**63 - 1, path, number)


def _overlapping(groups: Sequence[Group]) -> list[Group]:
    """Return the row groups whose range of numbers meets that of another, by their lowest number."""
    ordered = sorted(groups, key=lambda one: (one.low, one.high))
    met = [False] * len(ordered)
    widest = -1
    for at, one in enumerate(ordered):
        if widest >= 0 and one.low <= ordered[widest].high:
            met[at] = met[widest] = True
        if widest < 0 or one.high > ordered[widest].high:
            widest = at
    return [one for one, is_met in zip(ordered, met, strict=True) if is_met]


def _doubled(home: Path, groups: Sequence[Group]) -> Iterator[Fault]:
    """Yield a fault for each file that holds a number which stands in another file too, or twice in itself."""
    overlapping = _overlapping(groups)
    crowded: set[int] = set()
    pages: dict[int, Page] = {}
    adding = Lock()

    def mark(numbers: Numbers) -> None:
        for at, places in _in_pages(numbers):
            with adding:
                page = pages.setdefault(at, Page())
                page.count += places.size
            page.seen[places] = True

    for one, _ in _each(home, overlapping, mark):
        # No later row group has lower numbers, and this one was marked before.
        for gone in [at for at in pages if (at + 1) * PAGE <= one.low]:
            if pages.pop(gone).is_crowded:
                crowded.add(gone)
    crowded |= {at for at, page in pages.items() if page.is_crowded}
    if crowded:
        yield from _named(home, overlapping, crowded)


@dataclass(slots=True)
class Page:
    """A stretch of fact numbers: which were seen, and how many were."""

    seen: npt.NDArray[np.bool_] = field(default_factory=lambda: np.zeros(PAGE, dtype=bool))
    count: int = 0

    @property
    def is_crowded(self) -> bool:
        """Whether more numbers were seen than different ones."""
        return self.count > int(np.count_nonzero(self.seen))


def _each(
    home: Path, groups: Sequence[Group], work: Callable[[Numbers], Made]
) -> Iterator[tuple[Group, Made]]:
    """Yield what `work` makes of the fact numbers of each row group, in order; two threads do it a few ahead."""
    footers = {path: pq.read_metadata(home / path) for path in {one.path for one in groups}}

    def done(one: Group) -> Made:
        with pq.ParquetFile(home / one.path, metadata=footers[one.path]) as file:
            return work(file.read_row_group(one.at, columns=["fact"], use_threads=False)[0].to_numpy())

    with ThreadPoolExecutor(THREADS) as pool:
        waiting: deque[tuple[Group, Future[Made]]] = deque()
        for one in groups:
            waiting.append((one, pool.submit(done, one)))
            if len(waiting) > AHEAD:
                first, made = waiting.popleft()
                yield first, made.result()
        for one, made in waiting:
            yield one, made.result()


def _in_pages(numbers: Numbers) -> Iterator[tuple[int, Numbers]]:
    """Yield the numbers page by page, as places within it."""
    if not numbers.size:
        return
    first, last = int(numbers.min()) // PAGE, int(numbers.max()) // PAGE
    if first == last:
        yield first, numbers - first * PAGE
        return
    pages = numbers // PAGE
    for at in np.unique(pages).tolist():
        yield at, numbers[pages == at] - at * PAGE


def _named(home: Path, groups: Sequence[Group], crowded: Collection[int]) -> Iterator[Fault]:
    """Read the crowded pages again, and yield the faults of the files in them by the numbers that occur twice."""
    met: set[int] = set()
    found: dict[str, list[int]] = {}
    for one, numbers in _each(home, groups, lambda numbers: numbers):
        for at, places in _in_pages(numbers):
            if at in crowded:
                for number in (places + at * PAGE).tolist():
                    if number in met:
                        found.setdefault(one.path, []).append(number)
                    met.add(number)
    for path, doubled in found.items():
        first = doubled[:MOST_NAMED]
        shown = ", ".join(map(str, first)) + ("…" if len(doubled) > MOST_NAMED else "")
        also = {one.path for one in groups for number in first if one.low <= number <= one.high}
        listed = ", ".join(sorted(also - {path})[:MOST_NAMED]) or path
        text = Text(
            f"{len(doubled)} 个事实编号重复：{shown}；另见于 {listed}",
            f"{len(doubled)} fact numbers occur twice: {shown}; see also {listed}",
        )
        yield Fault(Found.FACTS_DOUBLED, path, text)
