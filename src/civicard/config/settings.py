"""Django's settings, every one read from the environment with a type and a safe default.

`CIVICARD_MODE` is `development` unless set to `production`, which then demands a secret key and the names of the
hosts, and speaks only over TLS.
"""

import os
import secrets
from pathlib import Path
from zoneinfo import available_timezones

from civicard.access.rules import SignInRules
from civicard.config.database import database
from civicard.kernel import environment
from civicard.kernel.environment import SettingWrong
from civicard.kernel.text import Text

LEAST_SECRET = 50
LEAST_PASSWORD = 12
YEAR_SECONDS = 365 * 24 * 60 * 60

CIVICARD_MODE = environment.one_of(
    os.environ, "CIVICARD_MODE", ("development", "production"), default="development"
)
IS_PRODUCTION = CIVICARD_MODE == "production"
# The folder of everything that an installation writes.
CIVICARD_DATA = Path(environment.path_text(os.environ, "CIVICARD_DATA", default="var")).absolute()
# The time zone of business days. Clocks and tables are in UTC.
CIVICARD_ZONE = environment.text(os.environ, "CIVICARD_ZONE", default="Asia/Shanghai")
if CIVICARD_ZONE not in available_timezones():
    raise SettingWrong(
        "CIVICARD_ZONE",
        Text("时区名称，如 Asia/Shanghai", "the name of a time zone, such as Asia/Shanghai"),
        held=CIVICARD_ZONE,
    )


def _secret_key() -> str:
    """Return the key of cookies and forms; in development a new one for each process, so that none is ever reused."""
    if not IS_PRODUCTION:
        return environment.text(
            os.environ, "CIVICARD_SECRET_KEY", default=secrets.token_urlsafe(LEAST_SECRET), is_secret=True
        )
    key = environment.text(os.environ, "CIVICARD_SECRET_KEY", default="", is_secret=True)
    if len(key) < LEAST_SECRET:
        raise SettingWrong(
            "CIVICARD_SECRET_KEY",
            Text(f"至少 {LEAST_SECRET} 个随机字符", f"at least {LEAST_SECRET} random characters"),
            held=key or None,
            is_secret=True,
        )
    return key


def _hosts() -> list[str]:
    """Return the names under which pages may be asked for; in production somebody has to say them."""
    if not IS_PRODUCTION:
        return list(
            environment.comma_list(os.environ, "CIVICARD_HOSTS", default=("localhost", "127.0.0.1", "[::1]"))
        )
    if not environment.is_set(os.environ, "CIVICARD_HOSTS"):
        raise SettingWrong(
            "CIVICARD_HOSTS",
            Text(
                "提供页面的全部主机名，以逗号分隔，如 card.example,www.card.example",
                "all names of hosts under which pages are served, with commas, such as card.example,www.card.example",
            ),
        )
    return list(environment.comma_list(os.environ, "CIVICARD_HOSTS"))


SECRET_KEY = _secret_key()
# Never on: its pages show settings to whoever meets an error, and it keeps every statement in memory.
DEBUG = False
ALLOWED_HOSTS = _hosts()

INSTALLED_APPS = [
    "civicard.ledger",
    "civicard.network",
    "civicard.access",
    "civicard.people",
    "civicard.governance",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "civicard.config.urls"
WSGI_APPLICATION = "civicard.config.wsgi.application"

# scrypt, which costs memory as well as time: Argon2 would need one more library. PBKDF2 only reads what was hashed
# elsewhere; at the next sign-in it is hashed anew.
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("login",)},
    },
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": LEAST_PASSWORD},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
# How signing in goes: the failures in a row after which a login name is locked, for how long, and the length of sessions.
CIVICARD_SIGN_IN = SignInRules(
    most_failures=environment.whole_number(
        os.environ, "CIVICARD_SIGN_IN_FAILURES", default=5, least=1, most=100
    ),
    locked_minutes=environment.whole_number(
        os.environ, "CIVICARD_SIGN_IN_LOCKED_MINUTES", default=15, least=1, most=24 * 60
    ),
    idle_minutes=environment.whole_number(
        os.environ, "CIVICARD_SESSION_IDLE_MINUTES", default=30, least=1, most=24 * 60
    ),
    session_hours=environment.whole_number(
        os.environ, "CIVICARD_SESSION_HOURS", default=10, least=1, most=24
    ),
)

DATABASES = {"default": database(os.environ, CIVICARD_DATA)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = True
LANGUAGE_CODE = "zh-hans"

X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = IS_PRODUCTION
SECURE_HSTS_SECONDS = YEAR_SECONDS if IS_PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = IS_PRODUCTION
SECURE_HSTS_PRELOAD = IS_PRODUCTION
SESSION_COOKIE_SECURE = IS_PRODUCTION
SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_SECURE = IS_PRODUCTION
CSRF_COOKIE_HTTPONLY = True
