"""The pages for a fault of ours, for what somebody else holds right now, and for addresses that only do something."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseServerError
from django.shortcuts import render
from django.template.loader import get_template
from django.urls import Resolver404, resolve

# another holds what this would change; the same request may pass a moment later
BUSY = (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected)


def server_error(request: HttpRequest) -> HttpResponseServerError:
    """A calm page with the number of the request, made without context processors, user or database."""
    page = get_template("500.html").render({"request_id": getattr(request, "request_id", "")})
    return HttpResponseServerError(page)


class BusyMiddleware:
    """Answers 409 in words where a page waited too long for a lock (TRUST 5.3); its transaction left nothing behind."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, fault: Exception) -> HttpResponse | None:
        """The page that asks to try again, None for every other fault."""
        if isinstance(fault, OperationalError) and isinstance(fault.__cause__, BUSY):
            return render(request, "409.html", status=409)
        return None


class NotAllowedMiddleware:
    """Says in words that an address only does something, and leads back to a page; the API answers for itself."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self.get_response(request)
        if not isinstance(answer, HttpResponseNotAllowed) or request.path.startswith("/api/"):
            return answer
        back_url = request.path if "GET" in answer["Allow"] else page_above(request.path)
        page = render(request, "405.html", {"back_url": back_url}, status=405)
        page["Allow"] = answer["Allow"]
        return page


def page_above(path: str) -> str:
    """The nearest address above a path that leads anywhere: "/sales/quotes/7/" for what is done with that quote."""
    while path.strip("/"):
        path = path.rstrip("/").rpartition("/")[0] + "/"
        try:
            resolve(path)
        except Resolver404:
            continue
        return path
    return "/"
