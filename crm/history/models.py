"""What was done: one Operation per action; the row events hang on its context id."""

import uuid

import pgtrigger
from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Operation(models.Model):
    """One thing somebody (or the system) did: never changed, never deleted by the application."""

    class Via(models.TextChoices):
        PAGE = "page", _("page")
        API = "api", _("API")
        IMPORT = "import", _("import")
        JOB = "job", _("background job")
        SYSTEM = "system", _("system")
        LINK = "link", _("customer link")

    context_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    at = models.DateTimeField(db_default=models.functions.Now(), db_index=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="operations")
    on_behalf_of = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    verb = models.CharField(max_length=60)
    via = models.CharField(max_length=8, choices=Via, default=Via.PAGE)
    subject_type = models.CharField(max_length=60, blank=True)
    subject_id = models.BigIntegerField(null=True)
    subject_label = models.CharField(max_length=200, blank=True)
    anchor_id = models.BigIntegerField(null=True, help_text="the customer on whose timeline this belongs")
    reason = models.CharField(max_length=500, blank=True)
    row_count = models.IntegerField(default=1)
    result = models.CharField(max_length=8, default="ok")
    request_id = models.CharField(max_length=32, blank=True)
    address = models.GenericIPAddressField(null=True)
    facts = models.JSONField(default=dict)
    undoes = models.ForeignKey("self", models.PROTECT, null=True, related_name="undone_by")

    class Meta:
        verbose_name = _("operation")
        verbose_name_plural = _("operations")
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["anchor_id", "-id"], name="operation_anchor", condition=models.Q(anchor_id__isnull=False)
            ),
            models.Index(fields=["subject_type", "subject_id"], name="operation_subject"),
            models.Index(fields=["actor", "-id"], name="operation_actor"),
        ]
        triggers = [pgtrigger.Protect(name="operation_append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.verb} {self.subject_label}"


class OperationSeal(models.Model):
    """A link of the hash chain over operations, added shortly after they committed."""

    operation = models.OneToOneField(Operation, models.PROTECT, primary_key=True, related_name="seal")
    previous = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)

    class Meta:
        triggers = [pgtrigger.Protect(name="operation_seal_append_only", operation=pgtrigger.Update | pgtrigger.Delete)]
