"""Files kept with a record."""

from __future__ import annotations

from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from crm.attachments.querysets import AttachmentQuerySet
from crm.history.tracking import tracked


@tracked()
class Attachment(models.Model):
    """A checked file that belongs to one record and is in reach where that record is; `anchor_id` is its customer."""

    content_type = models.ForeignKey(ContentType, models.PROTECT, related_name="+")
    object_id = models.BigIntegerField()
    anchor_id = models.BigIntegerField(null=True)
    name = models.CharField(_("name"), max_length=150)
    media_type = models.CharField(_("type"), max_length=100)
    size = models.PositiveBigIntegerField(_("size"))
    sha256 = models.CharField(max_length=64)
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    note = models.CharField(_("note"), max_length=200, blank=True)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by"))
    created_at = models.DateTimeField(_("created at"), db_default=models.functions.Now(), editable=False)
    archived_at = models.DateTimeField(null=True, editable=False)

    record = GenericForeignKey("content_type", "object_id")

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        indexes = [
            models.Index(fields=["content_type", "object_id", "-id"], name="attachment_of_record"),
            models.Index(fields=["anchor_id", "-created_at", "-id"], name="attachment_timeline"),
            models.Index(fields=["sha256"], name="attachment_content"),
        ]
        constraints = [models.CheckConstraint(condition=~Q(name=""), name="attachment_has_name")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("attachments:detail", args=[self.pk])

    @property
    def has_picture(self) -> bool:
        """Whether it was drawn when it came: pictures, and PDFs no password closes."""
        return self.width is not None

    @property
    def extension(self) -> str:
        """The end of its name, which agrees with its content."""
        return self.name.rpartition(".")[2].lower()
