"""The tab of a customer's page that leads to its transactions."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from customers.customers.additions import CustomerTab
from sales.customers.kinds import sees_sales

TRANSACTIONS = CustomerTab("transactions", _("Transactions"), "sales:customer_transactions", sees_sales)
