"""The records of sales that somebody is responsible for, in the order in which they are locked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import F, Model, QuerySet

from customers.customers.models import Customer
from sales.contracts.models import Contract
from sales.documents.models import EDITABLE_STATES, WAITING_STATES
from sales.invoices.models import Invoice, Reissue
from sales.opportunities.models import Opportunity
from sales.orders.models import Order
from sales.payments.models import Payment
from sales.quotes.models import Quote
from sales.requirements.models import Requirement

_IN_WORK = (*EDITABLE_STATES, *WAITING_STATES)


@dataclass(frozen=True)
class Kind:
    """One kind of record; those in one of the `open_states` are business that still goes on."""

    model: type[Model]
    open_states: tuple[str, ...]
    # code of what is put up for approval; "" where nobody decides on such records
    purpose: str = ""

    @property
    def table(self) -> str:
        """The table of the records."""
        return self.model._meta.db_table

    @property
    def events(self) -> str:
        """The table of their history."""
        return f"{self.table}event"

    def open_of_owners(self, customers: QuerySet[Customer]) -> QuerySet[Any]:
        """What of it goes on at these customers and belongs to their owners."""
        rows: QuerySet[Any] = self.model._default_manager.filter(state__in=self.open_states, archived_at=None)
        return rows.filter(customer__in=customers.order_by().values("pk"), owner=F("customer__owner"))


OPPORTUNITY = Kind(Opportunity, ("open",))
REQUIREMENT = Kind(Requirement, (*_IN_WORK, "approved"), "sales.requirement")
QUOTE = Kind(Quote, (*_IN_WORK, *Quote.RELEASED, "declined"), "sales.quote")
CONTRACT = Kind(Contract, (*_IN_WORK, "approved", *Contract.RUNNING), "sales.contract")
ORDER = Kind(Order, ("open", "part", "delivered", "held"))
PAYMENT = Kind(Payment, _IN_WORK, "sales.payment")
INVOICE = Kind(Invoice, tuple(dict.fromkeys((*_IN_WORK, *Invoice.OPEN))), "sales.invoice")
REISSUE = Kind(Reissue, tuple(dict.fromkeys((*_IN_WORK, *Reissue.OPEN))), "sales.reissue")

KINDS = (OPPORTUNITY, REQUIREMENT, QUOTE, CONTRACT, ORDER, PAYMENT, INVOICE, REISSUE)
