"""Privacy (PIPL): consents, what persons ask for, what was erased."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
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


@tracked()
class PersonRequest(models.Model):
    """What a person asks of the company about their data, with its deadline."""

    class Kind(models.TextChoices):
        ACCESS = "access", _("see the data")
        COPY = "copy", _("get a copy")
        CORRECT = "correct", _("correct the data")
        DELETE = "delete", _("delete the data")
        EXPLAIN = "explain", _("explain an automated decision")

    class State(models.TextChoices):
        NEW = "new", _("new")
        CHECKED = "checked", _("identity checked")
        APPROVED = "approved", _("approved")
        DONE = "done", _("done")
        REFUSED = "refused", _("refused")

    number = models.CharField(_("number"), max_length=32, unique=True, editable=False)
    kind = models.CharField(_("asks to"), max_length=8, choices=Kind)
    person_name = models.CharField(_("name"), max_length=80)
    phone = models.CharField(_("phone"), max_length=32, blank=True)
    email = models.EmailField(_("e-mail"), max_length=120, blank=True)
    contact_ids = ArrayField(
        models.BigIntegerField(), default=list, blank=True, help_text="the contacts that are this person"
    )
    wish = models.TextField(_("what exactly"), max_length=2000, blank=True)
    received_on = models.DateField(_("received on"))
    due_on = models.DateField(_("due on"))
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.NEW)
    identity_proof = models.CharField(_("how the identity was checked"), max_length=200, blank=True)
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    opened_at = models.DateTimeField(db_default=models.functions.Now())
    checked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    closed_at = models.DateTimeField(null=True)
    answer = models.TextField(_("answer"), max_length=2000, blank=True)
    job = models.ForeignKey("crm.Job", models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("request of a person")
        verbose_name_plural = _("requests of persons")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["due_on"], name="person_request_due", condition=~Q(state__in=["done", "refused"]))
        ]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("customers:person_request_detail", args=[self.pk])


@tracked()
class Tombstone(models.Model):
    """What was erased, without what it said: after a restore the erasure is repeated from here."""

    model = models.CharField(max_length=80)
    object_id = models.BigIntegerField()
    fields = ArrayField(models.CharField(max_length=40), default=list)
    because = models.CharField(max_length=20, help_text="request, retention")
    request = models.ForeignKey(PersonRequest, models.PROTECT, null=True, related_name="tombstones")
    at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        indexes = [models.Index(fields=["model", "object_id"], name="tombstone_of_object")]
