"""Asking before one customer or many are claimed, released, protected or moved, and telling what became of each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import ngettext

from crm.access.gate import SignedInRequest
from crm.records.selection import Selection
from customers.customers.filters import CustomerFilter
from customers.customers.models import Customer
from customers.pool import actions


def chosen_rows(request: SignedInRequest, right: str) -> QuerySet[Customer]:
    """The chosen live customers within reach of a right."""
    selection = Selection.from_request(request)
    scoped = Customer.objects.within(request.user, right).live()
    return selection.rows(scoped, CustomerFilter, request.user).order_by("pk")


def batch(
    request: SignedInRequest, right: str, act: Callable[[QuerySet[Customer]], list[actions.Outcome]]
) -> HttpResponse:
    """Do something with the chosen customers and show what became of each."""
    try:
        rows = chosen_rows(request, right).select_related("pool", "owner", "department")
        outcomes = act(rows[: actions.BATCH_AT_MOST + 1])
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
        return redirect("customers:pool_list")
    done = sum(not outcome.refusal for outcome in outcomes)
    context = {"outcomes": outcomes, "done": done, "refused": len(outcomes) - done}
    return render(request, "customers/pool/outcomes.html", context)


def confirm_batch(
    request: SignedInRequest, right: str, form: Any, label: str, facts: list[str], *, danger: bool
) -> HttpResponse:
    """Ask once for all chosen customers."""
    try:
        count = chosen_rows(request, right)[: actions.BATCH_AT_MOST + 1].count()
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
        return redirect("customers:customer_list")
    title = ngettext("%(label)s %(count)s customer", "%(label)s %(count)s customers", count)
    kept = {name: request.POST.getlist(name) for name in ("ids", "all", "query")}
    context = {
        "title": title % {"label": label, "count": count},
        "facts": facts,
        "form": form,
        "kept": [(name, value) for name, values in kept.items() for value in values],
        "action_label": label,
        "cancel_url": reverse("customers:customer_list"),
        "danger": danger,
    }
    return render(request, "customers/pool/confirm.html", context, status=422 if form.errors else 200)


def confirm(request: SignedInRequest, form: Any, **more: Any) -> HttpResponse:
    """Ask for one customer."""
    context = {"form": form, "kept": [], **more}
    return render(request, "customers/pool/confirm.html", context, status=422 if form.errors else 200)
