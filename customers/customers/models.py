"""The customer, its search row and its shares."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from guardian.models import UserObjectPermissionBase

from crm.history.tracking import tracked
from crm.records.models import Record
from customers.customers.querysets import CustomerQuerySet


@tracked()
class Customer(Record):
    """A company we know; `status` says who is responsible (DOMAIN: a customer's life)."""

    class Status(models.TextChoices):
        POTENTIAL = "potential", _("potential")
        LEAD = "lead", _("lead")
        OPPORTUNITY = "opportunity", _("opportunity")
        EXISTING = "existing", _("existing")
        POOL = "pool", _("public pool")

    class Size(models.TextChoices):
        MICRO = "micro", _("under 20 people")
        SMALL = "small", _("20–99 people")
        MEDIUM = "medium", _("100–499 people")
        LARGE = "large", _("500–1,999 people")
        GIANT = "giant", _("2,000 people and more")

    number = models.CharField(_("number"), max_length=32, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=200)
    short_name = models.CharField(_("short name"), max_length=60, blank=True)
    name_key = models.CharField(max_length=200, editable=False, help_text="normalised name for the duplicate check")
    credit_code = models.CharField(_("unified social credit code"), max_length=18, blank=True)
    status = models.CharField(_("status"), max_length=12, choices=Status, default=Status.POTENTIAL, editable=False)
    stage = models.ForeignKey(
        "customers.CustomerStage",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("stage"),
    )
    level = models.ForeignKey(
        "customers.CustomerLevel",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("level"),
    )
    industry = models.ForeignKey(
        "customers.Industry",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("industry"),
    )
    region = models.ForeignKey(
        "customers.Region",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("region"),
    )
    source = models.ForeignKey(
        "customers.LeadSource",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("source"),
    )
    size = models.CharField(_("size"), max_length=8, choices=Size, blank=True)
    address = models.CharField(_("address"), max_length=200, blank=True)
    phone = models.CharField(_("phone"), max_length=32, blank=True)
    email = models.EmailField(_("e-mail"), max_length=120, blank=True)
    website = models.URLField(_("website"), max_length=200, blank=True)
    remark = models.TextField(_("remark"), max_length=2000, blank=True)
    tag_ids = ArrayField(models.BigIntegerField(), default=list, blank=True, verbose_name=_("tags"))
    external_id = models.CharField(_("external id"), max_length=80, blank=True, editable=False)

    pool = models.ForeignKey(
        "customers.Pool",
        models.PROTECT,
        null=True,
        editable=False,
        related_name="customers",
        db_index=False,
        verbose_name=_("public pool"),
    )
    pooled_at = models.DateTimeField(_("in the pool since"), null=True, editable=False)
    previous_owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        db_index=False,
        verbose_name=_("previous owner"),
    )
    received_at = models.DateTimeField(_("received at"), null=True, editable=False)
    last_followed_at = models.DateTimeField(_("last follow-up"), null=True, editable=False)
    next_follow_on = models.DateField(_("next follow-up"), null=True, blank=True)
    protected_from = models.DateField(_("protected from"), null=True, editable=False)
    protected_until = models.DateField(_("protected until"), null=True, editable=False)
    recycle_not_before = models.DateField(
        _("not recycled before"), null=True, editable=False, help_text="an extension that a director granted"
    )
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="subsidiaries",
        db_index=False,
        verbose_name=_("parent company"),
    )
    merged_into = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        db_index=False,
        verbose_name=_("merged into"),
    )

    objects = CustomerQuerySet.as_manager()

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        constraints = [
            models.CheckConstraint(
                condition=Q(owner__isnull=True, status__in=["potential", "pool"])
                | Q(owner__isnull=False, status__in=["lead", "opportunity", "existing"]),
                name="customer_owner_follows_status",
            ),
            models.CheckConstraint(
                condition=Q(pool__isnull=False, status="pool") | (Q(pool__isnull=True) & ~Q(status="pool")),
                name="customer_pool_follows_status",
            ),
            models.CheckConstraint(condition=~Q(name=""), name="customer_has_name"),
            models.UniqueConstraint(
                fields=["credit_code"],
                condition=~Q(credit_code="") & Q(archived_at=None),
                name="customer_credit_code_once",
            ),
            models.CheckConstraint(condition=~Q(parent=F("id")), name="customer_not_own_parent"),
            models.CheckConstraint(
                condition=Q(merged_into=None) | (~Q(merged_into=F("id")) & Q(archived_at__isnull=False)),
                name="customer_merged_is_archived",
            ),
            models.UniqueConstraint(
                fields=["external_id"], condition=~Q(external_id=""), name="customer_external_id_once"
            ),
        ]
        indexes = [
            models.Index(
                "owner",
                "stage",
                F("last_followed_at").desc(nulls_last=True),
                F("id").desc(),
                name="customer_owner_stage",
            ),
            models.Index(
                "owner", F("last_followed_at").desc(nulls_last=True), F("id").desc(), name="customer_owner_followed"
            ),
            models.Index(F("last_followed_at").desc(nulls_last=True), F("id").desc(), name="customer_followed"),
            models.Index(fields=["owner", "next_follow_on", "id"], name="customer_owner_next"),
            models.Index(
                "department", F("last_followed_at").desc(nulls_last=True), F("id").desc(), name="customer_department"
            ),
            models.Index(fields=["pool", "-pooled_at", "-id"], name="customer_pooled", condition=Q(pool__isnull=False)),
            models.Index(fields=["created_at", "id"], name="customer_created"),
            models.Index(
                fields=["department", "id"],
                name="customer_waiting",
                condition=Q(status="potential", archived_at=None),
            ),
            models.Index(
                fields=["received_at", "id"],
                name="customer_unworked",
                condition=Q(status="lead", archived_at=None)
                & (Q(last_followed_at=None) | Q(last_followed_at__lt=F("received_at"))),
            ),
            models.Index(fields=["name_key"], name="customer_name_key"),
            models.Index(fields=["phone"], name="customer_phone", condition=~Q(phone="")),
            models.Index(fields=["email"], name="customer_email", condition=~Q(email="")),
            models.Index(fields=["parent"], name="customer_parent", condition=Q(parent__isnull=False)),
            models.Index(fields=["merged_into"], name="customer_merged", condition=Q(merged_into__isnull=False)),
            GinIndex(fields=["custom"], opclasses=["jsonb_path_ops"], name="customer_custom"),
            GinIndex(fields=["tag_ids"], name="customer_tags"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("customers:customer_detail", args=[self.pk])


class CustomerSearch(models.Model):
    """What a customer is found by; apart from the customer, so that an owner change does not rewrite text indexes.

    `doubled`: names of the company, every character twice, so that a trigram holds two Chinese characters. `letters`:
    its pinyin and initials, numbers, code, web domain. `people`: names of its contacts, doubled and as letters.
    `digits`: phones and e-mails of company and contacts. Four columns, because each is open to other readers.
    """

    customer = models.OneToOneField(Customer, models.CASCADE, primary_key=True, related_name="search_row")
    doubled = models.TextField()
    letters = models.TextField(default="")
    digits = models.TextField(default="")
    people = models.TextField(default="", db_default="")

    class Meta:
        indexes = [
            GinIndex(fields=["doubled"], opclasses=["gin_trgm_ops"], name="customer_search_doubled"),
            GinIndex(fields=["letters"], opclasses=["gin_trgm_ops"], name="customer_search_letters"),
            GinIndex(fields=["digits"], opclasses=["gin_trgm_ops"], name="customer_search_digits"),
            GinIndex(fields=["people"], opclasses=["gin_trgm_ops"], name="customer_search_people"),
        ]


@tracked()
class CustomerShare(UserObjectPermissionBase):
    """A single customer shown (or opened for editing) to one person until a day: the members of its team."""

    content_object = models.ForeignKey(Customer, models.CASCADE, related_name="shares")
    shared_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True)
    ends_on = models.DateField(_("until"), null=True)
    role = models.CharField(_("part in the team"), max_length=40, blank=True, db_default="")

    class Meta(UserObjectPermissionBase.Meta):
        verbose_name = _("share")
        verbose_name_plural = _("shares")


@tracked()
class CustomerRelation(models.Model):
    """How two companies hang together besides parent and subsidiary; read from both sides."""

    class Kind(models.TextChoices):
        PARTNER = "partner", _("partner")
        CHANNEL = "channel", _("sells for")
        SUPPLIER = "supplier", _("supplies")
        COMPETITOR = "competitor", _("competes with")
        REFERRED = "referred", _("recommended us to")

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="relations", verbose_name=_("customer"))
    other = models.ForeignKey(Customer, models.CASCADE, related_name="relations_from", verbose_name=_("other company"))
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    remark = models.CharField(_("remark"), max_length=200, blank=True)
    created_at = models.DateTimeField(db_default=models.functions.Now())
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)

    class Meta:
        verbose_name = _("relation")
        verbose_name_plural = _("relations")
        constraints = [
            models.UniqueConstraint(fields=["customer", "other", "kind"], name="customer_relation_once"),
            models.CheckConstraint(condition=~Q(customer=F("other")), name="customer_relation_to_another"),
        ]

    def __str__(self) -> str:
        return f"{self.customer} {self.get_kind_display()} {self.other}"


class Star(models.Model):
    """A customer a person follows: it stands in their list of followed ones and its news reach them."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="stars")
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="stars")
    created_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "customer"], name="star_once")]
