"""Tasks 任务: what somebody has to do until when, with a customer or without."""

from __future__ import annotations

from datetime import date, datetime

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.history.tracking import tracked
from customers.tasks.querysets import TaskQuerySet


@tracked()
class Task(models.Model):
    """Something one person has to do; `dedupe_key` lets a rule plan it exactly once."""

    class Priority(models.TextChoices):
        NORMAL = "normal", pgettext_lazy("priority", "normal")
        HIGH = "high", pgettext_lazy("priority", "high")

    title = models.CharField(_("task"), max_length=120)
    note = models.TextField(_("note"), max_length=2000, blank=True)
    customer = models.ForeignKey(
        "customers.Customer", models.PROTECT, null=True, blank=True, related_name="tasks", verbose_name=_("customer")
    )
    owner = models.ForeignKey("crm.User", models.PROTECT, related_name="tasks", verbose_name=_("for"))
    priority = models.CharField(_("priority"), max_length=8, choices=Priority, default=Priority.NORMAL)
    due_at = models.DateTimeField(_("due"), null=True, blank=True)
    is_all_day = models.BooleanField(_("no time of day"), default=True)
    remind_at = models.DateTimeField(_("remind at"), null=True, blank=True)
    reminded_at = models.DateTimeField(null=True, editable=False)
    done_at = models.DateTimeField(_("done at"), null=True, editable=False)
    cancelled_at = models.DateTimeField(null=True, editable=False)
    dedupe_key = models.CharField(max_length=160, blank=True, editable=False)
    created_at = models.DateTimeField(_("created at"), db_default=models.functions.Now(), editable=False)
    created_by = models.ForeignKey("crm.User", models.PROTECT, null=True, editable=False, related_name="+")
    changed_at = models.DateTimeField(_("changed at"), db_default=models.functions.Now(), editable=False)

    objects = TaskQuerySet.as_manager()

    class Meta:
        verbose_name = _("task")
        verbose_name_plural = _("tasks")
        constraints = [
            models.CheckConstraint(condition=~Q(title=""), name="task_has_title"),
            models.CheckConstraint(condition=Q(done_at=None) | Q(cancelled_at=None), name="task_ends_once"),
            models.UniqueConstraint(fields=["dedupe_key"], condition=~Q(dedupe_key=""), name="task_planned_once"),
        ]
        indexes = [
            models.Index(
                fields=["owner", "due_at", "id"], name="task_open", condition=Q(done_at=None, cancelled_at=None)
            ),
            models.Index(
                fields=["remind_at"],
                name="task_to_remind",
                condition=Q(reminded_at=None, done_at=None, cancelled_at=None, remind_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("customers:task_detail", args=[self.pk])

    @property
    def is_open(self) -> bool:
        """Neither done nor cancelled."""
        return self.done_at is None and self.cancelled_at is None

    @property
    def due_on(self) -> date | None:
        """The day it is due in the company's zone."""
        return timezone.localdate(self.due_at) if self.due_at else None

    @property
    def is_overdue(self) -> bool:
        """Open, and its time, or its day where it has no time, is over."""
        if self.due_at is None or not self.is_open:
            return False
        if self.is_all_day:
            return timezone.localdate(self.due_at) < timezone.localdate()
        return self.due_at < timezone.now()

    @property
    def due(self) -> date | datetime | None:
        """When it is due: a day, or a moment where it has a time of day."""
        return self.due_on if self.is_all_day else self.due_at


class CalendarFeed(models.Model):
    """The secret address under which a person's calendar can be subscribed to."""

    user = models.OneToOneField("crm.User", models.CASCADE, related_name="calendar_feed")
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(db_default=models.functions.Now())
