"""Approvals under way that keep a customer where it is, besides those of quotes and contracts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from customers.customers.holds import Hold
from sales.documents.models import WAITING_STATES
from sales.handing.kinds import INVOICE, PAYMENT, REISSUE, REQUIREMENT, Kind


def _waiting(kind: Kind) -> Callable[[], QuerySet[Any, Any]]:
    return lambda: kind.model._default_manager.filter(state__in=WAITING_STATES).values("customer_id")


REQUIREMENTS = Hold("requirement_waiting", _("A requirement of it waits for approval."), _waiting(REQUIREMENT))
PAYMENTS = Hold("payment_waiting", _("A payment of it waits to be confirmed."), _waiting(PAYMENT))
INVOICES = Hold("invoice_waiting", _("An invoice for it waits for approval."), _waiting(INVOICE))
REISSUES = Hold("reissue_waiting", _("A reissue for it waits for approval."), _waiting(REISSUE))
