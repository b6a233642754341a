"""Session rules: idle time-out, second factor where a role asks for it, expired passwords."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

_SEEN = "seen_at"
_FREE_PREFIXES = ("/accounts/", "/static/", "/healthz", "/readyz")


class SessionRulesMiddleware:
    """Ends idle sessions and sends people to set up what their role requires before anything else."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated and not request.path.startswith("/static/"):
            if self._is_idle(request):
                logout(request)
            elif not request.path.startswith(_FREE_PREFIXES) and (place := _owed_place(request)):
                return redirect(place)
        return self.get_response(request)

    def _is_idle(self, request: HttpRequest) -> bool:
        now, seen = int(time.time()), request.session.get(_SEEN)
        if seen and now - seen > settings.SESSION_IDLE_MINUTES * 60:
            return True
        is_poll = request.headers.get("X-Poll") == "1"
        if not is_poll and (seen is None or now - seen >= 60):
            request.session[_SEEN] = now  # written once a minute at most
        return False


def _owed_place(request: HttpRequest) -> str:
    # asked at sign-in and again while something is owed, not on every page
    if request.session.get("owes", "unknown") != "":
        request.session["owes"] = _owes(request)
    place: str = request.session["owes"]
    return place


def _owes(request: HttpRequest) -> str:
    user: Any = request.user
    if user.is_demo:
        return ""
    age = settings.PASSWORD_MAXIMUM_AGE_DAYS
    if age and (not user.password_changed_at or user.password_changed_at < timezone.now() - timedelta(days=age)):
        return "account_change_password"
    if user.roles.filter(requires_second_factor=True).exists() and not is_mfa_enabled(user):
        return "mfa_activate_totp"
    return ""
