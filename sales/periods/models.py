"""Closed periods 结账: nothing dated in them is written any more."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.history.tracking import tracked
from sales.periods.querysets import PeriodCloseQuerySet


@tracked()
class PeriodClose(models.Model):
    """Up to and with which day the books are closed; the newest one that was not reopened counts."""

    until = models.DateField(_("closed until"))
    closed_at = models.DateTimeField(_("closed at"), db_default=models.functions.Now())
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    reopened_at = models.DateTimeField(_("reopened at"), null=True)
    reopened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    reason = models.CharField(_("reason"), max_length=200, blank=True)

    objects = PeriodCloseQuerySet.as_manager()

    class Meta:
        verbose_name = _("closed period")
        verbose_name_plural = _("closed periods")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.until}"
