"""A server: refuses to start where a setting would leave it open."""

from django.core.exceptions import ImproperlyConfigured

from crm.settings.base import *  # noqa: F403
from crm.settings.base import ALLOWED_HOSTS, FIELD_KEYS, SECRET_KEY, SITE_URL

IS_DEMO = False

if len(SECRET_KEY) < 50:
    raise ImproperlyConfigured("HARBOUR_SECRET_KEY must hold at least 50 random characters.")
if not FIELD_KEYS:
    raise ImproperlyConfigured("HARBOUR_FIELD_KEYS must name at least one key (`id:hex`).")
if "*" in ALLOWED_HOSTS:
    raise ImproperlyConfigured("HARBOUR_ALLOWED_HOSTS must name the hosts; * is not allowed.")
if not SITE_URL.startswith("https://"):
    raise ImproperlyConfigured("HARBOUR_SITE_URL must start with https://.")
