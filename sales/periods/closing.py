"""Closing the books: nothing dated in a closed period is written any more (TRUST invariant 34)."""

from __future__ import annotations

from datetime import date

from django.core.exceptions import ValidationError
from django.db import connection
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from sales.periods.models import PeriodClose

# writers share it, who closes or reopens holds it alone: a write and a close never pass each other unseen
_BOOKS = 0x48_42_4B


def closed_until() -> date | None:
    """The last day that is closed, None where nothing is."""
    return PeriodClose.objects.filter(reopened_at=None).order_by("-id").values_list("until", flat=True).first()


def refuse_closed(day: date) -> None:
    """Refuse to write something dated in a closed period; call it inside the transaction that writes."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [_BOOKS])
    until = closed_until()
    if until is not None and day <= until:
        raise ValidationError(
            _("The books are closed until %(until)s: %(day)s lies in a closed period. Choose a later day."),
            code="closed",
            params={"until": date_format(until), "day": date_format(day)},
        )


def refuse_closed_day(field: str, day: date) -> None:
    """Refuse a day that was typed into a field of a form where it lies in a closed period."""
    try:
        refuse_closed(day)
    except ValidationError as refusal:
        raise ValidationError({field: refusal.messages}) from refusal


def hold_books() -> None:
    """Let nobody write with a date until the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_BOOKS])
