"""Privacy (PIPL): what personal data may be used for and on which basis, what people ask, what was erased."""

from __future__ import annotations

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Func, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.history.tracking import tracked
from customers.privacy.querysets import ConsentQuerySet, PersonRequestQuerySet


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


@tracked(exclude=["person_name", "phone", "email", "wish", "identity_proof", "answer"])
class PersonRequest(models.Model):
    """What a person asks of the company about their data, with its deadline; after an erasure only masks are left."""

    class Kind(models.TextChoices):
        ACCESS = "access", _("see the data")
        COPY = "copy", _("get a copy")
        CORRECT = "correct", _("correct the data")
        DELETE = "delete", _("delete the data")
        EXPLAIN = "explain", _("explain an automated decision")

    class State(models.TextChoices):
        NEW = "new", pgettext_lazy("request of a person", "new")
        CHECKED = "checked", _("identity checked")
        APPROVED = "approved", _("approved")
        RUNNING = "running", _("being carried out")
        DONE = "done", pgettext_lazy("request of a person", "done")
        REFUSED = "refused", pgettext_lazy("request of a person", "refused")

    ENDED = (State.DONE, State.REFUSED)

    number = models.CharField(_("number"), max_length=32, unique=True, editable=False)
    kind = models.CharField(_("wish"), max_length=8, choices=Kind)
    person_name = models.CharField(_("name"), max_length=80)
    phone = models.CharField(_("phone"), max_length=32, blank=True)
    email = models.EmailField(_("e-mail"), max_length=120, blank=True)
    matched_ids = ArrayField(models.BigIntegerField(), default=list, help_text="contacts the name or details fit")
    contact_ids = ArrayField(models.BigIntegerField(), default=list, help_text="the contacts that are this person")
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

    objects = PersonRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("request of a person")
        verbose_name_plural = _("requests of persons")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(due_on__gte=F("received_on")), name="person_request_due_after"),
            models.CheckConstraint(
                condition=Q(approved_by=None) | ~Q(approved_by=F("opened_by")) & ~Q(approved_by=F("checked_by")),
                name="person_request_second_person",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["running", "done"])
                | Q(closed_by__isnull=False, approved_by__isnull=False) & ~Q(closed_by=F("approved_by")),
                name="person_request_third_person",
            ),
        ]
        indexes = [
            models.Index(fields=["due_on"], name="person_request_due", condition=~Q(state__in=["done", "refused"]))
        ]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("customers:person_request_detail", args=[self.pk])

    @property
    def is_ended(self) -> bool:
        """Whether nothing more will be done about it."""
        return self.state in self.ENDED

    @property
    def is_late(self) -> bool:
        """Whether its day has passed while it is open."""
        return not self.is_ended and self.due_on < timezone.localdate()


class Tombstone(models.Model):
    """That a person was erased or withdrew, without what was known of them; a restored backup follows it again.

    Rows are only ever added; those of erasures are written by the database function that redacts the history.
    """

    class What(models.TextChoices):
        ERASED = "erased", _("erased")
        WITHDRAWN = "withdrawn", _("withdrawn")

    key = models.UUIDField(unique=True, db_default=Func(function="gen_random_uuid"))
    what = models.CharField(max_length=10, choices=What)
    contact_id = models.BigIntegerField()
    made_at = models.DateTimeField(help_text="when the contact was added: tells it from a later one with its number")
    purpose = models.CharField(max_length=10, blank=True, db_default="")
    channel = models.CharField(max_length=8, blank=True, db_default="")
    because = models.CharField(max_length=20, blank=True, db_default="", help_text="request, retention")
    request = models.ForeignKey(PersonRequest, models.PROTECT, null=True, related_name="tombstones")
    at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        indexes = [models.Index(fields=["contact_id"], name="tombstone_of_contact")]
        triggers = [pgtrigger.Protect(name="tombstone_append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.what} {self.contact_id}"
