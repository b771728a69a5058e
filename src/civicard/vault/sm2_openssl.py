"""SM2 through the system's OpenSSL 3: the quick one of the two ways in `civicard.vault.sm2`, which checks its input.

Every foreign function is declared with its types. Every foreign object is handed to an exit stack as soon as it
exists, so that it is freed however the call ends; last of all the error queue of the thread is cleared, because
Python's own `ssl` may use the very same library and reads that queue.
"""

import ctypes
import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from typing import Any, Final

__all__ = ["OpenSsl", "OpenSslFailed"]

# Named with their version only: a bare `libcrypto` may be of another version, and macOS ends a process that loads it.
LIBRARIES: Final[Mapping[str, tuple[str, ...]]] = {
    "linux": ("libcrypto.so.3",),
    "darwin": ("libcrypto.3.dylib",),
    "win32": ("libcrypto-3-x64.dll", "libcrypto-3-arm64.dll", "libcrypto-3.dll"),
}
PRIVATE_BYTES: Final = 32
PUBLIC_BYTES: Final = 65
# A DER signature has 72 bytes at most; the library wants to see room for its own estimate.
SIGNATURE_ROOM: Final = 128
# From openssl/core.h and openssl/evp.h; they are part of the stable interface of version 3.
UNSIGNED_INTEGER, UTF8_STRING, OCTET_STRING = 2, 4, 5
PUBLIC_KEY, KEY_PAIR = 0x86, 0x87

Address = ctypes.c_void_p


class _Parameter(ctypes.Structure):
    """`OSSL_PARAM`: one named value; the list ends with one that has no name."""

    _fields_ = (
        ("key", ctypes.c_char_p),
        ("data_type", ctypes.c_uint),
        ("data", ctypes.c_void_p),
        ("data_size", ctypes.c_size_t),
        ("return_size", ctypes.c_size_t),
    )


_PARAMETERS = ctypes.POINTER(_Parameter)
_OUT_ADDRESS = ctypes.POINTER(ctypes.c_void_p)
_OUT_SIZE = ctypes.POINTER(ctypes.c_size_t)
_TEXT, _SIZE, _INT = ctypes.c_char_p, ctypes.c_size_t, ctypes.c_int

# What each function returns and takes. None for a result is C's void.
SIGNATURES: Final[Mapping[str, tuple[Any, tuple[Any, ...]]]] = {
    "BN_bn2binpad": (_INT, (Address, Address, _INT)),
    "BN_clear_free": (None, (Address,)),
    "ERR_clear_error": (None, ()),
    "EVP_DigestSign": (_INT, (Address, Address, _OUT_SIZE, _TEXT, _SIZE)),
    "EVP_DigestSignInit_ex": (_INT, (Address, _OUT_ADDRESS, _TEXT, Address, _TEXT, Address, _PARAMETERS)),
    "EVP_DigestVerify": (_INT, (Address, _TEXT, _SIZE, _TEXT, _SIZE)),
    "EVP_DigestVerifyInit_ex": (_INT, (Address, _OUT_ADDRESS, _TEXT, Address, _TEXT, Address, _PARAMETERS)),
    "EVP_MD_CTX_free": (None, (Address,)),
    "EVP_MD_CTX_new": (Address, ()),
    "EVP_PKEY_CTX_free": (None, (Address,)),
    "EVP_PKEY_CTX_new_from_name": (Address, (Address, _TEXT, _TEXT)),
    "EVP_PKEY_CTX_set_params": (_INT, (Address, _PARAMETERS)),
    "EVP_PKEY_free": (None, (Address,)),
    "EVP_PKEY_fromdata": (_INT, (Address, _OUT_ADDRESS, _INT, _PARAMETERS)),
    "EVP_PKEY_fromdata_init": (_INT, (Address,)),
    "EVP_PKEY_generate": (_INT, (Address, _OUT_ADDRESS)),
    "EVP_PKEY_get_bn_param": (_INT, (Address, _TEXT, _OUT_ADDRESS)),
    "EVP_PKEY_get_octet_string_param": (_INT, (Address, _TEXT, Address, _SIZE, _OUT_SIZE)),
    "EVP_PKEY_keygen_init": (_INT, (Address,)),
}


