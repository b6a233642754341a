"""Is the process alive, is the installation ready."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.core.cache import cache
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone

from crm.access.gate import public
from crm.jobs.models import Job, Outbox

OUTBOX_AGE = timedelta(minutes=5)


@public
def healthz(request: HttpRequest) -> HttpResponse:
    """200 when this process answers."""
    return HttpResponse("ok", content_type="text/plain")


@public
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when database, migrations, outbox age and Redis are fine; JSON with each."""
    results = health_checks()
    is_ready = all(result == "ok" for result in results.values())
    return JsonResponse({"ready": is_ready, "checks": results}, status=200 if is_ready else 503)


def health_checks() -> dict[str, str]:
    """Each check by name: "ok", or what is wrong in a word."""
    checks = {"database": _database, "migrations": _migrations, "outbox": _outbox, "redis": _redis}
    return {name: _answer(check) for name, check in checks.items()}


def _answer(check: Callable[[], str]) -> str:
    try:
        return check()
    except Exception as trouble:  # whatever it is, the answer is "not ready"
        return type(trouble).__name__


def _database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return "ok"


def _migrations() -> str:
    executor = MigrationExecutor(connection)
    return "pending" if executor.migration_plan(executor.loader.graph.leaf_nodes()) else "ok"


def _outbox() -> str:
    oldest = timezone.now() - OUTBOX_AGE
    late = Outbox.objects.filter(done_at=None, dead_at=None, available_at__lt=oldest).exists()
    stuck = Job.objects.filter(state=Job.State.RUNNING, lease_until__lt=oldest).exists()
    return "late" if late or stuck else "ok"


def _redis() -> str:
    cache.set("readyz", "1", 10)
    return "ok" if cache.get("readyz") == "1" else "lost"
