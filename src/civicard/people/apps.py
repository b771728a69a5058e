"""The people as a Django app."""

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    """The people: the base register, encrypted at rest."""

    name = "civicard.people"
    verbose_name = "人员"
