"""Reads over people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import UserManager as DjangoUserManager
from django.db import models

if TYPE_CHECKING:
    from crm.people.models import Department, User


class DepartmentQuerySet(models.QuerySet["Department"]):
    def below(self, department_id: int | None) -> DepartmentQuerySet:
        """The department and all under it."""
        return self.filter(path__contains=[department_id]) if department_id else self.none()

    def visible_to(self, user: User) -> DepartmentQuerySet:
        """All; every signed-in person may know how the company is organised."""
        return self if user.is_active else self.none()

    def in_tree_order(self) -> DepartmentQuerySet:
        """Each department right before those below it, as far as the order of ids says."""
        return self.order_by("path")

    def intake(self) -> Department | None:
        """The department that receives customers nobody owns."""
        return self.filter(takes_intake=True).first()


class AbsenceQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: User) -> AbsenceQuerySet:
        """All, for those who may see people."""
        return self if user.reach.has("crm.view_user") else self.none()


class UserQuerySet(models.QuerySet["User"]):
    def active(self) -> UserQuerySet:
        """Those who can sign in."""
        return self.filter(is_active=True)

    def visible_to(self, user: User) -> UserQuerySet:
        """Colleagues; every signed-in person may know who works here."""
        return self if user.is_active else self.none()

    def matching(self, text: str) -> UserQuerySet:
        """Those whose name or user name holds a text."""
        return self.filter(models.Q(name__icontains=text) | models.Q(username__icontains=text)) if text else self

    def able_to_own(self, right: str = "customers.own_customer") -> UserQuerySet:
        """Active people whose roles let them own customers."""
        return self.active().filter(roles__grants__right=right).distinct()


class UserManager(DjangoUserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    """Django's user manager with the reads above."""
