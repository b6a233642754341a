"""Input about reissues, their confirmation form and their evidence."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from crm.people.models import User
from crm.records.stale import fingerprint
from crm.ui.widgets import MoneyInput
from sales.invoices.forms import KEY, profiles_of
from sales.invoices.models import BillingProfile, Invoice, InvoiceLine, Reissue
from sales.money import Totals
from sales.reissues.actions import EDITABLE, WATCHED, Portion
from sales.reissues.confirmation import next_states

EXTENT = [("full", _("the whole invoice")), ("part", _("only part of it"))]


class ReissueForm(forms.Form):
    """Why an invoice is to be taken back, what of it, and what follows."""

    reason = forms.ChoiceField(label=_("Reason"), choices=Reissue.Reason.choices)
    explanation = forms.CharField(label=_("Explanation"), max_length=1000, widget=forms.Textarea(attrs={"rows": 3}))
    extent = forms.ChoiceField(label=_("How much"), choices=EXTENT, initial="full", widget=forms.RadioSelect)
    is_used_by_buyer = forms.BooleanField(
        label=_("The buyer has deducted or booked it"), required=False,
        help_text=_("Then the other side has to confirm within 72 hours before the red letter."),
    )  # fmt: skip
    wants_new = forms.BooleanField(label=_("Issue it again"), required=False, initial=True)
    profile = forms.ModelChoiceField(
        label=_("Billing data of the new invoice"), queryset=BillingProfile.objects.none(), required=False,
        empty_label=_("Choose"),
    )  # fmt: skip
    upload = forms.FileField(
        label=_("Evidence"), required=False, widget=forms.FileInput,
        help_text=_("For instance the customer's letter, or the record of what came back."),
    )  # fmt: skip
    key = forms.CharField(**KEY)
    seen = forms.CharField(**KEY)

    def __init__(
        self, data: Any, files: Any, *, user: User, invoice: Invoice, left: dict[int, Totals],
        reissue: Reissue | None = None,
    ) -> None:  # fmt: skip
        super().__init__(data, files)
        self.lines: list[tuple[InvoiceLine, Totals]] = [(line, left[line.pk]) for line in invoice.lines.all()]
        kept = {one.invoice_line_id: one.gross for one in reissue.lines.all()} if reissue else {}
        for line, _rest in self.lines:
            self.fields[f"gross_{line.pk}"] = forms.DecimalField(
                label=_("Amount with tax"), required=False, max_digits=18, decimal_places=2, min_value=Decimal(0),
                widget=MoneyInput(), initial=kept.get(line.pk),
            )  # fmt: skip
        row = self.fields["profile"]
        row.queryset = profiles_of(invoice.customer_id, user, reissue.profile_id if reissue else invoice.profile_id)  # type: ignore[attr-defined]
        self.initial["profile"] = invoice.profile_id
        if reissue is not None:
            self.initial.update({name: reissue.serializable_value(name) for name in EDITABLE})
            self.initial["extent"] = "full" if reissue.is_full else "part"
            self.initial["seen"] = fingerprint(reissue, WATCHED)
        if not self.is_bound:
            self.initial.setdefault("key", str(uuid.uuid4()))

    def rows(self) -> list[tuple[InvoiceLine, Totals, forms.BoundField]]:
        """Each line of the invoice, what is left of it, and its field."""
        return [(line, rest, self[f"gross_{line.pk}"]) for line, rest in self.lines]

    def values(self) -> dict[str, Any]:
        """What the actions take."""
        given = {name: self.cleaned_data.get(name) for name in EDITABLE if name != "is_full"}
        return {**given, "is_full": self.cleaned_data["extent"] == "full"}

    def portions(self) -> list[Portion]:
        """The amounts of a request for a part."""
        if self.cleaned_data["extent"] == "full":
            return []
        named = [(line.pk, self.cleaned_data.get(f"gross_{line.pk}")) for line, _rest in self.lines]
        return [Portion(pk, gross) for pk, gross in named if gross]

    def take_refusal(self, refusal: ValidationError) -> None:
        """Put what was refused at its field, the rest above the form."""
        if not hasattr(refusal, "error_dict"):
            self.add_error(None, refusal)
            return
        portions = self.portions()
        for name, errors in refusal.error_dict.items():
            where, _dot, place = name.partition(".")
            number = place.partition(".")[0]
            if where == "lines" and number.isdecimal():
                self.add_error(f"gross_{portions[int(number)].invoice_line}", errors)
            elif name == "is_full":
                self.add_error("extent", errors)
            else:
                self.add_error(name if name in self.fields else None, errors)


class ConfirmationForm(forms.Form):
    """What became of the confirmation form, and its number where it begins."""

    confirmation = forms.ChoiceField(label=_("State of the form"), widget=forms.RadioSelect)
    number = forms.CharField(label=_("Number of the confirmation form"), max_length=40, required=False)

    def __init__(self, *args: Any, reissue: Reissue, is_new: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        labels = dict(Reissue.Confirmation.choices)
        self.fields["confirmation"].choices = [(state, labels[state]) for state in next_states(reissue)]  # type: ignore[attr-defined]
        if not is_new:
            del self.fields["number"]
