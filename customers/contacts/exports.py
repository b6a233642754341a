"""The export of contacts; whoever may export a customer may export what belongs to it."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from crm.access.gate import SignedInRequest, needs
from crm.records.export_views import export_page
from crm.records.exports import Export
from customers.contacts.filters import ContactFilter
from customers.contacts.resources import ContactResource
from customers.customers.names import look_up

RIGHT, DETAILS_RIGHT = "customers.export_customer", "customers.export_contact_details"
EXPORT = Export(_("Contacts"), ContactResource, ContactFilter, RIGHT, DETAILS_RIGHT, look_up=look_up)


@needs(RIGHT)
def contact_export(request: SignedInRequest) -> HttpResponse:
    return export_page(request, "customers.Contact", reverse("customers:contact_list"))
