"""For which customer a record of sales is written: a live one somebody owns, in reach for it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.access.gate import SignedInRequest
from crm.people.models import User
from customers.customers.models import Customer
from customers.customers.search import search_condition

FITTING_SHOWN = 5


def customers_for(user: User, right: str) -> QuerySet[Any]:
    """The live customers somebody owns for whom this person may write such records."""
    rows: QuerySet[Any] = Customer.objects.visible_to(user).live().exclude(owner=None)
    condition = user.reach.rows(right)
    return rows if condition is None else rows.filter(condition)


def customer_named(user: User, right: str, text: str) -> Customer | None:
    """The customer an id of an address means, in reach for new records."""
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        return None
    return customers_for(user, right).filter(pk=int(text)).first()


class ChooseCustomerForm(forms.Form):
    """The customer by name or number."""

    q = forms.CharField(
        label=gettext_lazy("Customer"), max_length=200, help_text=gettext_lazy("Name or number of the customer."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip

    def __init__(self, *args: Any, user: User, right: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user, self.right = user, right

    def clean_q(self) -> Customer:
        """The one customer in reach that the text means."""
        text = self.cleaned_data["q"].strip()
        rows = customers_for(self.user, self.right)
        exact = list(rows.filter(number__iexact=text)[:1]) or list(rows.filter(name=text)[:2])
        found = exact or list(rows.filter(search_condition(text, self.user)).order_by("-pk")[: FITTING_SHOWN + 1])
        if not found:
            raise ValidationError(_("No customer of yours fits “%(text)s”.") % {"text": text[:60]})
        if len(found) > 1:
            words = "; ".join(f"{row.name} ({row.number})" for row in found[:FITTING_SHOWN])
            raise ValidationError(
                _("Several customers fit. Type the number of the one you mean: %(names)s") % {"names": words}
            )
        return found[0]


def choose_customer(
    request: SignedInRequest, right: str, *, add: str, title: str, parent: str, listing: str
) -> HttpResponse:
    """The page that asks for the customer first and goes on to the page called `add`; 422 where none fits."""
    form = ChooseCustomerForm(request.GET if "q" in request.GET else None, user=request.user, right=right)
    if form.is_valid():
        return HttpResponseRedirect(f"{reverse(add)}?customer={form.cleaned_data['q'].pk}")
    is_missing = bool(request.GET.get("customer"))
    context = {"form": form, "title": title, "parent": parent, "parent_url": reverse(listing), "is_missing": is_missing}
    return render(request, "sales/documents/choose.html", context, status=422 if form.errors or is_missing else 200)
