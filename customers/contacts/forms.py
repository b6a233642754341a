"""Input about the people at a customer."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from crm.ui.widgets import DayInput
from customers.contacts.actions import EDITABLE
from customers.contacts.models import Contact
from customers.customers.covered import CoveredForm


class ContactForm(CoveredForm):
    """The details of a person."""

    key = forms.CharField(required=False, widget=forms.HiddenInput, max_length=60)

    class Meta:
        model = Contact
        fields = EDITABLE
        labels = {"name": _("Name"), "phone": _("Mobile")}
        widgets = {
            "birthday": DayInput,
            "phone": forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
            "remark": forms.Textarea(attrs={"rows": 2}),
        }

    def values(self) -> dict[str, Any]:
        """What the actions take."""
        wanted = self.changed_data if self.instance.pk else EDITABLE
        return {name: self.cleaned_data[name] for name in EDITABLE if name in wanted}

    def _post_clean(self) -> None:
        # the actions check the record as a whole; assigning to the instance here would change what the page shows
        return None
