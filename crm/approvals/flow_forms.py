"""Asking where a document of given facts would go."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from crm.approvals.offered import Offered
from crm.approvals.purposes import Fact, Purpose
from crm.people.models import User
from crm.ui.widgets import MoneyInput, SearchSelect


class FactsForm(forms.Form):
    """Who submits, and a value for each fact the flows of a purpose may ask."""

    submitter = forms.ModelChoiceField(User.objects.none(), label=_("Submitted by"), widget=SearchSelect)

    def __init__(self, *args: Any, purpose: Purpose, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.purpose, self.offered = purpose, Offered()
        people = User.objects.active().exclude(department=None).order_by("name", "pk")
        self.fields["submitter"].queryset = people  # type: ignore[attr-defined]
        for fact in purpose.asked:
            self.fields[f"fact_{fact.code}"] = self._field(fact)

    def facts(self) -> dict[str, Any]:
        """The facts as a routing freezes them; what was left empty is not known."""
        found = {}
        for fact in self.purpose.asked:
            value = self.cleaned_data.get(f"fact_{fact.code}")
            if value in (None, "", []):
                continue
            if fact.kind == "percent":
                value = str(value / 100)
            elif isinstance(value, Decimal):
                value = str(value)
            elif fact.kind in ("department", "category", "level"):
                value = [int(one) for one in value]
            found[fact.code] = value
        if "amount" in found:
            found["routed_amount"] = found["amount"]
        return found

    def _field(self, fact: Fact) -> forms.Field:
        label: dict[str, Any] = {"label": fact.label, "required": False}
        if fact.kind == "yes_no":
            return forms.BooleanField(**label)
        if fact.kind in ("amount", "number"):
            widget = MoneyInput() if fact.kind == "amount" else MoneyInput(before="")
            return forms.DecimalField(**label, min_value=0, max_digits=18, decimal_places=2, widget=widget)
        if fact.kind == "percent":
            widget = MoneyInput(before="", after="%")
            return forms.DecimalField(**label, min_value=0, max_value=100, decimal_places=4, widget=widget)
        return forms.MultipleChoiceField(
            **label, choices=self.offered.of(fact), widget=forms.SelectMultiple({"size": 4})
        )
