"""What people say when they give customers up, assign them, or set the rules of a pool."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from crm.people.models import User
from crm.ui.widgets import DayInput, SearchSelect
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


class ProtectForm(forms.Form):
    """Up to which day, and why."""

    until = forms.DateField(
        label=_("Protected until"), widget=DayInput(), error_messages={"required": _("Choose the last day.")}
    )
    reason = forms.CharField(max_length=200, required=False, label=_("Reason"))


class ExtendForm(forms.Form):
    """Why more time is needed."""

    reason = forms.CharField(
        max_length=200, label=_("Reason"), error_messages={"required": _("Say why you need more time.")}
    )


class DecideForm(forms.Form):
    """What the director answers."""

    decision = forms.ChoiceField(
        choices=[("grant", _("Grant")), ("refuse", _("Refuse"))],
        label=_("Decision"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Grant or refuse.")},
    )
    answer = forms.CharField(max_length=200, required=False, label=_("Answer"), help_text=_("Needed for a refusal."))


class MoveForm(forms.Form):
    """Into which pool, and why."""

    pool = forms.ModelChoiceField(
        queryset=Pool.objects.none(),
        label=_("To the pool"),
        empty_label="",
        error_messages={"required": _("Choose a pool.")},
    )
    reason = forms.CharField(max_length=200, required=False, label=_("Reason"))

    def __init__(self, *args: Any, actor: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        pools = Pool.objects.kept_by(actor).filter(takes_any_pool=True).order_by("position", "pk")
        self.fields["pool"].queryset = pools  # type: ignore[attr-defined]
