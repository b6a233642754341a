"""Pages of duplicates: the queue, side by side, merges, the safe look-up, requests to directors."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from crm.access.gate import SignedInRequest, may, needs
from crm.access.masks import may_know_contact_details
from crm.company.actions import company_setting
from crm.people.models import User
from crm.records.forms import has_code, refused
from crm.records.keyset import Order, Page, capped_count, keyset_page, read_cursor
from customers.customers.models import Customer
from customers.customers.search import customers_found
from customers.duplicates import actions, lookups, merging, requests, unmerging
from customers.duplicates.comparing import lines_of, moving, pairs_of
from customers.duplicates.forms import AskForm, DecideForm, LookupForm, MergeForm
from customers.duplicates.models import AccessRequest, DuplicateCandidate, Merge
from customers.pool.hiding import hidden_columns

PAGE_SIZE = 25
FOUND_AT_MOST = 10
# why a pair was proposed; what stands after the colon of a stored reason is a digest of the value
REASONS = {
    "name": gettext_lazy("same name"),
    "similar": gettext_lazy("similar name"),
    "phone": gettext_lazy("same phone"),
    "email": gettext_lazy("same e-mail"),
    "domain": gettext_lazy("same website"),
}
ASK_KINDS = [("access", gettext_lazy("Ask for access")), ("dispute", gettext_lazy("It is mine"))]
_BY_SCORE = Order("score", gettext_lazy("most alike first"), "score", is_descending=True)
_BY_NEWEST = Order("newest", gettext_lazy("newest first"), "id", is_descending=True)


@needs(merging.RIGHT)
@require_safe
def duplicate_list(request: SignedInRequest) -> HttpResponse:
    """Pairs that may be one company, the most alike first."""
    rows = DuplicateCandidate.objects.within(request.user, merging.RIGHT).open()
    found = rows.select_related("first__owner", "first__department", "second__owner", "second__department")
    page, status = _page(request, found, _BY_SCORE)
    lines = [{"pair": row, "sides": (row.first, row.second), **_told(row, request.user)} for row in page.rows]
    context = {"lines": lines, "count": capped_count(rows), **_tabs("open", request), **_pager(page)}
    return render(request, "customers/duplicates/list.html", context, status=status)


@needs(merging.RIGHT, model=DuplicateCandidate)
@require_POST
def duplicate_different(request: SignedInRequest, candidate: DuplicateCandidate) -> HttpResponse:
    """Not duplicates after all."""
    try:
        actions.keep_apart(candidate, actor=request.user)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        messages.success(request, _("Kept as two companies."))
    return redirect("customers:duplicate_list")


@needs(merging.RIGHT)
@require_safe
def merge_list(request: SignedInRequest) -> HttpResponse:
    """Merges, newest first, and until when each can be taken back."""
    rows = Merge.objects.within(request.user, merging.RIGHT).select_related(
        "survivor", "loser", "merged_by", "undone_by"
    )
    page, status = _page(request, rows, _BY_NEWEST)
    now, days = timezone.now(), timedelta(days=company_setting("duplicates.unmerge_days"))
    lines = [
        {"merge": row, "until": row.merged_at + days, "can_undo": row.undone_at is None and row.merged_at + days > now}
        for row in page.rows
    ]
    context = {"lines": lines, **_tabs("merged", request), **_pager(page)}
    return render(request, "customers/duplicates/merges.html", context, status=status)


@needs(merging.RIGHT, model=Customer)
def customer_merge(request: SignedInRequest, customer: Customer) -> HttpResponse:
    """The customer that stays beside the one that goes (`?with=`); without one, a search for it."""
    given = request.GET.get("with", "")
    if not given:
        return _choose_other(request, customer)
    within = Customer.objects.within(request.user, merging.RIGHT) & Customer.objects.visible_to(request.user)
    other = within.filter(pk=int(given)).first() if given.isdecimal() and len(given) < 19 else None
    if other is None:
        messages.error(request, _("You cannot see this customer, or it does not exist."))
        return redirect("customers:customer_merge", customer.pk)
    lines, pairs = lines_of(customer, other, request.user), pairs_of(customer, other, request.user)
    form = MergeForm(request.POST if request.method == "POST" else None, lines=lines, pairs=pairs)
    if request.method == "POST" and form.is_valid():
        try:
            merging.merge_customers(
                customer, other, actor=request.user, fields=form.cleaned_data["fields_taken"], joins=form.pairs(),
                reason=form.cleaned_data["reason"],
            )  # fmt: skip
        except ValidationError as refusal:
            refused(form, refusal)
        else:
            messages.success(request, _("“%(loser)s” is merged into “%(name)s”.") % {"loser": other, "name": customer})
            return redirect(customer)
    context = {
        "customer": customer, "other": other, "form": form, "lines": lines, "pairs": pairs, "moving": moving(other),
        "has_two_codes": bool(customer.credit_code and other.credit_code and customer.credit_code != other.credit_code),
        "candidate": _candidate(customer, other, request.user),
        "swap_url": f"{reverse('customers:customer_merge', args=[other.pk])}?with={customer.pk}",
        "joined": set(form.data.get("joins", [])) if form.is_bound else {pair.key for pair in pairs},
        "taken": set(form.data.get("fields_taken", [])) if form.is_bound else set(),
    }  # fmt: skip
    return render(request, "customers/duplicates/merge.html", context, status=422 if form.errors else 200)


@needs(merging.RIGHT, model=Merge)
def merge_undo(request: SignedInRequest, merge: Merge) -> HttpResponse:
    """Asks once, then takes a merge back; what stays as it is is listed."""
    back = reverse("customers:merge_list")
    context: dict[str, Any] = {
        "title": _("Take the merge back"), "action_label": _("Take back"), "danger": True,
        "text": _("“%(loser)s” becomes a customer of its own again.") % {"loser": merge.loser},
        "facts": [_("Everything that came with it goes back to it."), _("What was changed since stays and is listed.")],
        "parent": _("Merged"), "parent_url": back, "cancel_url": back,
    }  # fmt: skip
    if request.method != "POST":
        return render(request, "records/confirm.html", context)
    try:
        outcome = unmerging.unmerge(merge, actor=request.user)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
        return redirect("customers:merge_list")
    if outcome.kept:
        return render(request, "records/undone.html", {"title": context["title"], "outcome": outcome})
    messages.success(request, _("“%(loser)s” and “%(name)s” are two customers again.") % {
        "loser": merge.loser, "name": merge.survivor,
    })  # fmt: skip
    return redirect(merge.loser)


# ── the safe look-up and requests ──


@needs("customers.lookup_customer")
def customer_lookup(request: SignedInRequest) -> HttpResponse:
    """Whether a company is known, and where; never how to reach it."""
    form = LookupForm(request.POST or None)
    answers, status = None, 200
    if form.is_valid():
        try:
            answers = lookups.look_up_customer(actor=request.user, **form.cleaned_data)
        except ValidationError as refusal:
            refused(form, refusal)
            status = 429 if has_code(refusal, "limit") else 422
    elif form.is_bound:
        status = 422
    context = {"form": form, "answers": answers, "ask_kinds": ASK_KINDS}
    return render(request, "customers/duplicates/lookup.html", context, status=status)


@needs("customers.lookup_customer")
@require_POST
def access_ask(request: SignedInRequest) -> HttpResponse:
    """A request for a customer that a look-up found; asked for the reason first."""
    is_sent = "reason" in request.POST
    form = AskForm(request.POST if is_sent else None, initial=request.POST.dict())
    status = 422 if is_sent else 200
    if form.is_valid():
        given = form.cleaned_data
        try:
            customer = lookups.customer_of(given["key"], request.user)
            requests.ask_for_customer(customer, actor=request.user, kind=given["kind"], reason=given["reason"])
        except ValidationError as refusal:
            refused(form, refusal)
        else:
            messages.success(request, _("Asked. You are told what the director decides."))
            return redirect("customers:customer_lookup")
    back = reverse("customers:customer_lookup")
    context = {
        "title": _("Ask the director"), "action_label": _("Ask"), "form": form, "cancel_url": back,
        "parent": _("Is this customer known?"), "parent_url": back,
        "text": _("The director of the owner is asked, and you are told the answer."),
    }  # fmt: skip
    return render(request, "records/confirm.html", context, status=status)


@needs(requests.RIGHT)
@require_safe
def access_list(request: SignedInRequest) -> HttpResponse:
    """Requests for customers in one's reach: those that wait, then what was decided."""
    rows = AccessRequest.objects.within(request.user, requests.RIGHT)
    found = rows.select_related("customer__owner", "customer__department", "asked_by", "decided_by")
    is_open = request.GET.get("state", "") != "decided"
    page, status = _page(request, found.open() if is_open else found.exclude(state="open"), _BY_NEWEST)
    context = {"rows": page.rows, "tab": "access", "is_open": is_open, **_pager(page, "" if is_open else "decided")}
    return render(request, "customers/duplicates/access_list.html", context, status=status)


