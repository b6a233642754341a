"""The inbox."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from crm.access.gate import SignedInRequest, signed_in
from crm.notifications import actions
from crm.notifications.models import Notice
from crm.ui.paging import older_than

PAGE_SIZE = 50
UNREAD_SHOWN = 100


@signed_in
@require_safe
def notice_list(request: SignedInRequest) -> HttpResponse:
    """Unread ones first, all of them up to a hundred, then a page of those read."""
    mine = Notice.objects.visible_to(request.user).with_seen(request.user)
    before = request.GET.get("before", "")
    unread = [] if before else list(mine.unread().order_by("-pk")[:UNREAD_SHOWN])
    page = older_than(mine.read(), before, PAGE_SIZE)
    return render(request, "notifications/list.html", {"unread": unread, "page": page})


@signed_in
@require_POST
def notice_open(request: SignedInRequest, pk: int) -> HttpResponse:
    """Mark one read and go to the place it is about."""
    notice = Notice.objects.visible_to(request.user).with_seen(request.user).filter(pk=pk).first()
    if notice is None:
        raise Http404
    actions.mark_read(request.user, [notice.pk])
    url = notice.shown_url
    is_ours = url.startswith("/") and url_has_allowed_host_and_scheme(url, allowed_hosts=None)
    return redirect(url if is_ours else "notifications:notice_list")


@signed_in
@require_POST
def notices_read(request: SignedInRequest) -> HttpResponse:
    """Mark the chosen notices read (`ids`), all of them where none are chosen."""
    chosen = request.POST.getlist("ids")
    if not all(word.isdecimal() and len(word) < 19 for word in chosen):
        messages.error(request, _("The selection is damaged. Choose the rows again."))
        return redirect("notifications:notice_list")
    count = actions.mark_read(request.user, [int(word) for word in chosen] or None)
    messages.success(request, ngettext("%(count)d notice read.", "%(count)d notices read.", count) % {"count": count})
    return redirect("notifications:notice_list")


@signed_in
@require_safe
def notice_count(request: SignedInRequest) -> HttpResponse:
    """How many wait, for the bell."""
    return render(request, "notifications/_count.html", {"count": request.user.unread_count()})
