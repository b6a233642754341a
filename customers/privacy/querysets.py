"""Reads over consents and requests of persons."""

from __future__ import annotations

from typing import Any, Self

from django.db import models

from crm.access.rows import ReachQuerySet
from customers.customers.querysets import CustomerQuerySet


class ConsentQuerySet(ReachQuerySet):
    """Consents are in reach where the customer of their contact is."""

    reach_path = "contact__customer__"
    share_model = CustomerQuerySet.share_model

    def valid(self) -> ConsentQuerySet:
        """Those that were not withdrawn."""
        return self.filter(withdrawn_at=None)


class PersonRequestQuerySet(models.QuerySet[Any]):
    """Requests are seen by those who approve, carry out or audit them, and by who opened them."""

    def visible_to(self, user: Any) -> Self:
        """Those the person may look at."""
        reach = user.reach
        if not reach.has("customers.view_person_request"):
            return self.none()
        sees_all = any(map(reach.has, ("customers.approve_person_request", "customers.execute_person_request")))
        return self.all() if sees_all or not reach.has("customers.open_person_request") else self.filter(opened_by=user)

    def open(self) -> Self:
        """Those that somebody still has to do something about."""
        return self.exclude(state__in=["done", "refused"])
