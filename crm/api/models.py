"""API tokens and remembered answers."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _


class ApiTokenQuerySet(models.QuerySet[Any]):
    """Reads over tokens."""

    def visible_to(self, user: Any) -> ApiTokenQuerySet:
        """All, for those who make them."""
        return self.all() if user.reach.has("crm.manage_api_token") else self.none()


class ApiToken(models.Model):
    """A key of one person for other systems; only its SHA-256 is kept."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="api_tokens", verbose_name=_("user")
    )
    name = models.CharField(_("name"), max_length=80)
    digest = models.CharField(max_length=64)
    scopes = ArrayField(models.CharField(max_length=60), default=list, blank=True, verbose_name=_("scopes"))
    created_at = models.DateTimeField(db_default=models.functions.Now())
    expires_at = models.DateTimeField(_("expires"))
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.name


class IdempotencyKey(models.Model):
    """The first answer given to a POST with this key, for 48 hours."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    key = models.CharField(max_length=120)
    request_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    answer = models.JSONField(null=True)
    created_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="idempotency_key_once")]
