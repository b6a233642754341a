"""Reads over people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.models import UserManager as DjangoUserManager
from django.db import models

if TYPE_CHECKING:
    from crm.people.models import Department, User


class DepartmentQuerySet(models.QuerySet["Department"]):
    def below(self, department_id: int | None) -> DepartmentQuerySet:
        """The department and all under it."""
        return self.filter(path__contains=[department_id]) if department_id else self.none()

    def intake(self) -> Department | None:
        """The department that receives customers nobody owns."""
        return self.filter(takes_intake=True).first()


class UserQuerySet(models.QuerySet["User"]):
    def active(self) -> UserQuerySet:
        """Those who can sign in."""
        return self.filter(is_active=True)

    def visible_to(self, user: User) -> UserQuerySet:
        """Colleagues; every signed-in person may know who works here."""
        return self if user.is_active else self.none()

    def able_to_own(self, right: str = "customers.own_customer") -> UserQuerySet:
        """Active people whose roles let them own customers."""
        return self.active().filter(roles__grants__right=right).distinct()


class UserManager(DjangoUserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    """Django's user manager with the reads above."""
