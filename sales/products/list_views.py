"""Pages of price lists."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from crm.access.gate import SignedInRequest, needs
from crm.records.forms import refused
from crm.ui.verb_page import verb_page
from crm.ui.widgets import DayInput
from customers.base_data.models import CustomerLevel
from sales.products.formats import price_text
from sales.products.lists_of_prices import (
    FIXED,
    add_price_list,
    change_price_list,
    has_prices,
    pasted_rows,
    wishes_of,
)
from sales.products.models import PriceChange, PriceList
from sales.products.pricing import RIGHT, ask_for_prices
from sales.products.secrets import sees_floor
from sales.products.summary import shown_changes

VIEW = "sales.view_product"
PAGE_SIZE = 100


class PriceListForm(forms.ModelForm):
    """For whom and when a list counts."""

    class Meta:
        model = PriceList
        fields = ("name", "level", "currency", "starts_on", "ends_on", "is_active")
        widgets = {"starts_on": DayInput, "ends_on": DayInput}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["level"].queryset = CustomerLevel.objects.filter(is_active=True)
        fields["level"].empty_label = _("all customers")
        if self.instance.pk is None:
            self.initial.setdefault("starts_on", timezone.localdate())
        elif has_prices(self.instance):
            for name in FIXED:
                fields[name].disabled = True
                fields[name].help_text = _("Fixed, because the list has prices.")

    def _post_clean(self) -> None:
        # the action checks the record; assigning to the instance here would change what the page shows
        return None


class PasteForm(forms.Form):
    """Prices of several products as they stand in a spreadsheet."""

    rows = forms.CharField(
        label=gettext_lazy("Codes and prices"), max_length=40_000, widget=forms.Textarea(attrs={"rows": 10}),
        help_text=gettext_lazy("One product a line: code, price, perhaps a minimum. A dash takes a price away."),
    )  # fmt: skip
    starts_on = forms.DateField(label=gettext_lazy("In force from"), widget=DayInput)
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200)


@needs(VIEW)
@require_safe
def price_list_list(request: SignedInRequest) -> HttpResponse:
    """All price lists, the newest first."""
    page = Paginator(PriceList.objects.select_related("level"), PAGE_SIZE).get_page(request.GET.get("page"))
    today = timezone.localdate()
    rows = [(row, _state(row, today)) for row in page.object_list]
    return render(request, "sales/products/price_lists.html", {"rows": rows, "page": page})


@needs(VIEW, model=PriceList)
@require_safe
def price_list_detail(request: SignedInRequest, prices: PriceList) -> HttpResponse:
    """The prices on a list, and those that wait for a second person."""
    user = request.user
    entries = prices.entries.select_related("product").order_by("product__code")
    page = Paginator(entries, PAGE_SIZE).get_page(request.GET.get("page"))
    waiting = PriceChange.objects.visible_to(user).filter(price_list=prices, state__in=["open", "agreed"])
    shows_floor, state = sees_floor(user), _state(prices, timezone.localdate())
    may_change = user.reach.has(RIGHT)
    context = {
        "prices": prices,
        "may_decide": prices.is_ending and may_change and prices.ending_asked_by_id != user.pk,
        "may_withdraw": prices.is_ending and may_change and prices.ending_asked_by_id == user.pk,
        "may_end": may_change and not prices.is_ending and state[2] and page.paginator.count > 0,
        "level": prices.level.name if prices.level else "",
        "state": state,
        "entries": [
            (
                row.product,
                price_text(row.product.list_price, prices.currency),
                price_text(row.price, prices.currency),
                price_text(row.minimum_price, prices.currency) if shows_floor else "",
            )
            for row in page.object_list
        ],
        "page": page,
        "shows_floor": shows_floor,
        "waiting": shown_changes(waiting.select_related("product", "price_list", "asked_by", "decided_by")[:500], user),
    }
    return render(request, "sales/products/price_list.html", context)


@needs(RIGHT)
def price_list_add(request: SignedInRequest) -> HttpResponse:
    """A new price list."""
    form = PriceListForm(request.POST or None)
    return verb_page(
        request, form, lambda **values: add_price_list(actor=request.user, values=values),
        title=_("New price list"), action_label=_("Add"), back_url=reverse("sales:price_list_list"),
        parent=_("Price lists"), done=_("Price list added."),
    )  # fmt: skip


@needs(RIGHT, model=PriceList)
def price_list_edit(request: SignedInRequest, prices: PriceList) -> HttpResponse:
    """Rename a list; while it has no prices, also for whom and when it counts."""
    form = PriceListForm(request.POST or None, instance=prices)
    return verb_page(
        request, form, lambda **values: change_price_list(prices, actor=request.user, values=values),
        title=_("Edit price list"), action_label=_("Save"), back_url=prices.get_absolute_url(),
        parent=prices.name, done=_("Saved."),
    )  # fmt: skip


@needs(RIGHT, model=PriceList)
def price_list_prices(request: SignedInRequest, prices: PriceList) -> HttpResponse:
    """Ask for several prices of a list at once, pasted from a spreadsheet."""
    form = PasteForm(
        request.POST or None, initial={"starts_on": timezone.localdate(), "rows": _written(prices, request)}
    )
    if form.is_valid():
        chosen = form.cleaned_data
        try:
            wishes = wishes_of(pasted_rows(chosen["rows"]), with_floor=sees_floor(request.user))
            made = ask_for_prices(
                wishes, actor=request.user, starts_on=chosen["starts_on"], reason=chosen["reason"], price_list=prices
            )
        except ValidationError as refusal:
            refused(form, refusal)
        else:
            text = ngettext(
                "%(count)s price asked for. A second person agrees to it.",
                "%(count)s prices asked for. A second person agrees to them.",
                len(made),
            )
            messages.success(request, text % {"count": len(made)})
            return redirect(prices)
    context = {
        "title": _("Prices on this list"), "action_label": _("Ask for it"), "form": form, "text": "",
        "facts": [_("Somebody else agrees to what you ask for; until then everything stays as it is.")],
        "parent": prices.name, "parent_url": prices.get_absolute_url(), "cancel_url": prices.get_absolute_url(),
    }  # fmt: skip
    return render(request, "records/confirm.html", context, status=422 if form.errors else 200)


def _written(prices: PriceList, request: SignedInRequest) -> str:
    """The prices of a list as lines one can edit, as far as they are few."""
    entries = prices.entries.select_related("product").order_by("product__code")[:200]
    shows_floor = sees_floor(request.user)
    lines = []
    for row in entries:
        floor = f"\t{row.minimum_price.normalize():f}" if shows_floor and row.minimum_price is not None else ""
        lines.append(f"{row.product.code}\t{row.price.normalize():f}{floor}")
    return "\n".join(lines)


def _state(prices: PriceList, today: Any) -> tuple[str, str, bool]:
    """Whether a list counts today, in words and with a tone, and whether it does or will."""
    if not prices.is_active:
        return _("off"), "gray", False
    if prices.starts_on > today:
        return _("not yet"), "blue", True
    if prices.ends_on and prices.ends_on < today:
        return _("over"), "gray", False
    return _("in force"), "green", True
