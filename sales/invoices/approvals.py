"""What applications for invoices put up for approval."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Sum, prefetch_related_objects
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.approvals.models import ApprovalRequest
from crm.approvals.purposes import Fact, Purpose
from crm.people.models import User
from sales.documents.submitting import move
from sales.invoices.content import differences, snapshot
from sales.invoices.holding import hold_invoice
from sales.invoices.limits import count_again
from sales.invoices.models import Invoice, InvoiceType

ROLLING_DAYS = 30
_COUNTED = (*Invoice.OPEN, *Invoice.ISSUED_ONCE)


def lock(pk: int) -> Invoice:
    """The invoice, fresh, locked after its customer and its contract; its lines are read with it, once."""
    invoice = hold_invoice(pk)
    prefetch_related_objects([invoice], "lines")
    return invoice


def facts(invoice: Invoice) -> Mapping[str, Any]:
    """What the routing may ask of an application."""
    return {
        "amount": invoice.gross,
        "type": invoice.type,
        "before_payment": invoice.is_before_payment,
        "reissue": invoice.reissue_id is not None,
        "department": invoice.department.path,
        "level": invoice.customer.level_id,
    }


def rolling(invoice: Invoice) -> Decimal:
    """What the same person applied for with the same customer in the last 30 days, besides this."""
    since = timezone.now() - timedelta(days=ROLLING_DAYS)
    rows = Invoice.objects.filter(
        customer=invoice.customer_id, owner=invoice.owner_id, kind=Invoice.Kind.BLUE, state__in=_COUNTED,
        submitted_at__gte=since, currency=invoice.currency,
    ).exclude(pk=invoice.pk)  # fmt: skip
    return Decimal(rows.aggregate(sum=Sum("gross"))["sum"] or 0)


def _moves_to(state: str, stamp: str = "") -> Any:
    """A follow-up that sets the state and counts what the contract has invoiced and applied for again."""

    def follow(invoice: Invoice, actor: User | None, request: ApprovalRequest) -> None:
        if stamp or invoice.state != state:
            move(invoice, state, actor=actor, **({stamp: timezone.now()} if stamp else {}))
        count_again(invoice.contract)

    return follow


PURPOSE = Purpose(
    code="sales.invoice",
    label=_("invoice"),
    model="sales.Invoice",
    view_right="sales.view_invoice",
    part="sales/invoices/_decide.html",
    icon="receipt-text",
    asked=(
        Fact("amount", _("Amount"), "amount"),
        Fact("type", _("Type of invoice"), "choice", tuple(InvoiceType.choices)),
        Fact("before_payment", _("Before it is paid"), "yes_no"),
        Fact("reissue", _("Belongs to a reissue"), "yes_no"),
        Fact("department", _("Department"), "department"),
        Fact("level", _("Customer level"), "level"),
    ),
    lock=lock,
    facts=facts,
    snapshot=snapshot,
    rolling=rolling,
    differences=differences,
    submitted=_moves_to("pending"),
    approved=_moves_to("approved", "approved_at"),
    rejected=_moves_to("rejected"),
    returned=_moves_to("returned"),
    withdrawn=_moves_to("withdrawn"),
    blocked=_moves_to("blocked"),
    standard_flows=(
        (
            _("Invoices"),
            {
                "conditions": [],
                "steps": [
                    {"key": "manager", "name": _("Manager"), "who": {"kind": "manager"}, "otherwise": "finance"},
                    {
                        "key": "before_payment",
                        "name": _("Before payment"),
                        "who": {"kind": "superior", "levels": 2},
                        "otherwise": "finance",
                        "conditions": [{"fact": "before_payment", "operator": "is", "value": True}],
                    },
                    {"key": "finance", "name": _("Finance"), "who": {"kind": "role", "role": "finance"}},
                ],
            },
        ),
    ),
)
