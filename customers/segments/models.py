"""Segments 客户细分, what is done to those in one, and the RFM scores."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from crm.history.tracking import tracked
from customers.segments.querysets import SegmentQuerySet


@tracked()
class Segment(models.Model):
    """Customers described by conditions over fields and behaviour; who opens it sees those in their own reach."""

    name = models.CharField(_("name"), max_length=60)
    description = models.CharField(_("description"), max_length=200, blank=True)
    conditions = models.JSONField(default=dict, help_text="see customers.segments.conditions")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="segments", verbose_name=_("owner")
    )
    is_shared = models.BooleanField(_("for everyone"), default=False)
    created_at = models.DateTimeField(_("created at"), db_default=models.functions.Now(), editable=False)
    changed_at = models.DateTimeField(_("changed at"), db_default=models.functions.Now(), editable=False)

    objects = SegmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("segment")
        verbose_name_plural = _("segments")
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["owner", "name"], name="segment_name_once"),
            models.CheckConstraint(condition=~Q(name=""), name="segment_has_name"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("customers:segment_detail", args=[self.pk])


@tracked()
class ClassificationRule(models.Model):
    """Gives every customer of a segment a level or a tag, each night and on demand."""

    name = models.CharField(_("name"), max_length=60, unique=True)
    segment = models.ForeignKey(Segment, models.PROTECT, related_name="rules", verbose_name=_("segment"))
    level = models.ForeignKey(
        "customers.CustomerLevel", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("level")
    )
    tag = models.ForeignKey(
        "customers.Tag", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("tag")
    )
    takes_back = models.BooleanField(
        _("take the tag off those no longer in the segment"), default=False, help_text=_("Tags only.")
    )
    is_active = models.BooleanField(_("in use"), default=True)
    position = models.PositiveIntegerField(_("position"), default=0)
    ran_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("classification rule")
        verbose_name_plural = _("classification rules")
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(level__isnull=False, tag=None) | Q(level=None, tag__isnull=False),
                name="classification_sets_one",
            )
        ]

    def __str__(self) -> str:
        return self.name


class CustomerScore(models.Model):
    """Recency, frequency and value of a customer, each 1 (low) to 5; made anew each night."""

    class Group(models.TextChoices):
        CLOSE = "close", _("close contact")
        RISING = "rising", _("warming up")
        COOLING = "cooling", _("cooling down")
        QUIET = "quiet", _("quiet")
        UNTOUCHED = "untouched", _("never followed")

    customer = models.OneToOneField("customers.Customer", models.CASCADE, primary_key=True, related_name="score")
    recency = models.PositiveSmallIntegerField(_("recency"), null=True)
    frequency = models.PositiveSmallIntegerField(_("frequency"), null=True)
    monetary = models.PositiveSmallIntegerField(_("value"), null=True)
    group = models.CharField(_("RFM group"), max_length=20, choices=Group, blank=True)
    computed_at = models.DateTimeField()
