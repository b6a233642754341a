"""The request being served: its id, where it came from, which door it used."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponse

_ID = re.compile(r"^[0-9a-f]{16,32}$")


@dataclass(frozen=True)
class CurrentRequest:
    """What the history and the logs note of a request; outside of one, the system itself."""

    id: str = ""
    address: str = ""
    via: str = "system"


_OUTSIDE = CurrentRequest()
_current: ContextVar[CurrentRequest] = ContextVar("current_request", default=_OUTSIDE)


def current_request() -> CurrentRequest:
    """The request this thread serves."""
    return _current.get()


@contextmanager
def serving(request: CurrentRequest) -> Iterator[None]:
    """Pretend to serve a request (a job, a command)."""
    token = _current.set(request)
    try:
        yield
    finally:
        _current.reset(token)


def client_address(request: HttpRequest) -> str:
    """The address of the client, believing only as many proxies as settings.TRUSTED_PROXY_COUNT names."""
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()]
    count = settings.TRUSTED_PROXY_COUNT
    if count and len(hops) >= count:
        return hops[-count]
    return request.META.get("REMOTE_ADDR", "")


class RequestIdMiddleware:
    """Gives each request an id, answers with it, and remembers where it came from."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-Id", "")
        request_id = given if settings.TRUSTED_PROXY_COUNT and _ID.match(given) else secrets.token_hex(8)
        via = "api" if request.path.startswith("/api/") else "page"
        request.request_id = request_id  # type: ignore[attr-defined]
        with serving(CurrentRequest(request_id, client_address(request), via)):
            answer = self.get_response(request)
        answer["X-Request-Id"] = request_id
        return answer
