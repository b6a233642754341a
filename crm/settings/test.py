"""What the test suite changes: a fast hasher, plain static files, its own cache and broker, mail kept in memory."""

import os

os.environ.setdefault("HARBOUR_SECRET_KEY", "only-for-tests-" + "x" * 50)
os.environ.setdefault("HARBOUR_FIELD_KEYS", "test:" + "0" * 64)

from crm.settings.base import *  # noqa: F403
from crm.settings.base import CACHES, DATABASES, REDIS_URL, STORAGES

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]
# each worker of pytest has a numbered database of its own: clearing a cache empties all of it
_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
REDIS_URL = f"{REDIS_URL.rsplit('/', 1)[0] if REDIS_URL.count('/') > 2 else REDIS_URL}/{1 + _WORKER}"
CACHES = {"default": {**CACHES["default"], "LOCATION": REDIS_URL}}
DATABASES["default"]["OPTIONS"]["options"] += " -c synchronous_commit=off"
DATABASES["default"]["TEST"] = {"NAME": "test_harbour"}
ACCOUNT_RATE_LIMITS = {"login_failed": "50/10m/ip,5/10m/key"}
WHITENOISE_AUTOREFRESH = True
WHITENOISE_USE_FINDERS = True
