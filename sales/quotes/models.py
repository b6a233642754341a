"""Quotes 报价: lines with discounts, versions, floor-price guard, acceptance by the customer."""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.history.tracking import tracked
from sales.documents.models import Document, Line, price_field, rate_field
from sales.quotes.querysets import QuoteQuerySet


@tracked()
class Quote(Document):
    """One version of a quote. All versions share the number and `root` (their first version); one is current.

    `discount` is the one on the whole document; each line holds it combined with its own (sales/money.py).
    """

    class State(models.TextChoices):
        DRAFT = "draft", pgettext_lazy("document", "draft")
        PENDING = "pending", pgettext_lazy("document", "in approval")
        BLOCKED = "blocked", pgettext_lazy("document", "approval blocked")
        RETURNED = "returned", pgettext_lazy("document", "returned")
        WITHDRAWN = "withdrawn", pgettext_lazy("document", "withdrawn")
        REJECTED = "rejected", pgettext_lazy("document", "rejected")
        APPROVED = "approved", pgettext_lazy("document", "approved")
        SENT = "sent", pgettext_lazy("quote", "sent to the customer")
        ACCEPTED = "accepted", pgettext_lazy("quote", "accepted")
        DECLINED = "declined", pgettext_lazy("quote", "changes wished")
        SUPERSEDED = "superseded", pgettext_lazy("quote", "replaced by a newer version")
        VOID = "void", pgettext_lazy("document", "void")

    # released by its approval and still good for a contract, as long as it has not expired
    RELEASED = ("approved", "sent", "accepted")

    root = models.ForeignKey("self", models.PROTECT, null=True, editable=False, related_name="versions")
    is_current = models.BooleanField(_("newest version"), default=True, editable=False)
    title = models.CharField(_("title"), max_length=120)
    requirement = models.ForeignKey(
        "sales.Requirement", models.PROTECT, null=True, blank=True, related_name="quotes", verbose_name=_("requirement")
    )
    contact = models.ForeignKey(
        "customers.Contact", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("contact")
    )
    price_list = models.ForeignKey(
        "sales.PriceList", models.PROTECT, null=True, blank=True, related_name="+", db_index=False,
        verbose_name=_("price list"),
    )  # fmt: skip
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.DRAFT, editable=False)
    is_tax_included = models.BooleanField(_("prices include tax"), default=True)
    discount = rate_field(_("discount on the whole quote"), default=Decimal(0))
    issued_on = models.DateField(_("date of the quote"), default=timezone.localdate)
    valid_until = models.DateField(_("valid until"))
    delivery_terms = models.CharField(_("delivery"), max_length=300, blank=True)
    payment_terms = models.CharField(_("payment terms"), max_length=300, blank=True)
    terms = models.TextField(_("terms"), max_length=4000, blank=True)
    internal_note = models.TextField(_("internal note"), max_length=2000, blank=True)
    sent_at = models.DateTimeField(_("sent at"), null=True, editable=False)
    answered_at = models.DateTimeField(_("answered at"), null=True, editable=False)
    answered_by = models.CharField(_("answered by"), max_length=80, blank=True, editable=False)
    answer_address = models.GenericIPAddressField(null=True, editable=False)
    answer_note = models.TextField(_("what the customer wrote"), max_length=2000, blank=True, editable=False)

    objects = QuoteQuerySet.as_manager()

    class Meta(Document.Meta):
        verbose_name = _("quote")
        verbose_name_plural = _("quotes")
        constraints = [
            *Document.Meta.constraints,
            models.UniqueConstraint(fields=["root", "version"], name="quote_version_once"),
            models.UniqueConstraint(fields=["root"], condition=Q(is_current=True), name="quote_one_current"),
            models.CheckConstraint(condition=Q(discount__gte=0, discount__lte=1), name="quote_discount_fraction"),
            models.CheckConstraint(condition=Q(valid_until__gte=F("issued_on")), name="quote_valid_after_issue"),
            models.CheckConstraint(condition=~Q(title=""), name="quote_has_title"),
        ]

    def get_absolute_url(self) -> str:
        return reverse("sales:quote_detail", args=[self.pk])

    @property
    def is_expired(self) -> bool:
        """Whether the day until which it is good is over."""
        return self.valid_until < timezone.localdate()

    @property
    def is_released(self) -> bool:
        """Approved, and not taken back or replaced."""
        return self.state in self.RELEASED


@tracked(triggers="line")
class QuoteLine(Line):
    """One line of a quote; floor and cost are snapshots of company secrets (class B1)."""

    document = models.ForeignKey(Quote, models.CASCADE, related_name="lines")
    own_discount = rate_field(_("discount of the line"), default=Decimal(0))
    list_price = price_field(_("list price"), null=True, blank=True, editable=False)
    floor_price = price_field(_("minimum price"), null=True, blank=True, editable=False)
    cost_price = price_field(_("cost"), null=True, blank=True, editable=False)

    class Meta(Line.Meta):
        verbose_name = _("line of a quote")
        verbose_name_plural = _("lines of quotes")
        constraints = [
            *Line.Meta.constraints,
            models.UniqueConstraint(
                fields=["document", "position"], name="quote_line_place", deferrable=models.Deferrable.DEFERRED
            ),
            models.CheckConstraint(
                condition=Q(own_discount__gte=0, own_discount__lte=1), name="quote_line_own_discount_fraction"
            ),
        ]
