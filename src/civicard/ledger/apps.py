"""The ledger as a Django app."""

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    """The ledger: two tables that only ever grow."""

    name = "civicard.ledger"
    verbose_name = "台账"
