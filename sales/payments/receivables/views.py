"""The list of receivables and how old they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_safe

from crm.access.gate import SignedInRequest, needs
from crm.records.lists import BuiltInView, BulkVerb, RecordListView
from crm.records.tables import Column
from customers.customers.names import merged
from customers.tasks.seen import seen_names
from sales.contracts.models import Instalment
from sales.contracts.querysets import InstalmentQuerySet
from sales.documents.shown import money
from sales.payments.lists import desk_places, names_in_reach
from sales.payments.receivables.ageing import BUCKETS, ROWS_SHOWN, AgeingRow, ageing, totals
from sales.payments.receivables.filters import ReceivableFilter
from sales.payments.receivables.tables import RECEIVABLE_TABLE

VIEW = "sales.view_payment"


def receivables(user: Any) -> InstalmentQuerySet:
    """The living instalments of running contracts in a person's reach."""
    return Instalment.objects.within(user, VIEW).of_running()


class ReceivableListView(RecordListView):
    """What is to be paid, and what was."""

    model = Instalment
    filterset = ReceivableFilter
    table = RECEIVABLE_TABLE
    template = "sales/payments/_receivables.html"
    page = "receivables"
    verbs = (BulkVerb(gettext_lazy("Export"), "download", "sales:receivable_export", "sales.export_payment"),)

    def scoped(self, user: Any) -> QuerySet[Any]:
        """The instalments, with their contracts."""
        return receivables(user).select_related("contract")

    def built_in_views(self) -> Sequence[BuiltInView]:
        """What is overdue, what is due soon."""
        return [
            BuiltInView("", pgettext_lazy("instalments", "All open"), ""),
            BuiltInView("mine", gettext_lazy("Mine"), "owner=me", "sales.change_payment"),
            BuiltInView("overdue", gettext_lazy("Overdue"), "state=overdue"),
            BuiltInView("soon", gettext_lazy("Due in 30 days"), "state=soon"),
            BuiltInView("milestone", gettext_lazy("Waiting for a milestone"), "state=no_day"),
        ]

    def names(self, columns: Sequence[Column], rows: Sequence[Any], wanted: dict[str, set[int]]) -> dict[str, Any]:
        """Names of people; customers and contracts only where the person sees them."""
        pointed = {
            "person": {row.contract.owner_id for row in rows if row.contract.owner_id},
            "customer": {row.contract.customer_id for row in rows},
        }
        return names_in_reach(self.request.user, merged(pointed, wanted))

    def more(self, request: SignedInRequest) -> dict[str, Any]:
        """The title of the page."""
        return {"list_title": _("Receivables"), **desk_places(request.user)}


@needs(VIEW)
@require_safe
def receivable_filter(request: SignedInRequest) -> HttpResponse:
    """Every filter of the list with its choices."""
    filters = ReceivableFilter(request.GET, receivables(request.user).none(), request.user)
    kept = [(name, value) for name in ("q", "sort") if (value := request.GET.get(name))]
    context = {"form": filters.choice_form(), "title": _("Filter receivables"), "kept": kept}
    return render(request, "records/filter.html", {**context, "list_url": reverse("sales:receivable_list")})


@needs(VIEW)
@require_safe
def receivable_ageing(request: SignedInRequest) -> HttpResponse:
    """How old what is owed is, by customer or, with `?by=contract`, by contract."""
    by = "contract" if request.GET.get("by") == "contract" else "customer"
    rows = ageing(receivables(request.user).open(), by, timezone.localdate())
    names = {row.pk: row.name for row in rows}
    if by == "customer":
        names = dict(seen_names(request.user, [row.pk for row in rows[:ROWS_SHOWN]]))
    context = {
        "by": by,
        "heads": [words for _name, words, _last in BUCKETS],
        "rows": [_shown(row, by, names.get(row.pk, "—")) for row in rows[:ROWS_SHOWN]],
        "totals": [_shown(row, by, "") for row in totals(rows).values()],
        "rest": max(len(rows) - ROWS_SHOWN, 0),
        **desk_places(request.user),
    }
    return render(request, "sales/payments/ageing.html", context)


def _shown(row: AgeingRow, by: str, name: str) -> dict[str, Any]:
    """A row as the page shows it; each amount leads to its instalments."""
    place = f"{reverse('sales:receivable_list')}?{by}={row.pk}&currency={row.currency}"
    if not row.pk:
        place = f"{reverse('sales:receivable_list')}?currency={row.currency}"
    cells = [
        (money(amount, row.currency) if amount else "", f"{place}&bucket={bucket}", bucket)
        for amount, (bucket, _words, _last) in zip(row.amounts, BUCKETS, strict=True)
    ]
    return {"row": row, "name": name, "cells": cells, "total": money(row.total, row.currency), "url": place}
