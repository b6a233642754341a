"""Whose tasks a person looks after, and to whom they may give some."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm.people.models import User

if TYPE_CHECKING:
    from crm.people.querysets import UserQuerySet

VIEW, CHANGE, EXPORT = "customers.view_task", "customers.change_task", "customers.export_customer"


def overseen_by(user: User) -> UserQuerySet:
    """The people whose calendar a person may open: oneself, and by scope the colleagues."""
    return _in_scope(user, VIEW)


def colleagues_of(user: User) -> UserQuerySet:
    """The people a person may give tasks to: those of their own department at least, further ones by scope."""
    if user.reach.scopes.get(CHANGE) == "own" and user.department_id is not None:
        return User.objects.able_to_own(VIEW).filter(department_id=user.department_id)
    return _in_scope(user, CHANGE)


def _in_scope(user: User, right: str) -> UserQuerySet:
    people, reach = User.objects.able_to_own(VIEW), user.reach
    scope = reach.scopes.get(right)
    if scope == "all":
        return people
    if scope in (None, "own") or reach.department_id is None:
        return people.filter(pk=user.pk)
    return people.filter(department_id__in=[reach.department_id] if scope == "department" else reach.below_ids)
