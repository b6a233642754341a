"""How the history words what was done with sales documents, record by record."""

from typing import Any

from sales.opportunities.verbs import VERBS as OPPORTUNITIES
from sales.products.verbs import VERBS as PRODUCTS

VERBS: dict[str, Any] = {**PRODUCTS, **OPPORTUNITIES}
