"""One-time codes against the vectors printed in RFC 6238 and RFC 4226."""

from datetime import UTC, datetime, timedelta

import pytest

from civicard.access.one_time_codes import code_at, matching_step, secret_bytes, secret_text, step_at

# RFC 6238, appendix B. Its seeds repeat these digits to the length of the hash (errata 2866).
DIGITS = b"1234567890"
SEEDS = {"sha1": DIGITS * 2, "sha256": (DIGITS * 4)[:32], "sha512": (DIGITS * 7)[:64]}
VECTORS = [
    (59, "94287082", "46119246", "90693936"),
    (1111111109, "07081804", "68084774", "25091201"),
    (1111111111, "14050471", "67062674", "99943326"),
    (1234567890, "89005924", "91819424", "93441116"),
    (2000000000, "69279037", "90698825", "38618901"),
    (20000000000, "65353130", "77737706", "47863826"),
]
# RFC 4226, appendix D: the six digits of counts 0 to 9.
COUNTED = ["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"]
SECRET = SEEDS["sha1"]
NOW = datetime(2026, 3, 2, 1, 0, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("second", "algorithm", "code"),
    [
        (second, algorithm, code)
        for second, *codes in VECTORS
        for algorithm, code in zip(("sha1", "sha256", "sha512"), codes, strict=True)
    ],
)
def test_the_codes_are_those_of_the_standard(second: int, algorithm: str, code: str) -> None:
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=second)
    assert code_at(SEEDS[algorithm], step_at(at), digits=8, algorithm=algorithm) == code


def test_the_six_digits_are_those_of_the_standard() -> None:
    assert [code_at(SECRET, count) for count in range(10)] == COUNTED


@pytest.mark.parametrize(
    ("late_by", "is_good"), [(-90, False), (-60, False), (-30, True), (0, True), (30, True), (60, False)]
)
def test_a_code_is_good_one_step_early_and_one_step_late(*, late_by: int, is_good: bool) -> None:
    code = code_at(SECRET, step_at(NOW - timedelta(seconds=late_by)))
    assert (matching_step(SECRET, code, at=NOW, last_used=0) is not None) is is_good


def test_a_code_that_was_taken_is_not_good_again_nor_is_one_before_it() -> None:
    step = step_at(NOW)
    assert matching_step(SECRET, code_at(SECRET, step), at=NOW, last_used=step) is None
    assert matching_step(SECRET, code_at(SECRET, step - 1), at=NOW, last_used=step) is None
    assert matching_step(SECRET, code_at(SECRET, step + 1), at=NOW, last_used=step) == step + 1


@pytest.mark.parametrize(
    "typed", ["", "12345", "1234567", "abcdef", "\uff11\uff12\uff13\uff14\uff15\uff16", "\ud800", "-00001"]
)
def test_what_is_no_code_is_not_good(typed: str) -> None:
    assert matching_step(SECRET, typed, at=NOW, last_used=0) is None


def test_a_secret_is_written_as_phones_take_it() -> None:
    assert secret_text(b"12345678901234567890") == "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    assert [secret_bytes(secret_text(bytes(size))) for size in range(1, 21)] == [
        bytes(size) for size in range(1, 21)
    ]
