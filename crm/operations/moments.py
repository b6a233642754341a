"""Days of the company as moments, so that an index over moments answers a question about days."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.db.models import Q
from django.utils import timezone


def midnight(day: date) -> datetime:
    """The moment a day begins in the company's zone."""
    return timezone.make_aware(datetime.combine(day, time.min))


def on_days(column: str, first: date | None = None, last: date | None = None) -> Q:
    """The condition for moments on the days from `first` up to and with `last`; None leaves that side open."""
    condition = Q()
    if first is not None:
        condition &= Q(**{f"{column}__gte": midnight(first)})
    if last is not None and last < date.max:
        condition &= Q(**{f"{column}__lt": midnight(last + timedelta(days=1))})
    return condition
