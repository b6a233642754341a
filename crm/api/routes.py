"""The resources of the API: settings.HARBOUR_API names them, so that the kernel imports no app above it."""

from __future__ import annotations

from functools import cache

from django.conf import settings
from django.utils.module_loading import import_string

from crm.api.views import ApiViewSet


@cache
def viewsets() -> dict[str, type[ApiViewSet]]:
    """Address → viewset, in the order of the settings."""
    return {address: import_string(name) for address, name in settings.HARBOUR_API.items()}
