"""The network as a Django app."""

from django.apps import AppConfig


class NetworkConfig(AppConfig):
    """The network: districts, stations, and how the centre guides them."""

    name = "civicard.network"
    verbose_name = "服务网络"
