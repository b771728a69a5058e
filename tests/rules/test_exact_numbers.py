"""Exact numbers read from text, by a library that must not touch what is not its own."""

import subprocess
import sys
from pathlib import Path

import pytest

from civicard.kernel.exact import Fraction, from_text

ROOT = Path(__file__).parents[2]
# A byte object of one zero is one that the whole process shares.
UNTOUCHED = "import sys; sys.exit(bytes(bytearray(1))[0])"


@pytest.mark.parametrize(
    ("text", "number"),
    [("7", (7, 1)), ("0", (0, 1)), ("99.60", (498, 5)), ("-1", (-1, 1)), ("2/3", (2, 3)), ("1e3", (1000, 1))],
)
def test_text_is_read_exactly(text: str, number: tuple[int, int]) -> None:
    assert from_text(text) == Fraction(*number)


@pytest.mark.parametrize("text", ["", "x", "1/0x", "1 2"])
def test_what_is_no_number_is_not_read(text: str) -> None:
    with pytest.raises(ValueError, match=r"(?i)invalid literal"):
        from_text(text)


@pytest.mark.parametrize(
    "program",
    [
        "from civicard.kernel.exact import from_text; [from_text(str(n)) for n in range(100)]",
        "from civicard.cli.main import main; main(['evaluate', 'programmes/shanghai-2018.yaml', '--format', 'json'])",
        "from civicard.cli.main import main; main(['sensitivity', 'programmes/zhengzhou-2021.yaml'])",
    ],
    ids=["every digit", "an evaluation", "a sensitivity analysis"],
)
def test_reading_numbers_leaves_the_shared_zero_byte_alone(program: str) -> None:
    """Hashes begin with this byte: were it changed, every sealed lake would look tampered with."""
    done = subprocess.run(
        [sys.executable, "-c", f"{program}; {UNTOUCHED}"], cwd=ROOT, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
