"""Who works here: users, the department tree, absences."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from guardian.mixins import GuardianUserMixin

from crm.history.tracking import tracked
from crm.people.querysets import AbsenceQuerySet, DepartmentQuerySet, UserManager

if TYPE_CHECKING:
    from crm.access.reach import Reach


@tracked()
class Department(models.Model):
    """A node of the organisation; `path` holds the ids from the root to this department, itself included."""

    name = models.CharField(_("name"), max_length=80)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("parent department")
    )
    path = ArrayField(models.BigIntegerField(), default=list, editable=False)
    head = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("head")
    )
    takes_intake = models.BooleanField(
        _("receives new customers nobody owns"), default=False, help_text=_("Exactly one department does.")
    )
    position = models.PositiveIntegerField(_("position"), default=0)

    objects = DepartmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("department")
        verbose_name_plural = _("departments")
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["parent", "name"], nulls_distinct=False, name="department_name_once"),
            models.UniqueConstraint(
                fields=["takes_intake"], condition=Q(takes_intake=True), name="department_one_intake"
            ),
            models.CheckConstraint(condition=~Q(parent=models.F("id")), name="department_not_own_parent"),
        ]

    def __str__(self) -> str:
        return self.name


@tracked(exclude=["password", "last_login", "theme", "density", "has_shortcuts", "seen_at"])
class User(GuardianUserMixin, AbstractUser):
    """A person who signs in; never deleted, only disabled."""

    class Theme(models.TextChoices):
        AUTO = "auto", _("as the device")
        LIGHT = "light", _("light")
        DARK = "dark", _("dark")

    class Density(models.TextChoices):
        COMPACT = "compact", _("compact")
        NORMAL = "normal", _("normal")
        COMFY = "comfy", _("comfortable")

    first_name = None  # type: ignore[assignment]  # one name: family name first
    last_name = None  # type: ignore[assignment]
    name = models.CharField(_("name"), max_length=60)
    department = models.ForeignKey(
        Department, models.PROTECT, null=True, blank=True, related_name="members", verbose_name=_("department")
    )
    roles = models.ManyToManyField("crm.Role", blank=True, related_name="holders", verbose_name=_("roles"))
    job_title = models.CharField(_("job title"), max_length=60, blank=True)
    phone = models.CharField(_("phone"), max_length=32, blank=True)
    joined_on = models.DateField(_("joined on"), null=True, blank=True)
    left_on = models.DateField(_("left on"), null=True, blank=True)
    language = models.CharField(_("language"), max_length=10, choices=settings.LANGUAGES, default="zh-hans")
    theme = models.CharField(_("appearance"), max_length=8, choices=Theme, default=Theme.AUTO)
    density = models.CharField(_("row height"), max_length=8, choices=Density, default=Density.NORMAL)
    has_shortcuts = models.BooleanField(_("single-key shortcuts"), default=True)
    customer_capacity = models.PositiveIntegerField(_("customers held at most"), default=200)
    password_changed_at = models.DateTimeField(null=True, blank=True, editable=False)
    is_demo = models.BooleanField(default=False, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        ordering = ["name", "id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(is_active=True, left_on__isnull=False), name="user_left_means_disabled"
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.username

    def get_full_name(self) -> str:
        return str(self)

    def get_short_name(self) -> str:
        return str(self)

    def get_absolute_url(self) -> str:
        return reverse("settings:user_detail", args=[self.pk])

    @property
    def reach(self) -> Reach:
        """What this person may do and which rows that covers, resolved once per request."""
        from crm.access.reach import resolve  # noqa: PLC0415 - access looks down at people

        if not hasattr(self, "_reach"):
            self._reach = resolve(self)
        return self._reach

    def unread_count(self) -> int:
        """How many notices wait in the inbox, counted once per request."""
        if not hasattr(self, "_unread_count"):
            self._unread_count = self.notices.filter(read_at=None).count()
        return self._unread_count

    def remember_unread(self, count: int) -> None:
        """Spare the count where a page has read the notices anyway."""
        self._unread_count = count


class Absence(models.Model):
    """Days on which somebody else stands in for a person."""

    user = models.ForeignKey(User, models.CASCADE, related_name="absences", verbose_name=_("user"))
    deputy = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("stand-in"))
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"))
    note = models.CharField(_("note"), max_length=120, blank=True)

    objects = AbsenceQuerySet.as_manager()

    class Meta:
        verbose_name = _("absence")
        verbose_name_plural = _("absences")
        ordering = ["-starts_on"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_on__gte=models.F("starts_on")), name="absence_ends_after_start"),
            models.CheckConstraint(condition=~Q(user=models.F("deputy")), name="absence_deputy_is_another"),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.starts_on}–{self.ends_on}"


class PasswordRecord(models.Model):
    """A password hash a person used before, for the profile that forbids re-use."""

    user = models.ForeignKey(User, models.CASCADE, related_name="password_records")
    password = models.CharField(max_length=128)
    set_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-set_at"]
