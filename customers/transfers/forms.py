"""What a director says about a transfer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from crm.people.models import User
from crm.ui.widgets import DayInput
from customers.base_data.models import Region
from customers.pool.capacity import receivers_for
from customers.transfers.along import ALWAYS, companions
from customers.transfers.models import Transfer
from customers.transfers.querysets import TRANSFER_RIGHT
from customers.transfers.refusals import WEIGHT_AT_MOST

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
    moves_along = forms.MultipleChoiceField(
        required=False, label=_("What moves along"), widget=forms.CheckboxSelectMultiple
    )
    old_owner_stays = forms.ChoiceField(
        choices=Transfer.Stay, required=False, label=_("The former owner"), widget=forms.RadioSelect
    )
    old_owner_until = forms.DateField(
        required=False, label=_("Stays until"), widget=DayInput(), help_text=_("Only where the former owner stays.")
    )
    effective_on = forms.DateField(
        required=False,
        label=_("Takes effect on"),
        widget=DayInput(),
        help_text=_("Empty: as soon as you confirm. A later day starts in its morning."),
    )
    reason = forms.CharField(
        max_length=200, label=_("Reason"), error_messages={"required": _("Say why these customers move.")}
    )
    clock = forms.ChoiceField(choices=_CLOCK, initial="keep", label=_("Recycling clock"), widget=forms.RadioSelect)
    note = forms.CharField(
        max_length=1000, required=False, label=_("Note to the receivers"), widget=forms.Textarea({"rows": 3})
    )

    def __init__(self, *args: Any, actor: User, regions: Sequence[Region] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        receivers = receivers_for(actor, TRANSFER_RIGHT)
        self.fields["targets"].queryset = receivers  # type: ignore[attr-defined]
        self.fields["moves_along"].choices = [(code, one.label) for code, one in companions().items()]  # type: ignore[attr-defined]
        self.fields["moves_along"].initial = [code for code, one in companions().items() if one.is_ticked]
        self.receivers, self.regions = list(receivers), regions
        for receiver in self.receivers:
            self.fields[f"weight_{receiver.pk}"] = forms.IntegerField(
                min_value=1,
                max_value=WEIGHT_AT_MOST,
                required=False,
                label=_("Weight of %(name)s") % {"name": receiver},
                widget=forms.NumberInput({"placeholder": "1"}),
            )
        people = [("", _("shared evenly")), *((receiver.pk, str(receiver)) for receiver in self.receivers)]
        for region in regions:
            self.fields[f"region_{region.pk}"] = forms.TypedChoiceField(
                choices=people, coerce=int, empty_value=None, required=False, label=region.name
            )

    def along_lines(self, counts: dict[str, int]) -> list[dict[str, Any]]:
        """The tick boxes of what moves along, each with its count."""
        ticked = set(self["moves_along"].value() or ())
        return [
            {"companion": one, "count": counts[code], "is_ticked": code in ticked} for code, one in companions().items()
        ]

    def weight_of(self, receiver: User) -> forms.BoundField:
        """The field for the weight of one receiver."""
        return self[f"weight_{receiver.pk}"]

    def region_lines(self) -> list[forms.BoundField]:
        """The fields that name somebody for a region."""
        return [self[f"region_{region.pk}"] for region in self.regions]

    def plan(self) -> dict[str, Any]:
        """The arguments of `plan_transfer` besides who asks and what was chosen."""
        said = self.cleaned_data
        weights = {one.pk: said[f"weight_{one.pk}"] for one in self.receivers if said[f"weight_{one.pk}"]}
        regions = {one.pk: said[f"region_{one.pk}"] for one in self.regions if said[f"region_{one.pk}"]}
        return {
            "targets": list(said["targets"]),
            "split": said["split"],
            "weights": weights,
            "regions": regions,
            "moves_along": [ALWAYS, *said["moves_along"]],
            "reason": said["reason"],
            "note": said["note"],
            "keeps_clock": said["clock"] == "keep",
            "exceeds_limit": said["exceeds_limit"],
            "effective_on": said["effective_on"],
            "old_owner_stays": said["old_owner_stays"],
            "old_owner_until": said["old_owner_until"],
        }


class DayForm(forms.Form):
    """Another day for a transfer that waits."""

    effective_on = forms.DateField(label=_("Takes effect on"), widget=DayInput())
