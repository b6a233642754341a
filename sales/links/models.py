"""Links for customers 客户链接: a secret address under which a customer answers without signing in."""

from __future__ import annotations

from datetime import date, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.history.tracking import tracked


@tracked(exclude=["token_hash", "opened_at", "opened_count"])
class CustomerLink(models.Model):
    """One link for one quote or one delivery, kept as a hash; it ends with its day, its answer or when taken back."""

    quote = models.ForeignKey("sales.Quote", models.PROTECT, null=True, related_name="links")
    delivery = models.ForeignKey("sales.Delivery", models.PROTECT, null=True, related_name="links")
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    expires_at = models.DateTimeField(_("valid until"))
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    made_at = models.DateTimeField(db_default=models.functions.Now())
    opened_at = models.DateTimeField(_("opened last"), null=True, editable=False)
    opened_count = models.PositiveIntegerField(_("opened"), default=0, editable=False)
    answered_at = models.DateTimeField(null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("link for a customer")
        verbose_name_plural = _("links for customers")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(quote__isnull=False, delivery=None) | Q(quote=None, delivery__isnull=False),
                name="customer_link_to_one_document",
            )
        ]

    @property
    def last_day(self) -> date:
        """The last day on which it works."""
        return timezone.localdate(self.expires_at - timedelta(microseconds=1))

    @property
    def is_alive(self) -> bool:
        """Whether it still leads somewhere."""
        return self.revoked_at is None and self.expires_at > timezone.now()
