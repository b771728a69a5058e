"""An invented city into a lake: one seal a month, facts numbered through all kinds in the order of their moments."""

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from civicard.kernel.refusal import Refusal
from civicard.kernel.text import Text
from civicard.ledger.kinds import Kind, kind_named
from civicard.ledger.lake import About, Lake, open_lake
from civicard.ledger.lake.arrow import table_of
from civicard.ledger.lake.places import lake_at
from civicard.ledger.lake.sealing import Sealing, sealing
from civicard.simulation.city import City, city
from civicard.simulation.days import DAY_SECONDS, Ints
from civicard.simulation.plan import Plan
from civicard.simulation.streams import Stream, Streams
from civicard.vault.interface import Signer

# Rows of a table in the making: bounds the memory that one kind takes while it is written.
CHUNK = 1 << 20
WORKERS = 2
Said = Callable[[int, int, Text], None]


class SimulationThere(Refusal):
    """The lake holds this very simulation already, from the first month to the last."""

    code = "simulation_there"


class SimulationDiffers(Refusal):
    """The lake was begun by another edition of the simulation, so that its months do not fit those to come."""

    code = "simulation_differs"


@dataclass(frozen=True, kw_only=True, slots=True)
class Written:
    """What was written.

    Attributes:
        lake: the whole lake.
        facts: facts in it.
        made: good cards of the year.
        months: months that were sealed now; the rest were there.
    """

    lake: Lake
    facts: int
    made: int
    months: int


def about(plan: Plan) -> About:
    """Return what the lake of a plan says of itself."""
    scenario = plan.opened.scenario
    return About(
        city=scenario.city, origin="simulated", zone=scenario.zone, scale=plan.scale, scenario=plan.opened.mark,
        seed=plan.seed, adds_up=tuple(tuple(group) for group in scenario.adds_up),
    )  # fmt: skip


def simulate(
    plan: Plan,
    folder: Path | str,
    signers: Sequence[Signer],
    *,
    say: Said = lambda *_: None,
    step: Callable[[str], None] = lambda _: None,
) -> Written:
    """Simulate a city into the lake at `folder`, or go on with one that was begun.

    Args:
        plan: the city, its scale and seed.
        folder: the lake; made when it is missing.
        signers: the keys that sign its seals.
        say: is told which month of how many is being written.
        step: called at each step of sealing, by its name.

    Raises:
        SimulationThere: all months are there already.
        SimulationDiffers: months that are there hold another number of facts than this edition gives.
        OtherLake: another lake is there.
        ScenarioImpossible: the counts of the scenario exclude each other.
        SealInProgress: somebody else seals into it.
        SealNotWritten: the disk is full or may not be written.
        LakePlaceTaken: something else than a lake stands there.
        LakeUnreadable: it is damaged, or may not be looked into.
    """
    months = plan.days.months()
    own = about(plan)
    home = Path(folder)
    if lake_at(home) == own and len(open_lake(home).seals) >= len(months):
        raise SimulationThere(
            Text(
                f"{home} 已是这一模拟（{own.scenario.split()[0]}，1:{own.scale}，种子 {own.seed}）的完整数据湖，未作改动。可直接使用；要重新生成请换一个文件夹。",
                f"{home} holds the whole of this simulation already ({own.scenario.split()[0]}, 1:{own.scale}, seed {own.seed}); nothing "
                "was changed. Use it as it is, or name another folder to make it anew.",
            )
        )
    say(0, len(months), Text("推算全年", "working out the year"))
    made = city(plan)
    writer = _Writer(plan, made)
    done = facts = 0
    lake: Lake | None = None
    for at, (month, since, until) in enumerate(months, 1):
        say(at, len(months), Text(f"写入并封签 {month}", f"writing and sealing {month}"))
        with sealing(home, signers=signers, at=plan.days.instant(until), about=own, step=step) as seal:
            there = seal.lake.seals
            if len(there) >= at:
                facts += writer.count(since, until)
                lake = seal.lake
                if there[at - 1].facts != facts:
                    raise _differs(home, month)
                continue
            facts += writer.write(seal, month, since, until, facts)
            seal.commit(facts=writer.count(since, until))
            lake = seal.lake
            done += 1
    assert lake is not None  # a year has months
    good = int((made.line.inspected < plan.days.end).sum())
    return Written(lake=lake, facts=facts, made=good, months=done)


