"""What contracts say about their customers: that they have bought, and why they stay where they are."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from customers.customers.holds import Hold
from sales.contracts.models import Contract, Instalment


def customers_with_contracts() -> QuerySet[Any, Any]:
    """The ids of customers that signed a contract once."""
    return Contract.objects.signed_once().values("customer_id")


def _running() -> QuerySet[Any, Any]:
    return Contract.objects.running().values("customer_id")


def _unpaid() -> QuerySet[Any, Any]:
    return Instalment.objects.of_running().open().values("contract__customer_id")


def _waiting() -> QuerySet[Any, Any]:
    return Contract.objects.filter(state__in=("pending", "blocked", "approved")).values("customer_id")


RUNNING = Hold("contract", _("It has a running contract."), _running)
UNPAID = Hold("instalment", _("An instalment of it is still to be paid."), _unpaid)
WAITING = Hold("contract_waiting", _("A contract with it waits for approval or signing."), _waiting)
