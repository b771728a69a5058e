"""The ciphers, digests and signatures of the vault give what their standards print."""

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.ciphers.modes import ECB
from cryptography.hazmat.primitives.hashes import SM3, Hash

from civicard.vault.fields import sealed, unsealed
from civicard.vault.signatures import Algorithm, PublicKey
from civicard.vault.signers import SoftwareSigner

# GB/T 32907-2016, annex A.1: key, plaintext, and ciphertext of one block.
SM4_KEY = bytes.fromhex("0123456789abcdeffedcba9876543210")
SM4_CIPHERTEXT = bytes.fromhex("681edf34d206965e86b3e94f536e4246")

# RFC 8998, appendix A.1, under the same key.
GCM_NONCE = bytes.fromhex("00001234567800000000abcd")
GCM_BOUND_TO = bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
GCM_PLAINTEXT = bytes.fromhex(
    "aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbccccccccccccccccdddddddddddddddd"
    "eeeeeeeeeeeeeeeeffffffffffffffffeeeeeeeeeeeeeeeeaaaaaaaaaaaaaaaa"
)
GCM_CIPHERTEXT = bytes.fromhex(
    "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735"
    "d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d"
)
GCM_TAG = bytes.fromhex("83de3541e4c2b58177e065a9bf7b62ec")

# RFC 8032, section 7.1, test 1: the message is empty.
ED25519_PRIVATE = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
ED25519_PUBLIC = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
ED25519_SIGNATURE = bytes.fromhex(
    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595b"
    "be24655141438e7a100b"
)


def test_sm4_gives_the_example_of_its_standard() -> None:
    work = Cipher(SM4(SM4_KEY), ECB()).encryptor()  # noqa: S305 - one block, as the standard prints it
    assert work.update(SM4_KEY) + work.finalize() == SM4_CIPHERTEXT


def test_sm4_gcm_gives_the_example_of_rfc_8998() -> None:
    assert sealed(SM4_KEY, GCM_NONCE, GCM_PLAINTEXT, GCM_BOUND_TO) == GCM_CIPHERTEXT + GCM_TAG
    assert unsealed(SM4_KEY, GCM_NONCE, GCM_CIPHERTEXT + GCM_TAG, GCM_BOUND_TO) == GCM_PLAINTEXT


@pytest.mark.parametrize(
    ("message", "digest"),
    [
        # GB/T 32905-2016, annex A.1 and A.2.
        (b"abc", "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"),
        (b"abcd" * 16, "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"),
    ],
)
def test_sm3_gives_the_examples_of_its_standard(message: bytes, digest: str) -> None:
    work = Hash(SM3())
    work.update(message)
    assert work.finalize().hex() == digest


def test_ed25519_gives_the_example_of_rfc_8032() -> None:
    public = PublicKey(name="rfc", version=1, algorithm=Algorithm.ED25519, public=ED25519_PUBLIC)
    assert SoftwareSigner(public, ED25519_PRIVATE).sign(b"").value == ED25519_SIGNATURE
    assert public.verifies(b"", ED25519_SIGNATURE)
