"""The pages for a fault of ours, and for what somebody else holds right now."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseServerError
from django.shortcuts import render
from django.template.loader import get_template

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
