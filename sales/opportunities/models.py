"""Opportunities 商机: open business talks about an amount."""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.history.tracking import tracked
from crm.records.models import Record
from customers.base_data.models import BaseEntry, Tone
from sales.documents.models import CURRENCIES, money_field
from sales.opportunities.querysets import OpportunityQuerySet


@tracked()
class OpportunityStage(BaseEntry):
    """A step of the talks about an opportunity, with how likely it makes winning."""

    tone = models.CharField(_("colour"), max_length=8, choices=Tone, default=Tone.BLUE)
    probability = models.PositiveSmallIntegerField(_("probability in percent"), default=10)
    stuck_after_days = models.PositiveIntegerField(_("days before it counts as stuck"), default=30)

    class Meta(BaseEntry.Meta):
        verbose_name = _("opportunity stage")
        verbose_name_plural = _("opportunity stages")
        constraints = [
            models.CheckConstraint(condition=Q(probability__lte=100), name="opportunity_stage_probability"),
        ]


@tracked()
class LossReason(BaseEntry):
    """Why an opportunity was lost."""

    class Meta(BaseEntry.Meta):
        verbose_name = _("loss reason")
        verbose_name_plural = _("loss reasons")


@tracked()
class Opportunity(Record):
    """Talks with one customer about one amount; won by a signed contract, or lost with a reason."""

    class State(models.TextChoices):
        OPEN = "open", pgettext_lazy("opportunity", "open")
        WON = "won", pgettext_lazy("opportunity", "won")
        LOST = "lost", pgettext_lazy("opportunity", "lost")

    number = models.CharField(_("number"), max_length=32, unique=True, editable=False)
    customer = models.ForeignKey(
        "customers.Customer", models.PROTECT, related_name="opportunities", db_index=False, verbose_name=_("customer")
    )
    contact = models.ForeignKey(
        "customers.Contact", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("contact")
    )
    name = models.CharField(_("name"), max_length=120)
    stage = models.ForeignKey(
        OpportunityStage, models.PROTECT, related_name="+", db_index=False, verbose_name=_("stage")
    )
    amount = money_field(_("amount"), null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, choices=CURRENCIES, default="CNY")
    probability = models.PositiveSmallIntegerField(_("probability in percent"), default=10)
    expected_close_on = models.DateField(_("expected close"), null=True, blank=True)
    state = models.CharField(_("state"), max_length=5, choices=State, default=State.OPEN, editable=False)
    stage_since = models.DateTimeField(_("in this stage since"), db_default=models.functions.Now(), editable=False)
    closed_at = models.DateTimeField(_("closed at"), null=True, editable=False)
    loss_reason = models.ForeignKey(
        LossReason,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("loss reason"),
    )
    loss_note = models.CharField(_("what we learned"), max_length=500, blank=True)
    remark = models.TextField(_("remark"), max_length=2000, blank=True)

    objects = OpportunityQuerySet.as_manager()

    class Meta:
        verbose_name = _("opportunity")
        verbose_name_plural = _("opportunities")
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="opportunity_has_name"),
            models.CheckConstraint(condition=Q(amount=None) | Q(amount__gte=0), name="opportunity_amount_not_negative"),
            models.CheckConstraint(condition=Q(probability__lte=100), name="opportunity_probability"),
            models.CheckConstraint(
                condition=Q(state="open", closed_at=None) | (~Q(state="open") & Q(closed_at__isnull=False)),
                name="opportunity_closed_when_ended",
            ),
            models.CheckConstraint(
                condition=~Q(state="lost") | Q(loss_reason__isnull=False), name="opportunity_lost_says_why"
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "-id"], name="opportunity_customer"),
            models.Index(fields=["owner", "state", "-id"], name="opportunity_owner"),
            models.Index(fields=["department", "state", "-id"], name="opportunity_department"),
            models.Index(fields=["state", "expected_close_on", "id"], name="opportunity_closing"),
            models.Index(fields=["created_at", "id"], name="opportunity_created"),
            GinIndex(fields=["custom"], opclasses=["jsonb_path_ops"], name="opportunity_custom"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("sales:opportunity_detail", args=[self.pk])
