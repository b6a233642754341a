"""Making the link of a customer, showing it this once, and taking it back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.access.gate import SignedInRequest
from crm.records.forms import refused
from crm.ui.widgets import DayInput
from sales.documents.verb_pages import asked, posted
from sales.links.actions import link_path


class LinkForm(forms.Form):
    """Until when the link of the customer works."""

    until = forms.DateField(label=gettext_lazy("The link works until"), widget=DayInput)


def link_page(
    request: SignedInRequest, record: Any, make: Callable[..., Any], *, until: date, said: str = "", back: str,
    **shown: Any,
) -> HttpResponse:  # fmt: skip
    """Ask until when, make the link, and show it: this once, only its hash is kept.

    `said` is what became of the record besides, `back` the words of the way back; `shown` goes to the question.
    """
    form = LinkForm(posted(request), initial={"until": until})
    if request.method == "POST" and form.is_valid():
        try:
            link, token = make(record, actor=request.user, until=form.cleaned_data["until"])
        except ValidationError as refusal:
            refused(form, refusal)
        else:
            address = f"{settings.SITE_URL}{link_path(token)}"
            context = {"record": record, "link": link, "address": address, "said": said, "back": back}
            answer = render(request, "sales/links/made.html", context)
            answer["Cache-Control"] = "no-store"
            return answer
    return asked(request, record, form, **shown)


def revoke_page(request: SignedInRequest, record: Any, revoke: Callable[..., Any]) -> HttpResponse:
    """Take the customer's link back and say so on the page of the record."""
    try:
        revoke(record, actor=request.user)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        messages.success(request, _("The link no longer works."))
    return HttpResponseRedirect(record.get_absolute_url())
