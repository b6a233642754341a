"""Input about contracts."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.attachments.models import Attachment
from crm.people.models import User
from crm.records.stale import fingerprint
from crm.ui.widgets import DayInput, SearchSelect
from sales.contracts.models import Contract, ContractType
from sales.contracts.offered import contacts_of, signers, usable_quotes
from sales.contracts.values import WATCHED
from sales.documents.shown import money
from sales.documents.verb_forms import ReasonForm
from sales.quotes.models import Quote

QUOTES_SHOWN = 100


class _QuoteChoices(forms.ModelMultipleChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.number} · {obj.customer.name} · {obj.title} · {money(obj.gross, obj.currency)}"


class ContractForm(forms.Form):
    """What was agreed besides the lines."""

    title = forms.CharField(label=_("Title"), max_length=120)
    type = forms.ModelChoiceField(
        label=_("Type"), queryset=ContractType.objects.filter(is_active=True), empty_label=_("Choose")
    )
    contact: forms.ModelChoiceField[Any] = forms.ModelChoiceField(
        label=_("Contact"), queryset=None, required=False, widget=SearchSelect
    )
    starts_on = forms.DateField(label=_("Starts on"), widget=DayInput)
    ends_on = forms.DateField(label=_("Ends on"), required=False, widget=DayInput)
    signer_theirs = forms.CharField(label=_("Signs for the customer"), max_length=80, required=False)
    signer_ours = forms.ModelChoiceField(
        label=_("Signs for us"), queryset=User.objects.none(), required=False, widget=SearchSelect
    )
    delivery_terms = forms.CharField(label=_("Delivery"), max_length=300, required=False)
    payment_terms = forms.CharField(label=_("Payment terms"), max_length=300, required=False)
    clauses = forms.CharField(
        label=_("Clauses"), max_length=20_000, required=False, widget=forms.Textarea(attrs={"rows": 10})
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput, max_length=64)

    def __init__(self, *args: Any, user: User, contract: Contract, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["contact"].queryset = contacts_of(contract.customer_id, user)  # type: ignore[attr-defined]
        self.fields["signer_ours"].queryset = signers(contract.signer_ours_id)  # type: ignore[attr-defined]
        if contract.type_id:
            kept = ContractType.objects.filter(is_active=True) | ContractType.objects.filter(pk=contract.type_id)
            self.fields["type"].queryset = kept  # type: ignore[attr-defined]
        if not contract._state.adding:
            for name in self.fields:
                if name in _KEPT:
                    self.initial.setdefault(name, contract.serializable_value(name))
            self.initial.setdefault("seen", fingerprint(contract, WATCHED))

    def values(self) -> dict[str, Any]:
        """What the actions take."""
        return {name: self.cleaned_data[name] for name in _KEPT if name in self.cleaned_data}


_KEPT = tuple(name for name in ContractForm.base_fields if name != "seen")


class NewContractForm(forms.Form):
    """Which quotes a contract is made from, and what is agreed besides."""

    quotes = _QuoteChoices(
        label=_("Quotes"), queryset=Quote.objects.none(), widget=forms.CheckboxSelectMultiple,
        help_text=_("Approved quotes of one customer that are still valid."),
        error_messages={"required": _("Choose the quotes the contract is made from.")},
    )  # fmt: skip
    title = forms.CharField(
        label=_("Title"), max_length=120, required=False, help_text=_("Empty = the title of the first quote.")
    )
    type = forms.ModelChoiceField(
        label=_("Type"), queryset=ContractType.objects.filter(is_active=True), empty_label=_("Choose")
    )
    starts_on = forms.DateField(label=_("Starts on"), widget=DayInput)
    ends_on = forms.DateField(label=_("Ends on"), required=False, widget=DayInput)
    key = forms.CharField(required=False, widget=forms.HiddenInput, max_length=60)

    def __init__(self, *args: Any, user: User, customer_id: int | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = usable_quotes(user)
        self.fields["quotes"].queryset = rows.filter(customer_id=customer_id) if customer_id else rows  # type: ignore[attr-defined]
        if not self.is_bound:
            self.initial.setdefault("key", str(uuid.uuid4()))
            self.initial.setdefault("starts_on", timezone.localdate())

    def values(self) -> dict[str, Any]:
        """What the action takes; an empty title is left to the quote."""
        names = ("title", "type", "starts_on", "ends_on")
        return {name: self.cleaned_data[name] for name in names if self.cleaned_data[name] or name == "ends_on"}


class SupplementForm(ContractForm):
    """A supplement: whether it adds or takes away, and what is agreed."""

    direction = forms.TypedChoiceField(
        label=_("Effect"), choices=Contract.Direction.choices, coerce=int, initial=1, widget=forms.RadioSelect
    )
    key = forms.CharField(required=False, widget=forms.HiddenInput, max_length=60)
    field_order = ("direction", "title")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("type", "contact"):
            del self.fields[name]
        contract: Contract = kwargs["contract"]
        if not self.is_bound:
            self.initial.setdefault("key", str(uuid.uuid4()))
            self.initial.setdefault("direction", contract.direction)
            self.initial.setdefault("starts_on", contract.starts_on)

    def values(self) -> dict[str, Any]:
        """What the actions take."""
        return {**super().values(), "direction": self.cleaned_data["direction"]}


class TerminateForm(ReasonForm):
    """Why, and since when."""

    ended_on = forms.DateField(label=_("Ended on"), widget=DayInput)


class SignForm(forms.Form):
    """The day, and the signed file: one kept with the contract already, or a new one."""

    signed_on = forms.DateField(label=_("Signed on"), widget=DayInput)
    file = forms.FileField(label=_("Upload the signed file"), required=False, widget=forms.FileInput)
    kept_file = forms.ModelChoiceField(
        label=_("Or one kept with the contract"), queryset=Attachment.objects.none(), required=False,
        empty_label=_("none of those kept here"),
    )  # fmt: skip
    waiver_reason = forms.CharField(
        label=_("Why there is no file"), max_length=200, required=False,
        help_text=_("Only a manager may go without the signed file."),
    )  # fmt: skip

    def __init__(self, *args: Any, user: User, contract: Contract, may_waive: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        files = Attachment.objects.visible_to(user).of(contract).live().order_by("-pk")
        self.fields["kept_file"].queryset = files  # type: ignore[attr-defined]
        if not may_waive:
            del self.fields["waiver_reason"]
