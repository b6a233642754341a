"""Tax rates, dated: one that is in use is never edited; a new one begins on a later day."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.history.operations import operation
from crm.people.models import User
from crm.records.promises import promised
from customers.customers.identity import clean_line
from sales.products.models import TaxRate


def add_tax_rate(*, actor: User, name: str, rate: Decimal, valid_from: date) -> TaxRate:
    """A rate from a day on; one of the same name ends on the day before."""
    made = TaxRate(name=clean_line(name), rate=rate, valid_from=valid_from)
    _refuse_values(made)
    once = {"valid_from": _("There is a rate of this name from this day on already.")}
    with promised("tax_rate_once", once), operation(actor, "tax_rate_added", made):
        rows = list(TaxRate.objects.select_for_update(no_key=True).filter(name=made.name).order_by("valid_from"))
        if any(row.valid_from >= valid_from for row in rows):
            raise ValidationError({"valid_from": _("The new rate begins after the one it replaces.")})
        made.position = (TaxRate.objects.aggregate(last=Max("position"))["last"] or 0) + 1
        if rows:
            made.position = rows[-1].position
            _end(rows[-1], valid_from - timedelta(days=1))
        made.save(force_insert=True)
    return made


def end_tax_rate(rate: TaxRate, *, actor: User, valid_until: date) -> None:
    """Let a rate end on a day, today at the earliest."""
    if valid_until < timezone.localdate():
        raise ValidationError({"valid_until": _("This day is over.")})
    with operation(actor, "tax_rate_changed", rate):
        locked = TaxRate.objects.select_for_update(no_key=True).get(pk=rate.pk)
        if locked.valid_until is not None and locked.valid_until < timezone.localdate():
            raise ValidationError(_("This rate has ended already."))
        _end(locked, max(valid_until, locked.valid_from))


def propose_tax_rate(rate: TaxRate, *, actor: User) -> None:
    """Propose a rate that is in force for new products."""
    with operation(actor, "tax_rate_changed", rate):
        locked = TaxRate.objects.select_for_update(no_key=True).get(pk=rate.pk)
        if not TaxRate.objects.valid_on(timezone.localdate()).filter(pk=locked.pk).exists():
            raise ValidationError(_("Only a rate that is in force can be proposed."))
        TaxRate.objects.filter(is_default=True).exclude(pk=locked.pk).update(is_default=False)
        TaxRate.objects.filter(pk=locked.pk).update(is_default=True)


def _end(rate: TaxRate, day: date) -> None:
    rate.valid_until = day if rate.valid_until is None else min(day, rate.valid_until)
    rate.save(update_fields=["valid_until"])


def _refuse_values(rate: TaxRate) -> None:
    if not rate.name:
        raise ValidationError({"name": _("A tax rate needs a name.")})
    if not rate.rate.is_finite() or not 0 <= rate.rate < 1:
        raise ValidationError({"rate": _("A tax rate lies between 0 and 100 %.")})
