"""How much may be invoiced without tax in a calendar month 发票总额度 (TRUST 5.1, invariant 29)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.history.operations import operation
from crm.people.models import User
from crm.ui.formats import yuan2
from customers.customers.identity import clean_line
from sales.documents.holding import next_id
from sales.invoices.holding import hold_invoice
from sales.invoices.models import Invoice, InvoiceQuota
from sales.money import ZERO


def set_quota(month: date, *, actor: User, amount: Decimal, remark: str = "") -> InvoiceQuota:
    """Keep the quota of a month as the tax office set it; what waited for it is let go as far as it reaches."""
    first = month.replace(day=1)
    row = InvoiceQuota.objects.filter(month=first).first() or InvoiceQuota(pk=next_id(InvoiceQuota), month=first)
    with operation(actor, "invoice_quota_set", row, reason=clean_line(remark)[:200]):
        InvoiceQuota.objects.get_or_create(month=first, defaults={"pk": row.pk, "amount": amount})
        locked = InvoiceQuota.objects.select_for_update(no_key=True).get(month=first)
        used = used_in(first)
        if not amount.is_finite() or amount < used:
            raise ValidationError({"amount": _("%(amount)s is issued already.") % {"amount": yuan2(used)}})
        locked.amount, locked.remark = amount, clean_line(remark)[:200]
        locked.clean_fields()
        locked.save()
    release_waiting()
    return locked


def fits_quota(invoice: Invoice, issued_on: date) -> bool:
    """Whether the month still has quota for an invoice; holds the month until the end of the transaction."""
    quota = InvoiceQuota.objects.select_for_update(no_key=True).filter(month=issued_on.replace(day=1)).first()
    return quota is None or used_in(quota.month, without=invoice) + invoice.net <= quota.amount


def used_in(month: date, without: Invoice | None = None) -> Decimal:
    """What was issued in a month without tax, and what a provider may be issuing just now.

    Red letters give nothing back: the tax office decides on that, and the quota it tells is the one kept here.
    """
    counts = Q(state__in=Invoice.ISSUED_ONCE, issued_on__year=month.year, issued_on__month=month.month)
    if month == timezone.localdate().replace(day=1):
        counts |= Q(state=Invoice.State.APPROVED) & ~Q(provider_id="")
    rows = Invoice.objects.filter(counts, kind=Invoice.Kind.BLUE).exclude(pk=without.pk if without else None)
    return rows.aggregate(sum=Sum("net"))["sum"] or ZERO


def release_waiting() -> int:
    """Let invoices that wait for quota be issued, the oldest first, as far as this month reaches; how many.

    Safe to run twice or together: each is looked at under its lock.
    """
    today, freed = timezone.localdate(), 0
    promised = ZERO
    for pk in Invoice.objects.filter(state=Invoice.State.WAITING_QUOTA).order_by("pk").values_list("pk", flat=True):
        with transaction.atomic():
            locked = hold_invoice(pk)
            if locked.state != Invoice.State.WAITING_QUOTA:
                continue
            quota = InvoiceQuota.objects.select_for_update(no_key=True).filter(month=today.replace(day=1)).first()
            if quota is not None and used_in(quota.month) + promised + locked.net > quota.amount:
                return freed
            with operation(None, "invoice_released", locked, anchor_id=locked.customer_id, via="system"):
                locked.state, locked.changed_at = Invoice.State.APPROVED, timezone.now()
                locked.save(update_fields=["state", "changed_at"])
            promised, freed = promised + locked.net, freed + 1
    return freed


def used_by_month(months: Sequence[date]) -> dict[date, Decimal]:
    """What was issued without tax in each of these months. One query."""
    if not months:
        return {}
    rows = Invoice.objects.filter(kind=Invoice.Kind.BLUE, state__in=Invoice.ISSUED_ONCE, issued_on__gte=min(months))
    sums = rows.values("issued_on__year", "issued_on__month").annotate(net=Sum("net"))
    known = {(row["issued_on__year"], row["issued_on__month"]): row["net"] for row in sums}
    return {month: known.get((month.year, month.month), ZERO) for month in months}
