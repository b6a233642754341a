"""Settings of the company: one row for each that differs from its default."""

from __future__ import annotations

from django.db import models

from crm.history.tracking import tracked


@tracked()
class CompanySetting(models.Model):
    """The value an administrator gave a declared setting."""

    key = models.CharField(max_length=60, unique=True)
    value = models.JSONField()

    def __str__(self) -> str:
        return self.key
