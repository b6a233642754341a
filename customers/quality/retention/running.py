"""The retention run: what would go, and its erasure in parts that each happen wholly or not at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from crm.company.actions import company_settings
from crm.history.models import Operation
from crm.history.operations import operation
from crm.jobs.actions import start_job
from crm.jobs.kinds import JobKind, Tally
from crm.jobs.models import Job
from crm.people.models import User
from crm.records.keyset import capped_count
from crm.records.parts import id_parts
from customers.quality.retention.classes import RetentionClass, declared_classes, due

KIND = "retention"
VIEW_RIGHT, RUN_RIGHT = "customers.view_retention", "customers.run_retention"
STARTED, ERASED, ENDED = "retention_started", "retention_erased", "retention_ended"
FIRST_ROWS = 5
_LOCK = 7_402_078


@dataclass(frozen=True)
class Line:
    """What a run would do with one class: up to which moment, how many rows (counted up to 10,001), the first ones."""

    kind: RetentionClass
    period: int
    before: datetime | None
    count: int
    first: list[str]

    @property
    def is_on(self) -> bool:
        """Whether a run touches this class at all."""
        return self.before is not None


def preview(now: datetime | None = None) -> list[Line]:
    """What a run would erase, written nowhere. One query for the settings, two for each class that is on."""
    moment, chosen = now or timezone.now(), company_settings()
    lines = []
    for kind in declared_classes().values():
        period = int(chosen[kind.setting]) if kind.setting else 0
        before = kind.before(moment, period)
        if before is None:
            lines.append(Line(kind, period, None, 0, []))
            continue
        rows = kind.rows(before)
        first = [kind.told(row) for row in rows.order_by("pk")[:FIRST_ROWS]]
        lines.append(Line(kind, period, before, capped_count(rows), first))
    return lines


def start_retention(actor: User) -> Job:
    """Begin a run over all classes that are on; ValidationError while another one is under way."""
    with operation(actor, STARTED) as entry:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        if is_running():
            raise ValidationError(_("A retention run is under way already."), code="running")
        params = {"as_of": timezone.now().isoformat()}
        return start_job(KIND, _("Retention run"), requested_by=actor, params=params, operation=entry)


def is_running() -> bool:
    """Whether a run has not ended yet."""
    return Job.objects.filter(kind=KIND, state__in=[Job.State.QUEUED, Job.State.RUNNING]).exists()


def run_each_night() -> Job | None:
    """Start the nightly run where something has to go; None where nothing has, or nobody may."""
    if is_running() or not _something_is_due():
        return None
    keeper = keeper_of_runs()
    if keeper is None:
        return None
    with translation.override(keeper.language):
        return start_retention(keeper)


@transaction.atomic
def _something_is_due() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '60s'")  # over millions of rows the last class may take its time
    found = map(due, declared_classes().values())
    return any(rows is not None and rows.exists() for rows in found)


def keeper_of_runs() -> User | None:
    """In whose name a run happens that nobody started by hand: the first person entitled to."""
    return User.objects.able_to_own(RUN_RIGHT).order_by("pk").first()


class RetentionRun(JobKind):
    """Erases class by class what is past its period; run twice or late, it does the same as once and on time."""

    def plan(self, job: Job) -> Iterable[dict[str, Any]]:
        chunks, job.total = [], 0
        for code, kind in declared_classes().items():
            rows = due(kind, _as_of(job))
            for part in id_parts(rows, kind.together) if rows is not None else []:
                job.total += part.size
                chunks.append({"kind": code, "first": part.first, "last": part.last, "size": part.size})
        return chunks

    def run_chunk(self, job: Job, params: dict[str, Any]) -> Tally:
        if not job.requested_by.reach.has(RUN_RIGHT):
            raise ValidationError(_("You may no longer run the retention rules."))
        kind = declared_classes().get(params["kind"])
        rows = due(kind, _as_of(job)) if kind is not None else None
        if kind is None or rows is None:  # switched off meanwhile
            return Tally(0, params["size"])
        chosen = rows.filter(pk__range=(params["first"], params["last"])).order_by("pk")
        ids = list(chosen.values_list("pk", flat=True))
        if kind.lock is not None and ids:
            kind.lock(ids)
            ids = list(rows.filter(pk__in=ids).order_by("pk").values_list("pk", flat=True))
        if not ids:
            return Tally(0, params["size"])
        because = _("Retention: %(class)s") % {"class": kind.label}
        facts = {"class": kind.code, "job": job.pk}
        with operation(job.requested_by, ERASED, reason=because, via="job", row_count=len(ids), facts=facts):
            count = kind.erase(ids, because)
        return Tally(count, params["size"] - count)

    def finish(self, job: Job) -> dict[str, Any]:
        counts = erased_by(job)
        with operation(
            job.requested_by, ENDED, via="job", row_count=sum(counts.values()), facts={**counts, "job": job.pk}
        ):
            pass
        facts = [[str(kind.label), f"{counts[code]:,}"] for code, kind in declared_classes().items() if counts[code]]
        none = [[_("Erased"), "0"]]
        return {"counts": dict(counts), "facts": facts or none, "url": reverse("settings:retention")}


def erased_by(job: Job) -> Counter[str]:
    """How many rows of each class a run erased, as the audit log has it."""
    found: Counter[str] = Counter()
    done = Operation.objects.filter(verb=ERASED, at__gte=job.created_at, facts__job=job.pk)
    for facts, count in done.values_list("facts", "row_count"):
        found[facts["class"]] += count
    return found


def _as_of(job: Job) -> datetime:
    return datetime.fromisoformat(job.params["as_of"])
