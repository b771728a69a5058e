"""The keys of the register: added in development, demanded in production."""

import pytest

from civicard.people import keyring
from civicard.vault.installation import KeysNotSetUp


def test_the_keys_are_added_in_development_and_the_same_afterwards() -> None:
    stored = keyring.cipher().encrypt("甲", table="t", row=1, field="f")
    place = keyring.index().of("甲", field="f")
    assert keyring.cipher().decrypt(stored, table="t", row=1, field="f") == "甲"
    assert keyring.index().of("甲", field="f") == place


def test_production_adds_no_key_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CIVICARD_MODE", "production")
    for asked in (keyring.cipher, keyring.index):
        with pytest.raises(KeysNotSetUp) as refused:
            asked()
        assert "people-" in refused.value.text.en


def test_production_uses_the_keys_that_were_added(monkeypatch: pytest.MonkeyPatch) -> None:
    stored = keyring.cipher().encrypt("甲", table="t", row=1, field="f")
    monkeypatch.setenv("CIVICARD_MODE", "production")
    assert keyring.cipher().decrypt(stored, table="t", row=1, field="f") == "甲"
