"""Input about the people at a customer."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from crm.ui.widgets import DayInput
from customers.contacts.actions import EDITABLE
from customers.contacts.models import Contact
from customers.customers.covered import CoveredForm
from customers.customers.custom import CONTACT
from customers.customers.models import Customer


class ContactForm(CoveredForm):
    """The details of a person."""

    key = forms.CharField(required=False, widget=forms.HiddenInput, max_length=60)
    duplicate_reason = forms.CharField(
        label=_("Why this person belongs here too"), max_length=200, required=False,
        help_text=_("Only needed where another customer has this phone or e-mail; kept in the history."),
    )  # fmt: skip

    class Meta:
        model = Contact
        fields = EDITABLE
        labels = {"name": _("Name"), "phone": _("Mobile")}
        widgets = {
            "birthday": DayInput,
            "phone": forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
            "remark": forms.Textarea(attrs={"rows": 2}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.add_custom_fields(CONTACT, self.instance.custom, is_new=self.instance.pk is None)
        superior: Any = self.fields["reports_to"]
        superior.queryset = superior.queryset.none()
        for name in ("name", "phone", "email"):
            self.fields[name].widget.attrs["data-duplicate"] = ""

    def offer_superiors(self, customer: Customer, user: Any) -> None:
        """Choose from the other people of the customer."""
        others = Contact.objects.visible_to(user).live().filter(customer=customer).exclude(pk=self.instance.pk or 0)
        self.fields["reports_to"].queryset = others.order_by("pk")  # type: ignore[attr-defined]
        self.fields["reports_to"].empty_label = _("nobody noted")  # type: ignore[attr-defined]

    def values(self) -> dict[str, Any]:
        """What the actions take."""
        is_new = self.instance.pk is None
        wanted = EDITABLE if is_new else self.changed_data
        custom = {"custom": self.custom_values()} if is_new else self.custom_changes()
        return {name: self.cleaned_data[name] for name in EDITABLE if name in wanted} | custom

    def _post_clean(self) -> None:
        # the actions check the record as a whole; assigning to the instance here would change what the page shows
        return None
