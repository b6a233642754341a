"""Pages of the public pools."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from crm.access.gate import SignedInRequest, needs
from crm.access.masks import shown
from crm.people.models import User
from crm.records.keyset import Order, capped_count, keyset_page, read_cursor
from crm.ui.verb_page import show_refusal
from customers.customers.models import Customer
from customers.customers.search import search_condition
from customers.pool import actions
from customers.pool.batches import batch, chosen_rows, confirm, confirm_batch
from customers.pool.capacity import loads
from customers.pool.forms import AssignForm, MoveForm, ReleaseForm
from customers.pool.hiding import conceal
from customers.pool.models import Pool
from customers.pool.moving import move_to_pool

PAGE_SIZE = 50
_LATEST = Order("-pooled", gettext_lazy("latest arrival first"), "pooled_at", is_descending=True)


@needs("customers.view_pool")
@require_safe
def pool_list(request: SignedInRequest) -> HttpResponse:
    pools = list(Pool.objects.visible_to(request.user).annotate(held=Count("customers")))
    chosen = _chosen_pool(request, pools)
    words, is_former = request.GET.get("q", "").strip()[:100], request.GET.get("former") == "me"
    rows = Customer.objects.visible_to(request.user).live().in_pools().filter(pool__in=pools)
    status = 200
    try:
        if chosen is not None:
            rows = rows.filter(pool=chosen)
        if words:
            rows = rows.filter(search_condition(words, request.user))
        if is_former:
            rows = rows.filter(previous_owner=request.user)
        cursor = read_cursor(request.GET.get("cursor", ""), rows, _LATEST)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
        rows, cursor, status = rows.none(), None, 400
    found = rows.select_related("level", "region", "previous_owner")
    page = keyset_page(found, _LATEST, cursor, PAGE_SIZE)
    by_id = {pool.pk: pool for pool in pools}
    lines = [_line(row, by_id[row.pool_id], request.user) for row in page.rows]
    conceal(request.user, page.rows)
    context = {
        "pools": pools,
        "chosen": chosen,
        "words": words,
        "lines": lines,
        "count": capped_count(rows),
        "quota": _quota(chosen, request.user),
        "can_assign": request.user.reach.has(actions.ASSIGN_RIGHT),
        "can_move": len(pools) > 1 and Pool.objects.kept_by(request.user).exists(),
        "is_former": is_former,
        "previous_url": _page_url(request, page.previous),
        "next_url": _page_url(request, page.next),
    }
    return render(request, "customers/pool/list.html", context, status=status)


@needs(actions.CLAIM_RIGHT, model=Customer)
@require_POST
def customer_claim(request: SignedInRequest, customer: Customer) -> HttpResponse:
    try:
        actions.claim_customer(customer, actor=request.user)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
        return redirect("customers:pool_list")
    messages.success(request, _("%(customer)s is yours now.") % {"customer": customer})
    return redirect(customer)


@needs(actions.CLAIM_RIGHT)
@require_POST
def customers_claim(request: SignedInRequest) -> HttpResponse:
    return batch(request, actions.CLAIM_RIGHT, lambda rows: actions.claim_customers(rows, actor=request.user))


@needs(actions.RELEASE_RIGHT, model=Customer)
@require_http_methods(["GET", "POST"])
def customer_release(request: SignedInRequest, customer: Customer) -> HttpResponse:
    pools = Pool.objects.serving(customer.department.path)
    form = ReleaseForm(request.POST or None, pools=pools)
    if request.method == "POST" and form.is_valid():
        try:
            actions.release_customer(customer, actor=request.user, **form.cleaned_data)
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            messages.success(
                request, _("%(customer)s is in “%(pool)s” now.") % {"customer": customer, "pool": customer.pool}
            )
            return redirect("customers:customer_list")
    return confirm(
        request,
        form,
        title=_("Release into a pool"),
        subject=customer,
        facts=_release_facts(),
        action_label=_("Release"),
        cancel_url=customer.get_absolute_url(),
        danger=True,
    )


@needs(actions.RELEASE_RIGHT)
@require_POST
def customers_release(request: SignedInRequest) -> HttpResponse:
    form = ReleaseForm(request.POST if "reason" in request.POST else None, pools=Pool.objects.visible_to(request.user))
    if form.is_valid():
        said = form.cleaned_data
        return batch(
            request,
            actions.RELEASE_RIGHT,
            lambda rows: actions.release_customers(rows, actor=request.user, **said),
        )
    return confirm_batch(request, actions.RELEASE_RIGHT, form, _("Release"), _release_facts(), danger=True)


@needs(actions.ASSIGN_RIGHT, model=Customer)
@require_http_methods(["GET", "POST"])
def customer_assign(request: SignedInRequest, customer: Customer) -> HttpResponse:
    form = AssignForm(request.POST or None, actor=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            actions.assign_customer(customer, actor=request.user, **form.cleaned_data)
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            messages.success(
                request, _("%(customer)s belongs to %(owner)s now.") % {"customer": customer, "owner": customer.owner}
            )
            return redirect(customer)
    return confirm(
        request,
        form,
        title=_("Assign"),
        subject=customer,
        facts=[],
        action_label=_("Assign"),
        cancel_url=reverse("customers:pool_list"),
        danger=False,
    )


@needs(actions.ASSIGN_RIGHT)
@require_POST
def customers_assign(request: SignedInRequest) -> HttpResponse:
    form = AssignForm(request.POST if "owner" in request.POST else None, actor=request.user)
    if form.is_valid():
        said = form.cleaned_data
        return batch(
            request, actions.ASSIGN_RIGHT, lambda rows: actions.assign_customers(rows, actor=request.user, **said)
        )
    return confirm_batch(request, actions.ASSIGN_RIGHT, form, _("Assign"), [], danger=False)


@needs(actions.ASSIGN_RIGHT)
@require_POST
def customers_move(request: SignedInRequest) -> HttpResponse:
    """Move the chosen pooled customers to another pool."""
    form = MoveForm(request.POST if "pool" in request.POST else None, actor=request.user)
    if form.is_valid():
        try:
            outcome = move_to_pool(chosen_rows(request, actions.ASSIGN_RIGHT), actor=request.user, **form.cleaned_data)
        except ValidationError as refusal:
            show_refusal(form, refusal)
        else:
            said = {"count": outcome.moved, "pool": form.cleaned_data["pool"], "stayed": outcome.stayed}
            moved = ngettext(
                "%(count)s customer is in “%(pool)s” now.", "%(count)s customers are in “%(pool)s” now.", outcome.moved
            )
            messages.success(request, moved % said)
            if outcome.stayed:
                messages.warning(request, _("%(stayed)s stayed: not in another pool you administer.") % said)
            return redirect(form.cleaned_data["pool"])
    return confirm_batch(request, actions.ASSIGN_RIGHT, form, _("Move"), [], danger=False)


# ── parts ──


def _chosen_pool(request: SignedInRequest, pools: list[Pool]) -> Pool | None:
    asked = request.GET.get("pool", "")
    if not asked:
        return None
    for pool in pools:
        if str(pool.pk) == asked:
            return pool
    raise Http404


def _line(row: Customer, pool: Pool, user: User) -> dict[str, Any]:
    until, why = _not_before(row, pool, user)
    is_member = pool.pk in Pool.objects.memberships(user.reach)
    return {
        "customer": row,
        "pool": pool,
        "phone": shown(user, row, "phone", row.phone),
        "until": until,
        "why": why,
        "can_claim": is_member and not until and pool.can_claim and user.reach.has(actions.CLAIM_RIGHT),
    }


def _not_before(row: Customer, pool: Pool, user: User) -> tuple[datetime | None, str]:
    now = timezone.now()
    frozen = actions.frozen_until(pool, row)
    if frozen and frozen > now:
        return frozen, _("new arrival")
    if row.previous_owner_id == user.pk and row.pooled_at and pool.cool_down_days:
        cooled = row.pooled_at + timedelta(days=pool.cool_down_days)
        if cooled > now:
            return cooled, _("you gave it up")
    return None, ""


def _quota(pool: Pool | None, user: User) -> dict[str, Any] | None:
    if not user.reach.has(actions.CLAIM_RIGHT):
        return None
    (load,) = loads([user])
    quota: dict[str, Any] = {"held": load.held, "limit": actions.held_limit(pool, load)}
    if pool is not None and pool.claims_per_day:
        quota |= {"claimed": actions.claims_on(pool, user, timezone.localdate()), "daily": pool.claims_per_day}
    return quota


def _page_url(request: SignedInRequest, cursor: Any) -> str:
    if cursor is None:
        return ""
    asked = request.GET.copy()
    asked["cursor"] = str(cursor)
    return f"?{asked.urlencode()}"


def _release_facts() -> list[str]:
    return [
        _("Anyone entitled may claim it; you may have it back only after the cool-down of the pool."),
        _("Its planned follow-up is cleared and its shares end. Contacts, follow-ups and history stay with it."),
    ]
