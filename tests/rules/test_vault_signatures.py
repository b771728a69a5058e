"""Signatures and public keys: what verifies, what does not, and what cannot be told."""

import base64
import dataclasses
import json

import pytest

from civicard.vault import sm2
from civicard.vault.interface import Signer
from civicard.vault.refusals import PublicKeysDamaged, PublicKeyUnknown, PublicKeyWrong
from civicard.vault.signatures import Algorithm, PublicKey, PublicKeys, Signature
from civicard.vault.signers import SoftwareSigner, new_pair

MESSAGE = b"root 42"


def signer(algorithm: Algorithm, name: str = "ledger-seal", version: int = 1) -> Signer:
    """Return a signer with a new key."""
    private, public = new_pair(algorithm)
    return SoftwareSigner(PublicKey(name=name, version=version, algorithm=algorithm, public=public), private)


each_algorithm = pytest.mark.parametrize("algorithm", list(Algorithm))


@each_algorithm
def test_a_signature_says_which_key_made_it_and_verifies(algorithm: Algorithm) -> None:
    one = signer(algorithm, version=3)
    signature = one.sign(MESSAGE)
    assert (signature.key, signature.version, signature.algorithm) == ("ledger-seal", 3, algorithm)
    assert one.public.verifies(MESSAGE, signature.value)
    assert PublicKeys([one.public]).verifies(MESSAGE, signature)


@each_algorithm
def test_another_message_or_another_key_does_not_verify(algorithm: Algorithm) -> None:
    one, other = signer(algorithm), signer(algorithm)
    signature = one.sign(MESSAGE)
    assert not one.public.verifies(MESSAGE + b"0", signature.value)
    assert not other.public.verifies(MESSAGE, signature.value)
    assert not PublicKeys([other.public]).verifies(MESSAGE, signature)


