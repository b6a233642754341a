"""Pages every record shares: saving and deleting views, undoing what a toast offers to undo."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from crm.access.gate import SignedInRequest, signed_in
from crm.history.models import Operation
from crm.records import saved_views
from crm.records.models import SavedView
from crm.records.undo import UNDO_MINUTES, undo_operation


def next_address(request: SignedInRequest, fallback: str = "/") -> str:
    """Where a form asked to go afterwards, if that is one of our own pages."""
    wanted = request.POST.get("next", "")
    return wanted if wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, None) else fallback


def offer_undo(request: SignedInRequest, text: str, entry: Operation) -> None:
    """Say what was done, with a button that takes it back."""
    messages.success(request, text, extra_tags=f"undo:{reverse('records:undo', args=[entry.pk])}")


@signed_in
@require_POST
def view_save(request: SignedInRequest) -> HttpResponse:
    """Keep the state of a list under a name and go there."""
    place = next_address(request)
    try:
        view = saved_views.save_view(
            request.user,
            page=request.POST.get("page", "")[:60],
            name=request.POST.get("name", ""),
            query=request.POST.get("query", ""),
            is_shared=request.POST.get("is_shared") == "on",
        )
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
        return HttpResponseRedirect(place)
    messages.success(request, _("View “%(name)s” saved.") % {"name": view.name})
    return HttpResponseRedirect(f"{place.partition('?')[0]}?{view.query}&view={view.pk}")


@signed_in
@require_POST
def view_delete(request: SignedInRequest, pk: int) -> HttpResponse:
    """Drop a view of one's own, or one offered to everyone."""
    view = SavedView.objects.filter(pk=pk).first()
    if view is None or not (view.owner_id == request.user.pk or view.is_shared):
        raise Http404
    saved_views.delete_view(view, actor=request.user)
    messages.success(request, _("View “%(name)s” deleted.") % {"name": view.name})
    return HttpResponseRedirect(next_address(request).partition("?")[0])


@signed_in
@require_POST
def undo(request: SignedInRequest, pk: int) -> HttpResponse:
    """Put back what one did a moment ago; what others changed since is listed and stays."""
    entry = Operation.objects.filter(pk=pk, actor_id=request.user.pk).first()
    if entry is None:
        raise Http404
    try:
        outcome = undo_operation(entry, actor=request.user)
    except ValidationError as refusal:
        facts = [_("Undo is offered for %(count)s minutes.") % {"count": UNDO_MINUTES}]
        context = {"title": _("Nothing was undone"), "text": " ".join(refusal.messages), "facts": facts}
        return render(request, "records/undone.html", context, status=409)
    if outcome.kept:
        return render(request, "records/undone.html", {"title": _("Undone, with exceptions"), "outcome": outcome})
    count = outcome.put_back
    text = ngettext("%(count)s record put back.", "%(count)s records put back.", count) % {"count": count}
    messages.success(request, text)
    return HttpResponseRedirect(_same_site_referer(request))


def _same_site_referer(request: SignedInRequest) -> str:
    referer = request.headers.get("Referer", "")
    return referer if url_has_allowed_host_and_scheme(referer, request.get_host()) else "/"
