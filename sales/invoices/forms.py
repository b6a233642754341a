"""Input about billing data, applications for invoices and their issue."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.attachments.models import Attachment
from crm.people.models import User
from crm.records.stale import fingerprint
from crm.ui.widgets import DayInput, MoneyInput
from sales.invoices.actions import WATCHED, Part
from sales.invoices.billing import EDITABLE
from sales.invoices.limits import Billable
from sales.invoices.models import BillingProfile, Invoice, InvoiceType

KEY: dict[str, Any] = {"required": False, "widget": forms.HiddenInput, "max_length": 60}


def profiles_of(customer_id: int, user: User, kept: int | None = None) -> Any:
    """The billing data of a customer that can be chosen, the proposed one first."""
    rows = BillingProfile.objects.visible_to(user).filter(customer_id=customer_id)
    found = rows.filter(archived_at=None) | rows.filter(pk=kept) if kept else rows.filter(archived_at=None)
    return found.order_by("-is_default", "pk")


class BillingForm(forms.ModelForm):
    """A buyer's title and tax data."""

    key = forms.CharField(**KEY)

    class Meta:
        model = BillingProfile
        fields = EDITABLE
        help_texts = {
            "tax_number": _("18 characters. Old numbers of 15 characters are kept, but check them."),
            "address": _("Address, phone, bank and account stand on special VAT invoices on paper."),
        }

    def values(self) -> dict[str, Any]:
        """What the actions take."""
        return {name: self.cleaned_data[name] for name in EDITABLE}

    def _post_clean(self) -> None:
        # the actions check the whole; assigning to the instance here would change what the page shows
        return None


class InvoiceForm(forms.Form):
    """Type, buyer, remark and note of an application."""

    type = forms.ChoiceField(label=_("Type"), choices=InvoiceType.choices)
    profile = forms.ModelChoiceField(
        label=_("Billing data"), queryset=BillingProfile.objects.none(), empty_label=None,
        error_messages={"required": _("Choose billing data.")},
    )  # fmt: skip
    remark = forms.CharField(
        label=_("Remark on the invoice"), max_length=300, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    note = forms.CharField(
        label=_("Note for finance"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    key = forms.CharField(**KEY)
    seen = forms.CharField(**KEY)

    def __init__(self, *args: Any, user: User, customer_id: int, invoice: Invoice | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kept = invoice.profile_id if invoice else None
        self.fields["profile"].queryset = profiles_of(customer_id, user, kept)  # type: ignore[attr-defined]
        if invoice is not None:
            for name in ("type", "profile", "remark", "note"):
                self.initial.setdefault(name, invoice.serializable_value(name))
            self.initial.setdefault("seen", fingerprint(invoice, WATCHED))
        if not self.is_bound:
            self.initial.setdefault("key", str(uuid.uuid4()))

    def values(self) -> dict[str, Any]:
        """What the actions take."""
        return {name: self.cleaned_data[name] for name in ("type", "profile", "remark", "note")}


class PartsForm(forms.Form):
    """How much of which contract line is billed: a field for each line, empty for what is not billed."""

    def __init__(
        self, data: Any, billable: Sequence[Billable], kept: dict[int, tuple[Decimal, Decimal | None]] | None = None
    ) -> None:
        super().__init__(data, prefix="line")
        self.billable = billable
        for one in billable:
            pk = one.line.pk
            self.fields[f"gross_{pk}"] = forms.DecimalField(
                label=_("Amount with tax"), required=False, max_digits=18, decimal_places=2, min_value=Decimal(0),
                widget=MoneyInput(),
            )  # fmt: skip
            self.fields[f"quantity_{pk}"] = forms.DecimalField(
                label=_("Quantity"), required=False, max_digits=14, decimal_places=4, min_value=Decimal(0),
                widget=forms.TextInput(attrs={"inputmode": "decimal", "class": "right"}),
            )  # fmt: skip
            gross, quantity = (kept or {}).get(pk, (None, None))
            if kept is None and one.left.gross > 0:
                gross = one.left.gross
            self.initial[f"gross_{pk}"], self.initial[f"quantity_{pk}"] = gross, _plain(quantity)

    def rows(self) -> list[tuple[Billable, forms.BoundField, forms.BoundField]]:
        """Each line with its two fields."""
        return [(one, self[f"gross_{one.line.pk}"], self[f"quantity_{one.line.pk}"]) for one in self.billable]

    def parts(self) -> list[Part]:
        """What the actions take."""
        found = []
        for one in self.billable:
            gross = self.cleaned_data.get(f"gross_{one.line.pk}")
            if gross:
                found.append(Part(one.line.pk, gross, self.cleaned_data.get(f"quantity_{one.line.pk}") or None))
        return found

    def take_refusal(self, refusal: ValidationError) -> ValidationError | None:
        """Put what was refused of single lines at their fields; what is left concerns the whole."""
        if not hasattr(refusal, "error_dict"):
            return refusal
        parts, rest = self.parts(), {}
        for name, errors in refusal.error_dict.items():
            where, _dot, place = name.partition(".")
            number, _dot, column = place.partition(".")
            if where == "lines" and number.isdecimal() and column in ("gross", "quantity"):
                self.add_error(f"{column}_{parts[int(number)].contract_line}", errors)
            else:
                rest[name if where != "lines" else "__all__"] = errors
        return ValidationError(rest) if rest else None


class IssueForm(forms.Form):
    """Number, day and file of what was issued at the tax office."""

    number = forms.CharField(label=_("Invoice number"), max_length=40)
    issued_on = forms.DateField(label=_("Issued on"), widget=DayInput)
    upload = forms.FileField(label=_("Upload the invoice"), required=False, widget=forms.FileInput)
    file = forms.ModelChoiceField(
        label=_("File"), queryset=Attachment.objects.none(), required=False, empty_label=_("none of those kept here")
    )

    def __init__(self, *args: Any, user: User, document: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        files = Attachment.objects.visible_to(user).of(document).live().order_by("-pk")
        self.fields["file"].queryset = files  # type: ignore[attr-defined]
        self.initial.setdefault("issued_on", timezone.localdate())


class QuotaForm(forms.Form):
    """The quota of a month, without tax."""

    month = forms.DateField(label=_("Month"), widget=DayInput, help_text=_("Any day of the month."))
    amount = forms.DecimalField(
        label=_("Quota without tax"), max_digits=18, decimal_places=2, min_value=Decimal(0), widget=MoneyInput()
    )
    remark = forms.CharField(label=_("Remark"), max_length=200, required=False)


def _plain(quantity: Decimal | None) -> str | None:
    return None if quantity is None else f"{quantity.normalize():f}"
