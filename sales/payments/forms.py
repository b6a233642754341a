"""Input about payments, bank lines and their statements."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from crm.ui.formats import SYMBOLS
from crm.ui.widgets import DayInput, MoneyInput, SearchSelect
from sales.contracts.models import Contract, Instalment
from sales.documents.choosing import customers_for
from sales.documents.models import CURRENCIES
from sales.documents.shown import money
from sales.documents.verb_forms import ReasonForm
from sales.payments.holding import Account
from sales.payments.models import Payment
from sales.payments.values import wanted_of

TEXTS = ("payer_name", "reference", "remark", "overpayment_reason")


class PartsForm(forms.Form):
    """Amounts for open instalments: one field for each of them."""

    def __init__(self, *args: Any, parts: Sequence[Instalment], account: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.parts = list(parts)
        for part in self.parts:
            contract = account.contracts[part.contract_id]
            self.fields[f"part_{part.pk}"] = forms.DecimalField(
                label=f"{contract.number} · {part.name}", required=False, max_digits=18, decimal_places=2, min_value=0,
                widget=MoneyInput(before=SYMBOLS.get(contract.currency, contract.currency)),
                help_text=_("%(open)s open%(due)s") % {
                    "open": money(part.open_amount, contract.currency),
                    "due": _(", due on %(day)s") % {"day": part.due_on} if part.due_on else "",
                },
            )  # fmt: skip

    def part_fields(self) -> list[forms.BoundField]:
        """The fields of the instalments, in order."""
        return [self[f"part_{part.pk}"] for part in self.parts]

    def chosen_parts(self) -> list[tuple[int, Decimal]]:
        """Instalments with the amounts typed for them."""
        typed = [(part.pk, self.cleaned_data.get(f"part_{part.pk}")) for part in self.parts]
        return [(pk, amount) for pk, amount in typed if amount]


class PaymentForm(PartsForm):
    """What a customer paid, and what for."""

    contract = forms.ModelChoiceField(
        label=gettext_lazy("Contract"), queryset=Contract.objects.none(), required=False, widget=SearchSelect,
        empty_label=gettext_lazy("No contract: a prepayment, or several contracts"),
    )  # fmt: skip
    amount = forms.DecimalField(
        label=gettext_lazy("Amount"), max_digits=18, decimal_places=2, min_value=Decimal("0.01"),
        widget=MoneyInput(before=""),
    )  # fmt: skip
    currency = forms.ChoiceField(label=gettext_lazy("Currency"), choices=CURRENCIES)
    paid_on = forms.DateField(label=gettext_lazy("Paid on"), widget=DayInput)
    method = forms.ChoiceField(label=gettext_lazy("Method"), choices=Payment.Method.choices)
    payer_name = forms.CharField(label=gettext_lazy("Payer"), max_length=120, required=False)
    reference = forms.CharField(label=gettext_lazy("Bank reference"), max_length=80, required=False)
    remark = forms.CharField(label=gettext_lazy("Remark"), max_length=500, required=False)
    overpayment_reason = forms.CharField(
        label=gettext_lazy("Why more than is owed"), max_length=200, required=False,
        help_text=gettext_lazy("Only where more is paid than is owed; what is too much becomes a prepayment."),
    )  # fmt: skip
    slip = forms.FileField(
        label=gettext_lazy("Slip"), required=False, help_text=gettext_lazy("Photo or file of the receipt.")
    )
    key = forms.CharField(required=False, widget=forms.HiddenInput, max_length=60)
    seen = forms.CharField(required=False, widget=forms.HiddenInput, max_length=64)

    def __init__(self, *args: Any, contracts: Any, payment: Payment | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["contract"].queryset = contracts  # type: ignore[attr-defined]
        if self.is_bound:
            return
        self.initial.setdefault("key", str(uuid.uuid4()))
        self.initial.setdefault("paid_on", timezone.localdate())
        if payment is not None:
            for name in ("contract", "amount", "currency", "paid_on", "method", *TEXTS):
                self.initial[name] = payment.serializable_value(name)
            self.initial.update({f"part_{pk}": amount for pk, amount in wanted_of(payment)})

    def values(self) -> dict[str, Any]:
        """What the actions take."""
        names = ("contract", "amount", "currency", "paid_on", "method", *TEXTS)
        given = {name: self.cleaned_data[name] for name in names if name in self.cleaned_data}
        return {**given, "wanted": self.chosen_parts()}


class ReverseForm(ReasonForm):
    """Why and on which day a payment is reversed."""

    day = forms.DateField(label=gettext_lazy("Booked on"), widget=DayInput)


class StatementForm(forms.Form):
    """A statement of the bank."""

    file = forms.FileField(
        label=gettext_lazy("Bank statement"),
        help_text=gettext_lazy(
            "Excel or CSV as the bank gives it, GBK too. Lines known before are not taken in twice."
        ),
    )
    account = forms.CharField(
        label=gettext_lazy("Our account"), max_length=60, required=False, widget=forms.TextInput(
            attrs={"autocomplete": "off"})
    )  # fmt: skip


class BookForm(forms.Form):
    """Whose payment a bank line is, and what for."""

    customer: Any = forms.ModelChoiceField(
        label=gettext_lazy("Customer"), queryset=None, to_field_name="number",
        widget=forms.TextInput(attrs={"autocomplete": "off"}), help_text=gettext_lazy("Number of the customer."),
    )  # fmt: skip
    contract = forms.CharField(
        label=gettext_lazy("Contract"), required=False, max_length=32, help_text=gettext_lazy("Number; empty = none."),
    )  # fmt: skip
    overpayment_reason = forms.CharField(label=gettext_lazy("Why more than is owed"), max_length=200, required=False)

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.fields["customer"].queryset = customers_for(user, "sales.add_payment")  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """The contract in reach that the number means."""
        found = super().clean() or self.cleaned_data
        number = (found.get("contract") or "").strip()
        found["contract"] = None
        if number:
            rows = Contract.objects.visible_to(self.user).running().main_ones()
            found["contract"] = rows.filter(number__iexact=number, customer=found.get("customer")).first()
            if found["contract"] is None:
                raise ValidationError({"contract": _("This customer has no running contract of that number.")})
        return found


class NoteForm(forms.Form):
    """What a bank line is, if it is no payment of a customer."""

    note = forms.CharField(label=pgettext_lazy("bank line", "What it is"), max_length=200)
    ids = forms.CharField(required=False, widget=forms.HiddenInput)
    all = forms.CharField(required=False, widget=forms.HiddenInput)
    query = forms.CharField(required=False, widget=forms.HiddenInput)
