"""One-time codes from a secret shared with somebody's phone. Pure.

Source: RFC 4226 (HOTP), RFC 6238 (TOTP, whose appendix B holds the test vectors), and for the address that a phone
scans the key URI format that authenticator apps share.
"""

import base64
import hashlib
import hmac
from datetime import datetime
from typing import Final
from urllib.parse import quote

__all__ = [
    "SECRET_BYTES",
    "STEP_SECONDS",
    "code_at",
    "matching_step",
    "secret_bytes",
    "secret_text",
    "step_at",
]

STEP_SECONDS: Final = 30
DIGITS: Final = 6
# Some phones are slow, some clocks off: one step before and one after are good too.
WINDOW_STEPS: Final = 1
# RFC 4226, section 4: at least 128 bits, 160 recommended.
SECRET_BYTES: Final = 20
SIGN_BIT_OFF: Final = 0x7FFFFFFF


def step_at(at: datetime) -> int:
    """Return the number of the step of 30 seconds in which an instant lies."""
    return int(at.timestamp()) // STEP_SECONDS


def code_at(secret: bytes, step: int, *, digits: int = DIGITS, algorithm: str = "sha1") -> str:
    """Return the code of one step.

    Args:
        secret: the shared secret.
        step: as `step_at` gives it.
        digits: how many the code has.
        algorithm: SHA-1 is what phones know; its weakness in collisions does not touch HMAC.

    >>> code_at(b"12345678901234567890", 1, digits=8)  # RFC 6238, appendix B: second 59
    '94287082'
    """
    made = hmac.digest(secret, step.to_bytes(8, "big"), getattr(hashlib, algorithm))
    start = made[-1] & 0xF
    number = int.from_bytes(made[start : start + 4], "big") & SIGN_BIT_OFF
    return str(number % 10**digits).zfill(digits)


def matching_step(secret: bytes, code: str, *, at: datetime, last_used: int) -> int | None:
    """Return the step that a code is good for: now, one before or one after, and later than the last one used.

    Args:
        secret: the shared secret.
        code: as it was typed.
        at: when.
        last_used: the step of the last code that was taken; a code is good once.
    """
    if not code.isascii():
        return None
    now = step_at(at)
    found = None
    # All are compared, so that the time taken tells nothing.
    for step in range(now - WINDOW_STEPS, now + WINDOW_STEPS + 1):
        if hmac.compare_digest(code_at(secret, step).encode(), code.encode()) and step > last_used:
            found = step
    return found


def secret_text(secret: bytes) -> str:
    """Return a secret as phones take it: base32 without padding."""
    return base64.b32encode(secret).decode().rstrip("=")


def secret_bytes(text: str) -> bytes:
    """Return the secret that `secret_text` wrote."""
    return base64.b32decode(text + "=" * (-len(text) % 8))


def address(secret: bytes, login: str, issuer: str) -> str:
    """Return the address that a phone scans to keep the secret.

    >>> address(b"12345678901234567890", "li.na", "Civicard")
    'otpauth://totp/Civicard:li.na?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Civicard'
    """
    return (
        f"otpauth://totp/{quote(issuer)}:{quote(login)}?secret={secret_text(secret)}&issuer={quote(issuer)}"
    )
