"""Limits count in Redis; where there is none, nobody is held up."""

from django.test import override_settings

from crm.operations.pace import counted, counted_this_minute

NOWHERE = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:1/0"}}


def test_what_happens_is_counted_by_key():
    assert [counted("pace-test:one", 60), counted("pace-test:one", 60), counted("pace-test:other", 60)] == [1, 2, 1]


def test_without_redis_nothing_is_counted():
    with override_settings(CACHES=NOWHERE):
        assert [counted_this_minute("pace-test:three") for _ in range(3)] == [0, 0, 0]
