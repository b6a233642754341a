"""The export of follow-ups; whoever may export a customer may export what belongs to it."""

from __future__ import annotations

from django.db.models import Q
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from crm.access.gate import SignedInRequest, needs
from crm.people.models import User
from crm.records.export_views import export_page
from crm.records.exports import Export
from customers.activities.filters import ActivityFilter
from customers.activities.resources import ActivityResource
from customers.customers.names import look_up
from customers.pool.hiding import people_hidden

RIGHT, DETAILS_RIGHT = "customers.export_customer", "customers.export_contact_details"


def _hidden(user: User) -> dict[str, Q]:
    return {"contact": people_hidden(user, "customer__")}


EXPORT = Export(
    _("Follow-ups"), ActivityResource, ActivityFilter, RIGHT, DETAILS_RIGHT, hidden=_hidden, look_up=look_up
)


@needs(RIGHT)
def activity_export(request: SignedInRequest) -> HttpResponse:
    return export_page(request, "customers.Activity", reverse("customers:activity_list"))
