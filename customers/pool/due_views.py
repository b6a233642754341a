"""What goes back to the pool soon, and what can be done about it: protect, ask for more time, decide."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from crm.access.gate import SignedInRequest, needs
from crm.ui.formats import long_day
from crm.ui.verb_page import show_refusal
from customers.base_data.working_days import working_calendar
from customers.customers.models import Customer
from customers.pool import extensions, protection
from customers.pool.batches import batch, confirm, confirm_batch
from customers.pool.due import RecycleRules, before_run_of, falling, saved_rules, with_day
from customers.pool.forms import DecideForm, ExtendForm, ProtectForm
from customers.pool.models import Pool, RecycleExtension

PROTECT_RIGHT, DECIDE_RIGHT = protection.PROTECT_RIGHT, extensions.DECIDE_RIGHT
DAYS_AHEAD, PAGE_SIZE = 14, 50


@needs(PROTECT_RIGHT)
@require_safe
def pool_due(request: SignedInRequest) -> HttpResponse:
    """Who goes back in the next fourteen days, into which pool and by which rule."""
    now, today = timezone.now(), timezone.localdate()
    rules = {one.pool_id: one for one in saved_rules()}
    owned = Customer.objects.within(request.user, PROTECT_RIGHT)
    last = today + timedelta(days=DAYS_AHEAD)
    rows = with_day(falling(rules.values(), owned).filter(due_at__lte=before_run_of(last)), now)
    counts = dict(rows.order_by().values_list("due_on").annotate(Count("pk")))
    chosen = _chosen_day(request, today, last)
    shown = rows if chosen is None else rows.filter(due_on=chosen)
    page = Paginator(shown.select_related("owner", "level").order_by("due_on", "pk"), PAGE_SIZE).get_page(
        request.GET.get("page", "1")[:6]
    )
    context = {
        "days": _days(today, counts),
        "chosen": chosen,
        "total": sum(counts.values()),
        "lines": _lines(list(page), rules),
        "page": page,
        "kept": f"day={chosen}" if chosen else "",
        "has_rules": bool(rules),
    }
    return render(request, "customers/pool/due.html", context)


@needs("customers.view_customer", model=Customer)
@require_safe
def customer_due(request: SignedInRequest, customer: Customer) -> HttpResponse:
    """When and by which rule a customer goes back: a part of its page, or a page of its own."""
    rules = {one.pool_id: one for one in saved_rules()}
    found = with_day(falling(rules.values(), Customer.objects.filter(pk=customer.pk)), timezone.now()).first()
    line = _lines([found], rules)[0] if found else None
    is_part = bool(getattr(request, "htmx", False))
    soon = timezone.localdate() + timedelta(days=DAYS_AHEAD)
    context = {"customer": customer, "line": line, "is_soon": bool(line and line["due_on"] <= soon), "is_part": is_part}
    return render(request, "customers/pool/_due_note.html" if is_part else "customers/pool/due_one.html", context)


@needs(PROTECT_RIGHT, model=Customer)
@require_http_methods(["GET", "POST"])
def customer_protect(request: SignedInRequest, customer: Customer) -> HttpResponse:
    """Protect a customer up to a day."""
    pool = protection.pool_of_rules(customer)
    last = protection.longest_protection(customer, pool) if pool else None
    form = ProtectForm(request.POST or None, initial={"until": last})
    if request.method == "POST" and form.is_valid():
        try:
            protection.protect_customer(customer, actor=request.user, **form.cleaned_data)
        except ValidationError as refusal:
            show_refusal(form, refusal)
        else:
            said = {"customer": customer, "day": long_day(customer.protected_until)}
            messages.success(request, _("%(customer)s is protected until %(day)s.") % said)
            return redirect(customer)
    return confirm(
        request,
        form,
        title=_("Protect from the pool"),
        subject=customer,
        facts=_protect_facts(pool),
        action_label=_("Protect"),
        cancel_url=customer.get_absolute_url(),
        danger=False,
    )


@needs(PROTECT_RIGHT, model=Customer)
@require_POST
def customer_unprotect(request: SignedInRequest, customer: Customer) -> HttpResponse:
    """End a protection now."""
    try:
        protection.unprotect_customer(customer, actor=request.user)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        messages.success(request, _("%(customer)s is protected no longer.") % {"customer": customer})
    return redirect(customer)


@needs(PROTECT_RIGHT)
@require_POST
def customers_protect(request: SignedInRequest) -> HttpResponse:
    """Protect the chosen customers, each on its own."""
    form = ProtectForm(request.POST if "until" in request.POST else None)
    if form.is_valid():
        said = form.cleaned_data
        return batch(
            request, PROTECT_RIGHT, lambda rows: protection.protect_customers(rows, actor=request.user, **said)
        )
    return confirm_batch(request, PROTECT_RIGHT, form, _("Protect"), _protect_facts(None), danger=False)


@needs(PROTECT_RIGHT, model=Customer)
@require_http_methods(["GET", "POST"])
def customer_extend(request: SignedInRequest, customer: Customer) -> HttpResponse:
    """Ask to keep a customer longer than the rule allows."""
    form = ExtendForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            wish = extensions.ask_extension(customer, actor=request.user, **form.cleaned_data)
        except ValidationError as refusal:
            show_refusal(form, refusal)
        else:
            said = {"customer": customer, "day": long_day(wish.until)}
            messages.success(request, _("Asked to keep %(customer)s until %(day)s.") % said)
            return redirect("customers:pool_due")
    return confirm(
        request,
        form,
        title=_("Ask for more time"),
        subject=customer,
        facts=[_("Your department head decides. Until then the rule still applies.")],
        action_label=_("Ask"),
        cancel_url=reverse("customers:pool_due"),
        danger=False,
    )


@needs(PROTECT_RIGHT)
@require_safe
def extension_list(request: SignedInRequest) -> HttpResponse:
    """The wishes for more time in reach, the open ones first."""
    rows = RecycleExtension.objects.visible_to(request.user)
    rows = rows.select_related("customer", "customer__owner", "pool", "asked_by", "decided_by")
    decidable = set(RecycleExtension.objects.within(request.user, DECIDE_RIGHT).open().values_list("pk", flat=True))
    page = Paginator(rows.order_by("-asked_at", "-pk"), PAGE_SIZE).get_page(request.GET.get("page", "1")[:6])
    lines = [(row, row.pk in decidable and row.asked_by_id != request.user.pk) for row in page]
    return render(request, "customers/pool/extensions.html", {"lines": lines, "page": page})


@needs(DECIDE_RIGHT, model=RecycleExtension)
@require_http_methods(["GET", "POST"])
def extension_decide(request: SignedInRequest, extension: RecycleExtension) -> HttpResponse:
    """Grant or refuse a wish for more time."""
    form = DecideForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            extensions.decide_extension(
                extension, actor=request.user, is_granted=said["decision"] == "grant", answer=said["answer"]
            )
        except ValidationError as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("Decided."))
            return redirect("customers:extension_list")
    asked = {"name": extension.asked_by, "day": long_day(extension.until), "reason": extension.reason}
    return confirm(
        request,
        form,
        title=_("Decide on an extension"),
        subject=extension.customer,
        facts=[_("%(name)s wants to keep it until %(day)s: %(reason)s") % asked],
        action_label=_("Decide"),
        cancel_url=reverse("customers:extension_list"),
        danger=False,
    )


def _chosen_day(request: SignedInRequest, today: date, last: date) -> date | None:
    asked = request.GET.get("day", "")
    if not asked:
        return None
    try:
        day = parse_date(asked)
    except ValueError:
        day = None
    if day is None or not today <= day <= last:
        raise Http404
    return day


def _days(today: date, counts: dict[date, int]) -> list[tuple[date, int, bool]]:
    calendar = working_calendar()
    days = [today + timedelta(days=ahead) for ahead in range(1, DAYS_AHEAD + 1)]
    return [(day, counts.get(day, 0), calendar.is_working(day)) for day in days]


def _lines(rows: list[Any], rules: dict[int, RecycleRules]) -> list[dict[str, Any]]:
    pools = Pool.objects.in_bulk({row.due_pool for row in rows})
    asked = RecycleExtension.objects.open().filter(customer__in=[row.pk for row in rows])
    waiting = set(asked.values_list("customer", flat=True))
    return [
        {
            "customer": row,
            "due_on": row.due_on,
            "pool": pools[row.due_pool],
            "rule": rules[row.due_pool].sentence(row.due_rule, row.level_id),
            "is_asked": row.pk in waiting,
            "may_ask": bool(pools[row.due_pool].extension_days) and row.pk not in waiting,
        }
        for row in rows
    ]


def _protect_facts(pool: Pool | None) -> list[str]:
    facts = [_("A protected customer is neither taken back by rule nor moved in bulk. The protection ends by itself.")]
    if pool is not None:
        said = {"count": pool.protected_at_most, "days": pool.protected_days_at_most}
        facts.append(_("Each person may protect %(count)s customers, each for at most %(days)s days.") % said)
    return facts
