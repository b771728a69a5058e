"""A keystore's file: made, filled, rotated, opened again; what is wrong with it is refused, and no secret gets out."""

import base64
import hmac
import json
import logging
import os
import stat
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from civicard.kernel.environment import SettingWrong
from civicard.kernel.refusal import Refusal
from civicard.vault.keystore import Keystore, Purpose, keystore_from
from civicard.vault.keystore_text import read_keys
from civicard.vault.master import Master, master_from
from civicard.vault.refusals import (
    FieldUnreadable,
    KeyExists,
    KeyNameWrong,
    KeyPurposeWrong,
    KeystoreDamaged,
    KeystoreExists,
    KeystoreUnreadable,
    KeystoreUnwritable,
    KeyUnknown,
    KeyVersionUnknown,
    MasterKeyWrong,
)

if TYPE_CHECKING:
    from civicard.vault.interface import Vault
    from civicard.vault.keystore_text import KeyVersion

MASTER = Master(bytes(range(32)))
MASTER_TEXT = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
NAMES = {
    "citizen-fields": Purpose.FIELD,
    "citizen-index": Purpose.BLIND_INDEX,
    "ledger-seal": Purpose.SIGNATURE_SM2,
    "receipts": Purpose.SIGNATURE_ED25519,
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where the keystore of a test stands."""
    return tmp_path / "keystore.json"


@pytest.fixture
def filled(path: Path) -> Keystore:
    """Return a keystore with a key for each purpose."""
    keystore = Keystore.create(path, MASTER)
    for name, purpose in NAMES.items():
        keystore.add(name, purpose)
    return keystore


def content(path: Path) -> dict[str, list[dict[str, object]]]:
    """Return the keystore's file as JSON."""
    found: dict[str, list[dict[str, object]]] = json.loads(path.read_text(encoding="utf-8"))
    return found


def test_what_one_opening_wrote_another_reads(filled: Keystore, path: Path) -> None:
    stored = filled.cipher("citizen-fields").encrypt("张三", table="citizen", row=1, field="name")
    indexed = filled.blind_index("citizen-index").of("310101199003070035", field="id")
    signatures = [filled.signer(name).sign(b"root") for name in ("ledger-seal", "receipts")]
    again: Vault = Keystore.open(path, Master(bytes(range(32))))
    assert again.names() == tuple(NAMES)
    assert again.cipher("citizen-fields").decrypt(stored, table="citizen", row=1, field="name") == "张三"
    assert again.blind_index("citizen-index").of("310101199003070035", field="id") == indexed
    assert all(again.public_keys().verifies(b"root", signature) for signature in signatures)


def test_a_new_keystore_is_empty(path: Path) -> None:
    keystore = Keystore.create(path, MASTER)
    assert keystore.names() == ()
    assert len(keystore.public_keys()) == 0
    assert Keystore.open(path, MASTER).names() == ()


def test_two_keystores_share_no_secret(tmp_path: Path) -> None:
    indexes = set()
    for name in ("one", "two"):
        keystore = Keystore.create(tmp_path / name, MASTER)
        keystore.add("index", Purpose.BLIND_INDEX)
        indexes.add(keystore.blind_index("index").of("x", field="y"))
    assert len(indexes) == 2


def test_only_its_owner_may_read_the_file(path: Path) -> None:
    before = os.umask(0)
    try:
        keystore = Keystore.create(path, MASTER)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        path.chmod(0o644)
        keystore.add("seal", Purpose.SIGNATURE_ED25519)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_nothing_but_the_lock_stays_beside_the_file(filled: Keystore, path: Path) -> None:
    filled.rotate("receipts")
    assert sorted(one.name for one in path.parent.iterdir()) == ["keystore.json", "keystore.json.lock"]


def test_what_a_killed_process_left_is_cleared_away(path: Path) -> None:
    left = path.with_name("keystore.json.part")
    left.write_bytes(b"half")
    Keystore.create(path, MASTER).add("seal", Purpose.SIGNATURE_ED25519)
    assert not left.exists()
    assert Keystore.open(path, MASTER).names() == ("seal",)


def test_after_a_rotation_the_new_version_works_and_the_old_one_still_reads(filled: Keystore) -> None:
    old_field = filled.cipher("citizen-fields").encrypt("旧", table="citizen", row=1, field="name")
    old_index = filled.blind_index("citizen-index").of("1", field="id")
    old_signatures = [filled.signer(name).sign(b"root") for name in ("ledger-seal", "receipts")]
    assert [filled.rotate(name) for name in NAMES] == [2, 2, 2, 2]
    cipher = filled.cipher("citizen-fields")
    assert cipher.decrypt(old_field, table="citizen", row=1, field="name") == "旧"
    assert cipher.encrypt("新", table="citizen", row=1, field="name")[:5] == b"\x01\0\0\0\x02"
    assert filled.blind_index("citizen-index").candidates("1", field="id")[1:] == (old_index,)
    assert all(filled.public_keys().verifies(b"root", one) for one in old_signatures)
    assert [filled.signer(name).sign(b"root").version for name in ("ledger-seal", "receipts")] == [2, 2]
    assert [(one.name, one.version) for one in filled.public_keys()] == [
        ("ledger-seal", 1), ("ledger-seal", 2), ("receipts", 1), ("receipts", 2),
    ]  # fmt: skip
    assert filled.rotate("receipts") == 3


def test_a_change_by_another_is_seen_at_the_next_question(filled: Keystore, path: Path) -> None:
    early = filled.cipher("citizen-fields")
    other = Keystore.open(path, MASTER)
    other.rotate("citizen-fields")
    other.add("photos", Purpose.FIELD)
    stored = other.cipher("citizen-fields").encrypt("新", table="citizen", row=1, field="name")
    assert "photos" in filled.names()
    assert filled.cipher("citizen-fields").decrypt(stored, table="citizen", row=1, field="name") == "新"
    with pytest.raises(KeyVersionUnknown):
        early.decrypt(stored, table="citizen", row=1, field="name")


def test_public_halves_stand_in_clear_and_secrets_do_not(filled: Keystore, path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for key in filled.public_keys():
        assert base64.b64encode(key.public).decode() in text
    for form in secret_forms(path):
        assert form not in text


def test_a_link_to_the_keystore_stays_a_link(filled: Keystore, path: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.json"
    link.symlink_to(path)
    Keystore.open(link, MASTER).add("more", Purpose.FIELD)
    assert link.is_symlink()
    assert "more" in filled.names()


def refusal(deed: Callable[[], object], kind: type[Refusal], code: str) -> Refusal:
    """Return the refusal that `deed` meets, checked for its code and for both languages."""
    with pytest.raises(kind) as refused:
        deed()
    assert type(refused.value) is kind
    assert refused.value.code == code
    assert refused.value.text.zh
    assert refused.value.text.en
    return refused.value


def test_another_master_key_is_refused(filled: Keystore, path: Path) -> None:
    refused = refusal(lambda: Keystore.open(path, Master.random()), MasterKeyWrong, "master_key_wrong")
    assert str(path) in refused.text.en
    assert filled.names() == tuple(NAMES)


def test_every_bit_flipped_in_the_file_is_refused(path: Path) -> None:
    Keystore.create(path, MASTER).add("seal", Purpose.SIGNATURE_ED25519)
    data = path.read_bytes()
    assert len(read_keys(data, MASTER, "it")) == 1
    for place in range(len(data) * 8):
        changed = bytearray(data)
        changed[place // 8] ^= 1 << place % 8
        with pytest.raises((KeystoreDamaged, MasterKeyWrong)):
            read_keys(bytes(changed), MASTER, "it")


def test_a_file_cut_short_anywhere_is_refused(filled: Keystore, path: Path) -> None:
    data = path.read_bytes()
    # The last byte is the end of the last line, which may be missing.
    for length in range(len(data) - 1):
        with pytest.raises(KeystoreDamaged):
            read_keys(data[:length], MASTER, "it")
    assert filled.names() == tuple(NAMES)


@pytest.mark.parametrize(
    "data",
    [
        b"", b"{}", b"[]", b"null", b"\xff\xfe", b"[" * 100_000, b"9" * 10_000, b'{"format": "civicard-keystore-1"}',
        b'{"format": "civicard-keystore-2", "master": "", "keys": [], "code": ""}',
        b'{"format": "civicard-keystore-1", "master": 1, "keys": [], "code": ""}',
        b'{"format": "civicard-keystore-1", "master": "", "keys": [], "code": null}',
    ],
    ids=lambda data: repr(data[:40]),
)  # fmt: skip
def test_a_file_that_is_no_keystore_is_refused(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    refused = refusal(lambda: Keystore.open(path, MASTER), KeystoreDamaged, "keystore_damaged")
    assert str(path) in refused.text.zh


def drop(keys: list[dict[str, object]]) -> None:
    """Leave a key out."""
    del keys[0]


def swap(keys: list[dict[str, object]]) -> None:
    """Give two keys each other's secrets."""
    keys[2]["wrapped"], keys[3]["wrapped"] = keys[3]["wrapped"], keys[2]["wrapped"]


def rename(keys: list[dict[str, object]]) -> None:
    """Give a key another name."""
    keys[2]["name"] = "another"


def repurpose(keys: list[dict[str, object]]) -> None:
    """Let a key for a blind index encrypt."""
    keys[1]["purpose"] = "field"


def republish(keys: list[dict[str, object]]) -> None:
    """Put another public key in place of the right one."""
    keys[3]["public"] = base64.b64encode(bytes(32)).decode()


def copy(keys: list[dict[str, object]]) -> None:
    """Pretend that a key has a newer version."""
    keys.append(keys[0] | {"version": 2})


@pytest.mark.parametrize("change", [drop, swap, rename, repurpose, republish, copy])
def test_a_change_by_hand_is_refused(
    filled: Keystore, path: Path, change: Callable[[list[dict[str, object]]], None]
) -> None:
    whole = content(path)
    change(whole["keys"])
    path.write_text(json.dumps(whole), encoding="utf-8")
    refusal(lambda: Keystore.open(path, MASTER), KeystoreDamaged, "keystore_damaged")
    # One that is already open sees it too, and does not write over it.
    refusal(filled.names, KeystoreDamaged, "keystore_damaged")
    refusal(lambda: filled.rotate("receipts"), KeystoreDamaged, "keystore_damaged")
    assert content(path) == whole


@pytest.mark.parametrize("change", [swap, rename, repurpose, republish, copy])
def test_a_secret_does_not_open_under_another_key_even_when_the_code_is_right(
    filled: Keystore, path: Path, change: Callable[[list[dict[str, object]]], None]
) -> None:
    whole = content(path)
    change(whole["keys"])
    covered = {name: value for name, value in whole.items() if name != "code"}
    text = json.dumps(covered, sort_keys=True, separators=(",", ":")).encode()
    code = hmac.new(MASTER.derived("code"), text, "sha256").hexdigest()
    path.write_text(json.dumps(covered | {"code": code}), encoding="utf-8")
    refused = refusal(filled.names, KeystoreDamaged, "keystore_damaged")
    assert "a secret is not of the key it stands at" in refused.text.en


def test_a_keystore_is_never_made_over_another_file(filled: Keystore, path: Path, tmp_path: Path) -> None:
    before = path.read_bytes()
    refusal(lambda: Keystore.create(path, MASTER), KeystoreExists, "keystore_exists")
    refusal(lambda: Keystore.create(tmp_path, MASTER), KeystoreExists, "keystore_exists")
    assert path.read_bytes() == before
    assert filled.names() == tuple(NAMES)


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    pipe, large = tmp_path / "pipe", tmp_path / "large"
    os.mkfifo(pipe)
    with large.open("wb") as file:
        file.truncate(9_000_000)
    for path in (tmp_path / "none", tmp_path / "none" / "keystore", tmp_path, pipe, large):
        refused = refusal(partial(Keystore.open, path, MASTER), KeystoreUnreadable, "keystore_unreadable")
        assert str(path) in refused.text.en


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "none" / "keystore.json"
    refused = refusal(lambda: Keystore.create(path, MASTER), KeystoreUnwritable, "keystore_unwritable")
    assert "没有这个文件或文件夹" in refused.text.zh


def test_a_keystore_that_was_taken_away_is_refused(filled: Keystore, path: Path) -> None:
    path.unlink()
    refusal(lambda: filled.signer("receipts"), KeystoreUnreadable, "keystore_unreadable")
    refusal(lambda: filled.rotate("receipts"), KeystoreUnreadable, "keystore_unreadable")
    assert not path.exists()


def test_an_unknown_key_is_refused_with_those_that_there_are(filled: Keystore) -> None:
    for ask in (filled.signer, filled.cipher, filled.blind_index, filled.rotate, filled.purpose):
        refused = refusal(partial(ask, "nobody"), KeyUnknown, "key_unknown")
        assert "citizen-fields, citizen-index, ledger-seal, receipts" in refused.text.en
        assert "nobody" in refused.text.zh


def test_a_key_does_only_what_it_is_for(filled: Keystore) -> None:
    asks = {filled.signer: {"ledger-seal", "receipts"}, filled.cipher: {"citizen-fields"},
            filled.blind_index: {"citizen-index"}}  # fmt: skip
    for ask, fitting in asks.items():
        for name in NAMES.keys() - fitting:
            refused = refusal(partial(ask, name), KeyPurposeWrong, "key_purpose_wrong")
            assert ", ".join(sorted(fitting)) in refused.text.en
    assert {name: filled.purpose(name) for name in NAMES} == NAMES


def test_a_name_is_taken_once(filled: Keystore, path: Path) -> None:
    before = path.read_bytes()
    refusal(lambda: filled.add("receipts", Purpose.FIELD), KeyExists, "key_exists")
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "name", ["", "A", "a b", "-a", ".a", "../a", "a/b", "密钥", "a\n", "a" * 65, "\x1b[31m"]
)
def test_a_name_that_is_none_is_refused(filled: Keystore, name: str) -> None:
    refused = refusal(lambda: filled.add(name, Purpose.FIELD), KeyNameWrong, "key_name_wrong")
    assert refused.text.zh.isprintable()
    assert filled.names() == tuple(NAMES)


def secret_forms(path: Path) -> list[str]:
    """Return every secret of the keystore at `path`, and the master key, as text in all the usual forms."""
    keys: tuple[KeyVersion, ...] = read_keys(path.read_bytes(), MASTER, "it")
    secrets = [bytes(range(32)), *(one.secret for one in keys)]
    return [form for one in secrets for form in (
        one.hex(), one.hex().upper(), base64.b64encode(one).decode(), repr(one)[2:-1], str(list(one))[1:-1],
        str(int.from_bytes(one, "big")),
    )]  # fmt: skip


def test_no_secret_shows_in_what_is_printed_or_logged(
    filled: Keystore, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    things: list[object] = [
        MASTER, filled, filled.cipher("citizen-fields"), filled.blind_index("citizen-index"),
        filled.signer("ledger-seal"), filled.signer("receipts"), filled.public_keys(),
        *read_keys(path.read_bytes(), MASTER, "it"), filled.signer("ledger-seal").sign(b"root"),
    ]  # fmt: skip
    log = logging.getLogger("civicard.test")
    with caplog.at_level(logging.DEBUG):
        for thing in things:
            log.info("%s %r", thing, thing)
    shown = caplog.text + " ".join(f"{thing} {thing!r}" for thing in things)
    assert "citizen-fields" in shown
    for form in secret_forms(path):
        assert form not in shown


def test_no_secret_shows_in_a_refusal_or_behind_it(filled: Keystore, path: Path) -> None:
    cipher = filled.cipher("citizen-fields")
    stored = cipher.encrypt("张三", table="citizen", row=1, field="name")
    deeds: list[Callable[[], object]] = [
        lambda: Keystore.open(path, Master.random()),
        lambda: filled.signer("citizen-fields"),
        lambda: filled.cipher("nobody"),
        lambda: cipher.decrypt(stored, table="citizen", row=2, field="name"),
        lambda: master_from({"CIVICARD_MASTER_KEY": MASTER_TEXT[:-2]}),
        lambda: master_from({"CIVICARD_MASTER_KEY": MASTER_TEXT + "!"}),
        lambda: master_from({"CIVICARD_MASTER_KEY": MASTER_TEXT + "\n!"}),
        lambda: master_from({"CIVICARD_MASTER_KEY": MASTER_TEXT, "CIVICARD_MASTER_KEY_FILE": "x"}),
    ]
    forms = [*secret_forms(path), MASTER_TEXT[:20], "张三"]
    for deed in deeds:
        with pytest.raises(Refusal) as refused:
            deed()
        error: BaseException | None = refused.value
        shown = "".join(traceback.format_exception(refused.value))
        while error is not None:
            shown += repr(error) + repr(error.args) + repr(vars(error)) + str(error)
            error = error.__cause__ or error.__context__
        # The source line of a test that fails names the constant, never its value.
        for form in forms:
            assert form not in shown.replace('"张三"', ""), deed


def test_the_master_key_comes_from_the_environment(filled: Keystore, path: Path) -> None:
    opened = keystore_from({"CIVICARD_MASTER_KEY": MASTER_TEXT, "CIVICARD_KEYSTORE": str(path)})
    assert opened.names() == filled.names()
    assert MASTER.to_base64() == MASTER_TEXT


def test_the_master_key_comes_from_a_file(filled: Keystore, path: Path, tmp_path: Path) -> None:
    secret = tmp_path / "master"
    secret.write_text(f"{MASTER_TEXT}\n", encoding="ascii")
    environment = {
        "CIVICARD_MASTER_KEY_FILE": str(secret), "CIVICARD_MASTER_KEY": "", "CIVICARD_KEYSTORE": str(path),
    }  # fmt: skip
    assert keystore_from(environment).names() == filled.names()


def test_a_random_master_key_opens_only_its_own_keystore(path: Path) -> None:
    one, other = Master.random(), Master.random()
    Keystore.create(path, one)
    assert Keystore.open(path, master_from({"CIVICARD_MASTER_KEY": one.to_base64()})).names() == ()
    refusal(lambda: Keystore.open(path, other), MasterKeyWrong, "master_key_wrong")


@pytest.mark.parametrize("size", [0, 16, 31, 33])
def test_a_master_key_has_32_bytes(size: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Master(bytes(size))
    with pytest.raises(SettingWrong):
        master_from({"CIVICARD_MASTER_KEY": base64.b64encode(bytes(size)).decode()})


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({}, "CIVICARD_MASTER_KEY is not set"),
        ({"CIVICARD_MASTER_KEY": " "}, "or set CIVICARD_MASTER_KEY_FILE to a file"),
        ({"CIVICARD_MASTER_KEY": "password"}, "secret, not shown"),
        ({"CIVICARD_MASTER_KEY": "密钥"}, "secret, not shown"),
        ({"CIVICARD_MASTER_KEY": MASTER_TEXT, "CIVICARD_MASTER_KEY_FILE": "x"}, "only one of them"),
        ({"CIVICARD_MASTER_KEY_FILE": "no-such-file"}, "no such file or folder"),
        ({"CIVICARD_MASTER_KEY_FILE": os.devnull}, "not a plain file"),
        ({"CIVICARD_MASTER_KEY_FILE": __file__}, "larger than 4096 bytes"),
    ],
)
def test_a_master_key_that_cannot_be_had_names_the_setting(environment: dict[str, str], named: str) -> None:
    with pytest.raises(SettingWrong) as refused:
        master_from(environment)
    assert named in refused.value.text.en
    assert "CIVICARD_MASTER_KEY" in refused.value.text.zh
    assert "password" not in str(refused.value.text)


def test_the_keystore_must_be_named() -> None:
    with pytest.raises(SettingWrong, match="CIVICARD_KEYSTORE is not set"):
        keystore_from({"CIVICARD_MASTER_KEY": MASTER_TEXT})


def test_a_field_of_one_keystore_is_closed_to_another_of_the_same_master(
    filled: Keystore, tmp_path: Path
) -> None:
    stored = filled.cipher("citizen-fields").encrypt("张三", table="citizen", row=1, field="name")
    other = Keystore.create(tmp_path / "other.json", MASTER)
    other.add("citizen-fields", Purpose.FIELD)
    with pytest.raises(FieldUnreadable):
        other.cipher("citizen-fields").decrypt(stored, table="citizen", row=1, field="name")
