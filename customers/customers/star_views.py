"""Putting a star on a customer and taking it off."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from crm.access.gate import SignedInRequest, needs
from customers.customers import stars
from customers.customers.models import Customer


@needs("customers.view_customer", model=Customer)
@require_POST
def customer_star(request: SignedInRequest, customer: Customer) -> HttpResponse:
    """Follow a customer."""
    try:
        stars.follow_customer(customer, actor=request.user)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
        return _back(request, customer)
    return _answer(request, customer, is_starred=True)


@needs("customers.view_customer", model=Customer)
@require_POST
def customer_unstar(request: SignedInRequest, customer: Customer) -> HttpResponse:
    """Follow it no longer."""
    stars.unfollow_customer(customer, actor=request.user)
    return _answer(request, customer, is_starred=False)


def _answer(request: SignedInRequest, customer: Customer, *, is_starred: bool) -> HttpResponse:
    if getattr(request, "htmx", False):
        context = {"customer": customer, "is_starred": is_starred}
        return render(request, "customers/customers/_star.html", context)
    return _back(request, customer)


def _back(request: SignedInRequest, customer: Customer) -> HttpResponse:
    """To the page the star was pressed on."""
    if getattr(request, "htmx", False):
        answer = HttpResponse(status=204)
        answer["HX-Redirect"] = customer.get_absolute_url()
        return answer
    came_from = request.headers.get("Referer", "")
    is_ours = url_has_allowed_host_and_scheme(came_from, {request.get_host()}, require_https=request.is_secure())
    return redirect(came_from if is_ours else customer.get_absolute_url())
