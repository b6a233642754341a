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
    return Contract.objects.waiting().values("customer_id")


def _to_sign() -> QuerySet[Any, Any]:
    return Contract.objects.filter(state=Contract.State.APPROVED).values("customer_id")


# what goes on with whoever is responsible next goes along with a transfer (DOMAIN 3)
RUNNING = Hold("contract", _("It has a running contract."), _running, moves_along=True)
UNPAID = Hold("instalment", _("An instalment of it is still to be paid."), _unpaid, moves_along=True)
WAITING = Hold("contract_waiting", _("A contract with it waits for approval."), _waiting)
TO_SIGN = Hold("contract_to_sign", _("A contract with it waits to be signed."), _to_sign, moves_along=True)
