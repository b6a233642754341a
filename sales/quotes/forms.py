"""Input about quotes."""

from __future__ import annotations

import uuid
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.people.models import User
from crm.records.stale import fingerprint
from crm.ui.widgets import DayInput, SearchSelect
from customers.contacts.models import Contact
from customers.customers.models import Customer
from sales.documents.line_forms import plain
from sales.documents.lines import Terms
from sales.documents.models import CURRENCIES
from sales.opportunities.models import Opportunity
from sales.quotes.actions import EDITABLE, WATCHED
from sales.quotes.models import Quote
from sales.requirements.models import Requirement

VALID_DAYS = 30
_TEXTS = {"rows": 3}


class QuoteForm(forms.Form):
    """A quote without its lines; the discount in percent."""

    key = forms.CharField(required=False, widget=forms.HiddenInput, max_length=60)
    seen = forms.CharField(required=False, widget=forms.HiddenInput, max_length=24)
    title = forms.CharField(label=_("Title"), max_length=120)
    contact: Any = forms.ModelChoiceField(label=_("Contact"), queryset=None, required=False)
    opportunity: Any = forms.ModelChoiceField(
        label=_("Opportunity"), queryset=None, required=False, widget=SearchSelect
    )
    requirement: Any = forms.ModelChoiceField(label=_("Requirement"), queryset=None, required=False)
    currency = forms.ChoiceField(label=_("Currency"), choices=CURRENCIES, initial="CNY")
    is_tax_included = forms.BooleanField(label=_("Prices include tax"), required=False, initial=True)
    discount = forms.DecimalField(
        label=_("Discount on the whole quote, in percent"), required=False, min_value=0, max_value=100,
        decimal_places=4, help_text=_("18 = 18 % off; each line shares in it."),
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )  # fmt: skip
    issued_on = forms.DateField(label=_("Date of the quote"), widget=DayInput)
    valid_until = forms.DateField(label=_("Valid until"), widget=DayInput)
    delivery_terms = forms.CharField(label=_("Delivery"), max_length=300, required=False)
    payment_terms = forms.CharField(label=_("Payment terms"), max_length=300, required=False)
    terms = forms.CharField(label=_("Terms"), max_length=4000, required=False, widget=forms.Textarea(attrs=_TEXTS))
    internal_note = forms.CharField(
        label=_("Internal note"), max_length=2000, required=False, widget=forms.Textarea(attrs=_TEXTS),
        help_text=_("The customer never sees it."),
    )  # fmt: skip

    def __init__(self, *args: Any, customer: Customer, user: User, quote: Quote | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.customer, self.quote = customer, quote
        self.initial = {**_initial(quote), **self.initial}
        self._offer("contact", Contact.objects.visible_to(user).live().filter(customer=customer))
        opportunities = Opportunity.objects.visible_to(user).filter(customer=customer)
        self._offer("opportunity", opportunities.filter(archived_at=None), Q(state="open"))
        requirements = Requirement.objects.visible_to(user).filter(customer=customer, archived_at=None)
        self._offer("requirement", requirements, Q(state="approved"))

    def values(self) -> dict[str, Any]:
        """What the actions take."""
        given = {name: self.cleaned_data[name] for name in EDITABLE if name in self.cleaned_data}
        return {**given, "discount": (given["discount"] or Decimal(0)) / 100}

    def line_terms(self) -> Terms:
        """What the lines share, as far as it can be read already."""
        read = self.cleaned_data if self.is_bound and self.errors is not None else {}
        known = {**self.initial, **{name: value for name, value in read.items() if value is not None}}
        return Terms(
            known["currency"] if known.get("currency") in dict(CURRENCIES) else "CNY",
            bool(known.get("is_tax_included")),
            known.get("issued_on") or timezone.localdate(),
            Decimal(known.get("discount") or 0) / 100,
            self.customer,
        )

    def _offer(self, name: str, rows: Any, condition: Q | None = None) -> None:
        """Choose from these rows, and keep what is chosen already."""
        kept = getattr(self.quote, f"{name}_id", None) if self.quote else None
        field: Any = self.fields[name]
        offered = rows.filter(condition) if condition is not None else rows
        field.queryset = rows.model.objects.filter(Q(pk__in=offered.values("pk")) | Q(pk=kept)).order_by("-pk")
        field.empty_label = _("none")


def _initial(quote: Quote | None) -> dict[str, Any]:
    if quote is None:
        today = timezone.localdate()
        return {"key": str(uuid.uuid4()), "currency": "CNY", "is_tax_included": True, "issued_on": today,
                "valid_until": today + timedelta(days=VALID_DAYS)}  # fmt: skip
    kept = {name: getattr(quote, name) for name in EDITABLE}
    kept |= {name: getattr(quote, f"{name}_id") for name in ("contact", "opportunity", "requirement")}
    return {**kept, "discount": plain(quote.discount * 100), "seen": fingerprint(quote, WATCHED)}
