"""Governance as a Django app."""

from django.apps import AppConfig


class GovernanceConfig(AppConfig):
    """Governance: the targets of each year."""

    name = "civicard.governance"
    verbose_name = "目标管理"
