"""Pages of uniform spelling: what would change, and the change."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext
from django.views.decorators.http import require_POST, require_safe

from crm.access.gate import SignedInRequest, needs
from crm.history.models import Operation
from crm.jobs.models import Job
from crm.people.models import User
from crm.records.keyset import Order
from crm.records.selection import Selection
from crm.records.undo import UNDO_MINUTES
from crm.ui.formats import n0
from customers.base_data.lookups import Lookups
from customers.customers.forms import SelectionForm
from customers.quality import normalising, offers
from customers.quality.archiving import may_archive
from customers.quality.paging import paged
from customers.quality.uniform_fields import FIELDS

PAGE_SIZE = 50
_NEWEST = Order("newest", gettext_lazy("newest first"), "id", is_descending=True)


class NormaliseForm(SelectionForm):
    """Carries what was chosen and when it was seen."""

    seen = forms.CharField(widget=forms.HiddenInput, max_length=40)
    confirm = forms.CharField(widget=forms.HiddenInput, required=False)


@needs(normalising.RIGHT)
@require_safe
def normalise(request: SignedInRequest) -> HttpResponse:
    """Before and after of each customer whose details are spelled another way than we keep them."""
    try:
        codes = _codes(request.GET)
        rows = offers.readable(offers.offered(request.user, codes))
        page = paged(request, rows, _NEWEST, PAGE_SIZE, kept={"field": codes} if codes else {})
    except ValidationError as refusal:
        return render(request, "records/refused.html", {"refusals": refusal.messages}, status=400)
    counts = offers.counts_of(request.user)
    context = {
        **page,
        "lines": _lines(page["rows"], request.user, codes or list(FIELDS)),
        "fields": [(field, counts[code], code in codes) for code, field in FIELDS.items() if counts[code]],
        "is_narrowed": bool(codes),
        "seen": timezone.now().isoformat(),
        "lately": _lately(request.user),
        "tab": "normalise",
        "may_archive": may_archive(request.user),
    }
    return render(request, "customers/quality/normalise.html", context)


@needs(normalising.RIGHT)
@require_POST
def normalise_apply(request: SignedInRequest) -> HttpResponse:
    """Asks once with the number, then writes the uniform spelling of the chosen customers."""
    back = reverse("customers:normalise")
    try:
        selection, seen = Selection.from_request(request), _moment(request.POST.get("seen", ""))
        codes = _codes(QueryDict(request.POST.get("query", "")[:2000]))
        if not selection.ids and not selection.is_all:
            raise ValidationError(_("Choose customers on the list first."))
        if request.POST.get("confirm") == "1":
            return _applied(request, selection, codes, seen, back)
        count = len(normalising.chosen_ids(selection, request.user, codes))
        if not count:
            raise ValidationError(_("None of the chosen customers would change now."), code="nothing")
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
        return HttpResponseRedirect(back)
    initial = {"ids": ",".join(map(str, selection.ids)), "all": "1" if selection.is_all else "", "confirm": "1",
               "query": request.POST.get("query", "")[:2000], "seen": seen.isoformat()}  # fmt: skip
    context = {
        "title": _("Make spellings uniform"),
        "text": ngettext("%(count)s customer is meant.", "%(count)s customers are meant.", count)
        % {"count": n0(count)},
        "facts": _facts(codes, count),
        "form": NormaliseForm(initial=initial),
        "action_label": _("Make uniform"),
        "parent": _("Uniform spelling"),
        "parent_url": back,
        "cancel_url": back,
    }
    return render(request, "records/confirm.html", context)


def _applied(
    request: SignedInRequest, selection: Selection, codes: list[str], seen: datetime, back: str
) -> HttpResponse:
    entry, outcome = normalising.normalise(selection, actor=request.user, codes=codes, seen=seen)
    if isinstance(outcome, Job):
        return redirect(outcome)
    count = len(outcome.changed)
    text = ngettext("%(count)s customer changed.", "%(count)s customers changed.", count) % {"count": count}
    if outcome.skipped:
        stayed = ngettext("%(count)s stayed as it is: it changed meanwhile, or its credit code is taken.",
                          "%(count)s stayed as they are: they changed meanwhile, or their credit code is taken.",
                          outcome.skipped)  # fmt: skip
        text = f"{text} {stayed % {'count': outcome.skipped}}"
    messages.success(request, text, extra_tags=f"undo:{reverse('records:undo', args=[entry.pk])}")
    return HttpResponseRedirect(back)


def _facts(codes: list[str], count: int) -> list[str]:
    named = [str(FIELDS[code].label) for code in codes] or [_("all that differ")]
    facts = [
        _("Fields: %(fields)s") % {"fields": pgettext("list", ", ").join(named)},
        _("A customer somebody changed since you looked stays as it is."),
        _("It can be taken back for %(count)s minutes.") % {"count": UNDO_MINUTES},
    ]
    if count == normalising.AT_MOST:
        facts.append(_("%(count)s at a time; the rest stays listed.") % {"count": n0(count)})
    return facts


def _codes(asked: QueryDict) -> list[str]:
    codes = [code for code in dict.fromkeys(asked.getlist("field")) if code]
    if unknown := [code for code in codes if code not in FIELDS]:
        raise ValidationError(_("There is no field “%(value)s” here.") % {"value": unknown[0][:40]})
    return codes


def _moment(text: str) -> datetime:
    try:
        moment = parse_datetime(text)
    except ValueError:
        moment = None
    if moment is None or timezone.is_naive(moment):
        raise ValidationError(_("The selection is damaged. Choose the rows again."), code="bad_selection")
    return min(moment, timezone.now())


def _lines(rows: list[Any], user: User, codes: list[str]) -> list[dict[str, Any]]:
    lookups, lines = Lookups(), []
    for row in rows:
        told = [offers.told(user, row, change, lookups) for change in offers.changes_for(user, row, codes, lookups)]
        if told:
            lines.append({"customer": row, "changes": told})
    return lines


def _lately(user: User) -> list[Operation]:
    """What the person may still take back."""
    since = timezone.now() - timedelta(minutes=UNDO_MINUTES)
    done = Operation.objects.filter(actor=user, verb=normalising.VERB, at__gte=since, undone_by=None)
    return list(done.exclude(jobs__state__in=[Job.State.QUEUED, Job.State.RUNNING]).order_by("-pk")[:5])
