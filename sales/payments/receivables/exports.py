"""The export of receivables: one row for each instalment."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from crm.access.gate import SignedInRequest, needs
from crm.people.models import User
from crm.records.export_views import export_page
from crm.records.selection import Selection
from crm.records.sheets import DayWidget, DecimalWidget, SheetField, SheetResource, TextWidget
from sales.contracts.models import Instalment
from sales.documents.exporting import SalesExport, told_names
from sales.payments.receivables.filters import ReceivableFilter

RIGHT, DETAILS_RIGHT = "sales.export_payment", "customers.export_contact_details"


class ReceivableResource(SheetResource):
    """Instalments of running contracts."""

    record = Instalment

    contract = SheetField("contract_id", _("Contract"), TextWidget(32), path="contract__number", readonly=True)
    customer = SheetField("customer", _("Customer"), TextWidget(200), path="contract__customer__name", readonly=True)
    name = SheetField("name", _("Instalment"), TextWidget(80), readonly=True)
    due_on = SheetField("due_on", _("Due on"), DayWidget(), readonly=True)
    currency = SheetField("currency", _("Currency"), TextWidget(3), path="contract__currency", readonly=True)
    amount = SheetField("amount", _("Amount"), DecimalWidget(), readonly=True)
    received = SheetField("received", _("Received"), DecimalWidget(), readonly=True)
    owner = SheetField("owner", _("Owner"), TextWidget(60), path="contract__owner__name", readonly=True)


class ReceivableExport(SalesExport):
    """Instalments are reached as payments are, through the owner of their contract."""

    def rows(self, user: User, selection: Selection) -> QuerySet[Any]:
        """The chosen instalments that the person may see and may export now."""
        seen = Instalment.objects.within(user, "sales.view_payment")
        scoped = seen & Instalment.objects.within(user, self.right)
        return selection.rows(scoped.of_running(), self.filterset, user)


EXPORT = ReceivableExport(
    _("Receivables"), ReceivableResource, ReceivableFilter, RIGHT, DETAILS_RIGHT, look_up=told_names
)


@needs(RIGHT)
def receivable_export(request: SignedInRequest) -> HttpResponse:
    return export_page(request, "sales.Instalment", reverse("sales:receivable_list"))
