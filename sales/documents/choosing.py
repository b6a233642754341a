"""For which customer a document is written."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.people.models import User
from customers.customers.models import Customer
from customers.customers.search import search_condition

FITTING_SHOWN = 5


def customers_for(user: User, right: str) -> QuerySet[Any]:
    """The live customers somebody owns for whom this person may write such documents."""
    rows: QuerySet[Any] = Customer.objects.visible_to(user).live().exclude(owner=None)
    condition = user.reach.rows(right)
    return rows if condition is None else rows.filter(condition)


def customer_named(user: User, right: str, text: str) -> Customer | None:
    """The customer an id of an address means, in reach for new documents."""
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
