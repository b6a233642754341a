"""How much business goes along with customers: what the preview of a transfer sums up."""

from __future__ import annotations

from django.db.models import F, QuerySet, Sum
from django.utils.translation import gettext as _

from crm.people.models import User
from crm.ui.formats import money
from customers.customers.models import Customer
from sales.contracts.models import Instalment
from sales.opportunities.models import Opportunity

RECEIVABLES_RIGHT = "sales.view_payment"


def transfer_totals(customers: QuerySet[Customer], user: User) -> list[tuple[str, str]]:
    """Open opportunities and receivables of these customers in each currency, as far as the person may see them."""
    ids = customers.order_by().values("pk")
    found = []
    if user.reach.has("sales.view_opportunity"):
        rows = Opportunity.objects.visible_to(user).open().filter(customer__in=ids, amount__gt=0)
        sums = rows.order_by("currency").values_list("currency").annotate(together=Sum("amount"))
        found += [(_("Open opportunities"), money(amount, currency)) for currency, amount in sums]
    if user.reach.has(RECEIVABLES_RIGHT):
        parts = Instalment.objects.within(user, RECEIVABLES_RIGHT).of_running().open()
        parts = parts.filter(contract__customer__in=ids).order_by("contract__currency")
        due = parts.values_list("contract__currency").annotate(due=Sum(F("amount") - F("received")))
        found += [(_("Receivables"), money(amount, currency)) for currency, amount in due]
    return found
