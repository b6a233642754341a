"""All models of the sales app, for Django."""

from sales.contracts.models import Contract, ContractLine, ContractQuote, ContractType, Instalment
from sales.invoices.models import BillingProfile, Invoice, InvoiceLine, InvoiceQuota, Reissue, ReissueLine
from sales.links.models import CustomerLink
from sales.opportunities.models import LossReason, Opportunity, OpportunityStage
from sales.orders.models import Delivery, DeliveryLine, Order, OrderLine
from sales.payments.models import Allocation, BankImport, BankLine, Dunning, Payment
from sales.periods.models import PeriodClose
from sales.printing.models import Letterhead, PrintTemplate
from sales.products.models import PriceChange, PriceList, PriceListEntry, Product, ProductCategory, TaxRate
from sales.quotes.models import Quote, QuoteLine
from sales.requirements.models import Requirement, RequirementLine

__all__ = [
    "Allocation",
    "BankImport",
    "BankLine",
    "BillingProfile",
    "Contract",
    "ContractLine",
    "ContractQuote",
    "ContractType",
    "CustomerLink",
    "Delivery",
    "DeliveryLine",
    "Dunning",
    "Instalment",
    "Invoice",
    "InvoiceLine",
    "InvoiceQuota",
    "Letterhead",
    "LossReason",
    "Opportunity",
    "OpportunityStage",
    "Order",
    "OrderLine",
    "Payment",
    "PeriodClose",
    "PriceChange",
    "PriceList",
    "PriceListEntry",
    "PrintTemplate",
    "Product",
    "ProductCategory",
    "Quote",
    "QuoteLine",
    "Reissue",
    "ReissueLine",
    "Requirement",
    "RequirementLine",
    "TaxRate",
]
