"""Checking a lake of the size of a 1:1 year, beside just reading and hashing the same bytes.

Half of the facts interleave with the other half by number, as in a ledger that a database fed: so the check must look
at every number to see that none occurs twice.
"""

import hashlib
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.measuring import Line, print_table, run, size, timing, verdict

from civicard.kernel.text import Text
from civicard.ledger.checking import check
from civicard.ledger.kinds import kind_named
from civicard.ledger.lake import About, open_lake
from civicard.ledger.lake.arrow import schema
from civicard.ledger.lake.engine import connect
from civicard.ledger.lake.sealing import sealing
from civicard.vault.keystore import Keystore, Purpose
from civicard.vault.master import Master
from civicard.vault.signatures import PublicKeys

FACTS = 25_000_000
MONTHS = 12
LIMIT = 0.5
RUNS = 5
BLOCK = 1 << 20
THREADS = 2
AT = datetime(2019, 1, 5, tzinfo=UTC)
# Of each kind, what its own columns hold in a row called n.
KINDS = {
    "card_made": "n AS application, hash(n) % 1000000000000 AS card, hash(n + 1) % 1000000000000 AS blank, 1 AS attempt, "
    "'3101' || (10 + n % 16) AS district, 's-' || hash(n) % 400 AS station, NULL AS valid_until",
    "card_received": "n AS application, hash(n) % 1000000000000 AS card, '3101' || (10 + n % 16) AS district, "
    "'s-' || hash(n) % 400 AS station",
}


def main() -> None:
    """Make a lake, check it, hash it, and print the table."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        kept = Keystore.create(folder / "keys.json", Master.random())
        kept.add("seal", Purpose.SIGNATURE_ED25519)
        (folder / "public.json").write_text(kept.public_keys().to_json())
        make(folder / "lake", kept)
        trusted = kept.public_keys()
        checked(folder / "lake", trusted)
        ours = timing([checked(folder / "lake", trusted) for _ in range(RUNS)])
        one = timing([hashed(folder / "lake", 1) for _ in range(RUNS)])
        two = timing([hashed(folder / "lake", THREADS) for _ in range(RUNS)])
        whole = run(
            [sys.executable, "-m", "civicard.cli.main", "ledger", "check", "--lake", folder / "lake",
             "--keys", folder / "public.json", "--no-database"]
        )  # fmt: skip
        total = sum(path.stat().st_size for path in files(folder / "lake"))
        lines = [
            Line(
                what="checking, of the speed of reading and hashing", figure=f"{one.best / ours.best:.2f}",
                limit=f"{LIMIT}", ratio=verdict(one.best / ours.best / LIMIT), peer=f"{speed(total, one.best)}, one thread",
            ),
            Line(
                what="the same, of hashing on two threads", figure=f"{two.best / ours.best:.2f}",
                peer=f"{speed(total, two.best)}, two threads",
            ),
            Line(
                what=f"  checking, best and median of {RUNS} runs",
                figure=f"{speed(total, ours.best)}; {ours.best:.2f} s, {ours.median:.2f} s",
            ),
            Line(
                what="  the whole command; peak of its process",
                figure=f"{whole.seconds:.2f} s; {size(whole.peak_bytes)}",
            ),
        ]  # fmt: skip
        print_table(f"Checking a lake of {FACTS:,} facts, {size(total)}", lines)


def make(folder: Path, kept: Keystore) -> None:
    """Seal a year of facts, month by month."""
    each = FACTS // MONTHS // len(KINDS)
    about = About(city=Text("示例市", "Sample City"), origin="simulated")
    for month in range(1, MONTHS + 1):
        label = f"2018-{month:02d}"
        with sealing(folder, signers=[kept.signer("seal")], at=AT, about=about) as seal, connect() as base:
            for place, (name, own) in enumerate(KINDS.items()):
                kind = kind_named(name)
                columns = ", ".join(
                    f'CAST("{one.name}" AS {one.store}) AS "{one.name}"' for one in kind.all_columns
                )
                first = (month - 1) * each * len(KINDS)
                made = base.execute(
                    f"SELECT {columns} FROM (SELECT {first} + n * {len(KINDS)} + {place} AS fact, "  # noqa: S608 - names of our own
                    f'TIMESTAMPTZ \'{label}-01\' + to_seconds(n % 2400000) AS "at", CAST("at" AS DATE) AS "day", '
                    f"\"at\" AS recorded_at, 'clerk-' || n % 300 AS actor, NULL AS cause, NULL AS corrects, {own} "
                    f"FROM range({each}) AS r(n))"
                )
                seal.write(kind, label, [made.to_arrow_table().cast(schema(kind))])
            seal.commit(facts=each * len(KINDS))


def files(folder: Path) -> list[Path]:
    """Return the sealed files of a lake."""
    lake = open_lake(folder)
    return [folder / one.path for one in lake.files()]


def checked(folder: Path, trusted: PublicKeys) -> float:
    """Return the seconds of one check, which finds nothing."""
    start = time.perf_counter()
    report = check(folder, trusted=trusted)
    seconds = time.perf_counter() - start
    assert report.is_sound, report.faults[:3]
    return seconds


def speed(total: int, seconds: float) -> str:
    """Return bytes a second as people read them."""
    return f"{size(int(total / seconds))}/s"


def hashed(folder: Path, threads: int) -> float:
    """Return the seconds of just reading every sealed file and hashing it."""
    paths = files(folder)

    def digest(path: Path) -> bytes:
        made = hashlib.sha256()
        with path.open("rb", buffering=0) as file:
            while block := file.read(BLOCK):
                made.update(block)
        return made.digest()

    start = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        assert len(list(pool.map(digest, paths))) == len(paths)
    return time.perf_counter() - start


if __name__ == "__main__":
    start = time.perf_counter()
    main()
    print(f"\n{time.perf_counter() - start:.0f} s in all")
