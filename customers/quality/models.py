"""Data quality: how complete, valid and fresh each customer is."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _


class CustomerQuality(models.Model):
    """The scores of one customer, each 0 to 100, and what is wrong with it; made anew each night and on change."""

    customer = models.OneToOneField("customers.Customer", models.CASCADE, primary_key=True, related_name="quality")
    score = models.PositiveSmallIntegerField(_("quality"))
    completeness = models.PositiveSmallIntegerField(_("completeness"))
    validity = models.PositiveSmallIntegerField(_("validity"))
    freshness = models.PositiveSmallIntegerField(_("freshness"))
    problems = ArrayField(models.CharField(max_length=24), default=list)
    proposals = ArrayField(models.CharField(max_length=24), default=list, help_text="fields a uniform spelling changes")
    computed_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["score", "customer"], name="quality_worst"),
            GinIndex(fields=["problems"], name="quality_problems"),
            GinIndex(fields=["proposals"], name="quality_proposals"),
        ]
