"""Which quotes and people a person may choose for a contract."""

from __future__ import annotations

from django.db.models import Q, QuerySet
from django.utils import timezone

from crm.people.models import User
from customers.contacts.models import Contact
from sales.contracts.models import ContractQuote
from sales.quotes.models import Quote

ADD = "sales.add_contract"


def usable_quotes(user: User) -> QuerySet[Quote]:
    """Approved quotes of customers in the person's reach that are still good and feed no contract, newest first."""
    used = ContractQuote.objects.filter(ended_at=None).values("quote_id")
    rows = Quote.objects.visible_to(user).usable_on(timezone.localdate()).live().exclude(pk__in=used)
    reach = user.reach.rows(ADD, "customer__")
    rows = rows.filter(customer__archived_at=None, customer__owner__isnull=False)
    return (rows if reach is None else rows.filter(reach)).select_related("customer").order_by("-pk")


def contacts_of(customer_id: int, user: User) -> QuerySet[Contact]:
    """The people of a customer that the person may see."""
    return Contact.objects.visible_to(user).live().filter(customer_id=customer_id).order_by("name", "pk")


def signers(present_id: int | None) -> QuerySet[User]:
    """Colleagues who may sign for us, and whoever is named now."""
    return User.objects.filter(Q(is_active=True) | Q(pk=present_id)).order_by("name", "pk")
