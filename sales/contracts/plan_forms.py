"""The editor of instalments: rows that are typed, added, removed and split with or without a script."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from crm.ui.widgets import DayInput, MoneyInput
from sales.contracts.models import Contract, Instalment
from sales.contracts.planning import AT_MOST
from sales.documents.line_forms import plain
from sales.money import ZERO, split_by

_COMMAND = re.compile(r"(add|remove-(\d{1,2})|split-([2-9]|1[0-2]))")
FIELDS = ("id", "name", "basis", "due_on", "days_after", "amount")


class PartForm(forms.Form):
    """One instalment."""

    id = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1, widget=forms.HiddenInput)
    name = forms.CharField(label=pgettext_lazy("instalment", "Name"), max_length=80)
    basis = forms.ChoiceField(label=pgettext_lazy("instalment", "Due"), choices=Instalment.Basis.choices)
    due_on = forms.DateField(label=gettext_lazy("On the day"), required=False, widget=DayInput)
    days_after = forms.IntegerField(label=gettext_lazy("Days after"), required=False, min_value=0, max_value=3650)
    amount = forms.DecimalField(label=gettext_lazy("Amount"), max_digits=18, decimal_places=2, widget=MoneyInput)


class PlanEditor:
    """The rows of a plan, read from a request or from the kept instalments."""

    def __init__(self, data: Mapping[str, Any] | None, contract: Contract) -> None:
        self.contract, self.is_bound = contract, data is not None
        self.asked = str(data.get("part", "")) if data is not None else ""
        texts = _typed(data) if data is not None else [_texts(part) for part in contract.instalments.all()]
        self._show(texts or [_blank(contract)])

    def change_rows(self) -> None:
        """Do what a button of the rows asks: add one, remove one, or split the whole evenly."""
        found = _COMMAND.fullmatch(self.asked)
        if found is None:
            return
        texts = self.texts
        if found[1] == "add" and len(texts) < AT_MOST:
            texts = [*texts, _blank(self.contract)]
        elif found[2] is not None:
            texts = [one for place, one in enumerate(texts) if place != int(found[2])] or [_blank(self.contract)]
        elif found[3] is not None:
            texts = _even(self.contract, int(found[3]))
        self._show(texts)

    def is_valid(self) -> bool:
        """Whether each row can be read; what is wrong stands at its row."""
        self.forms = [PartForm(one, prefix=f"plan-{place}") for place, one in enumerate(self._prefixed())]
        readable = [form.is_valid() for form in self.forms]
        return all(readable)

    def values(self) -> list[dict[str, Any]]:
        """What the action takes."""
        return [form.cleaned_data for form in self.forms]

    @property
    def goes_to(self) -> int | None:
        """The row one goes on typing in after a button: the new one, or that in the place of one removed."""
        found = _COMMAND.fullmatch(self.asked)
        if found is None:
            return None
        last = len(self.forms) - 1
        return last if found[1] == "add" else min(int(found[2] or 0), last)

    @property
    def planned(self) -> Decimal:
        """What the rows that can be read add up to."""
        amounts = [_amount(one["amount"]) for one in self.texts]
        return sum((amount for amount in amounts if amount is not None), ZERO)

    @property
    def left(self) -> Decimal:
        """What no row takes yet."""
        return self.contract.gross - self.planned

    def _show(self, texts: list[dict[str, str]]) -> None:
        self.texts = texts
        self.forms = [PartForm(initial=one, prefix=f"plan-{place}") for place, one in enumerate(texts)]

    def _prefixed(self) -> list[dict[str, str]]:
        return [{f"plan-{place}-{name}": text for name, text in one.items()} for place, one in enumerate(self.texts)]


def _typed(data: Mapping[str, Any]) -> list[dict[str, str]]:
    count = str(data.get("plan-count", ""))
    most = min(int(count) if count.isascii() and count.isdecimal() and len(count) < 4 else 0, AT_MOST + 1)
    return [{name: str(data.get(f"plan-{place}-{name}", ""))[:100] for name in FIELDS} for place in range(most)]


def _texts(part: Instalment) -> dict[str, str]:
    return {
        "id": str(part.pk), "name": part.name, "basis": part.basis, "days_after": str(part.days_after),
        "due_on": part.due_on.isoformat() if part.due_on else "", "amount": plain(part.amount),
    }  # fmt: skip


def _blank(contract: Contract) -> dict[str, str]:
    return {
        "id": "", "name": "", "basis": Instalment.Basis.DATE.value, "days_after": "0",
        "due_on": timezone.localdate().isoformat(), "amount": "",
    }  # fmt: skip


def _even(contract: Contract, count: int) -> list[dict[str, str]]:
    parts = split_by(contract.gross, [Decimal(1)] * count)
    return [
        {**_blank(contract), "name": _("Part %(number)s") % {"number": place}, "amount": plain(amount)}
        for place, amount in enumerate(parts, 1)
    ]


def _amount(text: str) -> Decimal | None:
    form = forms.DecimalField(max_digits=18, decimal_places=2)
    try:
        return Decimal(form.clean(text.replace(",", "")))
    except (forms.ValidationError, ArithmeticError):
        return None
