"""Settings pages of the base data: one set of pages for all lists."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from crm.access.gate import SignedInRequest, needs
from crm.people.models import User
from crm.ui.formats import long_day, n0
from crm.ui.marks import flag
from crm.ui.verb_page import verb_page
from customers.base_data import actions
from customers.base_data.forms import entry_form
from customers.base_data.kinds import Kind, kinds
from customers.base_data.models import Holiday
from customers.base_data.working_days import unannounced_years

RIGHT = "crm.manage_base_data"
PAGE_SIZE = 100


@needs(RIGHT)
@require_safe
def base_data(request: SignedInRequest) -> HttpResponse:
    """All lists."""
    offered = [kind for kind in kinds().values() if not kind.right or request.user.reach.has(kind.right)]
    lists = [(kind, kind.model.objects.count()) for kind in offered]
    return render(request, "customers/base_data/index.html", {"lists": lists})


@needs(RIGHT)
@require_safe
def entry_list(request: SignedInRequest, kind: str) -> HttpResponse:
    """The entries of one list."""
    chosen = _kind(kind, request.user)
    text = request.GET.get("q", "").strip()[:60]
    rows = chosen.model.objects.all()
    if text:
        condition = Q()
        for name in chosen.searches:
            condition |= Q(**{f"{name}__icontains": text})
        rows = rows.filter(condition)
    if "parent" in chosen.columns:
        rows = rows.select_related("parent")
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    heads = [(_label(chosen, name), _css(name)) for name in chosen.columns]
    context = {
        "kind": chosen,
        "heads": heads,
        "entries": [
            (row, [(css, label, _cell(row, name)) for name, (label, css) in zip(chosen.columns, heads, strict=True)])
            for row in page.object_list
        ],
        "page": page,
        "text": text,
        "kept": f"q={text}" if text else "",
        "unannounced": unannounced_years(timezone.localdate()) if chosen.model is Holiday else [],
    }
    return render(request, "customers/base_data/list.html", context)


@needs(RIGHT)
def entry_new(request: SignedInRequest, kind: str) -> HttpResponse:
    """Add an entry."""
    chosen = _kind(kind, request.user)
    return verb_page(
        request,
        entry_form(chosen)(request.POST or None),
        lambda **fields: actions.add_entry(chosen, actor=request.user, **fields),
        title=_("New entry"),
        action_label=_("Add entry"),
        back_url=_list_url(chosen),
        parent=chosen.title,
        done=_("Entry added."),
    )


@needs(RIGHT)
def entry_edit(request: SignedInRequest, kind: str, pk: int) -> HttpResponse:
    """Change an entry."""
    chosen = _kind(kind, request.user)
    return verb_page(
        request,
        entry_form(chosen)(request.POST or None, instance=_entry(chosen, pk)),
        lambda **fields: actions.change_entry(_entry(chosen, pk), actor=request.user, **fields),
        title=_("Edit %(name)s") % {"name": _entry(chosen, pk)},
        action_label=_("Save"),
        back_url=_list_url(chosen),
        parent=chosen.title,
        done=_("Saved."),
    )


@needs(RIGHT)
@require_POST
def entry_move(request: SignedInRequest, kind: str, pk: int) -> HttpResponse:
    """One place up or down."""
    chosen = _kind(kind, request.user)
    if not chosen.is_ordered:
        raise Http404
    is_up = request.POST.get("way") == "up"
    actions.move_entry(chosen, _entry(chosen, pk), actor=request.user, is_up=is_up)
    return redirect(_list_url(chosen))


@needs(RIGHT)
@require_POST
def entry_switch(request: SignedInRequest, kind: str, pk: int) -> HttpResponse:
    """Offer an entry in forms, or no longer."""
    chosen = _kind(kind, request.user)
    if not chosen.can_switch:
        raise Http404
    entry = _entry(chosen, pk)
    actions.switch_entry(entry, actor=request.user, is_active=not entry.is_active)
    return redirect(_list_url(chosen))


@needs(RIGHT)
@require_POST
def entry_remove(request: SignedInRequest, kind: str, pk: int) -> HttpResponse:
    """Delete an entry where the list allows it."""
    chosen = _kind(kind, request.user)
    try:
        actions.remove_entry(chosen, _entry(chosen, pk), actor=request.user)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        messages.success(request, _("Entry deleted."))
    return redirect(_list_url(chosen))


def _kind(slug: str, user: User) -> Kind:
    found = kinds().get(slug)
    if found is None:
        raise Http404
    if found.right and not user.reach.has(found.right):
        raise PermissionDenied(_("Your role does not include this."))
    return found


def _entry(kind: Kind, pk: int) -> Any:
    entry = kind.model.objects.filter(pk=pk).first()
    if entry is None:
        raise Http404
    return entry


def _list_url(kind: Kind) -> str:
    return reverse("settings:entry_list", args=[kind.slug])


def _label(kind: Kind, name: str) -> Any:
    field = entry_form(kind).base_fields.get(name)
    return field.label if field else kind.model._meta.get_field(name).verbose_name


def _css(name: str) -> str:
    return "num right" if name.endswith("_days") else ""


def _cell(row: Any, name: str) -> Any:
    if name == "tone":
        return flag(row.get_tone_display(), row.tone)
    value = getattr(row, name)
    if name == "day":
        return long_day(value)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return n0(value) if isinstance(value, int) else value or "—"
