"""What the test suite changes: a fast hasher, plain static files, its own cache and broker, mail kept in memory."""

import os

os.environ.setdefault("HARBOUR_SECRET_KEY", "only-for-tests-" + "x" * 50)
os.environ.setdefault("HARBOUR_FIELD_KEYS", "test:" + "0" * 64)

from crm.settings.base import *  # noqa: F403
from crm.settings.base import DATABASES, REDIS_URL, STORAGES

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]
REDIS_URL = REDIS_URL.rsplit("/", 1)[0] + "/1" if REDIS_URL.count("/") > 2 else REDIS_URL
DATABASES["default"]["OPTIONS"]["options"] += " -c synchronous_commit=off"
DATABASES["default"]["TEST"] = {"NAME": "test_harbour"}
ACCOUNT_RATE_LIMITS = {"login_failed": "50/10m/ip,5/10m/key"}
WHITENOISE_AUTOREFRESH = True
WHITENOISE_USE_FINDERS = True
