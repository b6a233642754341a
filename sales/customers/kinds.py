"""The kinds of sales records a customer has, for its page and its story: how each is read, called and opened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import F, JSONField, Model, OuterRef, QuerySet, Subquery, TextField, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, JSONObject
from django.urls import reverse

from crm.access.rights import ALL, OWN
from crm.people.models import User
from customers.customers.models import Customer
from sales.contracts.models import Contract
from sales.invoices.models import Invoice, Reissue
from sales.opportunities.models import Opportunity
from sales.orders.models import Delivery, Order
from sales.payments.models import Payment
from sales.quotes.models import Quote
from sales.requirements.models import Requirement

_NOTHING = Value("")


@dataclass(frozen=True)
class Kind:
    """A kind of record: `title` and `by` (who of the customer answered) are columns, `amount` what it is about."""

    model: type[Model]
    icon: str
    title: str
    amount: str | Combinable = ""
    currency: str = "currency"
    customer: str = "customer"
    by: str = ""
    right: str = ""

    @property
    def name(self) -> str:
        """Its word in addresses."""
        return str(self.model._meta.model_name)

    @property
    def purpose(self) -> str:
        """What its approvals are called."""
        return f"sales.{self.name}"

    @property
    def label(self) -> str:
        """Its word in the history."""
        return self.model._meta.label_lower

    def sees_all(self, customer: Customer, user: User) -> bool:
        """Whether every such record of a customer is in the person's reach, as its owner's are."""
        scope = user.reach.scopes.get(self.right or f"sales.view_{self.name}")
        return scope == ALL or (scope == OWN and customer.owner_id == user.pk)

    def seen(self, customer: Customer, user: User) -> QuerySet[Any]:
        """The records of a customer in the person's reach."""
        rows: Any = self.model._default_manager.all()
        found: QuerySet[Any] = rows.visible_to(user).filter(**{self.customer: customer})
        return found

    def told(self, path: str = "subject_id") -> Subquery:
        """What an entry of the story says about the record whose id stands at `path`."""
        about = JSONObject(
            kind=Value(self.name),
            pk="pk",
            number="number",
            title=Cast(self.title, TextField()),
            amount=Cast(self.amount, TextField()) if self.amount else _NOTHING,
            currency=F(self.currency) if self.amount else _NOTHING,
            by=F(self.by) if self.by else _NOTHING,
        )
        rows = self.model._default_manager.filter(pk=OuterRef(path)).order_by()
        return Subquery(rows.values(about=about), output_field=JSONField())

    def address(self, pk: int) -> str:
        """The page of one."""
        return reverse(f"sales:{self.name}_detail", args=[pk])


OPPORTUNITY = Kind(Opportunity, "target", "name", "amount")
REQUIREMENT = Kind(Requirement, "clipboard-list", "title")
QUOTE = Kind(Quote, "file-text", "title", "gross", by="answered_by")
CONTRACT = Kind(Contract, "file-pen-line", "title", F("gross") * F("direction"))
ORDER = Kind(Order, "package", "contract__number")
DELIVERY = Kind(
    Delivery, "truck", "order__number", customer="order__customer", by="answered_by", right="sales.view_order"
)
PAYMENT = Kind(Payment, "banknote", "payer_name", "amount")
INVOICE = Kind(Invoice, "receipt-text", "invoice_number", "gross")
REISSUE = Kind(Reissue, "repeat-2", "invoice__invoice_number", "gross")
KINDS = (OPPORTUNITY, REQUIREMENT, QUOTE, CONTRACT, ORDER, DELIVERY, PAYMENT, INVOICE, REISSUE)
BY_NAME = {kind.name: kind for kind in KINDS}
VIEW_RIGHTS = tuple(f"sales.view_{kind.name}" for kind in KINDS if not kind.right)


def sees_sales(user: Any) -> bool:
    """Whether the person may see any kind of sales records."""
    return any(user.reach.has(right) for right in VIEW_RIGHTS)
