"""Work that must survive anything: outbox rows, jobs of chunks, schedules."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.jobs.querysets import JobQuerySet, OutboxQuerySet


class Outbox(models.Model):
    """Something that must still happen, written in the same transaction as the fact that asks for it."""

    topic = models.CharField(max_length=60)
    dedupe_key = models.CharField(max_length=160, unique=True)
    payload = models.JSONField(default=dict, help_text="ids only")
    queue = models.CharField(max_length=10, default="default")
    created_at = models.DateTimeField(db_default=models.functions.Now())
    available_at = models.DateTimeField(db_default=models.functions.Now())
    lease_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    done_at = models.DateTimeField(null=True)
    dead_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)

    objects = OutboxQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["available_at"], name="outbox_open", condition=Q(done_at=None, dead_at=None))]

    def __str__(self) -> str:
        return f"{self.topic} {self.dedupe_key}"


class Job(models.Model):
    """Long work in chunks, with progress, cancel, resume and a result."""

    class State(models.TextChoices):
        QUEUED = "queued", _("waiting")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")

    kind = models.CharField(max_length=60)
    title = models.CharField(max_length=200)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="jobs")
    params = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    result = models.JSONField(default=dict)
    error = models.TextField(blank=True)
    file_out = models.CharField(max_length=200, blank=True)
    file_name = models.CharField(max_length=200, blank=True)
    operation = models.ForeignKey("crm.Operation", models.PROTECT, null=True, related_name="jobs")
    cancel_requested_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=models.functions.Now())
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["requested_by", "-id"], name="job_person"),
            models.Index(fields=["lease_until"], name="job_unfinished", condition=Q(state__in=["queued", "running"])),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("jobs:job_detail", args=[self.pk])

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen."""
        return self.state in (self.State.DONE, self.State.FAILED, self.State.CANCELLED)

    @property
    def tone(self) -> str:
        """The colour of its state."""
        tones = {"queued": "gray", "running": "blue", "done": "green", "failed": "red", "cancelled": "amber"}
        return tones[self.state]

    @property
    def has_file(self) -> bool:
        """Whether a result file waits to be fetched."""
        is_kept = self.expires_at is None or self.expires_at > timezone.now()
        return self.state == self.State.DONE and bool(self.file_out) and is_kept

    @property
    def seconds_left(self) -> int | None:
        """How long it will still take at the pace so far; None while there is no telling."""
        handled = self.done + self.failed
        if self.state != self.State.RUNNING or not handled or not self.started_at:
            return None
        elapsed = (timezone.now() - self.started_at).total_seconds()
        return int(elapsed / handled * max(self.total - handled, 0))

    @property
    def percent(self) -> int:
        """How far it is, 0 to 100."""
        return 100 if self.state == self.State.DONE else min(99, (self.done + self.failed) * 100 // max(self.total, 1))


class JobChunk(models.Model):
    """A part of a job that happens wholly or not at all."""

    job = models.ForeignKey(Job, models.CASCADE, related_name="chunks")
    number = models.PositiveIntegerField()
    params = models.JSONField(default=dict)
    is_done = models.BooleanField(default=False)
    attempts = models.PositiveSmallIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["job", "number"], name="chunk_once_per_job")]


class JobRow(models.Model):
    """The outcome of one record of a job; written only where it is more than 'done'."""

    job = models.ForeignKey(Job, models.CASCADE, related_name="rows")
    row_number = models.PositiveIntegerField()
    outcome = models.CharField(max_length=16)
    object_id = models.BigIntegerField(null=True)
    label = models.CharField(max_length=200, blank=True)
    message = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["row_number"]
        constraints = [models.UniqueConstraint(fields=["job", "row_number"], name="job_row_once")]


class ScheduleRun(models.Model):
    """The claim of one period of a schedule; two beats cannot both insert it."""

    rule = models.CharField(max_length=80)
    period = models.CharField(max_length=40)
    started_at = models.DateTimeField(db_default=models.functions.Now())
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["rule", "period"], name="schedule_period_once")]
