"""Several processes with one keystore: nothing is lost, and whoever dies or meets a full disk leaves it whole."""

import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from civicard.vault.keystore import Keystore, Purpose
from civicard.vault.master import Master

MASTER = Master(bytes(range(32)))

BEGIN = """
import sys
from civicard.vault.keystore import Keystore, Purpose
from civicard.vault.master import Master
keystore = Keystore.open(sys.argv[1], Master(bytes(range(32))))
"""
# Says so after each key, so that whoever started it knows which ones must be there.
ADD = """
for number in range(int(sys.argv[3])):
    keystore.add(f"{sys.argv[2]}-{number}", Purpose.BLIND_INDEX)
    print(number, flush=True)
"""
ROTATE = """
for _ in range(20):
    keystore.rotate("shared")
"""
# The system then refuses to write more than so many bytes into one file, as it does when the disk is full.
FILL = """
import resource
from civicard.kernel.refusal import Refusal
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
try:
    keystore.add("more", Purpose.FIELD)
except Refusal as refused:
    print(refused.code, refused.text.en)
print(keystore.names())
"""


def start(path: Path, script: str, *arguments: str) -> "subprocess.Popen[str]":
    """Start a process that works on the keystore at `path`."""
    return subprocess.Popen(
        [sys.executable, "-c", BEGIN + script, str(path), *arguments], stdout=subprocess.PIPE, text=True
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return the path of a new keystore with one key."""
    path = tmp_path / "keystore.json"
    Keystore.create(path, MASTER).add("shared", Purpose.FIELD)
    return path


def test_processes_that_add_keys_at_once_lose_none(path: Path) -> None:
    workers = [start(path, ADD, f"worker{number}", "15") for number in range(3)]
    ends = [(worker.communicate(timeout=60), worker.returncode)[1] for worker in workers]
    assert ends == [0, 0, 0]
    expected = {f"worker{worker}-{number}" for worker in range(3) for number in range(15)}
    assert set(Keystore.open(path, MASTER).names()) == expected | {"shared"}


def test_processes_that_rotate_one_key_at_once_lose_no_version(path: Path) -> None:
    early = Keystore.open(path, MASTER).cipher("shared").encrypt("早", table="t", row=1, field="f")
    workers = [start(path, ROTATE) for _ in range(2)]
    ends = [(worker.communicate(timeout=60), worker.returncode)[1] for worker in workers]
    assert ends == [0, 0]
    keystore = Keystore.open(path, MASTER)
    assert keystore.rotate("shared") == 42  # one, twice twenty, and this one
    assert keystore.cipher("shared").decrypt(early, table="t", row=1, field="f") == "早"


def test_threads_that_add_keys_at_once_lose_none(path: Path) -> None:
    keystore = Keystore.open(path, MASTER)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: keystore.add(f"key-{number}", Purpose.FIELD), range(20)))
    assert set(Keystore.open(path, MASTER).names()) == {f"key-{number}" for number in range(20)} | {"shared"}


def test_whoever_reads_while_another_writes_sees_a_whole_keystore(path: Path) -> None:
    worker = start(path, ADD, "busy", "150")
    seen = set()
    while worker.poll() is None:
        seen.add(len(Keystore.open(path, MASTER).names()))
    worker.communicate()
    assert worker.returncode == 0
    assert len(seen) > 10  # or it was not read in the midst of the writing
    assert len(Keystore.open(path, MASTER).names()) == 151


@pytest.mark.parametrize("done", [0, 3, 9])
def test_a_process_killed_while_adding_leaves_the_keystore_whole(path: Path, done: int) -> None:
    worker = start(path, ADD, "killed", "100000")
    assert worker.stdout is not None
    for _ in range(done + 1):
        worker.stdout.readline()
    worker.send_signal(signal.SIGKILL)
    worker.stdout.close()
    worker.wait(timeout=60)
    keystore = Keystore.open(path, MASTER)
    assert {f"killed-{number}" for number in range(done + 1)} <= set(keystore.names())
    # Its lock died with it.
    keystore.add("after", Purpose.FIELD)
    assert "after" in Keystore.open(path, MASTER).names()


@pytest.mark.skipif(sys.platform == "win32", reason="the system has no such limit")
def test_a_full_disk_is_refused_and_leaves_the_keystore_as_it_was(path: Path) -> None:
    before = path.read_bytes()
    worker = start(path, FILL)
    said, _ = worker.communicate(timeout=60)
    assert worker.returncode == 0
    assert said.startswith("keystore_unwritable Could not write the keystore")
    assert said.splitlines()[1] == "('shared',)"
    assert path.read_bytes() == before
    assert sorted(one.name for one in path.parent.iterdir()) == ["keystore.json", "keystore.json.lock"]