@needs(requests.RIGHT, model=AccessRequest)
def access_decide(request: SignedInRequest, asked: AccessRequest) -> HttpResponse:
    """Who asks for what, and the answer."""
    form = DecideForm(request.POST if request.method == "POST" else None)
    grants = request.POST.get("decision") == "grant"
    if form.is_valid():
        try:
            requests.decide_request(asked, actor=request.user, grants=grants, answer=form.cleaned_data["answer"])
        except ValidationError as refusal:
            refused(form, refusal)
        else:
            messages.success(request, _("Granted.") if grants else _("Refused."))
            if grants and asked.kind == AccessRequest.Kind.DISPUTE and asked.customer.owner_id:
                return redirect(f"{reverse('customers:transfer_new')}?ids={asked.customer_id}")
            return redirect("customers:access_list")
    context = {"asked": asked, "form": form}
    return render(request, "customers/duplicates/access_decide.html", context, status=422 if form.errors else 200)


# ── parts of the pages above ──


def _choose_other(request: SignedInRequest, customer: Customer) -> HttpResponse:
    text = request.GET.get("q", "").strip()[:100]
    found, refusal = [], ""
    if text:
        try:
            found = [row for row in customers_found(text, request.user, FOUND_AT_MOST + 1) if row.pk != customer.pk]
        except ValidationError as trouble:
            refusal = " ".join(trouble.messages)
    context = {"customer": customer, "text": text, "found": found[:FOUND_AT_MOST], "refusal": refusal}
    return render(request, "customers/duplicates/choose.html", context)


