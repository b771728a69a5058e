"""What the benchmarks share: timing on a noisy machine, running commands, and one table of results."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import floor
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[1]
MEBIBYTE = 1 << 20
HEADINGS = ("what", "figure", "limit", "ratio", "peer")


@dataclass(frozen=True, kw_only=True, slots=True)
class Timing:
    """Seconds of several runs. The best is what the code costs; the rest is what else the machine was doing."""

    best: float
    median: float
    runs: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """One command, run to its end: wall and processor seconds, most memory held at once, and what it printed."""

    seconds: float
    cpu_seconds: float
    peak_bytes: int
    output: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One line of the table: ratio is figure to limit (above 1 is better), peer is ours to the peer's."""

    what: str
    figure: str
    limit: str = ""
    ratio: str = ""
    peer: str = ""


def timing(seconds: Sequence[float]) -> Timing:
    """Return best and median of `seconds`."""
    return Timing(best=min(seconds), median=median(seconds), runs=len(seconds))


def timed(work: Callable[[], object], *, runs: int) -> Timing:
    """Return the processor seconds of this process for `work`, which is the time on one core."""
    seconds = []
    for _ in range(runs):
        start = time.process_time()
        result = work()
        seconds.append(time.process_time() - start)
        # Only now: giving the results back is not making them.
        del result
    return timing(seconds)


def run(command: Sequence[str | Path]) -> Run:
    """Run `command` from the root of the repository and return what it took.

    Raises:
        AssertionError: it did not end with status 0; what it complained about is the message.
    """
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        start = time.perf_counter()
        process = subprocess.Popen([str(part) for part in command], cwd=ROOT, stdout=out, stderr=err)
        # Popen.wait() keeps the resources to itself; wait4 gives those of this one child.
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        assert process.returncode == 0, f"{command} ended with {process.returncode}: {err.read().decode()}"
        return Run(
            seconds=seconds,
            cpu_seconds=used.ru_utime + used.ru_stime,
            peak_bytes=used.ru_maxrss * 1024,
            output=out.read().decode("utf-8", "replace"),
        )


def verdict(ratio: float) -> str:
    """Return the ratio to a limit with its word; cut off, so that 0.997 does not read as 1."""
    return f"{floor(ratio * 100) / 100:.2f} {'PASS' if ratio >= 1 else 'FAIL'}"


def within(seconds: float, limit: float) -> str:
    """Return how many times `seconds` fit into `limit`, with its word."""
    return verdict(limit / seconds)


def size(number: int) -> str:
    """Return bytes as people read them."""
    return f"{number / MEBIBYTE:.0f} MiB"


def print_table(title: str, lines: Sequence[Line]) -> None:
    """Print `lines` under `title`, columns in line."""
    rows = [HEADINGS, *((one.what, one.figure, one.limit, one.ratio, one.peer) for one in lines)]
    widths = [max(len(row[at]) for row in rows) for at in range(len(HEADINGS))]
    print(f"\n{title}\nCPython {sys.version.split()[0]} on {os.cpu_count()} cores\n")
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
