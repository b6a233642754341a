"""Writes what the demo company sold: catalogue, talks, and the documents of its deals, in the order of time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from crm.approvals.flows import install_standard_flows
from crm.people.models import User
from sales.contracts.models import Contract
from sales.demo.asides import ASIDES
from sales.demo.catalogue import load_catalogue
from sales.demo.clock import turned_back
from sales.demo.deals import DEALS
from sales.demo.offers import open_stories
from sales.demo.talks import load_talks
from sales.demo.teller import Teller, tell
from sales.demo.won import Won
from sales.products.models import Product
from sales.quotes.models import Quote

FOUNDED = timedelta(days=260)


def load_sales(users: Mapping[str, User], now: datetime) -> dict[str, int]:
    """Tell everything that was sold, or nearly; how many rows of each kind."""
    with turned_back() as clock:
        with clock.standing(now - FOUNDED):
            counts = load_catalogue(users, now)
            install_standard_flows()
        counts |= load_talks(users, now)
        teller = Teller(users, {row.code: row for row in Product.objects.all()}, now)
        stories = [*(Won(teller, deal, ASIDES).story() for deal in DEALS), *open_stories(teller)]
        tell(stories, clock)
    return counts | {"quotes": Quote.objects.count(), "contracts": Contract.objects.count()}
