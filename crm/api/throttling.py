"""So many requests a minute per token, counted in the cache."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.cache import cache
from redis.exceptions import RedisError
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

if TYPE_CHECKING:
    from rest_framework.views import APIView

logger = logging.getLogger("harbour.api")
_MINUTE = 60


class TokenThrottle(BaseThrottle):
    """settings.API_REQUESTS_PER_MINUTE per token and clock minute; without Redis nobody is held up."""

    def allow_request(self, request: Request, view: APIView) -> bool:
        if request.auth is None:
            return True
        key = f"api-rate:{request.auth.pk}:{int(time.time()) // _MINUTE}"
        try:
            cache.add(key, 0, 2 * _MINUTE)
            return bool(cache.incr(key) <= settings.API_REQUESTS_PER_MINUTE)
        except (RedisError, ValueError):
            logger.warning("rate limit not counted", extra={"token": request.auth.pk})
            return True

    def wait(self) -> float:
        """Seconds until the next minute begins."""
        return _MINUTE - time.time() % _MINUTE
