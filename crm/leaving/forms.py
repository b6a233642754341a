"""What an administrator says when somebody leaves."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.leaving.actions import possible_receivers
from crm.people.models import User
from crm.ui.widgets import DayInput, SearchSelect

TO_PEOPLE, TO_POOL = "people", "pool"


class PersonAndPlace(forms.ModelMultipleChoiceField):
    """People, each with the department."""

    def label_from_instance(self, obj: Any) -> str:
        """The name and the department."""
        return f"{obj} · {obj.department}"


class LeavingForm(forms.Form):
    """When, and who takes over."""

    leaves_on = forms.DateField(
        label=_("Leaves on"),
        widget=DayInput(),
        initial=timezone.localdate,
        help_text=_("Today begins at once; a later day in its morning. From then on the person cannot sign in."),
    )
    to = forms.ChoiceField(
        label=_("Customers go to"),
        choices=[(TO_PEOPLE, _("the receivers below")), (TO_POOL, _("the public pool"))],
        initial=TO_PEOPLE,
        widget=forms.RadioSelect,
    )
    receivers = PersonAndPlace(
        queryset=User.objects.none(),
        label=_("Receivers"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Customers are shared evenly; what nobody has room for goes to the pool."),
    )
    exceeds_limit = forms.BooleanField(label=_("Let receivers exceed their limit"), required=False)
    heir = forms.ModelChoiceField(
        queryset=User.objects.none(),
        label=_("Successor"),
        required=False,
        widget=SearchSelect(),
        help_text=_("Takes what cannot be shared out. Empty: the first receiver, else the head of the department."),
    )
    note = forms.CharField(
        max_length=1000, required=False, label=_("Hand-over note"), widget=forms.Textarea({"rows": 3})
    )

    def __init__(self, *args: Any, leaver: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        near = _near(leaver)
        fields["receivers"].queryset = near if near.exists() else possible_receivers(leaver)
        fields["heir"].queryset = User.objects.active().exclude(pk=leaver.pk)

    def clean(self) -> dict[str, Any]:
        """People to receive, or the pool."""
        said: dict[str, Any] = super().clean() or {}
        if said.get("to") == TO_PEOPLE and not said.get("receivers"):
            self.add_error("receivers", _("Choose at least one receiver, or the public pool."))
        return said

    def plan(self) -> dict[str, Any]:
        """The arguments of `plan_departure` besides who leaves and who asks."""
        said = self.cleaned_data
        return {
            "leaves_on": said["leaves_on"],
            "receivers": list(said["receivers"]) if said["to"] == TO_PEOPLE else [],
            "heir": said["heir"],
            "exceeds_limit": said["exceeds_limit"],
            "note": said["note"],
        }


def _near(leaver: User) -> Any:
    """Those who can receive in the leaver's department and its sisters."""
    path = leaver.department.path if leaver.department else []
    found = possible_receivers(leaver).order_by("department__position", "name", "pk")
    return found.filter(department__path__contains=[path[-2] if len(path) > 1 else path[0]]) if path else found.none()
