"""Invoice providers: services that issue at the tax office for us. None is configured unless an installation does so.

The call is the one foreign side effect of sales (TRUST 5.1): our application number is the provider's order number, so
that whatever happens between us and them, one application becomes one invoice. After a time-out we ask before we order
again, and never order under a new number (invariant 30).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, Protocol

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from crm.history.operations import operation
from crm.jobs.actions import put_in_outbox
from crm.people.models import User
from sales.invoices.content import snapshot
from sales.invoices.holding import hold_invoice, refuse_unless
from sales.invoices.issuing import ISSUABLE, hold_and_issue, refuse_day
from sales.invoices.models import Invoice
from sales.invoices.quotas import fits_quota

TOPIC = "sales.order_invoice"


@dataclass(frozen=True)
class Issued:
    """What a provider issued under one of our order numbers."""

    number: str
    issued_on: date


class ProviderSilentError(Exception):
    """The provider did not answer in time: it may have issued, or not."""


class InvoiceProvider(Protocol):
    """What a plug-in offers (settings.HARBOUR_INVOICE_PROVIDER names a function without arguments that makes one)."""

    def find(self, order_number: str) -> Issued | None:
        """What was issued under an order number, None where nothing was."""

    def issue(self, order_number: str, content: Mapping[str, Any]) -> Issued:
        """Issue an invoice; ValidationError where the provider refuses, ProviderSilentError after a time-out."""


@cache
def _provider(name: str) -> InvoiceProvider | None:
    return import_string(name)() if name else None


def provider() -> InvoiceProvider | None:
    """The provider of this installation, None where finance issues by hand."""
    return _provider(settings.HARBOUR_INVOICE_PROVIDER)


def order_invoice(invoice: Invoice, *, actor: User) -> Invoice:
    """Order an approved invoice from the provider; it is issued a moment later, once, however often this is pressed."""
    if provider() is None:
        raise ValidationError(_("No invoice provider is configured."), code="no_provider")
    with operation(actor, "invoice_ordered", invoice, anchor_id=invoice.customer_id):
        locked = hold_invoice(invoice.pk)
        refuse_unless(locked, *ISSUABLE)
        if locked.provider_id:
            raise ValidationError(_("It is ordered from the provider. Wait for the answer."), code="ordered")
        refuse_day(locked, timezone.localdate())
        if not fits_quota(locked, timezone.localdate()):
            raise ValidationError(_("This month has no quota left for it."), code="quota")
        locked.provider_id, locked.state, locked.changed_by = locked.number, Invoice.State.APPROVED, actor
        locked.save(update_fields=["provider_id", "state", "changed_by"])
        put_in_outbox(TOPIC, f"invoice-order:{locked.pk}", {"invoice": locked.pk})
    return locked


def fetch_ordered(invoice: int) -> None:
    """Find or issue what was ordered, and record it; an exception lets the outbox try again later.

    The provider is asked first whether it has the order, so that a try after a silence never issues twice.
    """
    ordered = Invoice.objects.get(pk=invoice)
    service = provider()
    if service is None or not ordered.provider_id or ordered.state in Invoice.ISSUED_ONCE:
        return
    issued = service.find(ordered.provider_id) or _asked(service, ordered)
    if issued is None:
        return
    try:
        hold_and_issue(ordered, None, issued.number, issued.issued_on)
    except ValidationError:
        # somebody else's try was faster: what it recorded is what the provider holds under this order
        if Invoice.objects.get(pk=invoice).invoice_number != issued.number:
            raise


def _asked(service: InvoiceProvider, ordered: Invoice) -> Issued | None:
    """Issue at the provider; an order it refuses is taken back, so that finance can go on by hand."""
    try:
        return service.issue(ordered.provider_id, snapshot(ordered))
    except ValidationError as refusal:
        reason = " ".join(refusal.messages)
        with operation(None, "invoice_order_refused", ordered, anchor_id=ordered.customer_id, reason=reason,
                       via="system"):  # fmt: skip
            locked = hold_invoice(ordered.pk)
            locked.provider_id = ""
            locked.save(update_fields=["provider_id"])
        return None
