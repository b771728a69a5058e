"""SM2: the published example, both ways against each other and against the `openssl` command, and nothing else accepted."""

import base64
import ctypes
import gc
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from civicard.vault import sm2
from civicard.vault.sm2_openssl import OpenSsl, OpenSslFailed

# GB/T 32918.5-2017, annex A: the private key, the public key, the message and the signature (r, s).
PRIVATE = bytes.fromhex("3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8")
PUBLIC = bytes.fromhex(
    "0409F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020"
    "CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13"
)
MESSAGE = b"message digest"
R = 0xF5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3
S = 0xB1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA
# The number of points of the curve, from the same standard.
N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123

# What stands before the 65 bytes of a public key in DER: id-ecPublicKey, the curve sm2, a string of bits.
BEFORE_PUBLIC = bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d034200")


def number(value: int) -> bytes:
    """Return a number in DER."""
    body = value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True)
    return bytes((2, len(body))) + body


def der(*numbers: bytes) -> bytes:
    """Return numbers in DER as one sequence."""
    body = b"".join(numbers)
    return bytes((0x30, len(body))) + body


EXAMPLE = der(number(R), number(S))


def ways() -> list[sm2.Way]:
    """Return every way that this system has."""
    quick = OpenSsl.load()
    return [sm2.Gmssl(), *([] if quick is None or not sm2.is_able(quick) else [quick])]


WAYS = ways()
each_way = pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)


@each_way
def test_the_published_example_verifies(way: sm2.Way) -> None:
    assert way.verifies(PUBLIC, MESSAGE, EXAMPLE, sm2.IDENTITY)
    assert not way.verifies(PUBLIC, MESSAGE + b" ", EXAMPLE, sm2.IDENTITY)


@each_way
def test_the_identity_is_part_of_what_is_signed(way: sm2.Way) -> None:
    assert not way.verifies(PUBLIC, MESSAGE, EXAMPLE, b"1234567812345679")


@each_way
@pytest.mark.parametrize("other", WAYS, ids=lambda way: way.name)
@pytest.mark.parametrize("message", [b"", b"\0", b"abc", b"\xff" * 100_000], ids=len)
def test_what_one_way_signs_the_other_verifies(way: sm2.Way, other: sm2.Way, message: bytes) -> None:
    private, public = way.generate()
    signature = way.sign(private, public, message, sm2.IDENTITY)
    assert other.verifies(public, message, signature, sm2.IDENTITY)
    assert not other.verifies(public, message + b".", signature, sm2.IDENTITY)


@each_way
def test_keys_are_new_each_time_and_lie_on_the_curve(way: sm2.Way) -> None:
    pairs = [way.generate() for _ in range(20)]
    assert len({private for private, _ in pairs}) == 20
    assert all(len(private) == 32 and sm2.is_public_key(public) for private, public in pairs)


@each_way
def test_two_signatures_of_one_message_differ(way: sm2.Way) -> None:
    assert len({way.sign(PRIVATE, PUBLIC, MESSAGE, sm2.IDENTITY) for _ in range(10)}) == 10


@each_way
@pytest.mark.parametrize("numbers", [(1, N - 1), (N - 1, 1), (N - 1, N - 1), (1, 1)])
def test_numbers_at_the_edge_of_their_range_verify_nothing(way: sm2.Way, numbers: tuple[int, int]) -> None:
    signature = der(*(number(one) for one in numbers))
    assert not way.verifies(PUBLIC, MESSAGE, signature, sm2.IDENTITY)


