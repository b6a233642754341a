"""Contact details in forms: shown only as far as the person may see them, kept as they are unless typed anew."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from crm.access.masks import CONTACT_FIELDS, masked, may_know_contact_details, sees_contact_details
from crm.customfields.forms import CustomFieldsForm
from crm.people.models import User
from customers.customers.models import Customer


class CoveredForm(CustomFieldsForm, forms.ModelForm):
    """A form of a record with contact details; `cover` comes before it is read."""

    _covered: Mapping[str, str] = MappingProxyType({})

    def cover(self, user: User, customer: Customer) -> None:
        """Mask what the person has to uncover first, and take away what they may not know at all."""
        self._covered = covered = {}
        entitled = may_know_contact_details(user, customer)
        for name in CONTACT_FIELDS & set(self.fields):
            value = getattr(self.instance, name)
            if not entitled:
                del self.fields[name]
            elif name != "address" and value and not sees_contact_details(user, customer):
                covered[name] = self.initial[name] = masked(name, value)
                self.fields[name].help_text = _("Partly hidden. Leave it to keep the value, or type a new one.")
        if customer.status == Customer.Status.POOL:
            self.take_files_away()
        sees = sees_contact_details(user, customer)
        self.cover_custom_fields(is_entitled=entitled, sees=sees, values=self.instance.custom)

    def clean(self) -> dict[str, Any]:
        """Half a masked value is no value."""
        cleaned = super().clean() or {}
        for name, shown in self._covered.items():
            typed = cleaned.get(name, "")
            if typed != shown and "**" in typed:
                self.add_error(name, _("Type the whole value, without stars, or leave it as it was."))
        return cleaned


def refuse_unknown_details(actor: User, customer: Customer, changed: Iterable[str]) -> None:
    """ValidationError by field for contact details the person may not know: nobody overwrites what they cannot see."""
    hidden = CONTACT_FIELDS & set(changed)
    if hidden and not may_know_contact_details(actor, customer):
        text = _("The contact details of this customer are hidden from you, so you cannot change them.")
        raise ValidationError(dict.fromkeys(hidden, text))
