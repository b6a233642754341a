"""Handing out 分配: how new leads and customers of a pool are given to people, and who got which."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from crm.history.tracking import tracked
from customers.leads.querysets import AllotmentQuerySet


@tracked()
class Allotment(models.Model):
    """A way to hand out customers nobody owns: which ones (all conditions set must hold), to whom and how."""

    class Method(models.TextChoices):
        TURNS = "turns", _("in turns")
        RATIO = "ratio", _("by ratio")
        LOAD = "load", _("to whoever holds least")

    name = models.CharField(_("name"), max_length=60, unique=True)
    method = models.CharField(_("way"), max_length=8, choices=Method, default=Method.TURNS)
    pool = models.ForeignKey(
        "customers.Pool",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="allotments",
        verbose_name=_("out of the pool"),
        help_text=_("Empty = new leads."),
    )
    region_ids = ArrayField(models.BigIntegerField(), default=list, blank=True, verbose_name=_("regions"))
    industry_ids = ArrayField(models.BigIntegerField(), default=list, blank=True, verbose_name=_("industries"))
    source_ids = ArrayField(models.BigIntegerField(), default=list, blank=True, verbose_name=_("sources"))
    is_automatic = models.BooleanField(
        _("by itself"), default=False, help_text=_("At once for new leads, every hour out of a pool.")
    )
    position = models.PositiveIntegerField(_("position"), default=0)

    objects = AllotmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("allotment rule")
        verbose_name_plural = _("allotment rules")
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("settings:allotment_edit", args=[self.pk])


@tracked()
class AllotmentShare(models.Model):
    """One receiver of an allotment rule; `weight` counts for the ratio, `taken` remembers whose turn it is."""

    allotment = models.ForeignKey(Allotment, models.CASCADE, related_name="shares")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("receiver"))
    weight = models.PositiveSmallIntegerField(_("weight"), default=1)
    taken = models.BigIntegerField(default=0, editable=False)

    class Meta:
        verbose_name = _("receiver")
        verbose_name_plural = _("receivers")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["allotment", "user"], name="allotment_share_once"),
            models.CheckConstraint(condition=models.Q(weight__gte=1), name="allotment_weight_positive"),
        ]


@tracked()
class AllotmentRecord(models.Model):
    """Who was given which customer by which rule, and why that person; never changed."""

    customer = models.ForeignKey("customers.Customer", models.PROTECT, related_name="+")
    allotment = models.ForeignKey(Allotment, models.SET_NULL, null=True, related_name="records")
    method = models.CharField(max_length=8, choices=Allotment.Method)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["allotment", "-id"], name="allotment_record_newest")]
