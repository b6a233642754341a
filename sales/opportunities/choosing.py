"""The customer a new sales record is about: one somebody owns, in reach for adding such records."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.customers.models import Customer
from customers.customers.search import search_condition

FITTING_SHOWN = 5


def customers_to_choose(user: Any, right: str = "sales.add_opportunity") -> QuerySet[Any]:
    """The owned customers within the person's reach for a right, as far as they see them."""
    seen = Customer.objects.visible_to(user).values("pk")
    return Customer.objects.within(user, right).live().filter(pk__in=seen, owner__isnull=False)


class ChooseCustomerForm(forms.Form):
    """Name or number of a customer."""

    customer = forms.CharField(
        label=gettext_lazy("Customer"), max_length=200, help_text=gettext_lazy("Name or number of the customer."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip

    def __init__(self, *args: Any, user: Any, right: str = "sales.add_opportunity", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user, self.right = user, right

    def clean_customer(self) -> Customer:
        """The one customer the text means."""
        text = self.cleaned_data["customer"].strip()
        rows = customers_to_choose(self.user, self.right)
        exact = list(rows.filter(number__iexact=text)[:1]) or list(rows.filter(name=text)[:2])
        found = exact or list(rows.filter(search_condition(text, self.user)).order_by("-pk")[: FITTING_SHOWN + 1])
        if not found:
            raise ValidationError(_("No customer of yours fits “%(text)s”.") % {"text": text[:60]})
        if len(found) > 1:
            words = "; ".join(f"{row.name} ({row.number})" for row in found[:FITTING_SHOWN])
            raise ValidationError(
                _("Several customers fit. Type the number of the one you mean: %(names)s") % {"names": words}
            )
        chosen: Customer = found[0]
        return chosen
