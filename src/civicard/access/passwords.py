"""Passwords: how they are hashed and compared, and which are too weak."""

import secrets
from functools import cache

from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from civicard.access.models import Account
from civicard.kernel.refusal import Refusal
from civicard.kernel.text import Text

__all__ = ["PasswordTooWeak", "hashed", "is_right", "require_strong"]

# Longer ones only cost the server time.
MOST_CHARACTERS = 256
WEAK = {
    "password_too_short": Text("太短", "too short"),
    "password_too_common": Text("过于常见", "too common"),
    "password_entirely_numeric": Text("全为数字", "only digits"),
    "password_too_similar": Text("与登录名相近", "too similar to the login name"),
}


class PasswordTooWeak(Refusal):
    """A new password is too easy to guess, or cannot be kept."""

    code = "password_too_weak"


def require_strong(password: str, account: Account) -> None:
    """Check a new password by the validators of the settings.

    Raises:
        PasswordTooWeak: it is too easy to guess, longer than 256 characters, or holds half a character.
    """
    reasons = (
        [] if _is_usable(password) else [Text("过长或含有不完整的字符", "too long or with half a character")]
    )
    if not reasons:
        try:
            validate_password(password, account)  # type: ignore[arg-type]  # any object with the attributes compared
        except ValidationError as error:
            reasons = [WEAK.get(one.code or "", Text(" ".join(one.messages))) for one in error.error_list]
    if reasons:
        zh, en = "、".join(one.zh for one in reasons), ", ".join(one.en or one.zh for one in reasons)
        # Raised out here: the other error may quote what was typed.
        raise PasswordTooWeak(
            Text(
                f"不能使用这个密码：{zh}。未作改动；请用至少 12 个字符、不常见的密码，例如几个不相干的词。",
                f"This password cannot be used: it is {en}. Nothing was changed; choose one of at least 12 characters "
                "that is not common, such as several words that have nothing to do with each other.",
            )
        )


def hashed(password: str) -> str:
    """Return what is kept of a password."""
    return make_password(password)


def is_right(password: str, account: Account | None) -> bool:
    """Tell whether a password is the account's; where there is no account it takes as long and is not."""
    kept = _nobodys() if account is None else account.password

    def renew(password: str) -> None:
        # The settings have changed since it was hashed.
        Account.objects.filter(pk=account.pk, password=kept).update(password=make_password(password))  # type: ignore[union-attr]  # only called for one

    typed = password if _is_usable(password) else ""
    matches = check_password(typed, kept, setter=None if account is None else renew)
    return matches and account is not None and typed == password


def _is_usable(password: str) -> bool:
    return len(password) <= MOST_CHARACTERS and not any("\ud800" <= one <= "\udfff" for one in password)


@cache
def _nobodys() -> str:
    return make_password(secrets.token_urlsafe())
