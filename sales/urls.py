"""Addresses of the sales app, record by record."""

from typing import Any

from sales.contracts.urls import urlpatterns as contracts
from sales.customers.urls import urlpatterns as customers
from sales.invoices.urls import urlpatterns as invoices
from sales.opportunities.urls import urlpatterns as opportunities
from sales.orders.urls import urlpatterns as orders
from sales.payments.urls import urlpatterns as payments
from sales.periods.urls import urlpatterns as periods
from sales.printing.urls import urlpatterns as printing
from sales.products.urls import urlpatterns as products
from sales.quotes.urls import urlpatterns as quotes
from sales.reissues.urls import urlpatterns as reissues
from sales.requirements.urls import urlpatterns as requirements

app_name = "sales"
urlpatterns: list[Any] = [
    *products,
    *opportunities,
    *requirements,
    *quotes,
    *contracts,
    *orders,
    *invoices,
    *reissues,
    *payments,
    *periods,
    *customers,
    *printing,
]
