"""What people say when they give customers up, assign them, or set the rules of a pool."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from crm.people.models import User
from crm.ui.widgets import SearchSelect
from customers.pool.capacity import receivers_for
from customers.pool.models import Pool


class ReleaseForm(forms.Form):
    """Why, and into which pool."""

    reason = forms.CharField(
        max_length=200, label=_("Reason"), error_messages={"required": _("Say why this customer is given up.")}
    )
    pool = forms.ModelChoiceField(
        queryset=Pool.objects.none(),
        required=False,
        label=_("Public pool"),
        empty_label=_("the pool of its department, or the nearest above"),
    )

    def __init__(self, *args: Any, pools: QuerySet[Pool], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["pool"].queryset = pools  # type: ignore[attr-defined]


class AssignForm(forms.Form):
    """To whom, and why."""

    owner = forms.ModelChoiceField(
        queryset=User.objects.none(),
        label=_("New owner"),
        widget=SearchSelect,
        empty_label="",
        error_messages={"required": _("Choose who receives it.")},
    )
    reason = forms.CharField(max_length=200, required=False, label=_("Reason"))

    def __init__(self, *args: Any, actor: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = receivers_for(actor, "customers.assign_customer").order_by("name", "pk")
        self.fields["owner"].queryset = people  # type: ignore[attr-defined]


class PoolForm(forms.ModelForm):
    """The rules of a pool."""

    class Meta:
        model = Pool
        fields = (
            "name", "department", "can_claim", "claims_per_day", "held_at_most", "cool_down_days", "frozen_hours",
            "position",
        )  # fmt: skip
        widgets = {"department": SearchSelect()}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("claims_per_day", "held_at_most", "cool_down_days", "frozen_hours", "position"):
            self.fields[name].max_value = 100_000  # type: ignore[attr-defined]
            self.fields[name].validators.append(forms.IntegerField(max_value=100_000).validators[0])
