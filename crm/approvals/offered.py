"""What the editor of a flow offers, and the names of what a flow refers to by id."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from crm.access.models import Role
from crm.approvals.purposes import Fact
from crm.people.models import Department, User

Choices = list[tuple[str, str]]


class Offered:
    """People, roles, departments, and what settings.HARBOUR_FACT_CHOICES declares; each is read once, on demand."""

    def __init__(self) -> None:
        self._declared: dict[str, Choices] = {}

    @cached_property
    def people(self) -> Choices:
        """Everybody who can sign in and whose roles let them decide."""
        rows = User.objects.active().filter(roles__grants__right="crm.decide_approval").distinct()
        return [(str(pk), name) for pk, name in rows.order_by("name", "pk").values_list("pk", "name")]

    @cached_property
    def roles(self) -> Choices:
        """All roles."""
        return list(Role.objects.values_list("code", "name"))

    @cached_property
    def departments(self) -> Choices:
        """All departments, each under those above it."""
        return [
            (str(pk), f"{'　' * (len(path) - 1)}{name}")
            for pk, path, name in Department.objects.in_tree_order().values_list("pk", "path", "name")
        ]

    def of(self, fact: Fact) -> Choices:
        """What a condition on this fact can choose from."""
        if fact.kind == "choice":
            return [(code, str(label)) for code, label in fact.choices]
        if fact.kind == "department":
            return self.departments
        if fact.kind not in self._declared:
            find = settings.HARBOUR_FACT_CHOICES.get(fact.kind)
            self._declared[fact.kind] = [(str(pk), str(name)) for pk, name in import_string(find)()] if find else []
        return self._declared[fact.kind]

    def name(self, fact: Fact, value: Any) -> str:
        """The name of one value of a fact."""
        return dict(self.of(fact)).get(str(value), f"#{value}").strip("　")

    @cached_property
    def role_names(self) -> Mapping[str, str]:
        """Roles by code."""
        return dict(self.roles)

    def person(self, pk: int) -> str:
        """The name of somebody a flow names, who may have left since."""
        return self._names.get(pk) or f"#{pk}"

    @cached_property
    def _names(self) -> dict[int, str]:
        return dict(User.objects.values_list("pk", "name"))
