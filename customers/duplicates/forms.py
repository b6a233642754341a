"""Input about duplicates; what is wrong beyond shape is said by the actions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from customers.customers.forms import REASON_LENGTH
from customers.duplicates.comparing import Line, Pair
from customers.duplicates.models import AccessRequest


class LookupForm(forms.Form):
    """What is known of a company before asking whether it exists."""

    name = forms.CharField(label=_("Company name"), max_length=200, required=False)
    credit_code = forms.CharField(label=_("Credit code"), max_length=30, required=False)
    phone = forms.CharField(label=_("Phone"), max_length=40, required=False)

    def clean(self) -> dict[str, Any]:
        """At least one of the three."""
        given = super().clean() or {}
        if not any(value.strip() for value in given.values() if value):
            raise forms.ValidationError(_("Type a name, a credit code or a phone."))
        return given


class AskForm(forms.Form):
    """What one wants of a customer of another, and why."""

    key = forms.CharField(widget=forms.HiddenInput, max_length=200)
    kind = forms.ChoiceField(label=_("What you want"), choices=AccessRequest.Kind.choices, widget=forms.RadioSelect)
    reason = forms.CharField(
        label=_("Reason"), max_length=REASON_LENGTH, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The director of the owner reads it."),
    )  # fmt: skip


class DecideForm(forms.Form):
    """What the director answers."""

    answer = forms.CharField(
        label=_("Answer"), max_length=REASON_LENGTH, required=False, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Needed where you refuse; whoever asked reads it."),
    )  # fmt: skip


class MergeForm(forms.Form):
    """Which values come from the customer that goes, and which people are one."""

    fields_taken = forms.MultipleChoiceField(required=False)
    joins = forms.MultipleChoiceField(required=False)
    reason = forms.CharField(label=_("Reason"), max_length=REASON_LENGTH, required=False)

    def __init__(self, data: Any, *, lines: Sequence[Line], pairs: Sequence[Pair]) -> None:
        super().__init__(data)
        self.fields["fields_taken"].choices = [(line.name, line.label) for line in lines if line.is_open]  # type: ignore[attr-defined]
        self.fields["joins"].choices = [(pair.key, str(pair.theirs)) for pair in pairs]  # type: ignore[attr-defined]
        if data is not None:
            taken = [line.name for line in lines if line.is_open and data.get(f"take-{line.name}") == "theirs"]
            self.data = {"fields_taken": taken, "joins": data.getlist("joins"), "reason": data.get("reason", "")}

    def pairs(self) -> dict[int, int]:
        """The contacts to join, from whom to whom."""
        return {
            int(source): int(target)
            for source, _dash, target in (key.partition("-") for key in self.cleaned_data["joins"])
        }
