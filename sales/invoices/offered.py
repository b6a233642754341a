"""Which contracts a person may apply for invoices on."""

from __future__ import annotations

from django.db.models import F, QuerySet

from crm.people.models import User
from sales.contracts.models import Contract

ADD = "sales.add_invoice"


def invoiceable(user: User) -> QuerySet[Contract]:
    """Signed main contracts in the person's reach of which something is not invoiced yet, newest first."""
    rows = Contract.objects.within(user, ADD).signed_once().main_ones().live()
    rows = rows.filter(total__gt=F("invoiced") + F("applied"), customer__archived_at=None)
    return rows.exclude(customer__status="pool").select_related("customer", "type", "owner").order_by("-pk")