class _Parameters:
    """A list of `OSSL_PARAM` and the memory that it points into, which must live as long as the list is used."""

    def __init__(self, *parts: tuple[bytes, int, "ctypes.Array[ctypes.c_char]", int]) -> None:
        """Take for each part its name, its type, where it is and its size in bytes."""
        self._rooms = [room for _, _, room, _ in parts]
        # One more than there are parts: the last stays empty, which ends the list.
        self.list = (_Parameter * (len(parts) + 1))()
        for entry, (name, kind, room, size) in zip(self.list, parts, strict=False):
            entry.key, entry.data_type, entry.data_size = name, kind, size
            entry.data = ctypes.addressof(room)


class OpenSslFailed(Exception):
    """The library did not do what it was asked; with keys and signatures checked before, that is its own fault."""


class OpenSsl:
    """SM2 with SM3 by the system's libcrypto. Its calls let other threads of Python run.

    Attributes:
        name: which way this is, for reports and benchmarks.
    """

    name = "openssl"

    def __init__(self, functions: Mapping[str, Callable[..., Any]]) -> None:
        """Take the declared functions; see `load`."""
        self._call = functions

    @classmethod
    def load(cls) -> "OpenSsl | None":
        """Return the system's library, or None when there is none of version 3 with all functions."""
        for name in LIBRARIES.get(sys.platform, ()):
            with suppress(OSError, AttributeError):
                return cls(_declared(ctypes.CDLL(name)))
        return None

    def generate(self) -> tuple[bytes, bytes]:
        """Return a new private key of 32 bytes and its public key, 04 ‖ x ‖ y.

        Raises:
            OpenSslFailed: the library has no SM2, or no randomness.
        """
        call = self._call
        with ExitStack() as later:
            later.callback(call["ERR_clear_error"])
            context = self._context(later)
            key = Address()
            later.callback(_free, call["EVP_PKEY_free"], key)
            _done(call["EVP_PKEY_keygen_init"](context))
            _done(call["EVP_PKEY_generate"](context, ctypes.byref(key)))
            return self._private_of(key), self._public_of(key)

    def sign(self, private: bytes, public: bytes, message: bytes, identity: bytes) -> bytes:
        """Return the DER signature of `message` by the owner of `private`, whose public key is `public`.

        Raises:
            OpenSslFailed: the two keys are none of SM2, or the library has no randomness.
        """
        call = self._call
        with ExitStack() as later:
            later.callback(call["ERR_clear_error"])
            key = self._imported(later, public, private)
            digest = self._digest(later)
            inner = Address()
            _done(call["EVP_DigestSignInit_ex"](digest, ctypes.byref(inner), b"SM3", None, None, key, None))
            self._identify(inner, identity)
            room = ctypes.create_string_buffer(SIGNATURE_ROOM)
            size = ctypes.c_size_t(SIGNATURE_ROOM)
            _done(call["EVP_DigestSign"](digest, room, ctypes.byref(size), message, len(message)))
            return room.raw[: size.value]

    def verifies(self, public: bytes, message: bytes, signature: bytes, identity: bytes) -> bool:
        """Tell whether the DER `signature` of `message` is of the owner of `public`.

        Raises:
            OpenSslFailed: `public` is no key of SM2.
        """
        call = self._call
        with ExitStack() as later:
            later.callback(call["ERR_clear_error"])
            key = self._imported(later, public, None)
            digest = self._digest(later)
            inner = Address()
            _done(call["EVP_DigestVerifyInit_ex"](digest, ctypes.byref(inner), b"SM3", None, None, key, None))
            self._identify(inner, identity)
            return bool(
                call["EVP_DigestVerify"](digest, signature, len(signature), message, len(message)) == 1
            )

    def _context(self, later: ExitStack) -> Address:
        call = self._call
        context = _there(call["EVP_PKEY_CTX_new_from_name"](None, b"SM2", None))
        later.callback(call["EVP_PKEY_CTX_free"], context)
        return context

    def _digest(self, later: ExitStack) -> Address:
        digest = _there(self._call["EVP_MD_CTX_new"]())
        later.callback(self._call["EVP_MD_CTX_free"], digest)
        return digest

    def _identify(self, inner: Address, identity: bytes) -> None:
        """Set who signs. `inner` belongs to the digest and is freed with it.

        Given to the call before this one, version 3.0 refuses it; as a call of its own, all versions take it.
        """
        room = ctypes.create_string_buffer(identity, len(identity))
        named = _Parameters((b"distid", OCTET_STRING, room, len(identity)))
        _done(self._call["EVP_PKEY_CTX_set_params"](inner, named.list))

    def _imported(self, later: ExitStack, public: bytes, private: bytes | None) -> Address:
        """Return the library's own form of a key; `private` is None for a public key alone."""
        call = self._call
        parts = [
            (b"group", UTF8_STRING, ctypes.create_string_buffer(b"SM2"), len(b"SM2")),
            (b"pub", OCTET_STRING, ctypes.create_string_buffer(public, len(public)), len(public)),
        ]
        if private is not None:
            # The library takes whole numbers in the machine's own order of bytes.
            number = int.from_bytes(private, "big").to_bytes(PRIVATE_BYTES, sys.byteorder)
            room = ctypes.create_string_buffer(number, PRIVATE_BYTES)
            later.callback(ctypes.memset, room, 0, PRIVATE_BYTES)
            parts.append((b"priv", UNSIGNED_INTEGER, room, PRIVATE_BYTES))
        named = _Parameters(*parts)
        context = self._context(later)
        key = Address()
        later.callback(_free, call["EVP_PKEY_free"], key)
        _done(call["EVP_PKEY_fromdata_init"](context))
        kind = PUBLIC_KEY if private is None else KEY_PAIR
        _done(call["EVP_PKEY_fromdata"](context, ctypes.byref(key), kind, named.list))
        return key

    def _private_of(self, key: Address) -> bytes:
        call = self._call
        number = Address()
        room = ctypes.create_string_buffer(PRIVATE_BYTES)
        try:
            _done(call["EVP_PKEY_get_bn_param"](key, b"priv", ctypes.byref(number)))
            if call["BN_bn2binpad"](number, room, PRIVATE_BYTES) != PRIVATE_BYTES:
                raise OpenSslFailed
            return room.raw
        finally:
            ctypes.memset(room, 0, PRIVATE_BYTES)
            _free(call["BN_clear_free"], number)

    def _public_of(self, key: Address) -> bytes:
        room = ctypes.create_string_buffer(PUBLIC_BYTES)
        size = ctypes.c_size_t(0)
        _done(
            self._call["EVP_PKEY_get_octet_string_param"](key, b"pub", room, PUBLIC_BYTES, ctypes.byref(size))
        )
        return room.raw[: size.value]


def _declared(library: ctypes.CDLL) -> Mapping[str, Callable[..., Any]]:
    """Return the functions of `library` with their types; one that is missing raises AttributeError."""
    functions: dict[str, Callable[..., Any]] = {}
    for name, (result, arguments) in SIGNATURES.items():
        function = getattr(library, name)
        function.restype = result
        function.argtypes = arguments
        functions[name] = function
    return functions


def _done(result: int) -> None:
    if result != 1:
        raise OpenSslFailed


def _there(address: int | None) -> Address:
    if not address:
        raise OpenSslFailed
    return Address(address)


def _free(function: Callable[..., Any], address: Address) -> None:
    # The address is filled in after this was put on the stack; where nothing came, there is nothing to free.
    if address.value:
        function(address)
