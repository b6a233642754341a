"""What a director says about a transfer."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from crm.people.models import User
from customers.pool.capacity import receivers_for
from customers.transfers.models import Transfer
from customers.transfers.querysets import TRANSFER_RIGHT

_CLOCK = [("keep", _("Keep the remaining days")), ("restart", _("Count again from the day of the transfer"))]


class ReceiverField(forms.ModelMultipleChoiceField):
    """Who receives; each person by name."""

    def label_from_instance(self, obj: Any) -> str:
        """The name of the person."""
        return str(obj)


class TransferForm(forms.Form):
    """To whom, how, what moves along, and why."""

    targets = ReceiverField(
        queryset=User.objects.none(),
        label=_("Receivers"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one receiver.")},
    )
    split = forms.ChoiceField(
        choices=Transfer.Split, initial=Transfer.Split.EVEN, label=_("Split"), widget=forms.RadioSelect
    )
    exceeds_limit = forms.BooleanField(
        required=False,
        label=_("Let receivers exceed their limit"),
        help_text=_("You answer for it as director; the history keeps it."),
    )
    follow_ups = forms.BooleanField(
        required=False,
        initial=True,
        label=_("Planned follow-ups"),
        help_text=_("Unticked: planned days are cleared, the new owner plans anew."),
    )
    reason = forms.CharField(
        max_length=200, label=_("Reason"), error_messages={"required": _("Say why these customers move.")}
    )
    clock = forms.ChoiceField(choices=_CLOCK, initial="keep", label=_("Recycling clock"), widget=forms.RadioSelect)
    note = forms.CharField(
        max_length=1000, required=False, label=_("Note to the receivers"), widget=forms.Textarea({"rows": 3})
    )

    def __init__(self, *args: Any, actor: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["targets"].queryset = receivers_for(actor, TRANSFER_RIGHT)  # type: ignore[attr-defined]

    def plan(self) -> dict[str, Any]:
        """The arguments of `plan_transfer` besides who asks and what was chosen."""
        said = self.cleaned_data
        return {
            "targets": list(said["targets"]),
            "split": said["split"],
            "moves_along": ["contacts", *(["follow_ups"] if said["follow_ups"] else [])],
            "reason": said["reason"],
            "note": said["note"],
            "keeps_clock": said["clock"] == "keep",
            "exceeds_limit": said["exceeds_limit"],
        }
