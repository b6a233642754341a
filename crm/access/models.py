"""Roles and what they grant."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.access.querysets import RoleQuerySet
from crm.history.tracking import tracked


@tracked()
class Role(models.Model):
    """A named set of grants; people may hold several."""

    class Duty(models.TextChoices):
        BUSINESS = "business", _("business")
        SYSTEM = "system", _("system administration")
        SECURITY = "security", _("security administration")
        AUDIT = "audit", _("audit")

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=60, unique=True)
    duty = models.CharField(
        _("duty"), max_length=10, choices=Duty, default=Duty.BUSINESS, help_text=_("Nobody holds roles of two duties.")
    )
    description = models.CharField(_("description"), max_length=200, blank=True)
    requires_second_factor = models.BooleanField(_("second factor required"), default=False)
    position = models.PositiveIntegerField(_("position"), default=0)

    objects = RoleQuerySet.as_manager()

    class Meta:
        verbose_name = _("role")
        verbose_name_plural = _("roles")
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name


@tracked()
class Grant(models.Model):
    """A role may use a right on the rows of a scope; no row means no right."""

    class Scope(models.TextChoices):
        OWN = "own", _("own")
        DEPARTMENT = "department", _("own department")
        BELOW = "below", _("department and below")
        ALL = "all", _("all")

    role = models.ForeignKey(Role, models.CASCADE, related_name="grants")
    right = models.CharField(max_length=80)
    scope = models.CharField(max_length=10, choices=Scope)

    class Meta:
        verbose_name = _("grant")
        verbose_name_plural = _("grants")
        constraints = [models.UniqueConstraint(fields=["role", "right"], name="grant_once_per_role")]

    def __str__(self) -> str:
        return f"{self.role} {self.right} {self.scope}"
