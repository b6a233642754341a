"""The page of data quality."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from crm.access.gate import SignedInRequest, needs
from customers.quality.overview import overview_of


@needs("customers.change_customer")
@require_safe
def quality(request: SignedInRequest) -> HttpResponse:
    """What is wrong with the customers one may change, and whose they are."""
    return render(request, "customers/quality/overview.html", {"overview": overview_of(request.user)})
