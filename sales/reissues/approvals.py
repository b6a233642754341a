"""What requests for reissues put up for approval."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Sum, prefetch_related_objects
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.approvals.purposes import Fact, Purpose
from sales.documents.submitting import moves_to
from sales.invoices.holding import hold_reissue
from sales.invoices.models import Reissue
from sales.reissues.content import differences, snapshot

ROLLING_DAYS = 30
_COUNTED = (*Reissue.OPEN, Reissue.State.CLOSED)


def lock(pk: int) -> Reissue:
    """The request, fresh, locked after its customer, contract and invoice; its lines are read with it, once."""
    reissue = hold_reissue(pk)
    prefetch_related_objects([reissue], "lines")
    return reissue


def facts(reissue: Reissue) -> Mapping[str, Any]:
    """What the routing may ask of a reissue."""
    return {
        "amount": reissue.gross,
        "reason": reissue.reason,
        "used_by_buyer": reissue.is_used_by_buyer,
        "department": reissue.department.path,
        "level": reissue.customer.level_id,
    }


def rolling(reissue: Reissue) -> Decimal:
    """What the same person asked to take back with the same customer in the last 30 days, besides this."""
    since = timezone.now() - timedelta(days=ROLLING_DAYS)
    rows = Reissue.objects.filter(
        customer=reissue.customer_id, owner=reissue.owner_id, state__in=_COUNTED, submitted_at__gte=since,
        currency=reissue.currency,
    ).exclude(pk=reissue.pk)  # fmt: skip
    return Decimal(rows.aggregate(sum=Sum("gross"))["sum"] or 0)


PURPOSE = Purpose(
    code="sales.reissue",
    label=_("reissue"),
    model="sales.Reissue",
    view_right="sales.view_reissue",
    part="sales/reissues/_decide.html",
    icon="repeat-2",
    shown_with=("invoice",),
    asked=(
        Fact("amount", _("Amount"), "amount"),
        Fact("reason", _("Reason of the reissue"), "choice", tuple(Reissue.Reason.choices)),
        Fact("used_by_buyer", _("Deducted or booked by the buyer"), "yes_no"),
        Fact("department", _("Department"), "department"),
        Fact("level", _("Customer level"), "level"),
    ),
    lock=lock,
    facts=facts,
    snapshot=snapshot,
    rolling=rolling,
    differences=differences,
    submitted=moves_to("pending"),
    approved=moves_to("approved", "approved_at"),
    rejected=moves_to("rejected"),
    returned=moves_to("returned"),
    withdrawn=moves_to("withdrawn"),
    blocked=moves_to("blocked"),
    standard_flows=(
        (
            _("Reissues"),
            {
                "conditions": [],
                "steps": [
                    {"key": "manager", "name": _("Manager"), "who": {"kind": "manager"}, "otherwise": "finance"},
                    {"key": "finance", "name": _("Finance"), "who": {"kind": "role", "role": "finance"}},
                ],
            },
        ),
    ),
)
