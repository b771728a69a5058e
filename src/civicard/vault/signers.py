"""Signing with keys in memory."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from civicard.vault import sm2
from civicard.vault.signatures import Algorithm, PublicKey, Signature

__all__ = ["SoftwareSigner", "new_pair"]


def new_pair(algorithm: Algorithm) -> tuple[bytes, bytes]:
    """Return a new private key of 32 bytes and its public key, as `PublicKey.public` holds it."""
    match algorithm:
        case Algorithm.ED25519:
            key = Ed25519PrivateKey.generate()
            return key.private_bytes_raw(), key.public_key().public_bytes_raw()
        case Algorithm.SM2:
            return sm2.generate()


class SoftwareSigner:
    """Signs with a key in memory; see `civicard.vault.interface.Signer`."""

    def __init__(self, public: PublicKey, private: bytes) -> None:
        """Take the two halves of one version of a key."""
        self._public = public
        self._private = private

    def __repr__(self) -> str:
        return f"<signer {self._public.name} version {self._public.version} {self._public.algorithm}>"

    @property
    def public(self) -> PublicKey:
        """The public half of the key that signs."""
        return self._public

    def sign(self, message: bytes) -> Signature:
        """Return the signature of `message`."""
        public, value = self._public, self._value(message)
        return Signature(key=public.name, version=public.version, algorithm=public.algorithm, value=value)

    def _value(self, message: bytes) -> bytes:
        match self._public.algorithm:
            case Algorithm.ED25519:
                return Ed25519PrivateKey.from_private_bytes(self._private).sign(message)
            case Algorithm.SM2:
                return sm2.sign(self._private, self._public.public, message)
