"""All models of the customers app, for Django."""

from customers.activities.models import Activity
from customers.base_data.models import CustomerLevel, CustomerStage, Holiday, Industry, LeadSource, Region, Tag
from customers.contacts.models import Contact
from customers.customers.models import Customer, CustomerSearch, CustomerShare
from customers.imports.models import ColumnMapping, ImportRow, ImportSet
from customers.pool.models import ClaimRecord, Pool
from customers.transfers.models import Transfer, TransferRow

__all__ = [
    "Activity",
    "ClaimRecord",
    "ColumnMapping",
    "Contact",
    "Customer",
    "CustomerLevel",
    "CustomerSearch",
    "CustomerShare",
    "CustomerStage",
    "Holiday",
    "ImportRow",
    "ImportSet",
    "Industry",
    "LeadSource",
    "Pool",
    "Region",
    "Tag",
    "Transfer",
    "TransferRow",
]
