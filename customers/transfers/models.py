"""Bulk transfer 客户转移: a frozen list, where each record goes, and what became of it."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from crm.history.tracking import tracked
from customers.customers.holds import hold_sentence
from customers.transfers.querysets import TransferQuerySet, TransferRowQuerySet


@tracked()
class Transfer(models.Model):
    """One hand-over of many customers."""

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        SCHEDULED = "scheduled", _("waits for its day")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        CANCELLED = "cancelled", _("cancelled")
        FAILED = "failed", _("stopped by a fault")
        UNDONE = "undone", _("undone")

    class Split(models.TextChoices):
        EVEN = "even", _("evenly")
        CAPACITY = "capacity", _("by free capacity")
        WEIGHT = "weight", _("by weight")
        REGION = "region", _("by region")

    class Stay(models.TextChoices):
        OUT = "", _("is out")
        READ = "view", _("may still read")
        EDIT = "change", _("may still read and change")

    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="transfers")
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.DRAFT)
    selection = models.JSONField(default=dict, help_text="ids, or the filter parameters of the list, or a person")
    target_ids = ArrayField(models.BigIntegerField(), default=list)
    split = models.CharField(_("split"), max_length=10, choices=Split, default=Split.EVEN)
    weights = ArrayField(models.PositiveSmallIntegerField(), default=list, blank=True, help_text="one for each target")
    regions = models.JSONField(default=dict, blank=True, help_text="id of a province → id of the target that gets it")
    moves_along = ArrayField(models.CharField(max_length=30), default=list)
    keeps_clock = models.BooleanField(_("the follow-up clock keeps running"), default=True)
    exceeds_limit = models.BooleanField(_("receivers may hold more than their limit"), default=False)
    effective_on = models.DateField(_("takes effect on"), null=True, blank=True)
    old_owner_stays = models.CharField(_("the former owner"), max_length=8, choices=Stay, blank=True, default="")
    old_owner_until = models.DateField(_("until"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=200)
    note = models.CharField(_("hand-over note"), max_length=1000, blank=True)
    counts = models.JSONField(default=dict, help_text="records by outcome, as far as the transfer has got")
    giver_ids = ArrayField(models.BigIntegerField(), default=list, help_text="who owned what goes")
    leaver = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        help_text="set where a departure hands everything over: nothing may stay, what nobody has room for is pooled",
    )
    created_at = models.DateTimeField(db_default=models.functions.Now())
    finished_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)
    job = models.ForeignKey("crm.Job", models.PROTECT, null=True, related_name="+")
    undo_job = models.ForeignKey("crm.Job", models.PROTECT, null=True, related_name="+")
    operation = models.ForeignKey("crm.Operation", models.PROTECT, null=True, related_name="+")

    objects = TransferQuerySet.as_manager()

    class Meta:
        verbose_name = _("transfer")
        verbose_name_plural = _("transfers")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"#{self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("customers:transfer_detail", args=[self.pk])


class TransferRow(models.Model):
    """One customer of a transfer: where it was, where it goes, what happened.

    What it was is written when the record moves, so that undo puts back exactly that.
    """

    class Outcome(models.TextChoices):
        PLANNED = "planned", _("goes")
        STAYS = "stays", _("stays")
        MOVED = "moved", _("moved")
        SKIPPED = "skipped", _("skipped")
        UNDONE = "undone", _("put back")
        KEPT = "kept", _("not put back")

    class Reason(models.TextChoices):
        ARCHIVED = "archived", _("in the recycle bin")
        POOL = "pool", _("in a public pool; assign it from there")
        RIGHT = "right", _("you may not move this customer")
        THEIRS = "theirs", _("already belongs to a receiver")
        PROTECTED = "protected", _("protected")
        CAPACITY = "capacity", _("the receivers have reached their limit")
        COOL_DOWN = "cool_down", _("the receiver gave it up not long ago")
        CHANGED = "changed", _("changed meanwhile")
        RECEIVER = "receiver", _("the receiver can no longer own customers")
        GIVER = "giver", _("the former owner can no longer own customers")
        STOPPED = "stopped", _("the transfer was stopped before")
        HELD = "held", _("held by something still open")

    transfer = models.ForeignKey(Transfer, models.CASCADE, related_name="rows", db_index=False)
    row_number = models.PositiveIntegerField()
    customer = models.ForeignKey("customers.Customer", models.PROTECT, related_name="+", db_index=False)
    old_owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    old_department_id = models.BigIntegerField(null=True)
    old_status = models.CharField(max_length=12, blank=True)
    old_previous_owner_id = models.BigIntegerField(null=True)
    old_received_at = models.DateTimeField(null=True)
    old_next_follow_on = models.DateField(null=True)
    old_protected_from = models.DateField(null=True)
    old_protected_until = models.DateField(null=True)
    old_recycle_not_before = models.DateField(null=True)
    new_owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    new_department_id = models.BigIntegerField(null=True)
    new_pool = models.ForeignKey("customers.Pool", models.PROTECT, null=True, related_name="+", db_index=False)
    outcome = models.CharField(max_length=8, choices=Outcome, default=Outcome.PLANNED)
    reason = models.CharField(max_length=10, choices=Reason, blank=True)
    hold = models.CharField(max_length=40, blank=True, db_default="", help_text="the code of the hold that keeps it")

    objects = TransferRowQuerySet.as_manager()

    class Meta:
        ordering = ["row_number"]
        constraints = [
            models.UniqueConstraint(fields=["transfer", "row_number"], name="transfer_row_once"),
            models.UniqueConstraint(fields=["customer", "transfer"], name="transfer_customer_once"),
        ]

    @property
    def message(self) -> str:
        """Why it stays, was skipped or was not put back, in the reader's language."""
        return hold_sentence(self.hold) if self.hold else str(self.get_reason_display())
