"""Settings: pools and their rules."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from crm.access.gate import SignedInRequest, needs
from customers.pool import settings_actions as actions
from customers.pool.models import Pool
from customers.pool.rule_forms import MemberForm, PoolForm, RecycleForm
from customers.pool.simulation import try_rules

MANAGE_RIGHT = "customers.manage_pool"


@needs(MANAGE_RIGHT)
@require_safe
def pool_list(request: SignedInRequest) -> HttpResponse:
    pools = Pool.objects.within(request.user, MANAGE_RIGHT).select_related("department")
    pools = pools.annotate(held=Count("customers"))
    return render(request, "customers/pool/settings.html", {"pools": pools})


@needs(MANAGE_RIGHT)
@require_http_methods(["GET", "POST"])
def pool_add(request: SignedInRequest) -> HttpResponse:
    return _edited(request, Pool())


@needs(MANAGE_RIGHT, model=Pool)
@require_http_methods(["GET", "POST"])
def pool_edit(request: SignedInRequest, pool: Pool) -> HttpResponse:
    return _edited(request, pool)


@needs(MANAGE_RIGHT, model=Pool)
@require_POST
def pool_delete(request: SignedInRequest, pool: Pool) -> HttpResponse:
    try:
        actions.delete_pool(pool, actor=request.user)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
        return redirect("settings:pool_edit", pool.pk)
    messages.success(request, _("The pool was removed."))
    return redirect("settings:pool_list")


@needs(MANAGE_RIGHT, model=Pool)
@require_safe
def pool_try(request: SignedInRequest, pool: Pool) -> HttpResponse:
    """What rules would take today, compared with the saved ones; nothing is kept."""
    form = RecycleForm(request.GET or None, instance=pool)
    trial = try_rules(form.rules(), request.user) if form.is_valid() else None
    context = {"form": form, "pool": pool, "trial": trial}
    return render(request, "customers/pool/try.html", context, status=422 if form.errors else 200)


@needs(MANAGE_RIGHT, model=Pool)
@require_http_methods(["GET", "POST"])
def pool_members(request: SignedInRequest, pool: Pool) -> HttpResponse:
    """Who belongs to a pool besides the people of its department, and who administers it."""
    form = MemberForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        actions.add_member(pool, actor=request.user, **form.cleaned_data)
        messages.success(request, _("The members were changed."))
        return redirect("settings:pool_members", pool.pk)
    members = pool.members.select_related("user", "department").order_by("-is_administrator", "pk")
    context = {"form": form, "pool": pool, "members": members}
    return render(request, "customers/pool/members.html", context, status=422 if form.errors else 200)


@needs(MANAGE_RIGHT, model=Pool)
@require_POST
def pool_member_remove(request: SignedInRequest, pool: Pool, member: int) -> HttpResponse:
    """End a membership."""
    found = pool.members.filter(pk=member).first()
    if found is None:
        raise Http404
    actions.remove_member(found, actor=request.user)
    messages.success(request, _("The members were changed."))
    return redirect("settings:pool_members", pool.pk)


def _edited(request: SignedInRequest, pool: Pool) -> HttpResponse:
    title = pool.name if pool.pk else _("New pool")
    form = PoolForm(request.POST or None, instance=pool)
    if request.method == "POST" and form.is_valid():
        actions.save_pool(form.instance, actor=request.user, by_level=form.by_level())
        messages.success(request, _("The pool was saved."))
        return redirect("settings:pool_list")
    context = {"form": form, "pool": pool, "title": title, "parent_url": reverse("settings:pool_list")}
    return render(request, "customers/pool/edit.html", context, status=422 if form.errors else 200)
