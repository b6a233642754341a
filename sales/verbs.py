"""How the history words what was done with sales documents, record by record."""

from typing import Any

from sales.contracts.verbs import VERBS as CONTRACTS
from sales.handing.verbs import VERBS as HANDING
from sales.invoices.verbs import VERBS as INVOICES
from sales.opportunities.verbs import VERBS as OPPORTUNITIES
from sales.orders.verbs import VERBS as ORDERS
from sales.payments.verbs import VERBS as PAYMENTS
from sales.printing.verbs import VERBS as PRINTING
from sales.products.verbs import VERBS as PRODUCTS
from sales.quotes.verbs import VERBS as QUOTES
from sales.reissues.verbs import VERBS as REISSUES
from sales.requirements.verbs import VERBS as REQUIREMENTS

VERBS: dict[str, Any] = {
    **PRODUCTS,
    **OPPORTUNITIES,
    **REQUIREMENTS,
    **QUOTES,
    **CONTRACTS,
    **ORDERS,
    **PAYMENTS,
    **INVOICES,
    **REISSUES,
    **PRINTING,
    **HANDING,
}
