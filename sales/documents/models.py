"""What all sales documents share: numbers, states, versions, lines whose amounts are snapshots."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext, pgettext_lazy

from crm.records.models import Record
from crm.ui.formats import money
from sales.money import Totals

CURRENCIES = [
    ("CNY", _("Chinese yuan")),
    ("USD", _("US dollar")),
    ("EUR", _("euro")),
    ("HKD", _("Hong Kong dollar")),
    ("JPY", _("Japanese yen")),
]


class DocumentState(models.TextChoices):
    """The states a document goes through with its approval; what follows is of each kind of document."""

    DRAFT = "draft", pgettext_lazy("document", "draft")
    PENDING = "pending", pgettext_lazy("document", "in approval")
    BLOCKED = "blocked", pgettext_lazy("document", "approval blocked")
    RETURNED = "returned", pgettext_lazy("document", "returned")
    WITHDRAWN = "withdrawn", pgettext_lazy("document", "withdrawn")
    REJECTED = "rejected", pgettext_lazy("document", "rejected")
    APPROVED = "approved", pgettext_lazy("document", "approved")
    VOID = "void", pgettext_lazy("document", "void")


# may be changed and submitted; a rejected one only lives on in a new version or copy
EDITABLE_STATES = ("draft", "returned", "withdrawn")
WAITING_STATES = ("pending", "blocked")


def money_field(label: Any, **options: Any) -> models.DecimalField[Any, Any]:
    """An amount with two places."""
    return models.DecimalField(label, max_digits=18, decimal_places=2, **options)


def price_field(label: Any, **options: Any) -> models.DecimalField[Any, Any]:
    """A price per unit, with four places."""
    return models.DecimalField(label, max_digits=16, decimal_places=4, **options)


def rate_field(label: Any, **options: Any) -> models.DecimalField[Any, Any]:
    """A fraction of 1 with six places: 0.13 is 13 %."""
    return models.DecimalField(label, max_digits=7, decimal_places=6, **options)


def draft_name(document: models.Model, amount_field: str) -> str:
    """What a document without number and title is called: for whom and how much; a row of a list says what it read."""
    words, read = [pgettext("document", "Draft")], document.__dict__
    is_whole = not document.get_deferred_fields()  # what is missing in a list would be read row by row
    if read.get("customer_id") and (is_whole or "customer" in document._state.fields_cache):
        words.append(str(document.customer))  # type: ignore[attr-defined]
    if read.get(amount_field) and "currency" in read:
        words.append(money(read[amount_field], read["currency"]))
    return " · ".join(words)


class Amounts(models.Model):
    """Abstract: net, tax and gross; gross is always the sum of the others."""

    net = money_field(_("net"), default=Decimal("0.00"), editable=False)
    tax = money_field(_("tax"), default=Decimal("0.00"), editable=False)
    gross = money_field(_("gross"), default=Decimal("0.00"), editable=False)

    class Meta:
        abstract = True
        constraints = [models.CheckConstraint(condition=Q(gross=F("net") + F("tax")), name="%(class)s_gross_adds_up")]

    @property
    def totals(self) -> Totals:
        """The three amounts together."""
        return Totals(self.net, self.tax, self.gross)


class Document(Record, Amounts):
    """Abstract: a sales document of a customer; its number is given at the first submission and never again."""

    number = models.CharField(_("number"), max_length=32, blank=True, editable=False)
    customer = models.ForeignKey(
        "customers.Customer", models.PROTECT, related_name="%(class)s_set", db_index=False, verbose_name=_("customer")
    )
    opportunity = models.ForeignKey(
        "sales.Opportunity",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="%(class)s_set",
        verbose_name=_("opportunity"),
    )
    currency = models.CharField(_("currency"), max_length=3, choices=CURRENCIES, default="CNY")
    version = models.PositiveSmallIntegerField(_("version"), default=1, editable=False)
    content_hash = models.CharField(max_length=64, blank=True, editable=False)
    submitted_at = models.DateTimeField(_("submitted at"), null=True, editable=False)
    approved_at = models.DateTimeField(_("approved at"), null=True, editable=False)
    edited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        db_index=False,
        verbose_name=_("edited last by"),
    )

    class Meta(Amounts.Meta):
        abstract = True
        constraints = [
            *Amounts.Meta.constraints,
            models.UniqueConstraint(
                fields=["number", "version"], condition=~Q(number=""), name="%(class)s_number_once"
            ),
            models.CheckConstraint(
                condition=~Q(number="") | Q(state__in=EDITABLE_STATES), name="%(class)s_numbered_when_submitted"
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "-id"], name="%(class)s_customer"),
            models.Index(fields=["owner", "-id"], name="%(class)s_owner"),
            models.Index(fields=["department", "-id"], name="%(class)s_department"),
            models.Index(fields=["state", "-id"], name="%(class)s_state"),
        ]

    def __str__(self) -> str:
        return self.number or getattr(self, "title", "") or draft_name(self, "gross")

    @property
    def is_editable(self) -> bool:
        """Whether its content may still be changed."""
        return self.state in EDITABLE_STATES  # type: ignore[attr-defined]

    @property
    def is_waiting(self) -> bool:
        """Whether somebody has to decide on it."""
        return self.state in WAITING_STATES  # type: ignore[attr-defined]


class Line(Amounts):
    """Abstract: one line of a document, a snapshot of its product; later changes of the product change nothing here."""

    position = models.PositiveSmallIntegerField(_("position"))
    product = models.ForeignKey(
        "sales.Product",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("product"),
    )
    code = models.CharField(_("code"), max_length=40, blank=True)
    name = models.CharField(_("name"), max_length=200)
    spec = models.CharField(_("description"), max_length=300, blank=True)
    unit = models.CharField(_("unit"), max_length=20, blank=True)
    quantity = models.DecimalField(_("quantity"), max_digits=14, decimal_places=4)
    price = price_field(_("price"))
    discount = rate_field(_("discount"), default=Decimal(0), help_text="of the line and of the whole document together")
    tax_rate = rate_field(_("tax rate"))

    class Meta(Amounts.Meta):
        abstract = True
        ordering = ["position"]
        constraints = [
            *Amounts.Meta.constraints,
            models.CheckConstraint(condition=Q(quantity__gt=0), name="%(class)s_quantity_positive"),
            models.CheckConstraint(condition=Q(price__gte=0), name="%(class)s_price_not_negative"),
            models.CheckConstraint(condition=Q(discount__gte=0, discount__lte=1), name="%(class)s_discount_fraction"),
            models.CheckConstraint(condition=Q(tax_rate__gte=0, tax_rate__lte=1), name="%(class)s_tax_rate_fraction"),
            models.CheckConstraint(condition=~Q(name=""), name="%(class)s_has_name"),
        ]

    def __str__(self) -> str:
        return self.name
