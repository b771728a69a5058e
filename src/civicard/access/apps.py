"""Access as a Django app."""

from django.apps import AppConfig


class AccessConfig(AppConfig):
    """Access: accounts, roles, sign-in."""

    name = "civicard.access"
    verbose_name = "账户与授权"
