"""People at a customer."""

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.history.tracking import tracked
from customers.contacts.querysets import ContactQuerySet


@tracked()
class Contact(models.Model):
    """A person at a customer; visible to whoever may see the customer."""

    class Power(models.TextChoices):
        DECIDES = "decides", _("decides")
        INFLUENCES = "influences", _("influences")
        USES = "uses", _("uses")
        BUYS = "buys", _("handles purchasing")
        UNKNOWN = "", _("not known")

    class Attitude(models.TextChoices):
        SUPPORTS = "supports", _("supports us")
        NEUTRAL = "neutral", _("neutral")
        OPPOSES = "opposes", _("is against us")
        UNKNOWN = "", pgettext_lazy("attitude", "not known")

    customer = models.ForeignKey(
        "customers.Customer", models.PROTECT, related_name="contacts", verbose_name=_("customer")
    )
    name = models.CharField(_("name"), max_length=80)
    job_title = models.CharField(_("job title"), max_length=80, blank=True)
    power = models.CharField(_("decision power"), max_length=12, choices=Power, blank=True, default="")
    attitude = models.CharField(_("attitude"), max_length=8, choices=Attitude, blank=True, db_default="")
    reports_to = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="reports",
        db_index=False,
        verbose_name=_("reports to"),
    )
    is_primary = models.BooleanField(_("main contact"), default=False)
    phone = models.CharField(_("phone"), max_length=32, blank=True)
    email = models.EmailField(_("e-mail"), max_length=120, blank=True)
    wechat = models.CharField(_("WeChat"), max_length=40, blank=True)
    birthday = models.DateField(_("birthday"), null=True, blank=True)
    remark = models.CharField(_("remark"), max_length=500, blank=True)
    custom = models.JSONField(default=dict, blank=True, editable=False)
    created_at = models.DateTimeField(_("created at"), db_default=models.functions.Now(), editable=False)
    created_by = models.ForeignKey(
        "crm.User", models.PROTECT, null=True, editable=False, related_name="+", db_index=False
    )
    changed_at = models.DateTimeField(_("changed at"), db_default=models.functions.Now(), editable=False)
    changed_by = models.ForeignKey(
        "crm.User", models.PROTECT, null=True, editable=False, related_name="+", db_index=False
    )
    archived_at = models.DateTimeField(null=True, editable=False)

    objects = ContactQuerySet.as_manager()

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        constraints = [
            models.UniqueConstraint(
                fields=["customer"], condition=Q(is_primary=True, archived_at=None), name="contact_one_primary"
            ),
            models.CheckConstraint(condition=~Q(name=""), name="contact_has_name"),
            models.CheckConstraint(condition=~Q(reports_to=models.F("id")), name="contact_not_own_superior"),
        ]
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="contact_created"),
            models.Index(fields=["phone"], name="contact_phone", condition=~Q(phone="")),
            models.Index(fields=["email"], name="contact_email", condition=~Q(email="")),
            models.Index(fields=["reports_to"], name="contact_reports_to", condition=~Q(reports_to=None)),
            GinIndex(fields=["custom"], opclasses=["jsonb_path_ops"], name="contact_custom"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return f"{reverse('customers:customer_detail', args=[self.customer_id])}#contact-{self.pk}"
