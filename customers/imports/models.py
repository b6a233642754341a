"""Import as a reviewed change set: the file, its mapping, its rows and what becomes of each."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from customers.imports.querysets import ImportSetQuerySet


class ImportSet(models.Model):
    """One uploaded spreadsheet on its way into the customers."""

    class State(models.TextChoices):
        UPLOADED = "uploaded", _("columns to map")
        CHECKING = "checking", _("checking")
        CHECKED = "checked", _("ready to apply")
        APPLYING = "applying", _("applying")
        APPLIED = "applied", _("applied")
        UNDOING = "undoing", _("undoing")
        UNDONE = "undone", _("undone")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")

    class Mode(models.TextChoices):
        CREATE = "create", _("only create")
        UPDATE = "update", _("only update")
        BOTH = "both", _("create and update")

    class MatchKey(models.TextChoices):
        NAME = "name", _("name")
        NUMBER = "number", _("number")
        CREDIT_CODE = "credit_code", _("unified social credit code")
        PHONE = "phone", _("phone")
        ID = "id", _("id")

    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="imports")
    target = models.CharField(max_length=20, default="customers")
    file_name = models.CharField(max_length=200)
    file_path = models.CharField(max_length=200)
    file_size = models.BigIntegerField(default=0)
    encoding = models.CharField(_("encoding"), max_length=20, blank=True)
    separator = models.CharField(_("separator"), max_length=2, blank=True)
    sheet = models.CharField(_("sheet"), max_length=100, blank=True)
    header_row = models.PositiveIntegerField(_("header row"), default=1)
    sheets = models.JSONField(default=list)
    head = models.JSONField(default=list, help_text="the first rows as [row number, cells]")
    width = models.PositiveIntegerField(default=0)
    headers = models.JSONField(default=list)
    mapping = models.JSONField(default=dict, help_text="column number, from 0 → field name")
    mode = models.CharField(_("mode"), max_length=8, choices=Mode, default=Mode.BOTH)
    match_key = models.CharField(_("match by"), max_length=12, choices=MatchKey, default=MatchKey.NAME)
    empty_clears = models.BooleanField(_("an empty cell clears the field"), default=False)
    has_lawful_basis = models.BooleanField(_("we may hold these contact details"), default=False)
    exceeds_limit = models.BooleanField(_("owners may hold more than their limit"), default=False, db_default=False)
    limit_reason = models.CharField(_("reason"), max_length=200, blank=True, db_default="")
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.UPLOADED)
    error = models.CharField(max_length=500, blank=True)
    total = models.PositiveIntegerField(default=0)
    counts = models.JSONField(default=dict, help_text="created, changed, unchanged, duplicate, refused")
    created_at = models.DateTimeField(db_default=models.functions.Now())
    applied_at = models.DateTimeField(null=True)
    job = models.ForeignKey("crm.Job", models.PROTECT, null=True, related_name="+")
    operation = models.ForeignKey("crm.Operation", models.PROTECT, null=True, related_name="+")

    objects = ImportSetQuerySet.as_manager()

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.file_name

    def get_absolute_url(self) -> str:
        return reverse("customers:import_detail", args=[self.pk])

    @property
    def becomes_own(self) -> bool:
        """Whether what it creates belongs to the importer: so for those who import for themselves only."""
        return self.requested_by.reach.scopes.get("customers.import_customer") == "own"

    @property
    def is_busy(self) -> bool:
        """Whether a job is at work on it."""
        return self.state in (self.State.CHECKING, self.State.APPLYING, self.State.UNDOING)

    @property
    def can_be_mapped(self) -> bool:
        """Whether columns may still be mapped: nothing is written and no job runs."""
        return not self.is_busy and self.operation_id is None


class ImportRow(models.Model):
    """One row of the file in staging: what it says, what it would do, what it did."""

    class Outcome(models.TextChoices):
        WAITING = "", _("not checked")
        CREATED = "created", _("new")
        CHANGED = "changed", _("changed")
        UNCHANGED = "unchanged", _("unchanged")
        DUPLICATE = "duplicate", _("duplicate")
        REFUSED = "refused", _("refused")

    import_set = models.ForeignKey(ImportSet, models.CASCADE, related_name="rows", db_index=False)
    row_number = models.PositiveIntegerField()
    cells = models.JSONField(default=list, help_text="the cells as read")
    fields = models.JSONField(default=dict, help_text="the cleaned fields")
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True, default="")
    errors = models.JSONField(default=dict, help_text='field ("" for the row) → [code, values]')
    difference = models.JSONField(default=dict, help_text="attribute → [before, after]")
    match_value = models.CharField(max_length=200, blank=True)
    credit_code = models.CharField(max_length=18, blank=True)
    is_masked = models.BooleanField(default=False, help_text="the importer may not see the contact details before")
    customer_id = models.BigIntegerField(null=True)
    contact_id = models.BigIntegerField(null=True, help_text="the contact the import made")
    is_applied = models.BooleanField(default=False)
    undo_note = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["row_number"]
        constraints = [models.UniqueConstraint(fields=["import_set", "row_number"], name="import_row_once")]
        indexes = [
            models.Index("import_set", "outcome", "row_number", name="import_row_outcome"),
            models.Index("import_set", "match_value", name="import_row_match", condition=~Q(match_value="")),
            models.Index("import_set", "credit_code", name="import_row_code", condition=~Q(credit_code="")),
        ]


class ColumnMapping(models.Model):
    """The mapping somebody chose for a set of headers, offered again next time."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    target = models.CharField(max_length=20)
    header_key = models.CharField(max_length=64)
    mapping = models.JSONField(default=dict)
    used_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "target", "header_key"], name="column_mapping_once")]
