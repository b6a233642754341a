"""Input about the team of a customer."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.people.models import User
from crm.ui.widgets import DayInput
from customers.customers.models import Customer
from customers.customers.team import LONGEST_ROLE


class MemberForm(forms.Form):
    """The part of a member, what it may do, and until when."""

    role = forms.CharField(
        label=_("Part in the team"),
        max_length=LONGEST_ROLE,
        required=False,
        help_text=_("For instance pre-sales, delivery, finance."),
    )
    may_change = forms.BooleanField(label=_("May also change it"), required=False)
    ends_on = forms.DateField(label=pgettext_lazy("last day", "Until"), widget=DayInput)


class TeamForm(MemberForm):
    """Which colleagues join."""

    colleagues = forms.ModelMultipleChoiceField(
        label=_("Colleagues"), queryset=User.objects.none(), widget=forms.CheckboxSelectMultiple
    )
    field_order = ("colleagues", "role", "may_change", "ends_on")

    def __init__(self, *args: Any, customer: Customer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = User.objects.active().exclude(pk=customer.owner_id or 0)
        self.fields["colleagues"].queryset = people  # type: ignore[attr-defined]
