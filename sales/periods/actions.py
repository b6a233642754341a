"""Closing the books up to a day, and opening them again with a reason."""

from __future__ import annotations

from datetime import date

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from crm.history.operations import operation
from crm.people.models import User
from customers.customers.identity import clean_line
from sales.documents.holding import next_id
from sales.periods.closing import closed_until, hold_books
from sales.periods.models import PeriodClose


def close_books(*, actor: User, until: date, note: str = "") -> PeriodClose:
    """Close everything up to and with a day that is over; ValidationError where it is closed already."""
    if until >= timezone.localdate():
        raise ValidationError({"until": _("Choose a day that is over.")})
    period = PeriodClose(pk=next_id(PeriodClose), until=until, closed_by=actor, reason=clean_line(note)[:200])
    with operation(actor, "period_closed", period):
        hold_books()
        before = closed_until()
        if before is not None and until <= before:
            raise ValidationError(
                {"until": _("The books are closed until %(day)s already.") % {"day": date_format(before)}}
            )
        period.save(force_insert=True)
    return period


def reopen_books(period: PeriodClose, *, actor: User, reason: str) -> PeriodClose:
    """Open the books again that were closed last; what was closed before stays closed."""
    said = clean_line(reason)[:200]
    if not said:
        raise ValidationError({"reason": _("Write why.")})
    with operation(actor, "period_reopened", period, reason=said):
        hold_books()
        locked = PeriodClose.objects.select_for_update(of=("self",), no_key=True).get(pk=period.pk)
        newest = PeriodClose.objects.filter(reopened_at=None).order_by("-id").first()
        if locked.reopened_at is not None or newest != locked:
            raise ValidationError(_("Only what was closed last can be opened again."), code="not_last")
        locked.reopened_at, locked.reopened_by, locked.reason = timezone.now(), actor, said
        locked.save()
    return locked