@each_algorithm
def test_every_bit_flipped_in_a_signature_does_not_verify(algorithm: Algorithm) -> None:
    one = signer(algorithm)
    value = one.sign(MESSAGE).value
    assert one.public.verifies(MESSAGE, value)
    for place in range(len(value) * 8):
        changed = bytearray(value)
        changed[place // 8] ^= 1 << place % 8
        assert not one.public.verifies(MESSAGE, bytes(changed)), place


@each_algorithm
@pytest.mark.parametrize(
    "value", [b"", b"\0", bytes(63), bytes(64), bytes(65), b"\xff" * 64, b"\x30" * 10_000]
)
def test_bytes_that_are_no_signature_do_not_verify(algorithm: Algorithm, value: bytes) -> None:
    assert not signer(algorithm).public.verifies(MESSAGE, value)


def test_an_unknown_key_is_told_apart_from_a_wrong_signature() -> None:
    one = signer(Algorithm.ED25519)
    known = PublicKeys([one.public])
    wrong = dataclasses.replace(one.sign(MESSAGE), value=bytes(64))
    assert known.verifies(MESSAGE, wrong) is False
    for stranger in (dataclasses.replace(wrong, key="operator"), dataclasses.replace(wrong, version=2)):
        with pytest.raises(PublicKeyUnknown) as refused:
            known.verifies(MESSAGE, stranger)
        assert refused.value.code == "public_key_unknown"
        assert f"{stranger.key} version {stranger.version}" in refused.value.text.en
        assert "ledger-seal（1）" in refused.value.text.zh


def test_without_any_known_key_the_refusal_says_so() -> None:
    with pytest.raises(PublicKeyUnknown, match="Known: none"):
        PublicKeys().verifies(MESSAGE, signer(Algorithm.SM2).sign(MESSAGE))


def test_a_signature_that_claims_another_algorithm_does_not_verify() -> None:
    one = signer(Algorithm.SM2)
    assert not PublicKeys([one.public]).verifies(
        MESSAGE, dataclasses.replace(one.sign(MESSAGE), algorithm=Algorithm.ED25519)
    )


def test_old_versions_still_verify() -> None:
    old, new = signer(Algorithm.SM2, version=1), signer(Algorithm.SM2, version=2)
    known = PublicKeys([new.public, old.public])
    assert known.verifies(MESSAGE, old.sign(MESSAGE))
    assert known.verifies(MESSAGE, new.sign(MESSAGE))
    assert [one.version for one in known] == [1, 2]


def test_public_keys_read_as_they_were_written_in_whatever_order_they_came() -> None:
    keys = [signer(algorithm, name, version).public for algorithm, name, version in [
        (Algorithm.SM2, "operator-transit", 2), (Algorithm.ED25519, "ledger-seal", 1), (Algorithm.SM2, "操作方", 1),
    ]]  # fmt: skip
    written = PublicKeys(keys).to_json()
    assert PublicKeys(reversed(keys)).to_json() == written
    assert PublicKeys.from_json(written) == PublicKeys(keys)
    assert len(PublicKeys.from_json(written)) == 3
    assert PublicKeys.from_json(written).find("ledger-seal", 1) == keys[1]
    assert PublicKeys.from_json(written).find("ledger-seal", 2) is None


def test_the_same_key_twice_is_one_key_and_two_keys_under_one_name_are_refused() -> None:
    one, other = signer(Algorithm.SM2).public, signer(Algorithm.SM2).public
    assert len(PublicKeys([one, one])) == 1
    with pytest.raises(PublicKeyWrong) as refused:
        PublicKeys([one, other])
    assert refused.value.code == "public_key_wrong"
    assert "ledger-seal" in refused.value.text.zh


@pytest.mark.parametrize(
    ("algorithm", "public"),
    [
        (Algorithm.ED25519, b""),
        (Algorithm.ED25519, bytes(31)),
        (Algorithm.ED25519, bytes(33)),
        (Algorithm.SM2, bytes(65)),
        (Algorithm.SM2, b"\x04" + bytes(range(64))),
    ],
)
def test_bytes_that_are_no_key_of_the_algorithm_are_refused(algorithm: Algorithm, public: bytes) -> None:
    with pytest.raises(PublicKeyWrong, match="operator version 4"):
        PublicKey(name="operator", version=4, algorithm=algorithm, public=public)


def entry(**changes: object) -> dict[str, object]:
    """Return one key as the list holds it, with changes; a change to ... leaves the column out."""
    _, public = sm2.generate()
    whole = {
        "name": "a",
        "version": 1,
        "algorithm": "sm2",
        "public": base64.b64encode(public).decode(),
    } | changes
    return {name: value for name, value in whole.items() if value is not ...}


def test_a_list_written_by_hand_is_read() -> None:
    text = json.dumps({"format": "civicard-public-keys-1", "keys": [entry()]})
    assert [(one.name, one.version) for one in PublicKeys.from_json(text)] == [("a", 1)]


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""}, {"name": 1}, {"name": ...}, {"version": 0}, {"version": -1}, {"version": "1"}, {"version": 1.0},
        {"version": True}, {"version": None}, {"algorithm": "rsa"}, {"algorithm": ["sm2"]}, {"algorithm": {}},
        {"algorithm": "ed25519"}, {"public": "????"}, {"public": ""}, {"public": None}, {"public": "é"}, {"more": 1},
    ],
    ids=str,
)  # fmt: skip
def test_a_wrong_entry_is_refused_with_its_place(wrong: dict[str, object]) -> None:
    text = json.dumps({"format": "civicard-public-keys-1", "keys": [entry(), entry(**wrong)]})
    with pytest.raises(PublicKeysDamaged) as refused:
        PublicKeys.from_json(text)
    assert refused.value.code == "public_keys_damaged"
    assert "第 2 个" in refused.value.text.zh
    assert "key number 2" in refused.value.text.en


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "[]", "null", "1", '"keys"', "{}", '{"format": "civicard-public-keys-2", "keys": []}',
        '{"format": "civicard-public-keys-1"}', '{"format": "civicard-public-keys-1", "keys": {}}',
        '{"format": "civicard-public-keys-1", "keys": [1]}', "[" * 100_000, "9" * 10_000, " " * 5_000_000,
    ],
    ids=lambda text: text[:50],
)  # fmt: skip
def test_text_that_is_no_list_of_keys_is_refused(text: str) -> None:
    with pytest.raises(PublicKeysDamaged):
        PublicKeys.from_json(text)


def test_records_cannot_be_changed() -> None:
    signature = Signature(key="a", version=1, algorithm=Algorithm.SM2, value=b"")
    with pytest.raises(dataclasses.FrozenInstanceError):
        signature.key = "b"  # type: ignore[misc]  # that it is refused is the point
