"""Input about requirements; what is wrong beyond shape is said by the actions."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.ui.widgets import DayInput, SearchSelect
from customers.contacts.models import Contact
from customers.customers.models import Customer
from sales.opportunities.models import Opportunity
from sales.requirements.actions import EDITABLE
from sales.requirements.models import Requirement


class RequirementForm(forms.ModelForm):
    """What a customer needs, besides its lines."""

    key = forms.CharField(required=False, widget=forms.HiddenInput, max_length=60)
    seen = forms.CharField(required=False, widget=forms.HiddenInput, max_length=64)

    class Meta:
        model = Requirement
        fields = EDITABLE
        widgets = {
            "wanted_on": DayInput,
            "needs": forms.Textarea(attrs={"rows": 6}),
            "contact": SearchSelect,
            "opportunity": SearchSelect,
        }
        help_texts = {"needs": _("Use, environment, amounts, deadlines: what a technician has to know.")}

    def __init__(self, *args: Any, customer: Customer, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        contacts = Contact.objects.visible_to(user).live().filter(customer=customer).order_by("pk")
        talks = Opportunity.objects.visible_to(user).open().filter(customer=customer).order_by("pk")
        kept = self.instance.opportunity_id
        fields["contact"].queryset = contacts
        fields["opportunity"].queryset = talks | Opportunity.objects.filter(pk=kept) if kept else talks
        for name in ("contact", "opportunity"):
            fields[name].empty_label = _("none")

    def values(self) -> dict[str, Any]:
        """What the actions take."""
        return {name: self.cleaned_data[name] for name in EDITABLE}

    def _post_clean(self) -> None:
        # the actions check the record as a whole; assigning to the instance here would change what the page shows
        return None


class CheckForm(forms.Form):
    """What a technician found."""

    result = forms.ChoiceField(
        label=pgettext_lazy("technical check", "Result"),
        choices=[choice for choice in Requirement.Check.choices if choice[0]],
        widget=forms.RadioSelect,
    )  # fmt: skip
    note = forms.CharField(
        label=pgettext_lazy("technical check", "Note"), max_length=2000, required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("What has to change, or why it cannot be done. The owner and the approvers read it."),
    )  # fmt: skip
