"""Departures 离职交接: somebody leaves, and what is to become of everything they hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from crm.history.tracking import tracked

if TYPE_CHECKING:
    from crm.people.models import User


class DepartureQuerySet(models.QuerySet[Any]):
    """Reads over departures."""

    def visible_to(self, user: User) -> DepartureQuerySet:
        """All, for those who keep the accounts."""
        return self.all() if user.reach.has("crm.change_user") else self.none()

    def open(self) -> DepartureQuerySet:
        """Those that wait for their day or are under way."""
        return self.filter(state__in=[Departure.State.SCHEDULED, Departure.State.RUNNING])


@tracked()
class Departure(models.Model):
    """One person's leaving: from which morning on, who receives what they hold, and how far it is."""

    class State(models.TextChoices):
        SCHEDULED = "scheduled", _("waits for its day")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        CANCELLED = "cancelled", _("cancelled")
        FAILED = "failed", _("stopped by a fault")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="departures")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    leaves_on = models.DateField(_("leaves on"))
    receiver_ids = ArrayField(models.BigIntegerField(), default=list, help_text="empty: customers go to the pool")
    heir = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", help_text="takes what cannot be shared out"
    )
    exceeds_limit = models.BooleanField(_("receivers may hold more than their limit"), default=False)
    note = models.CharField(_("hand-over note"), max_length=1000, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.SCHEDULED)
    counts = models.JSONField(default=dict, help_text="what was handed over, by the code of the belonging")
    created_at = models.DateTimeField(db_default=models.functions.Now())
    finished_at = models.DateTimeField(null=True)
    job = models.ForeignKey("crm.Job", models.PROTECT, null=True, related_name="+")
    operation = models.ForeignKey("crm.Operation", models.PROTECT, null=True, related_name="+")

    objects = DepartureQuerySet.as_manager()

    class Meta:
        verbose_name = _("departure")
        verbose_name_plural = _("departures")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(state__in=["scheduled", "running"]), name="departure_one_open"
            ),
            models.CheckConstraint(condition=~Q(user=models.F("heir")), name="departure_heir_is_another"),
        ]

    def __str__(self) -> str:
        return str(self.user)

    def get_absolute_url(self) -> str:
        return reverse("settings:user_leave", args=[self.user_id])
