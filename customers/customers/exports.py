"""The export of customers."""

from __future__ import annotations

from django.db.models import Q
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from crm.access.gate import SignedInRequest, needs
from crm.people.models import User
from crm.records.export_views import export_page
from crm.records.exports import Export
from customers.base_data.models import Tag
from customers.customers.custom import hidden_files
from customers.customers.filters import CustomerFilter
from customers.customers.names import look_up
from customers.customers.resources import CustomerResource
from customers.pool.hiding import hidden_where, people_hidden

RIGHT, DETAILS_RIGHT = "customers.export_customer", "customers.export_contact_details"


def _tag_names() -> dict[int, str]:
    return dict(Tag.objects.values_list("pk", "name"))


def _hidden(user: User) -> dict[str, Q]:
    """What a pool hides: what it says so itself, files, and people wherever one does not see them."""
    people = [name for name in CustomerResource.columns() if name.startswith("contact_")]
    return {**hidden_where(user), **hidden_files(), **dict.fromkeys(people, people_hidden(user))}


EXPORT = Export(
    _("Customers"), CustomerResource, CustomerFilter, RIGHT, DETAILS_RIGHT, {"tags": _tag_names}, _hidden, look_up
)


@needs(RIGHT)
def customer_export(request: SignedInRequest) -> HttpResponse:
    return export_page(request, "customers.Customer", reverse("customers:customer_list"))
