"""What apps above this one add to the page of a customer: tabs that are pages of theirs, and key figures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.module_loading import import_string

from crm.records.together import Rows
from customers.customers.models import Customer
from customers.customers.summary import Figure


@dataclass(frozen=True)
class CustomerTab:
    """A tab of the 360° page, named in settings.HARBOUR_CUSTOMER_TABS.

    `url` is the name of its page, which takes the id; `is_open_to(user)` says whether the person finds anything there.
    """

    key: str
    label: str | Promise
    url: str
    is_open_to: Callable[[Any], bool]


@dataclass(frozen=True)
class CustomerFigures:
    """Key figures of a customer, named in settings.HARBOUR_CUSTOMER_FIGURES.

    `parts(customer, user)` are queries for `read_together`, under names of their own; `told(rows)` makes the figures of
    what they read.
    """

    parts: Callable[[Customer, Any], dict[str, QuerySet[Any]]]
    told: Callable[[Rows], list[Figure]]


@cache
def declared_tabs() -> list[CustomerTab]:
    """The tabs of this installation, in the order of the settings."""
    return [import_string(name) for name in settings.HARBOUR_CUSTOMER_TABS]


@cache
def declared_figures() -> list[CustomerFigures]:
    """The figures of this installation, in the order of the settings."""
    return [import_string(name) for name in settings.HARBOUR_CUSTOMER_FIGURES]


def tabs_beside(user: Any) -> list[CustomerTab]:
    """The tabs of the apps above that this person finds on a customer."""
    return [tab for tab in declared_tabs() if tab.is_open_to(user)]


def figure_parts(customer: Customer, user: Any) -> dict[str, QuerySet[Any]]:
    """The queries of all figures, for `read_together`."""
    return {name: rows for figures in declared_figures() for name, rows in figures.parts(customer, user).items()}


def figures_beside(read: Rows) -> list[Figure]:
    """The figures of the apps above out of what their parts read."""
    return [figure for figures in declared_figures() for figure in figures.told(read)]
