"""Pages on which the end of a price list is asked for and decided."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from crm.access.gate import SignedInRequest, needs
from crm.ui.verb_page import verb_page
from crm.ui.widgets import DayInput
from sales.products.ending import agree_to_end, ask_to_end, refuse_to_end, withdraw_end
from sales.products.models import PriceList
from sales.products.pricing import RIGHT


class EndForm(forms.Form):
    """Until when a list should count, and why no longer."""

    day = forms.DateField(label=gettext_lazy("Last day"), widget=DayInput)
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200)


class DayForm(forms.Form):
    """The day somebody agrees to, as it was shown."""

    day = forms.DateField(widget=forms.HiddenInput)


@needs(RIGHT, model=PriceList)
def price_list_end(request: SignedInRequest, prices: PriceList) -> HttpResponse:
    """Ask that a list ends; a second person agrees."""
    form = EndForm(request.POST or None, initial={"day": timezone.localdate()})
    return verb_page(
        request, form, lambda **values: ask_to_end(prices, actor=request.user, **values),
        title=_("End the price list"), action_label=_("Ask for it"), back_url=prices.get_absolute_url(),
        parent=prices.name, done=_("Asked for. The list ends when a second person has agreed."),
    )  # fmt: skip


@needs(RIGHT, model=PriceList)
@require_POST
def price_list_end_agree(request: SignedInRequest, prices: PriceList) -> HttpResponse:
    """Agree to the end somebody else asked for."""
    form = DayForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Another day is asked for by now. Look at it again."))
        return redirect(prices)
    return _decided(request, prices, agree_to_end, _("Agreed."), **form.cleaned_data)


@needs(RIGHT, model=PriceList)
@require_POST
def price_list_end_refuse(request: SignedInRequest, prices: PriceList) -> HttpResponse:
    """Let the list go on."""
    return _decided(request, prices, refuse_to_end, _("Refused. The list goes on."))


@needs(RIGHT, model=PriceList)
@require_POST
def price_list_end_withdraw(request: SignedInRequest, prices: PriceList) -> HttpResponse:
    """Take one's own wish back."""
    return _decided(request, prices, withdraw_end, _("Withdrawn."))


def _decided(
    request: SignedInRequest, prices: PriceList, act: Callable[..., Any], done: str, **values: Any
) -> HttpResponse:
    try:
        act(prices, actor=request.user, **values)
    except (ValidationError, PermissionDenied) as refusal:
        messages.error(request, " ".join(getattr(refusal, "messages", [str(refusal)])))
    else:
        messages.success(request, done)
    return redirect(prices)
