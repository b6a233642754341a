"""The in-app inbox."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crm.notifications.querysets import NoticeQuerySet


class Notice(models.Model):
    """A sentence for one person, with the place it is about; planned exactly once per `dedupe_key`."""

    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=40)
    text = models.CharField(_("text"), max_length=300)
    url = models.CharField(max_length=300, blank=True)
    subject_type = models.CharField(max_length=60, blank=True, help_text="what the sentence tells of, as a model label")
    subject_id = models.BigIntegerField(null=True)
    dedupe_key = models.CharField(max_length=160)
    created_at = models.DateTimeField(db_default=models.functions.Now())
    read_at = models.DateTimeField(null=True)

    # whether its reader sees what it tells of: an answer of `with_seen`, and no for rows read without
    is_seen = False

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["recipient", "dedupe_key"], name="notice_once")]
        indexes = [
            models.Index(fields=["recipient", "-id"], name="notice_inbox"),
            models.Index(fields=["recipient"], name="notice_unread", condition=Q(read_at=None)),
        ]

    def __str__(self) -> str:
        return self.text

    @property
    def shown_text(self) -> str:
        """The sentence as its reader may read it today."""
        return self.text if self.is_seen else gettext("This notice is about something you no longer see.")

    @property
    def shown_url(self) -> str:
        """The place it is about, "" where that is out of reach."""
        return self.url if self.is_seen else ""
