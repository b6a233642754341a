"""Counting how often something happens, for limits; without Redis nothing is counted, so that nobody is held up."""

from __future__ import annotations

import logging
import time

from django.core.cache import cache
from redis.exceptions import RedisError

MINUTE = 60
logger = logging.getLogger("harbour.pace")


def counted(key: str, seconds: int) -> int:
    """Count once more under a key that is forgotten after so many seconds; how often it was, 0 without Redis."""
    try:
        cache.add(key, 0, seconds)
        return int(cache.incr(key))
    except (RedisError, ValueError):
        logger.warning("rate limit not counted", extra={"key": key.partition(":")[0]})
        return 0


def counted_this_minute(what: str) -> int:
    """Count once more in this clock minute; how often it was."""
    return counted(f"{what}:{clock_minute()}", 2 * MINUTE)


def clock_minute() -> int:
    """The number of this minute since 1970: a part of the names under which things of a minute are counted."""
    return int(time.time()) // MINUTE
