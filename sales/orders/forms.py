"""Input about orders and deliveries."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.ui.widgets import DayInput, MoneyInput
from sales.documents.line_forms import plain
from sales.orders.models import Order


class OrderForm(forms.Form):
    """Until when an order is delivered, and a remark."""

    due_on = forms.DateField(label=_("Deliver until"), required=False, widget=DayInput)
    remark = forms.CharField(
        label=_("Remark"), required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 3})
    )


class QuantityForm(forms.Form):
    """A field for each line of an order that may go with a delivery: `line_<id>`."""

    def __init__(self, *args: Any, order: Order, free: dict[int, Decimal], proposed: dict[int, Decimal], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.lines = []
        for line in order.lines.all():
            if free.get(line.pk, Decimal(0)) <= 0:
                continue
            name = f"line_{line.pk}"
            self.fields[name] = forms.DecimalField(
                label=line.name,
                required=False,
                min_value=0,
                max_digits=14,
                decimal_places=4,
                widget=MoneyInput(before="", after=line.unit),
                initial=plain(proposed.get(line.pk, Decimal(0))),
                help_text=_("%(open)s %(unit)s open") % {"open": plain(free[line.pk]), "unit": line.unit},
            )
            self.lines.append(line.pk)

    def quantities(self) -> dict[int, Decimal]:
        """What goes with the delivery, by line."""
        return {pk: self.cleaned_data[f"line_{pk}"] or Decimal(0) for pk in self.lines}

    def quantity_fields(self) -> list[forms.BoundField]:
        """The fields of the lines."""
        return [self[f"line_{pk}"] for pk in self.lines]


class DeliveryForm(QuantityForm):
    """A delivery that is planned."""

    planned_on = forms.DateField(label=_("Planned for"), widget=DayInput, initial=timezone.localdate)
    carrier = forms.CharField(label=_("Carrier"), required=False, max_length=60)
    tracking_number = forms.CharField(label=_("Tracking number"), required=False, max_length=60)
    place = forms.CharField(label=_("Place"), required=False, max_length=200)
    remark = forms.CharField(label=_("Remark"), required=False, max_length=500)

    def values(self) -> dict[str, Any]:
        """What the actions take."""
        names = ("planned_on", "carrier", "tracking_number", "place", "remark")
        return {name: self.cleaned_data[name] for name in names}


class DeliveredForm(QuantityForm):
    """A delivery that left the house, with what was really in it."""

    delivered_on = forms.DateField(label=_("Delivered on"), widget=DayInput, initial=timezone.localdate)
    carrier = forms.CharField(label=_("Carrier"), required=False, max_length=60)
    tracking_number = forms.CharField(label=_("Tracking number"), required=False, max_length=60)


class AnswerForm(forms.Form):
    """What the customer says about a delivery."""

    name = forms.CharField(label=_("Who answered for the customer"), max_length=80)
    note = forms.CharField(
        label=_("What they said"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )
