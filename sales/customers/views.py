"""The page of a customer's transactions: what they bought, paid, were invoiced, owe."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from crm.access.gate import SignedInRequest, may, needs
from customers.customers.models import Customer
from customers.duplicates.following import became
from sales.customers.page import transactions_page

RELEASE = "customers.release_customer"


@needs("customers.view_customer", model=Customer)
@require_safe
def customer_transactions(request: SignedInRequest, customer: Customer) -> HttpResponse:
    """All business with a customer within the reader's reach; one that was merged leads to what it became part of."""
    if customer.merged_into_id is not None and (survivor := became(customer.pk, request.user)):
        return redirect("sales:customer_transactions", survivor.pk)
    may_release = (
        customer.owner_id is not None and customer.archived_at is None and may(request.user, RELEASE, customer)
    )
    context = {
        **transactions_page(customer, request.user),
        "release_url": reverse("customers:customer_release", args=[customer.pk]) if may_release else "",
    }
    return render(request, "sales/customers/transactions.html", context)
