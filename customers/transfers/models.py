"""Bulk transfer 客户转移: a frozen list, where each record goes, and what became of it."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from crm.history.tracking import tracked


@tracked()
class Transfer(models.Model):
    """One hand-over of many customers."""

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        CANCELLED = "cancelled", _("cancelled")
        UNDONE = "undone", _("undone")

    class Split(models.TextChoices):
        EVEN = "even", _("evenly")
        CAPACITY = "capacity", _("by free capacity")

    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="transfers")
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.DRAFT)
    selection = models.JSONField(default=dict, help_text="ids, or the filter parameters of the list, or a person")
    target_ids = ArrayField(models.BigIntegerField(), default=list)
    split = models.CharField(_("split"), max_length=10, choices=Split, default=Split.EVEN)
    moves_along = ArrayField(models.CharField(max_length=30), default=list)
    keeps_clock = models.BooleanField(_("the follow-up clock keeps running"), default=True)
    reason = models.CharField(_("reason"), max_length=200)
    note = models.CharField(_("hand-over note"), max_length=1000, blank=True)
    created_at = models.DateTimeField(db_default=models.functions.Now())
    finished_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)
    job = models.ForeignKey("crm.Job", models.PROTECT, null=True, related_name="+")
    undo_job = models.ForeignKey("crm.Job", models.PROTECT, null=True, related_name="+")
    operation = models.ForeignKey("crm.Operation", models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("transfer")
        verbose_name_plural = _("transfers")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"#{self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("customers:transfer_detail", args=[self.pk])


class TransferRow(models.Model):
    """One customer of a transfer: where it was, where it goes, what happened."""

    class Outcome(models.TextChoices):
        PLANNED = "planned", _("goes")
        STAYS = "stays", _("stays")
        MOVED = "moved", _("moved")
        SKIPPED = "skipped", _("skipped")
        UNDONE = "undone", _("put back")
        KEPT = "kept", _("changed since, not put back")

    transfer = models.ForeignKey(Transfer, models.CASCADE, related_name="rows")
    row_number = models.PositiveIntegerField()
    customer = models.ForeignKey("customers.Customer", models.PROTECT, related_name="+")
    old_owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    old_department_id = models.BigIntegerField(null=True)
    old_state = models.JSONField(default=dict)
    new_owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    outcome = models.CharField(max_length=8, choices=Outcome, default=Outcome.PLANNED)
    message = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["row_number"]
        constraints = [
            models.UniqueConstraint(fields=["transfer", "row_number"], name="transfer_row_once"),
            models.UniqueConstraint(fields=["transfer", "customer"], name="transfer_customer_once"),
        ]
