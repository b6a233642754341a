"""Input about follow-ups."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.ui.widgets import DayInput, MomentInput
from customers.activities.models import Activity
from customers.contacts.models import Contact
from customers.customers.models import Customer

KINDS_IN_ORDER = ("call", "visit", "message", "email", "meeting", "note")


class ActivityForm(forms.Form):
    """What happened, when, with whom, and what comes next."""

    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"), widget=forms.RadioSelect, initial="call",
        choices=[(kind, Activity.Kind(kind).label) for kind in KINDS_IN_ORDER],
    )  # fmt: skip
    content = forms.CharField(
        label=gettext_lazy("Content"), max_length=5000, strip=True, widget=forms.Textarea(attrs={"rows": 2})
    )
    contact = forms.TypedChoiceField(
        label=gettext_lazy("Contact"), required=False, coerce=int, empty_value=None, choices=[("", "")]
    )
    happened_at = forms.DateTimeField(label=gettext_lazy("Happened at"), required=False, widget=MomentInput)
    place = forms.CharField(label=gettext_lazy("Place"), max_length=120, required=False)
    next_follow_on = forms.DateField(label=gettext_lazy("Next follow-up"), required=False, widget=DayInput)
    stamp = forms.CharField(required=False, widget=forms.HiddenInput, max_length=400)
    key = forms.CharField(required=False, widget=forms.HiddenInput, max_length=60)

    def __init__(self, *args: Any, customer: Customer, user: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.contacts: dict[int, Contact] = {}
        if self.is_bound and user is not None:
            rows = Contact.objects.visible_to(user).live().filter(customer=customer)
            self.contacts = {row.pk: row for row in rows}
            self.offer([(pk, row.name) for pk, row in self.contacts.items()])
        elif not self.is_bound:
            self.initial.setdefault("key", str(uuid.uuid4()))

    def offer(self, contacts: list[tuple[int, str]]) -> None:
        """Choose from these people."""
        self.fields["contact"].choices = [("", _("no contact")), *contacts]  # type: ignore[attr-defined]

    def values(self) -> dict[str, Any]:
        """What the action takes."""
        given = dict(self.cleaned_data)
        given.pop("key", None)
        given["contact"] = self.contacts.get(given.get("contact") or 0)
        return given

    def offer_contacts_of(self, customer: Customer, user: Any) -> None:
        """Choose from the people of a customer."""
        rows = Contact.objects.visible_to(user).live().filter(customer=customer)
        self.offer([(row.pk, row.name) for row in rows])


class FindCustomerForm(forms.Form):
    """Which customer a follow-up is about."""

    q = forms.CharField(
        label=gettext_lazy("Customer"), max_length=100, help_text=gettext_lazy("Name, pinyin initials or phone.")
    )
