"""The business day of an instant: the day in the programme's time zone, on which its facts are dated."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.conf import settings

__all__ = ["business_day", "local"]


def local(at: datetime) -> datetime:
    """Return an instant as the clocks of the programme's city show it."""
    return at.astimezone(ZoneInfo(settings.CIVICARD_ZONE))


def business_day(at: datetime) -> date:
    """Return the business day of an instant."""
    return local(at).date()