@each_way
def test_every_bit_flipped_in_a_signature_is_refused(way: sm2.Way) -> None:
    assert sm2.is_signature(EXAMPLE)
    for place in range(len(EXAMPLE) * 8):
        changed = bytearray(EXAMPLE)
        changed[place // 8] ^= 1 << place % 8
        still_one = sm2.is_signature(bytes(changed))
        assert not (still_one and way.verifies(PUBLIC, MESSAGE, bytes(changed), sm2.IDENTITY)), place


@pytest.mark.parametrize(
    "signature",
    [
        b"",
        b"\x30",
        b"\x30\x00",
        der(number(R)),
        der(number(R), number(S), number(1)),
        EXAMPLE + b"\0",
        EXAMPLE[:-1],
        b"\x30\x81\x46" + EXAMPLE[2:],  # the length in two bytes, where one is enough
        b"\x30\x80" + EXAMPLE[2:] + b"\0\0",  # BER: an end mark in place of a length
        der(b"\x02\x22\0" + number(R)[2:], number(S)),  # a zero too many before r
        der(b"\x02\x20" + number(R)[3:], number(S)),  # r without the zero that makes it positive
        der(b"\x02\x00", number(S)),
        der(number(0), number(S)),
        der(number(R), number(0)),
        der(number(N), number(S)),
        der(number(R + N), number(S)),
        der(number(-R), number(S)),
        R.to_bytes(32, "big") + S.to_bytes(32, "big"),
        bytes(72),
        b"\xff" * 200,
    ],
)  # fmt: skip
def test_bytes_that_are_no_strict_signature_verify_nothing(signature: bytes) -> None:
    assert not sm2.is_signature(signature)
    assert not sm2.verifies(PUBLIC, MESSAGE, signature)


def test_two_numbers_in_the_wrong_order_are_a_signature_of_something_else() -> None:
    swapped = der(number(S), number(R))
    assert sm2.is_signature(swapped)
    assert not sm2.verifies(PUBLIC, MESSAGE, swapped)


@pytest.mark.parametrize(
    "public",
    [
        b"",
        PUBLIC[1:],
        PUBLIC + b"\0",
        b"\x02" + PUBLIC[1:33],  # compressed
        b"\x06" + PUBLIC[1:],  # hybrid
        b"\x00",  # the point at infinity
        b"\x04" + bytes(64),
        PUBLIC[:-1] + b"\x12",  # beside the curve
        b"\x04" + b"\xff" * 64,  # beyond the field
    ],
)
def test_bytes_that_are_no_point_of_the_curve_are_no_key(public: bytes) -> None:
    assert not sm2.is_public_key(public)
    assert not sm2.verifies(public, MESSAGE, EXAMPLE)
    with pytest.raises(ValueError, match="public key"):
        sm2.sign(PRIVATE, public, MESSAGE)


@pytest.mark.parametrize("private", [b"", bytes(32), PRIVATE[1:], (N - 1).to_bytes(32, "big"), b"\xff" * 32])
def test_numbers_outside_of_the_range_are_no_private_key(private: bytes) -> None:
    with pytest.raises(ValueError, match="private key"):
        sm2.sign(private, PUBLIC, MESSAGE)


class Careless(sm2.Gmssl):
    """A library that calls every signature good."""

    def verifies(self, public: bytes, message: bytes, signature: bytes, identity: bytes) -> bool:
        return True


class WithoutCurve(sm2.Gmssl):
    """A library whose makers left the curve out."""

    def generate(self) -> tuple[bytes, bytes]:
        raise OpenSslFailed


class OtherCurve(sm2.Gmssl):
    """A library that signs what it verifies, but not as the standard does."""

    def sign(self, private: bytes, public: bytes, message: bytes, identity: bytes) -> bytes:
        return super().sign(private, public, message, identity[::-1])

    def verifies(self, public: bytes, message: bytes, signature: bytes, identity: bytes) -> bool:
        return super().verifies(public, message, signature, identity[::-1])


@pytest.mark.parametrize(
    "candidate", [Careless(), WithoutCurve(), OtherCurve()], ids=lambda one: type(one).__name__
)
def test_a_library_that_does_not_do_sm2_is_not_used(candidate: sm2.Way) -> None:
    assert not sm2.is_able(candidate)


def test_the_portable_way_is_always_able() -> None:
    assert sm2.is_able(sm2.Gmssl())


def test_the_quick_way_is_used_where_there_is_one() -> None:
    assert sm2.way().name == WAYS[-1].name


def resident_bytes() -> int:
    """Return how much memory this process holds; skips where the system does not say."""
    statm = Path("/proc/self/statm")
    if not statm.exists():
        pytest.skip("the system does not say how much memory a process holds")
    gc.collect()
    return int(statm.read_text(encoding="ascii").split()[1]) * 4096


@each_way
def test_no_call_leaves_memory_behind(way: sm2.Way) -> None:
    def all_calls(times: int) -> None:
        for _ in range(times):
            private, public = way.generate()
            signature = way.sign(private, public, MESSAGE, sm2.IDENTITY)
            way.verifies(public, MESSAGE, signature, sm2.IDENTITY)
            way.verifies(PUBLIC, MESSAGE, signature, sm2.IDENTITY)

    all_calls(100)
    before = resident_bytes()
    all_calls(300)
    # A key that is left behind holds more than a kilobyte: 300 rounds would leave over a megabyte.
    assert resident_bytes() - before < 600_000


def test_a_key_that_the_library_refuses_is_an_error_and_leaves_nothing_behind() -> None:
    library = OpenSsl.load()
    if library is None:
        pytest.skip("this system has no OpenSSL 3")
    beside_the_curve = PUBLIC[:-1] + b"\x12"

    def refused(times: int) -> None:
        for _ in range(times):
            with pytest.raises(OpenSslFailed):
                library.verifies(beside_the_curve, MESSAGE, EXAMPLE, sm2.IDENTITY)

    refused(100)
    before = resident_bytes()
    refused(1000)
    assert resident_bytes() - before < 1_000_000


@pytest.mark.skipif(sys.platform != "linux", reason="the library has another name there")
def test_no_call_leaves_an_error_to_whoever_uses_the_library_next() -> None:
    library = OpenSsl.load()
    if library is None:
        pytest.skip("this system has no OpenSSL 3")
    first_error = ctypes.CDLL("libcrypto.so.3").ERR_peek_error
    first_error.restype = ctypes.c_ulong
    first_error.argtypes = ()
    assert not library.verifies(PUBLIC, MESSAGE, EXAMPLE[:-1] + b"\0", sm2.IDENTITY)
    assert first_error() == 0
    assert not library.verifies(PUBLIC, MESSAGE, b"no signature", sm2.IDENTITY)
    assert first_error() == 0
    with pytest.raises(OpenSslFailed):
        library.sign(bytes(32), PUBLIC[:-1] + b"\x12", MESSAGE, sm2.IDENTITY)
    assert first_error() == 0


@pytest.fixture(scope="module")
def openssl() -> str:
    """Return the `openssl` command of version 3 or later that has SM2."""
    command = shutil.which("openssl")
    if command is None:
        pytest.skip("there is no openssl command")
    version = subprocess.run([command, "version"], capture_output=True, check=True, text=True).stdout
    if not version.startswith("OpenSSL ") or int(version.split()[1].split(".")[0]) < 3:
        pytest.skip(f"no openssl command of version 3: {version.strip()}")
    curves = subprocess.run(
        [command, "ecparam", "-list_curves"], capture_output=True, check=True, text=True
    ).stdout
    if "SM2" not in curves:
        pytest.skip("this openssl command was built without SM2")
    return command


DISTINGUISHED = ["-sigopt", "distid:1234567812345678"]


@each_way
def test_the_openssl_command_verifies_what_is_signed_here(way: sm2.Way, openssl: str, tmp_path: Path) -> None:
    private, public = way.generate()
    pem = base64.encodebytes(BEFORE_PUBLIC + public).decode()
    (tmp_path / "public.pem").write_text(
        f"-----BEGIN PUBLIC KEY-----\n{pem}-----END PUBLIC KEY-----\n", "ascii"
    )
    (tmp_path / "message").write_bytes(b"a root of the ledger")
    (tmp_path / "signature").write_bytes(way.sign(private, public, b"a root of the ledger", sm2.IDENTITY))
    verify = [openssl, "dgst", "-sm3", "-verify", "public.pem", "-signature", "signature", *DISTINGUISHED]
    good = subprocess.run([*verify, "message"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (good.returncode, good.stdout.strip()) == (0, "Verified OK"), good.stderr
    (tmp_path / "message").write_bytes(b"another root")
    wrong = subprocess.run([*verify, "message"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert wrong.returncode != 0


@each_way
def test_what_the_openssl_command_signs_verifies_here(way: sm2.Way, openssl: str, tmp_path: Path) -> None:
    def run(*arguments: str) -> None:
        subprocess.run([openssl, *arguments], cwd=tmp_path, capture_output=True, check=True)

    (tmp_path / "message").write_bytes(b"a root of the ledger")
    run("genpkey", "-algorithm", "SM2", "-out", "private.pem")
    run("pkey", "-in", "private.pem", "-pubout", "-outform", "DER", "-out", "public.der")
    run("dgst", "-sm3", "-sign", "private.pem", *DISTINGUISHED, "-out", "signature", "message")
    whole = (tmp_path / "public.der").read_bytes()
    assert whole[: len(BEFORE_PUBLIC)] == BEFORE_PUBLIC
    public, signature = whole[len(BEFORE_PUBLIC) :], (tmp_path / "signature").read_bytes()
    assert way.verifies(public, b"a root of the ledger", signature, sm2.IDENTITY)
    assert not way.verifies(public, b"another root", signature, sm2.IDENTITY)
