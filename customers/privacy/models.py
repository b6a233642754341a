"""Privacy (PIPL): what personal data may be used for, and on which basis."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from crm.history.tracking import tracked
from customers.privacy.querysets import ConsentQuerySet


class Purpose(models.TextChoices):
    """What personal data may be used for (PIPL Art. 13–15)."""

    SALES = "sales", _("talks about business")
    MAILING = "mailing", _("marketing by e-mail")
    CALLS = "calls", _("marketing by phone and message")
    PROFILING = "profiling", _("scores and recommendations")
    SHARING = "sharing", _("passing on to partners")
    ABROAD = "abroad", _("transfer abroad")


@tracked()
class Consent(models.Model):
    """On which lawful basis a person's data serves a purpose, with its proof; withdrawn, it stops at once."""

    class Basis(models.TextChoices):
        CONSENT = "consent", _("consent")
        CONTRACT = "contract", _("needed for a contract")
        DUTY = "duty", _("legal duty")
        PUBLISHED = "published", _("published by the person")

    class Channel(models.TextChoices):
        PAPER = "paper", _("on paper")
        PHONE = "phone", _("by phone")
        EMAIL = "email", _("by e-mail")
        WEB = "web", _("on a web page")
        MEETING = "meeting", _("in a meeting")

    contact = models.ForeignKey("customers.Contact", models.PROTECT, related_name="consents", verbose_name=_("contact"))
    purpose = models.CharField(_("purpose"), max_length=10, choices=Purpose)
    basis = models.CharField(_("lawful basis"), max_length=10, choices=Basis, default=Basis.CONSENT)
    text_version = models.CharField(_("wording the person agreed to"), max_length=200, blank=True)
    channel = models.CharField(_("given"), max_length=8, choices=Channel)
    evidence = models.CharField(_("proof"), max_length=300, blank=True)
    given_at = models.DateTimeField(_("given at"))
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True, blank=True)
    withdrawn_through = models.CharField(_("withdrawn"), max_length=8, choices=Channel, blank=True)
    withdrawal_recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    objects = ConsentQuerySet.as_manager()

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        constraints = [
            models.UniqueConstraint(
                fields=["contact", "purpose"], condition=Q(withdrawn_at=None), name="consent_one_valid"
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at=None) | Q(withdrawn_at__gte=F("given_at")), name="consent_withdrawn_after"
            ),
        ]
        indexes = [models.Index(fields=["-given_at", "-id"], name="consent_newest")]

    def __str__(self) -> str:
        return f"{self.contact} {self.get_purpose_display()}"

    def get_absolute_url(self) -> str:
        return reverse("customers:contact_consents", args=[self.contact_id])
