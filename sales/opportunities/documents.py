"""The documents of an opportunity as its page lists them, and which may be begun from there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet

from crm.access.gate import may
from crm.people.models import User
from crm.records.together import Rows
from customers.customers.models import Customer
from sales.customers.kinds import CONTRACT, QUOTE, REQUIREMENT
from sales.customers.page import offered
from sales.customers.sections import LISTED, Section
from sales.opportunities.models import Opportunity

_DOCUMENTS = tuple(one for one in LISTED if one.kind in (REQUIREMENT, QUOTE, CONTRACT))


def document_parts(opportunity: Opportunity, user: User) -> dict[str, QuerySet[Any]]:
    """The queries of the newest requirements, quotes and contracts in reach, for `read_together`."""
    found = {}
    for one in _DOCUMENTS:
        rows: Any = one.kind.model._default_manager.all()
        found[one.kind.name] = one.part(rows.visible_to(user).filter(opportunity=opportunity))
    return found


def documents_of(read: Rows, opportunity: Opportunity) -> list[Section]:
    """The kinds of which there are any, in the order of the chain."""
    found = [one.shown(read[one.kind.name], opportunity) for one in _DOCUMENTS]
    return [section for section in found if section.rows]


def begun_here(customer: Customer | None, user: User) -> frozenset[str]:
    """Which kinds of documents this person may begin for an open opportunity of a customer in reach."""
    return offered(customer, user) - {"opportunity"} if customer is not None else frozenset()


def ready_for_contract(sections: Sequence[Section], customer: Customer | None, user: User) -> int | None:
    """The newest quote shown that a contract can be drawn up from, where this person may."""
    if customer is None or not may(user, "sales.add_contract", customer):
        return None
    quotes = next((section.rows for section in sections if section.key == QUOTE.name), [])
    return next(
        (one.pk for one in quotes if one.row.is_released and not one.row.is_expired and not one.row.is_contracted), None
    )
