"""So many requests a minute per token, counted in the cache."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from crm.operations.pace import MINUTE, counted_this_minute

if TYPE_CHECKING:
    from rest_framework.views import APIView


class TokenThrottle(BaseThrottle):
    """settings.API_REQUESTS_PER_MINUTE per token and clock minute; without Redis nobody is held up."""

    def allow_request(self, request: Request, view: APIView) -> bool:
        if request.auth is None:
            return True
        return counted_this_minute(f"api-rate:{request.auth.pk}") <= settings.API_REQUESTS_PER_MINUTE

    def wait(self) -> float:
        """Seconds until the next minute begins."""
        return MINUTE - time.time() % MINUTE
