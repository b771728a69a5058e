"""SM2 signatures with SM3 and the default identity: quick through the system's OpenSSL 3, portable through GmSSL.

What is accepted does not depend on the way: keys and signatures are checked here, before either of them sees any.
Signatures are DER, as `openssl dgst -sm3 -sigopt distid:1234567812345678` makes and verifies them.

Source: GB/T 32918.2-2016 (signatures), GB/T 32918.5-2017 (the curve, and in annex A the example).
"""

from functools import cache
from typing import Final, Protocol

from civicard.vault.sm2_openssl import OpenSsl, OpenSslFailed

__all__ = [
    "IDENTITY",
    "Gmssl",
    "Way",
    "generate",
    "is_able",
    "is_public_key",
    "is_signature",
    "sign",
    "verifies",
    "way",
]

IDENTITY: Final = b"1234567812345678"
PRIVATE_BYTES: Final = 32
PUBLIC_BYTES: Final = 65
# The recommended curve y² = x³ - 3x + b over the whole numbers modulo P; N points.
P: Final = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
B: Final = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
N: Final = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
UNCOMPRESSED: Final = 4
SEQUENCE, INTEGER = 0x30, 0x02
TWO_BYTES_MORE: Final = 2
# Two numbers of 33 bytes at most: no length needs more than one byte.
MOST_SIGNATURE_BYTES: Final = 72


class Way(Protocol):
    """One way to do the arithmetic. Keys and signatures it is given were checked."""

    name: str

    def generate(self) -> tuple[bytes, bytes]:
        """Return a new private key of 32 bytes and its public key, 04 ‖ x ‖ y."""

    def sign(self, private: bytes, public: bytes, message: bytes, identity: bytes) -> bytes:
        """Return the DER signature of `message`."""

    def verifies(self, public: bytes, message: bytes, signature: bytes, identity: bytes) -> bool:
        """Tell whether the DER `signature` of `message` is of the owner of `public`."""


class Gmssl:
    """SM2 with SM3 by GmSSL, which comes with the product: about a seventh as many signatures as OpenSSL.

    Attributes:
        name: which way this is, for reports and benchmarks.
    """

    name = "gmssl"

    def generate(self) -> tuple[bytes, bytes]:
        """Return a new private key of 32 bytes and its public key, 04 ‖ x ‖ y."""
        import gmssl_pyx

        public, private = gmssl_pyx.sm2_key_generate()
        return bytes(private), bytes((UNCOMPRESSED,)) + bytes(public)

    def sign(self, private: bytes, public: bytes, message: bytes, identity: bytes) -> bytes:
        """Return the DER signature of `message` by the owner of `private`, whose public key is `public`."""
        import gmssl_pyx

        return bytes(gmssl_pyx.sm2_sign(private, public[1:], message, identity))

    def verifies(self, public: bytes, message: bytes, signature: bytes, identity: bytes) -> bool:
        """Tell whether the DER `signature` of `message` is of the owner of `public`."""
        import gmssl_pyx

        return bool(gmssl_pyx.sm2_verify(public[1:], message, signature, identity))


@cache
def way() -> Way:
    """Return the way that signs and verifies here: OpenSSL where the system's can, else GmSSL.

    A library may be there without SM2 (some systems leave the curve out) or with it switched off, so it has to
    show that it can.
    """
    quick = OpenSsl.load()
    return quick if quick is not None and is_able(quick) else Gmssl()


def generate() -> tuple[bytes, bytes]:
    """Return a new private key of 32 bytes and its public key of 65 bytes, 04 ‖ x ‖ y."""
    return way().generate()


def sign(private: bytes, public: bytes, message: bytes) -> bytes:
    """Return the DER signature of `message`.

    Args:
        private: 32 bytes, as `generate` gives them.
        public: the public key of `private`; the signature covers it.
        message: what is signed, of any length.

    Raises:
        ValueError: a key is not one of SM2.
    """
    # N - 1 is no private key of SM2: 1 + d would have no inverse.
    if len(private) != PRIVATE_BYTES or not 0 < int.from_bytes(private, "big") < N - 1:
        raise ValueError("no private key of SM2")
    if not is_public_key(public):
        raise ValueError("no public key of SM2")
    return way().sign(private, public, message, IDENTITY)


def verifies(public: bytes, message: bytes, signature: bytes) -> bool:
    """Tell whether `signature` is a good signature of `message` by the owner of `public`.

    Bytes that are no strict DER signature, and bytes that are no key, verify nothing.
    """
    if not is_public_key(public) or not is_signature(signature):
        return False
    return way().verifies(public, message, signature, IDENTITY)


def is_public_key(public: bytes) -> bool:
    """Tell whether `public` is 04 ‖ x ‖ y of a point of the curve."""
    if len(public) != PUBLIC_BYTES or public[0] != UNCOMPRESSED:
        return False
    x, y = int.from_bytes(public[1:33], "big"), int.from_bytes(public[33:], "big")
    return x < P and y < P and (y * y - (x * x * x - 3 * x + B)) % P == 0


def is_signature(signature: bytes) -> bool:
    """Tell whether the bytes are the one DER form of two numbers in range, with nothing after them.

    Readers of DER differ in what else they let pass; one signature must not have two forms.
    """
    if not TWO_BYTES_MORE <= len(signature) <= MOST_SIGNATURE_BYTES:
        return False
    if signature[:2] != bytes((SEQUENCE, len(signature) - 2)):
        return False
    numbers = []
    rest = signature[2:]
    while rest:
        if len(rest) < TWO_BYTES_MORE or rest[0] != INTEGER:
            return False
        body, after = rest[2 : 2 + rest[1]], rest[2 + rest[1] :]
        number = int.from_bytes(body, "big", signed=True)
        # The shortest form of a number has room for its sign, and no more.
        if len(body) != rest[1] or len(body) != number.bit_length() // 8 + 1:
            return False
        numbers.append(number)
        rest = after
    return len(numbers) == 2 and all(0 < number < N for number in numbers)  # noqa: PLR2004 - a signature is r and s


def is_able(candidate: Way) -> bool:
    """Tell whether `candidate` verifies the published example, and signs what it verifies."""
    message = b"civicard"
    try:
        private, public = candidate.generate()
        signature = candidate.sign(private, public, message, IDENTITY)
        good = candidate.verifies(public, message, signature, IDENTITY)
        wrong = candidate.verifies(public, message + b".", signature, IDENTITY)
    except OpenSslFailed:
        return False
    return good and not wrong and is_public_key(public) and candidate.verifies(*_EXAMPLE, IDENTITY)


# The example of GB/T 32918.5-2017, annex A: public key, message, signature. What does not verify it is not SM2.
_EXAMPLE: Final = (
    bytes.fromhex(
        "04"
        "09F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020"
        "CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13"
    ),
    b"message digest",
    bytes.fromhex(
        "3046"
        "022100F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3"
        "022100B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA"
    ),
)
