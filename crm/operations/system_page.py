"""The settings page about the installation itself."""

from __future__ import annotations

import platform
from importlib.metadata import version
from typing import Any

import django
from django.conf import settings
from django.db import connection
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from crm.access.gate import SignedInRequest, needs
from crm.jobs.models import Job, Outbox
from crm.operations.health import health_checks

CHECKS = {
    "database": _("Database"),
    "migrations": _("Tables up to date"),
    "outbox": _("Background work"),
    "redis": _("Redis"),
}


@needs("crm.view_system")
@require_safe
def system(request: SignedInRequest) -> HttpResponse:
    """Health, versions, and work that waits."""
    results = health_checks()
    context = {
        "checks": [(CHECKS.get(name, name), result == "ok", result) for name, result in results.items()],
        "facts": _facts(),
        "outbox": _outbox(),
        "jobs": Job.objects.select_related("requested_by").filter(state__in=["queued", "running"])[:20],
    }
    return render(request, "settings/system.html", context)


def _facts() -> list[tuple[Any, str]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version'), pg_size_pretty(pg_database_size(current_database()))")
        postgres, size = cursor.fetchone()
    return [
        ("Django", django.get_version()),
        ("Python", platform.python_version()),
        ("PostgreSQL", postgres),
        ("Celery", version("celery")),
        (_("Size of the database"), size),
        (_("Time zone"), settings.TIME_ZONE),
        (_("Security profile"), settings.SECURITY_PROFILE),
        (_("Address of the site"), settings.SITE_URL),
    ]


def _outbox() -> dict[str, Any]:
    waiting = Outbox.objects.filter(done_at=None, dead_at=None)
    oldest = waiting.order_by("created_at").values_list("created_at", flat=True).first()
    return {
        "waiting": waiting.count(),
        "seconds": (timezone.now() - oldest).total_seconds() if oldest else None,
        "dead": Outbox.objects.filter(dead_at__isnull=False).count(),
    }
