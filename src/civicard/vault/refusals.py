"""What the vault refuses. No message ever holds a secret, a plaintext or a ciphertext."""

from civicard.kernel.refusal import Refusal

__all__ = [
    "FieldNotText", "FieldUnreadable", "KeyExists", "KeyNameWrong", "KeyPurposeWrong", "KeyUnknown",
    "KeyVersionUnknown", "KeystoreDamaged", "KeystoreExists", "KeystoreUnreadable", "KeystoreUnwritable",
    "MasterKeyWrong", "PublicKeyUnknown", "PublicKeyWrong", "PublicKeysDamaged",
]  # fmt: skip


class KeystoreUnreadable(Refusal):
    """The keystore's file is missing, no plain file, too large, or may not be read."""

    code = "keystore_unreadable"


class KeystoreUnwritable(Refusal):
    """The keystore could not be written; what stood there before still does."""

    code = "keystore_unwritable"


class KeystoreExists(Refusal):
    """A keystore is to be made where a file already stands."""

    code = "keystore_exists"


class KeystoreDamaged(Refusal):
    """The file is no keystore, or was changed by something other than the keystore itself."""

    code = "keystore_damaged"


class MasterKeyWrong(Refusal):
    """The keystore was made under another master key."""

    code = "master_key_wrong"


class KeyUnknown(Refusal):
    """The keystore has no key of that name."""

    code = "key_unknown"


class KeyExists(Refusal):
    """A key is to be added under a name that is taken."""

    code = "key_exists"


class KeyNameWrong(Refusal):
    """A key is to be added under a name that is not one."""

    code = "key_name_wrong"


class KeyPurposeWrong(Refusal):
    """A key is asked to do what it was not made for."""

    code = "key_purpose_wrong"


class KeyVersionUnknown(Refusal):
    """A field was encrypted under a version of the key that is not here."""

    code = "key_version_unknown"


class FieldUnreadable(Refusal):
    """An encrypted field was damaged, or comes from another row or field."""

    code = "field_unreadable"


class FieldNotText(Refusal):
    """A value to be encrypted or indexed holds half a character, which is no text."""

    code = "field_not_text"


class PublicKeyUnknown(Refusal):
    """A signature names a key that is not among the known ones; whether it is good cannot be told."""

    code = "public_key_unknown"


class PublicKeyWrong(Refusal):
    """A public key is not one of its algorithm, or contradicts another of the same name and version."""

    code = "public_key_wrong"


class PublicKeysDamaged(Refusal):
    """A list of public keys cannot be read."""

    code = "public_keys_damaged"
