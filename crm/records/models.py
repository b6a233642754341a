"""What every business record shares, saved views and numbering."""

from __future__ import annotations

from django.apps import apps
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Record(models.Model):
    """Abstract: who is responsible, when and by whom it was made and changed, whether it is archived."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("owner"),
    )
    department = models.ForeignKey(
        "crm.Department", models.PROTECT, related_name="+", db_index=False, verbose_name=_("department")
    )
    custom = models.JSONField(default=dict, blank=True, editable=False)
    created_at = models.DateTimeField(_("created at"), db_default=models.functions.Now(), editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        db_index=False,
        verbose_name=_("created by"),
    )
    changed_at = models.DateTimeField(_("changed at"), db_default=models.functions.Now(), editable=False)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        db_index=False,
        verbose_name=_("changed by"),
    )
    archived_at = models.DateTimeField(_("archived at"), null=True, editable=False)

    class Meta:
        abstract = True


class SavedView(models.Model):
    """A named state of a list: filters, order, columns."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_views")
    page = models.CharField(max_length=60)
    name = models.CharField(_("name"), max_length=40)
    query = models.CharField(max_length=2000, blank=True)
    columns = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    is_shared = models.BooleanField(_("for everyone"), default=False)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["owner", "page", "name"], name="saved_view_name_once")]

    def __str__(self) -> str:
        return self.name


class NumberRule(models.Model):
    """How numbers of one kind of record look: PREFIX-YEAR-000001."""

    kind = models.CharField(max_length=40, unique=True)
    prefix = models.CharField(_("prefix"), max_length=12)
    digits = models.PositiveSmallIntegerField(_("digits"), default=6)
    has_year = models.BooleanField(_("restart each year"), default=True)

    class Meta:
        verbose_name = _("number rule")
        verbose_name_plural = _("number rules")
        constraints = [models.CheckConstraint(condition=Q(digits__gte=3, digits__lte=10), name="number_rule_digits")]

    def __str__(self) -> str:
        return self.prefix


class NumberCounter(models.Model):
    """The last number given for a kind and year."""

    kind = models.CharField(max_length=40)
    year = models.PositiveSmallIntegerField()
    last = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "year"], name="number_counter_once")]


class ExportRequest(models.Model):
    """An export above what a person may take out alone: somebody else decides, seeing what and why, not the rows."""

    class State(models.TextChoices):
        OPEN = "open", pgettext_lazy("request", "waiting")
        GRANTED = "granted", _("granted")
        REFUSED = "refused", pgettext_lazy("request", "refused")

    model = models.CharField(max_length=60)
    params = models.JSONField(help_text="selection, columns and format of the export")
    row_count = models.PositiveIntegerField(_("rows"))
    has_contact_details = models.BooleanField(_("with contact details"), default=False)
    reason = models.CharField(_("reason"), max_length=200)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(_("asked at"), db_default=models.functions.Now())
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.OPEN)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    answer = models.CharField(_("answer"), max_length=200, blank=True)
    job = models.ForeignKey("crm.Job", models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("request for an export")
        verbose_name_plural = _("requests for exports")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=models.F("asked_by")), name="export_decided_by_another"
            )
        ]

    def __str__(self) -> str:
        return f"{apps.get_model(self.model)._meta.verbose_name_plural} ({self.row_count:,})"