def _differs(home: Path, month: str) -> SimulationDiffers:
    return SimulationDiffers(
        Text(
            f"不能接着写 {home}：其中 {month} 与本版模拟的结果不符，是另一版程序所写。未作改动；请换一个文件夹重新模拟。",
            f"Cannot go on with {home}: its {month} is not what this edition simulates; another one wrote it. Nothing was "
            "changed; name another folder and simulate anew.",
        )
    )


class _Writer:
    """Writes the facts of a city month by month."""

    def __init__(self, plan: Plan, made: City) -> None:
        self.days = plan.days
        self.streams: list[Stream] = [
            dataclasses.replace(one, at=np.asarray(one.at)) for one in Streams(made).all()
        ]

    def count(self, since: int, until: int) -> int:
        """Return how many facts a month has."""
        return sum(int(((one.at >= since) & (one.at < until)).sum()) for one in self.streams)

    def write(self, seal: Sealing, month: str, since: int, until: int, before: int) -> int:
        """Write the facts of a month, numbered from the one after `before`, and return how many they are."""
        rows = [_ordered(one.at, since, until) for one in self.streams]
        numbers = _numbers([one.at[chosen] for one, chosen in zip(self.streams, rows, strict=True)], before)
        jobs = [
            (one, chosen, number)
            for one, chosen, number in zip(self.streams, rows, numbers, strict=True)
            if len(chosen)
        ]
        with ThreadPoolExecutor(WORKERS) as pool:
            for job in [pool.submit(self._kind, seal, month, *one) for one in jobs]:
                job.result()
        return sum(len(one) for one in rows)

    def _kind(self, seal: Sealing, month: str, stream: Stream, rows: Ints, number: Ints) -> None:
        kind = kind_named(stream.kind)
        seal.write(kind, month, self._tables(kind, stream, rows, number))

    def _tables(self, kind: Kind, stream: Stream, rows: Ints, number: Ints) -> Iterator[pa.Table]:
        for begin in range(0, len(rows), CHUNK):
            chosen = rows[begin : begin + CHUNK]
            at = stream.at[chosen]
            instant = pa.array(self.days.microseconds(at)).cast(pa.timestamp("us", tz="UTC"))
            own = stream.columns(chosen)
            empty = pa.nulls(len(chosen), pa.int64())
            envelope = {
                "fact": pa.array(number[begin : begin + CHUNK]),
                "at": instant,
                "day": pa.array(self.days.dates(at // DAY_SECONDS)).cast(pa.date32()),
                "recorded_at": instant,
                "cause": empty,
                "corrects": empty,
            }
            yield table_of(kind, [{**envelope, **own}[one.name] for one in kind.all_columns])


def _ordered(at: Ints, since: int, until: int) -> Ints:
    """Return the rows of a month in the order of their moments."""
    rows = np.flatnonzero((at >= since) & (at < until))
    return rows[np.argsort(at[rows], kind="stable")]


def _numbers(moments: Sequence[Ints], before: int) -> list[npt.NDArray[np.int64]]:
    """Return the numbers of facts: in the order of their moments over all streams, which stand causes before effects."""
    every = np.concatenate(moments)
    order = np.argsort(every, kind="stable")
    number = np.empty(len(every), dtype=np.int64)
    number[order] = np.arange(before + 1, before + 1 + len(every))
    return np.split(number, np.cumsum([len(one) for one in moments])[:-1])