def _candidate(one: Customer, other: Customer, user: User) -> DuplicateCandidate | None:
    first, second = sorted((one.pk, other.pk))
    found: DuplicateCandidate | None = (
        DuplicateCandidate.objects.within(user, merging.RIGHT).open().filter(first=first, second=second).first()
    )
    return found


def _told(candidate: DuplicateCandidate, user: User) -> dict[str, Any]:
    """Why a pair is alike and how much, as far as the person may know what makes it so."""
    sides = (candidate.first, candidate.second)
    hidden = set() if all(may_know_contact_details(user, side) for side in sides) else {"phone", "email"}
    if any("website" in hidden_columns(user, side) for side in sides):
        hidden.add("domain")
    words = dict.fromkeys(reason.partition(":")[0] for reason in candidate.reasons)
    reasons = [str(REASONS[word]) for word in words if word in REASONS and word not in hidden]
    return {"reasons": reasons, "score": None if hidden else candidate.score}


def _page(request: SignedInRequest, rows: Any, order: Order) -> tuple[Page, int]:
    try:
        cursor = read_cursor(request.GET.get("cursor", ""), rows, order)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
        return Page([], None, None), 400
    return keyset_page(rows, order, cursor, PAGE_SIZE), 200


def _tabs(current: str, request: SignedInRequest) -> dict[str, Any]:
    return {"tab": current, "may_decide": may(request.user, requests.RIGHT)}


def _pager(page: Page, state: str = "") -> dict[str, str]:
    kept = f"&state={state}" if state else ""
    return {
        "previous_url": f"?cursor={page.previous}{kept}" if page.previous else "",
        "next_url": f"?cursor={page.next}{kept}" if page.next else "",
    }
