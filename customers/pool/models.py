"""Public pools 公海 and the ledger of claims."""

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from crm.history.tracking import tracked
from customers.pool.querysets import PoolQuerySet


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
