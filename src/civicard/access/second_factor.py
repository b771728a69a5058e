"""The second factor of an account: its secret, encrypted, its one-time codes, and its recovery codes."""

import base64
import hashlib
import secrets
from datetime import datetime
from enum import StrEnum
from typing import Final

from civicard.access.models import Account, RecoveryCode
from civicard.access.one_time_codes import SECRET_BYTES, matching_step, secret_bytes, secret_text
from civicard.vault.installation import field_cipher

KEY: Final = "access-fields"
RECOVERY_CODES: Final = 10
RECOVERY_BYTES: Final = 10
GROUP: Final = 4


class Proof(StrEnum):
    """What somebody gave beside their password."""

    NONE = "none"
    ONE_TIME_CODE = "one_time_code"
    RECOVERY_CODE = "recovery_code"


def new_secret() -> bytes:
    """Return a new secret to share with a phone."""
    return secrets.token_bytes(SECRET_BYTES)


def encrypted(account: Account, field: str, secret: bytes) -> bytes:
    """Return a secret as the account's row keeps it, bound to the row and the field."""
    return field_cipher(KEY).encrypt(
        secret_text(secret), table="access_account", row=account.code, field=field
    )


def decrypted(account: Account, field: str, kept: bytes | memoryview) -> bytes:
    """Return the secret that a field of the account's row keeps."""
    # PostgreSQL's driver gives a view of its own memory.
    return secret_bytes(
        field_cipher(KEY).decrypt(bytes(kept), table="access_account", row=account.code, field=field)
    )


def take_code(account: Account, typed: str, *, at: datetime) -> Proof | None:
    """Take a one-time code or a recovery code, which is not good again; None when it is not good now.

    Of two who give the same code at once one is refused, since the row moves only from where it was.
    """
    code = "".join(typed.split()).replace("-", "").upper()
    if not code.isascii() or account.secret is None:
        return None
    secret = decrypted(account, "secret", account.secret)
    step = matching_step(secret, code, at=at, last_used=account.last_step)
    if step is not None:
        moved = Account.objects.filter(pk=account.pk, last_step__lt=step).update(last_step=step)
        return Proof.ONE_TIME_CODE if moved == 1 else None
    good = RecoveryCode.objects.filter(account=account, digest=_digest(account, code), used_at=None)
    return Proof.RECOVERY_CODE if good.update(used_at=at) == 1 else None


def new_recovery_codes(account: Account) -> tuple[str, ...]:
    """Replace the account's recovery codes, and return the new ones, which are kept nowhere else."""
    RecoveryCode.objects.filter(account=account).delete()
    codes = [base64.b32encode(secrets.token_bytes(RECOVERY_BYTES)).decode() for _ in range(RECOVERY_CODES)]
    RecoveryCode.objects.bulk_create(
        RecoveryCode(account=account, digest=_digest(account, one)) for one in codes
    )
    return tuple("-".join(one[at : at + GROUP] for at in range(0, len(one), GROUP)) for one in codes)


def _digest(account: Account, code: str) -> bytes:
    return hashlib.sha256(f"{account.code} {code}".encode()).digest()
