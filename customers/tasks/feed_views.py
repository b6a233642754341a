"""The calendar subscription: the file itself, and the page on which a person makes and removes its address."""

from __future__ import annotations

from hashlib import sha256

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from crm.access.gate import SignedInRequest, needs, public
from crm.operations.pace import MINUTE, counted_this_minute
from crm.operations.requests import client_address
from customers.tasks import feeds
from customers.tasks.models import CalendarFeed
from customers.tasks.people import VIEW

FETCHES_PER_MINUTE = 30


@public
@require_safe
def feed(request: HttpRequest, token: str) -> HttpResponse:
    """The calendar of whoever the secret belongs to; 404 for an unknown one and for a disabled person."""
    if counted_this_minute(f"calendar-rate:{client_address(request)}") > FETCHES_PER_MINUTE:
        answer = HttpResponse(status=429)
        answer["Retry-After"] = str(MINUTE)
        return answer
    user = feeds.feed_owner(token)
    if user is None:
        raise Http404
    body = feeds.feed_text(user)
    etag = f'"{sha256(body).hexdigest()[:32]}"'
    answer = HttpResponse(body, content_type="text/calendar; charset=utf-8")
    answer["ETag"], answer["Cache-Control"] = etag, "private, no-cache"
    return get_conditional_response(request, etag=etag, response=answer) or answer


@needs(VIEW)
@require_safe
def calendar_feed(request: SignedInRequest) -> HttpResponse:
    """Whether one's calendar can be subscribed to, and since when."""
    context = {"feed": CalendarFeed.objects.filter(user=request.user).first()}
    return render(request, "customers/tasks/feed.html", context)


@needs(VIEW)
@require_POST
def calendar_feed_make(request: SignedInRequest) -> HttpResponse:
    """A new secret address, shown this once."""
    token = feeds.make_feed(request.user)
    address = f"{settings.SITE_URL}{reverse('customers:calendar_feed', args=[token])}"
    context = {"address": address, "webcal": f"webcal:{address.partition(':')[2]}"}
    answer = render(request, "customers/tasks/feed_made.html", context)
    answer["Cache-Control"] = "no-store"
    return answer


@needs(VIEW)
@require_POST
def calendar_feed_remove(request: SignedInRequest) -> HttpResponse:
    """The address stops working."""
    feeds.remove_feed(request.user)
    messages.success(request, _("The subscription has ended."))
    return redirect("settings:calendar_feed")
