"""Pages of cold customers: proposed for the archive, and archived."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from crm.access.gate import SignedInRequest, needs
from crm.company.actions import company_setting
from crm.records.forms import refused
from crm.records.keyset import Order
from crm.records.selection import Selection
from crm.ui.formats import n0
from customers.customers.forms import REASON_LENGTH, SelectionForm
from customers.quality import archiving
from customers.quality.paging import paged

PAGE_SIZE = 50
_OLDEST = Order("oldest", gettext_lazy("oldest first"), "id")  # by id a page ends early, however many are cold


class ArchiveForm(SelectionForm):
    """Why they go, and their number again where most of all customers would go."""

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=REASON_LENGTH)
    confirmed = forms.IntegerField(label=gettext_lazy("Number of customers"), required=False, min_value=0)

    def __init__(self, *args: Any, asks_number: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not asks_number:
            del self.fields["confirmed"]


@needs(archiving.RIGHT)
@require_safe
def cold_customers(request: SignedInRequest) -> HttpResponse:
    """The customers nothing has happened at for the company's time."""
    months = company_setting(archiving.SETTING)
    with_existing = request.GET.get("existing") == "1"
    rows = archiving.cold(request.user, with_existing=with_existing, months=months).select_related("owner")
    try:
        page = paged(request, rows, _OLDEST, PAGE_SIZE, kept={"existing": "1"} if with_existing else {})
    except ValidationError as refusal:
        return render(request, "records/refused.html", {"refusals": refusal.messages}, status=400)
    context = {**page, "months": months, "with_existing": with_existing, "tab": "archive", "may_archive": True}
    return render(request, "customers/quality/archive.html", context)


@needs(archiving.RIGHT)
@require_POST
def cold_archive(request: SignedInRequest) -> HttpResponse:
    """Asks once with the number and a reason, then archives the chosen cold customers."""
    back = reverse("customers:cold_customers")
    asked = QueryDict(request.POST.get("query", "")[:2000])
    with_existing = asked.get("existing") == "1"
    try:
        selection = Selection.from_request(request)
        if not selection.ids and not selection.is_all:
            raise ValidationError(_("Choose customers on the list first."))
        chosen = archiving.chosen_rows(selection, request.user, with_existing=with_existing)
        count = min(chosen.count(), archiving.AT_MOST)
        if not count:
            raise ValidationError(_("None of the chosen customers is cold any more."), code="nothing")
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
        return HttpResponseRedirect(back)
    asks_number = archiving.takes_nearly_all(count, request.user)
    initial = {"ids": ",".join(map(str, selection.ids)), "all": "1" if selection.is_all else "",
               "query": asked.urlencode()}  # fmt: skip
    form = ArchiveForm(request.POST if "reason" in request.POST else None, initial=initial, asks_number=asks_number)
    if form.is_valid():
        said = form.cleaned_data
        try:
            done = archiving.archive_cold(
                selection, actor=request.user, reason=said["reason"], with_existing=with_existing,
                confirmed=said.get("confirmed"),
            )  # fmt: skip
        except ValidationError as refusal:
            refused(form, refusal)
        else:
            return _told(request, done, f"{back}?{asked.urlencode()}")
    return render(request, "records/confirm.html", _context(form, count, back, asks_number=asks_number),
                  status=422 if form.is_bound else 200)  # fmt: skip


def _told(request: SignedInRequest, done: archiving.Archived, back: str) -> HttpResponse:
    text = ngettext("%(count)s customer archived.", "%(count)s customers archived.", done.number) % {
        "count": done.number
    }
    if done.skipped:
        stayed = ngettext("%(count)s stayed: something happened at it meanwhile.",
                          "%(count)s stayed: something happened at them meanwhile.", done.skipped)  # fmt: skip
        text = f"{text} {stayed % {'count': done.skipped}}"
    messages.success(request, text, extra_tags=f"undo:{reverse('records:undo', args=[done.entry.pk])}")
    return HttpResponseRedirect(back)


def _context(form: ArchiveForm, count: int, back: str, *, asks_number: bool) -> dict[str, Any]:
    facts = [_("They leave every list, search and report."), _("They can be put back from the recycle bin.")]
    if asks_number:
        facts.append(_("These are most of the customers you may archive. Type their number to confirm."))
    if count == archiving.AT_MOST:
        facts.append(_("%(count)s at a time; the rest stays listed.") % {"count": n0(count)})
    return {
        "title": _("Archive cold customers"),
        "text": ngettext("%(count)s customer is meant.", "%(count)s customers are meant.", count)
        % {"count": n0(count)},
        "facts": facts,
        "form": form,
        "action_label": _("Archive"),
        "danger": True,
        "parent": _("Archive"),
        "parent_url": back,
        "cancel_url": back,
    }
