"""Products 产品: what is sold, at which price, with which tax, and who changed the price when."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.history.tracking import tracked
from sales.documents.models import CURRENCIES, price_field, rate_field
from sales.products.querysets import (
    CatalogueQuerySet,
    PriceChangeQuerySet,
    PriceListQuerySet,
    ProductQuerySet,
    TaxRateQuerySet,
)


@tracked()
class ProductCategory(models.Model):
    """A node of the tree of products; `path` holds the ids from the root to this category, itself included."""

    name = models.CharField(_("name"), max_length=80)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("parent category")
    )
    path = ArrayField(models.BigIntegerField(), default=list, editable=False)
    position = models.PositiveIntegerField(_("position"), default=0)
    is_active = models.BooleanField(_("in use"), default=True)

    objects = CatalogueQuerySet.as_manager()

    class Meta:
        verbose_name = _("product category")
        verbose_name_plural = _("product categories")
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["parent", "name"], nulls_distinct=False, name="product_category_name_once"),
            models.CheckConstraint(condition=~Q(parent=F("id")), name="product_category_not_own_parent"),
        ]

    def __str__(self) -> str:
        return self.name


@tracked()
class TaxRate(models.Model):
    """A rate of value added tax and the days on which it was valid; kept as data, because law changes."""

    name = models.CharField(_("name"), max_length=40)
    rate = rate_field(_("rate"))
    valid_from = models.DateField(_("valid from"))
    valid_until = models.DateField(_("valid until"), null=True, blank=True)
    is_default = models.BooleanField(_("proposed for new products"), default=False)
    position = models.PositiveIntegerField(_("position"), default=0)

    objects = TaxRateQuerySet.as_manager()

    class Meta:
        verbose_name = _("tax rate")
        verbose_name_plural = _("tax rates")
        ordering = ["position", "-rate", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(rate__gte=0, rate__lt=1), name="tax_rate_fraction"),
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gte=F("valid_from")), name="tax_rate_ends_after_start"
            ),
            models.UniqueConstraint(fields=["name", "valid_from"], name="tax_rate_once"),
            models.UniqueConstraint(fields=["is_default"], condition=Q(is_default=True), name="tax_rate_one_default"),
        ]

    def __str__(self) -> str:
        return self.name


@tracked()
class Product(models.Model):
    """Something we sell. `minimum_price` (floor) and `cost_price` are company secrets (class B1): masked by right."""

    class Service(models.TextChoices):
        NONE = "", _("none")
        DEMO = "demo", _("demo")
        DEPLOYMENT = "deployment", _("deployment")
        DELIVERY = "delivery", _("delivery")
        ON_SITE = "on_site", _("on-site service")

    code = models.CharField(pgettext_lazy("product", "code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=200)
    spec = models.CharField(_("description"), max_length=300, blank=True)
    category = models.ForeignKey(
        ProductCategory, models.PROTECT, null=True, blank=True, related_name="products", verbose_name=_("category")
    )
    unit = models.CharField(_("unit"), max_length=20)
    currency = models.CharField(_("currency"), max_length=3, choices=CURRENCIES, default="CNY")
    list_price = price_field(_("list price"), help_text=_("Without tax."))
    minimum_price = price_field(_("minimum price"), null=True, blank=True)
    cost_price = price_field(_("cost"), null=True, blank=True)
    tax_rate = rate_field(_("tax rate"))
    is_on_sale = models.BooleanField(_("on sale"), default=True)
    is_delivered = models.BooleanField(
        _("is delivered"), default=True, help_text=_("Signed contracts put it on the delivery plan.")
    )
    service = models.CharField(
        _("service to book"), max_length=10, choices=Service, blank=True, default="",
        help_text=_("A signed contract proposes such a booking."),
    )  # fmt: skip
    remark = models.TextField(_("remark"), max_length=2000, blank=True)
    letters = models.CharField(max_length=400, blank=True, editable=False, help_text="pinyin and initials of the name")
    created_at = models.DateTimeField(_("created at"), db_default=models.functions.Now(), editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, editable=False, related_name="+", db_index=False
    )
    changed_at = models.DateTimeField(_("changed at"), db_default=models.functions.Now(), editable=False)
    archived_at = models.DateTimeField(_("archived at"), null=True, editable=False)

    objects = ProductQuerySet.as_manager()

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        constraints = [
            models.CheckConstraint(condition=~Q(code="") & ~Q(name=""), name="product_has_code_and_name"),
            models.CheckConstraint(condition=Q(list_price__gte=0), name="product_price_not_negative"),
            models.CheckConstraint(
                condition=Q(minimum_price=None) | Q(minimum_price__gte=0, minimum_price__lte=F("list_price")),
                name="product_floor_below_list_price",
            ),
            models.CheckConstraint(
                condition=Q(cost_price=None) | Q(cost_price__gte=0), name="product_cost_not_negative"
            ),
        ]
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="product_created"),
            models.Index(fields=["category", "code"], name="product_category"),
            GinIndex(OpClass(Upper("name"), "gin_trgm_ops"), name="product_name"),
            GinIndex(fields=["letters"], opclasses=["gin_trgm_ops"], name="product_letters"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("sales:product_detail", args=[self.pk])


@tracked()
class PriceList(models.Model):
    """Prices for customers of a level (or all), on given days; the narrowest and newest one wins."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    level = models.ForeignKey(
        "customers.CustomerLevel",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("for customers of level"),
    )
    currency = models.CharField(_("currency"), max_length=3, choices=CURRENCIES, default="CNY")
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"), null=True, blank=True)
    is_active = models.BooleanField(_("in use"), default=True)
    # the end somebody asked for; it counts once somebody else has agreed (sales/products/ending.py)
    ending_on = models.DateField(_("last day asked for"), null=True, editable=False)
    ending_reason = models.CharField(_("why it should end"), max_length=200, blank=True, editable=False)
    ending_asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, editable=False, related_name="+", db_index=False
    )
    ending_agreed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, editable=False, related_name="+", db_index=False
    )
    created_at = models.DateTimeField(db_default=models.functions.Now(), editable=False)

    objects = PriceListQuerySet.as_manager()

    class Meta:
        verbose_name = _("price list")
        verbose_name_plural = _("price lists")
        ordering = ["-starts_on", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")), name="price_list_ends_after_start"
            ),
            models.CheckConstraint(
                condition=Q(ending_on=None, ending_asked_by=None, ending_agreed_by=None)
                | Q(ending_on__isnull=False, ending_asked_by__isnull=False),
                name="price_list_end_asked_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(ending_agreed_by=None) | ~Q(ending_agreed_by=F("ending_asked_by")),
                name="price_list_end_agreed_by_another",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("sales:price_list_detail", args=[self.pk])

    @property
    def is_ending(self) -> bool:
        """Whether somebody asked for its end and nobody has decided yet."""
        return self.ending_on is not None and self.ending_agreed_by_id is None


@tracked()
class PriceListEntry(models.Model):
    """The price of one product on a list."""

    price_list = models.ForeignKey(PriceList, models.CASCADE, related_name="entries")
    product = models.ForeignKey(Product, models.PROTECT, related_name="list_entries", verbose_name=_("product"))
    price = price_field(_("price"))
    minimum_price = price_field(_("minimum price"), null=True, blank=True)

    class Meta:
        verbose_name = _("price on a list")
        verbose_name_plural = _("prices on lists")
        constraints = [
            models.UniqueConstraint(fields=["price_list", "product"], name="price_list_entry_once"),
            models.CheckConstraint(condition=Q(price__gte=0), name="price_list_entry_not_negative"),
            models.CheckConstraint(
                condition=Q(minimum_price=None) | Q(minimum_price__gte=0, minimum_price__lte=F("price")),
                name="price_list_entry_floor_below_price",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.price_list} · {self.product}"


@tracked()
class PriceChange(models.Model):
    """A wish to change a price; a second person decides, and it takes effect on its day (TRUST 9.4)."""

    class Field(models.TextChoices):
        LIST_PRICE = "list_price", _("list price")
        MINIMUM_PRICE = "minimum_price", _("minimum price")
        COST_PRICE = "cost_price", _("cost")
        LIST_ENTRY = "list_entry", _("price on a list")
        LIST_FLOOR = "list_floor", _("minimum price on a list")

    class State(models.TextChoices):
        OPEN = "open", pgettext_lazy("price change", "waiting")
        AGREED = "agreed", pgettext_lazy("price change", "agreed, waits for its day")
        APPLIED = "applied", pgettext_lazy("price change", "in force")
        REFUSED = "refused", pgettext_lazy("price change", "refused")
        WITHDRAWN = "withdrawn", pgettext_lazy("price change", "withdrawn")

    product = models.ForeignKey(Product, models.PROTECT, related_name="price_changes", verbose_name=_("product"))
    price_list = models.ForeignKey(PriceList, models.PROTECT, null=True, related_name="+", verbose_name=_("price list"))
    field = models.CharField(_("what"), max_length=14, choices=Field)
    before = price_field(_("before"), null=True)
    after = price_field(_("after"), null=True)
    starts_on = models.DateField(_("from"))
    reason = models.CharField(_("reason"), max_length=200)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OPEN)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    asked_at = models.DateTimeField(_("asked at"), db_default=models.functions.Now())
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    decided_at = models.DateTimeField(null=True)
    answer = models.CharField(_("answer"), max_length=200, blank=True)
    applied_at = models.DateTimeField(null=True)

    objects = PriceChangeQuerySet.as_manager()

    class Meta:
        verbose_name = _("price change")
        verbose_name_plural = _("price changes")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=F("asked_by")), name="price_change_decided_by_another"
            ),
            models.UniqueConstraint(
                fields=["product", "price_list", "field"],
                condition=Q(state__in=["open", "agreed"]),
                nulls_distinct=False,
                name="price_change_one_open",
            ),
        ]
        indexes = [models.Index(fields=["state", "starts_on"], name="price_change_due")]

    def __str__(self) -> str:
        return f"{self.product} {self.get_field_display()}"
