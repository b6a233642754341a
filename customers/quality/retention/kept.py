"""What this product keeps and for how long: the classes of the kernel and of customers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.jobs.actions import remove_files as remove_job_files
from crm.jobs.models import Job, JobChunk, JobRow, Outbox, ScheduleRun
from crm.notifications.models import Notice
from crm.ui.formats import long_day
from customers.contacts.models import Contact
from customers.customers.models import Customer
from customers.imports.models import ImportRow, ImportSet
from customers.privacy.erasure import anonymise_contacts
from customers.privacy.models import Tombstone
from customers.quality.quiet import is_existing, nothing_since
from customers.quality.retention.classes import RetentionClass

_OVER = [Job.State.DONE, Job.State.FAILED, Job.State.CANCELLED]
_BUSY = [ImportSet.State.CHECKING, ImportSet.State.APPLYING, ImportSet.State.UNDOING]


def _contacts(before: datetime) -> QuerySet[Any]:
    rows = Contact.objects.filter(created_at__lt=before, changed_at__lt=before)
    rows = rows.filter(nothing_since(before, "customer__")).exclude(is_existing("customer__"))
    return rows.exclude(pk__in=Tombstone.objects.filter(what=Tombstone.What.ERASED).values("contact_id"))


def _erase_contacts(ids: list[int], because: str) -> int:
    return anonymise_contacts(ids, "retention")


def _lock_customers(ids: list[int]) -> None:
    # an UPDATE of the customer goes with each follow-up, so none comes in between
    rows = Customer.objects.filter(contacts__in=ids).select_for_update(of=("self",), no_key=True).order_by("pk")
    list(rows.values_list("pk", flat=True))


def _notices(before: datetime) -> QuerySet[Any]:
    return Notice.objects.filter(created_at__lt=before)


def _import_rows(before: datetime) -> QuerySet[Any]:
    old = ImportSet.objects.filter(created_at__lt=before).exclude(state__in=_BUSY)
    return ImportRow.objects.filter(import_set__in=old.filter(Q(applied_at=None) | Q(applied_at__lt=before)))


def _outbox(before: datetime) -> QuerySet[Any]:
    return Outbox.objects.filter(done_at__lt=before)


def _finished(before: datetime) -> QuerySet[Any]:
    return Job.objects.filter(state__in=_OVER, finished_at__lt=before)


def _job_rows(before: datetime) -> QuerySet[Any]:
    return JobRow.objects.filter(job__in=_finished(before))


def _job_chunks(before: datetime) -> QuerySet[Any]:
    return JobChunk.objects.filter(job__in=_finished(before))


def _claims(before: datetime) -> QuerySet[Any]:
    return ScheduleRun.objects.filter(started_at__lt=before)


def _files(now: datetime) -> QuerySet[Any]:
    return Job.objects.filter(expires_at__lt=now).exclude(file_out="")


def _deleting(model: type[Model]) -> Callable[[list[int], str], int]:
    def erase(ids: list[int], because: str) -> int:
        return int(model._default_manager.filter(pk__in=ids).delete()[0])

    return erase


def _erase_files(ids: list[int], because: str) -> int:
    return remove_job_files(Job.objects.filter(pk__in=ids))


CLASSES = [
    RetentionClass(
        "contacts",
        gettext_lazy("Customer contacts"),
        gettext_lazy("Contacts of customers without any activity are anonymised; only their number stays."),
        "privacy.contact_months",
        180,
        _contacts,
        _erase_contacts,
        lambda row: f"{row.name[:1]}** · {row.pk}",
        is_in_months=True,
        together=200,
        lock=_lock_customers,
    ),
    RetentionClass(
        "notices",
        gettext_lazy("Notices"),
        gettext_lazy("Notices in inboxes are deleted, read or not."),
        "retention.notice_days",
        30,
        _notices,
        _deleting(Notice),
        lambda row: f"{row.kind} · {long_day(row.created_at)}",
    ),
    RetentionClass(
        "import-rows",
        gettext_lazy("Rows of imports"),
        gettext_lazy("Rows of uploaded spreadsheets are deleted; who imported what and how many rows stays on record."),
        "retention.import_days",
        30,
        _import_rows,
        _deleting(ImportRow),
        lambda row: _("import %(import)s, row %(row)s") % {"import": row.import_set_id, "row": row.row_number},
    ),
    RetentionClass(
        "outbox",
        gettext_lazy("Work that was done"),
        gettext_lazy("Entries of the outbox that were carried out are deleted; those that failed stay."),
        "retention.work_days",
        30,
        _outbox,
        _deleting(Outbox),
        lambda row: f"{row.topic} · {long_day(row.done_at)}",
    ),
    RetentionClass(
        "job-rows",
        gettext_lazy("Records named in the results of jobs"),
        gettext_lazy("The lists of records that needed a look are deleted; the jobs and their totals stay."),
        "retention.work_days",
        30,
        _job_rows,
        _deleting(JobRow),
        lambda row: _("job %(job)s, row %(row)s") % {"job": row.job_id, "row": row.row_number},
    ),
    RetentionClass(
        "job-chunks",
        gettext_lazy("Parts of finished jobs"),
        gettext_lazy("What each part of a job worked on is deleted."),
        "retention.work_days",
        30,
        _job_chunks,
        _deleting(JobChunk),
        lambda row: _("job %(job)s, part %(row)s") % {"job": row.job_id, "row": row.number},
    ),
    RetentionClass(
        "schedule-claims",
        gettext_lazy("Runs of schedules"),
        gettext_lazy("The record of which schedule ran when is deleted."),
        "retention.work_days",
        30,
        _claims,
        _deleting(ScheduleRun),
        lambda row: f"{row.rule} · {row.period}",
    ),
    RetentionClass(
        "files",
        gettext_lazy("Files of exports and reports"),
        gettext_lazy("Files past the day they were kept for are removed."),
        "",
        0,
        _files,
        _erase_files,
        lambda row: f"{row.kind} · {long_day(row.expires_at)}",
    ),
]
