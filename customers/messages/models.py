"""Mails to people at customers: planned, checked again, sent once."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crm.history.tracking import tracked
from customers.messages.querysets import ContactMailQuerySet
from customers.privacy.models import Purpose


@tracked()
class ContactMail(models.Model):
    """One mail to one person; once it is `sending` it is never handed over a second time."""

    class State(models.TextChoices):
        PLANNED = "planned", _("planned")
        SENDING = "sending", _("being sent")
        SENT = "sent", _("sent")
        STOPPED = "stopped", _("stopped")
        FAILED = "failed", _("not accepted")
        UNKNOWN = "unknown", _("not certain whether it was sent")

    contact = models.ForeignKey("customers.Contact", models.PROTECT, related_name="mails")
    purpose = models.CharField(_("purpose"), max_length=10, choices=Purpose, default=Purpose.SALES)
    subject = models.CharField(_("subject"), max_length=150)
    body = models.TextField(_("text"), max_length=10_000)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.PLANNED)
    why = models.CharField(max_length=200, blank=True)
    message_id = models.CharField(max_length=200, unique=True)
    planned_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    planned_at = models.DateTimeField(db_default=models.functions.Now())
    send_at = models.DateTimeField(_("send at"))
    sent_at = models.DateTimeField(null=True)

    objects = ContactMailQuerySet.as_manager()

    class Meta:
        verbose_name = _("mail to a contact")
        verbose_name_plural = _("mails to contacts")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="sent", sent_at__isnull=False) | (~Q(state="sent") & Q(sent_at=None)),
                name="contact_mail_sent_at",
            )
        ]
        indexes = [
            models.Index(fields=["contact", "-id"], name="contact_mail_newest"),
            models.Index(fields=["send_at"], name="contact_mail_waiting", condition=Q(state="planned")),
            models.Index(fields=["send_at"], name="contact_mail_sending", condition=Q(state="sending")),
        ]

    def __str__(self) -> str:
        return self.subject
