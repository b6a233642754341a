"""Duplicates 查重: pairs that may be one company, merges, and what a colleague asks of an owner."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.history.tracking import tracked
from customers.duplicates.querysets import AccessRequestQuerySet, CandidateQuerySet, MergeQuerySet


@tracked()
class DuplicateCandidate(models.Model):
    """Two customers that may be one; `first` has the lower id."""

    class State(models.TextChoices):
        OPEN = "open", _("to be looked at")
        DIFFERENT = "different", _("two companies")
        MERGED = "merged", _("merged")

    first = models.ForeignKey("customers.Customer", models.CASCADE, related_name="+")
    second = models.ForeignKey("customers.Customer", models.CASCADE, related_name="+")
    score = models.PositiveSmallIntegerField(_("likeness"), help_text="0 to 100")
    reasons = ArrayField(models.CharField(max_length=20), default=list)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OPEN)
    found_at = models.DateTimeField(_("found at"), db_default=models.functions.Now())
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)

    objects = CandidateQuerySet.as_manager()

    class Meta:
        verbose_name = _("possible duplicate")
        verbose_name_plural = _("possible duplicates")
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="duplicate_candidate_once"),
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="duplicate_candidate_ordered"),
        ]
        indexes = [models.Index(fields=["-score", "-id"], name="duplicate_queue", condition=Q(state="open"))]


@tracked()
class Merge(models.Model):
    """One customer merged into another, with all that undo needs; `fields` names those taken from the loser."""

    survivor = models.ForeignKey("customers.Customer", models.PROTECT, related_name="merges")
    loser = models.ForeignKey("customers.Customer", models.PROTECT, related_name="+")
    fields = ArrayField(models.CharField(max_length=40), default=list)
    before = models.JSONField(default=dict, help_text="the survivor's and the loser's columns as they were")
    after = models.JSONField(default=dict, help_text="the survivor's columns as the merge wrote them")
    moved = models.JSONField(default=dict, help_text="table.column → ids of the rows that moved")
    merged_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    merged_at = models.DateTimeField(_("merged at"), db_default=models.functions.Now())
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    undone_at = models.DateTimeField(null=True)

    objects = MergeQuerySet.as_manager()

    class Meta:
        verbose_name = _("merge")
        verbose_name_plural = _("merges")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=~Q(survivor=F("loser")), name="merge_of_two"),
            models.UniqueConstraint(fields=["loser"], condition=Q(undone_at=None), name="merge_once"),
        ]


@tracked()
class AccessRequest(models.Model):
    """Somebody asks for a customer of another, or disputes whose it is; the owner's director decides."""

    class Kind(models.TextChoices):
        ACCESS = "access", _("asks for access")
        DISPUTE = "dispute", _("says it is theirs")

    class State(models.TextChoices):
        OPEN = "open", pgettext_lazy("request", "waiting")
        GRANTED = "granted", _("granted")
        REFUSED = "refused", pgettext_lazy("request", "refused")

    customer = models.ForeignKey("customers.Customer", models.CASCADE, related_name="access_requests")
    kind = models.CharField(_("kind"), max_length=8, choices=Kind)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(db_default=models.functions.Now())
    reason = models.CharField(_("reason"), max_length=200)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.OPEN)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    answer = models.CharField(_("answer"), max_length=200, blank=True)

    objects = AccessRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("request for a customer")
        verbose_name_plural = _("requests for customers")
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "asked_by"], condition=Q(state="open"), name="access_request_one_open"
            )
        ]
