"""Public pools 公海 and the ledger of claims."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.history.tracking import tracked
from customers.pool.querysets import ExtensionQuerySet, PoolQuerySet


class Combination(models.TextChoices):
    """Whether one rule is enough to recycle a customer, or all of them must hold."""

    ANY = "any", _("any of them")
    ALL = "all", _("all of them")


def standard_warnings() -> list[int]:
    """The warning ladder: working days before a customer is recycled."""
    return [7, 3, 1]


@tracked()
class Pool(models.Model):
    """A pool of customers nobody owns; members of its departments may claim from it."""

    name = models.CharField(_("name"), max_length=60, unique=True)
    department = models.ForeignKey(
        "crm.Department",
        models.PROTECT,
        related_name="pools",
        verbose_name=_("department"),
        help_text=_("Members: this department and those below."),
    )
    can_claim = models.BooleanField(_("members may claim"), default=True)
    claims_per_day = models.PositiveIntegerField(_("claims a day per person"), default=10, help_text=_("0 = no limit"))
    held_at_most = models.PositiveIntegerField(
        _("customers held at most"),
        default=200,
        help_text=_("0 = only the limit of the person; existing customers do not count"),
    )
    cool_down_days = models.PositiveIntegerField(
        _("days before the previous owner may take it back"), default=30, help_text=_("0 = at once")
    )
    frozen_hours = models.PositiveIntegerField(
        _("hours before a new arrival may be claimed"), default=0, help_text=_("0 = at once")
    )
    takes_any_pool = models.BooleanField(
        _("customers may be moved here from other pools"), default=True, help_text=_("By those who administer both.")
    )
    hidden_columns = ArrayField(
        models.CharField(max_length=40), default=list, blank=True, verbose_name=_("columns hidden from members")
    )
    history_days = models.PositiveIntegerField(
        _("days of history members see"), default=0, help_text=_("0 = none while the customer is in the pool")
    )

    recycles = models.BooleanField(_("takes customers back by rule"), default=False)
    no_follow_up_days = models.PositiveIntegerField(
        _("days without a valid follow-up"), null=True, blank=True, help_text=_("Empty = this rule is off.")
    )
    no_opportunity_days = models.PositiveIntegerField(
        _("days after receipt without an opportunity"), null=True, blank=True, help_text=_("Empty = this rule is off.")
    )
    not_won_days = models.PositiveIntegerField(
        _("days after receipt without a contract"), null=True, blank=True, help_text=_("Empty = this rule is off.")
    )
    combines = models.CharField(_("rules combined by"), max_length=3, choices=Combination, default=Combination.ANY)
    spares_existing = models.BooleanField(_("existing customers stay"), default=True)
    spares_opportunities = models.BooleanField(_("customers with open opportunities stay"), default=True)
    warning_days = ArrayField(
        models.PositiveSmallIntegerField(),
        default=standard_warnings,
        blank=True,
        verbose_name=_("warnings, working days before"),
    )
    extension_days = models.PositiveIntegerField(
        _("days an extension gives"), default=14, help_text=_("0 = no extensions")
    )
    protected_at_most = models.PositiveIntegerField(_("customers a person may protect"), default=20)
    protected_days_at_most = models.PositiveIntegerField(_("days a protection lasts at most"), default=90)

    position = models.PositiveIntegerField(_("position"), default=0)

    objects = PoolQuerySet.as_manager()

    class Meta:
        verbose_name = _("public pool")
        verbose_name_plural = _("public pools")
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return f"{reverse('customers:pool_list')}?pool={self.pk}"


@tracked()
class ClaimRecord(models.Model):
    """Who got which customer out of which pool on which company day; never changed, so releasing frees no quota.

    An assignment counts for no quota. Who gave the customer up, and when, keeps the cool-down after it left the pool.
    """

    customer = models.ForeignKey("customers.Customer", models.PROTECT, related_name="claim_records")
    pool = models.ForeignKey(Pool, models.PROTECT, related_name="claim_records")
    claimed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    claimed_on = models.DateField()
    claimed_at = models.DateTimeField(db_default=models.functions.Now())
    is_assigned = models.BooleanField(default=False)
    previous_owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    pooled_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index("claimed_by", "pool", "claimed_on", name="claim_quota")]


@tracked()
class PoolMember(models.Model):
    """Who else belongs to a pool besides its department: a person, or a department with or without those below.

    Administrators of a pool assign, put back and move its customers.
    """

    pool = models.ForeignKey(Pool, models.CASCADE, related_name="members")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="+")
    department = models.ForeignKey("crm.Department", models.CASCADE, null=True, blank=True, related_name="+")
    includes_below = models.BooleanField(_("with the departments below"), default=True)
    is_administrator = models.BooleanField(_("administers the pool"), default=False)

    class Meta:
        verbose_name = _("member of a pool")
        verbose_name_plural = _("members of pools")
        constraints = [
            models.CheckConstraint(
                condition=Q(user__isnull=False, department=None) | Q(user=None, department__isnull=False),
                name="pool_member_is_one",
            ),
            models.UniqueConstraint(
                fields=["pool", "user", "department"], nulls_distinct=False, name="pool_member_once"
            ),
        ]


@tracked()
class PoolLevelRule(models.Model):
    """The days without follow-up that count for customers of one level, instead of the pool's own."""

    pool = models.ForeignKey(Pool, models.CASCADE, related_name="level_rules")
    level = models.ForeignKey("customers.CustomerLevel", models.CASCADE, related_name="+", verbose_name=_("level"))
    no_follow_up_days = models.PositiveIntegerField(
        _("days without a valid follow-up"), null=True, blank=True, help_text=_("Empty = never by this rule.")
    )

    class Meta:
        verbose_name = _("recycle rule of a level")
        verbose_name_plural = _("recycle rules of levels")
        constraints = [models.UniqueConstraint(fields=["pool", "level"], name="pool_level_rule_once")]


class RecycleWarning(models.Model):
    """A rung of the warning ladder that was told to an owner, once each for a due day."""

    customer = models.ForeignKey("customers.Customer", models.CASCADE, related_name="+")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    due_on = models.DateField()
    rung = models.PositiveSmallIntegerField(help_text="working days before")
    told_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["customer", "owner", "due_on", "rung"], name="recycle_warning_once")
        ]


@tracked()
class RecycleExtension(models.Model):
    """An owner's wish to keep a customer longer than the rule allows, and what the director said."""

    class State(models.TextChoices):
        OPEN = "open", pgettext_lazy("request", "waiting")
        GRANTED = "granted", _("granted")
        REFUSED = "refused", pgettext_lazy("request", "refused")
        LAPSED = "lapsed", _("lapsed")

    customer = models.ForeignKey("customers.Customer", models.PROTECT, related_name="extensions")
    pool = models.ForeignKey(Pool, models.PROTECT, related_name="+")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(db_default=models.functions.Now())
    reason = models.CharField(_("reason"), max_length=200)
    until = models.DateField(_("until"))
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.OPEN)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    answer = models.CharField(_("answer"), max_length=200, blank=True)

    objects = ExtensionQuerySet.as_manager()

    class Meta:
        verbose_name = _("extension")
        verbose_name_plural = _("extensions")
        constraints = [
            models.UniqueConstraint(fields=["customer"], condition=Q(state="open"), name="extension_one_open"),
            models.CheckConstraint(
                condition=Q(state__in=["open", "lapsed"]) | Q(decided_by__isnull=False, decided_at__isnull=False),
                name="extension_decided_by_somebody",
            ),
        ]
