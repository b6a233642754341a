"""Follow-ups 跟进: what happened between us and a customer."""

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.history.tracking import tracked
from customers.activities.querysets import ActivityQuerySet


@tracked()
class Activity(models.Model):
    """A visit, call, e-mail, meeting, message or note; `is_valid_follow_up` says whether it moves the recycle clock."""

    class Kind(models.TextChoices):
        VISIT = "visit", _("visit")
        CALL = "call", _("phone call")
        EMAIL = "email", pgettext_lazy("follow-up", "e-mail")
        MEETING = "meeting", _("meeting")
        MESSAGE = "message", _("message")
        NOTE = "note", _("note")

    customer = models.ForeignKey(
        "customers.Customer", models.PROTECT, related_name="activities", verbose_name=_("customer")
    )
    contact = models.ForeignKey(
        "customers.Contact", models.PROTECT, null=True, blank=True, related_name="activities", verbose_name=_("contact")
    )
    kind = models.CharField(_("kind"), max_length=8, choices=Kind, default=Kind.CALL)
    content = models.TextField(_("content"), max_length=5000)
    happened_at = models.DateTimeField(_("happened at"))
    place = models.CharField(_("place"), max_length=120, blank=True)
    latitude = models.DecimalField(max_digits=9, decimal_places=6, null=True, editable=False)
    longitude = models.DecimalField(max_digits=9, decimal_places=6, null=True, editable=False)
    checked_in_at = models.DateTimeField(_("checked in at"), null=True, editable=False)
    message_id = models.CharField(
        max_length=200, blank=True, editable=False, db_default="", help_text="of a mail that came in"
    )
    next_follow_on = models.DateField(_("next follow-up"), null=True, blank=True)
    is_valid_follow_up = models.BooleanField(_("counts as follow-up"), default=False, editable=False)
    author = models.ForeignKey(
        "crm.User", models.PROTECT, editable=False, related_name="activities", verbose_name=_("by")
    )
    created_at = models.DateTimeField(_("created at"), db_default=models.functions.Now(), editable=False)
    changed_at = models.DateTimeField(_("changed at"), db_default=models.functions.Now(), editable=False)
    archived_at = models.DateTimeField(null=True, editable=False)

    objects = ActivityQuerySet.as_manager()

    class Meta:
        verbose_name = _("follow-up")
        verbose_name_plural = _("follow-ups")
        constraints = [
            models.CheckConstraint(condition=~Q(content=""), name="activity_has_content"),
            models.UniqueConstraint(
                fields=["customer", "message_id"], condition=~Q(message_id=""), name="activity_message_once"
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "-happened_at", "-id"], name="activity_timeline"),
            models.Index(fields=["author", "-happened_at", "-id"], name="activity_author"),
            models.Index(fields=["-happened_at", "-id"], name="activity_recent"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.content[:40]}"

    def get_absolute_url(self) -> str:
        return f"{reverse('customers:customer_detail', args=[self.customer_id])}#activity-{self.pk}"


class MailAddress(models.Model):
    """The secret address to which a person sends or copies mail that becomes follow-ups."""

    user = models.OneToOneField("crm.User", models.CASCADE, related_name="mail_address")
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(db_default=models.functions.Now())
