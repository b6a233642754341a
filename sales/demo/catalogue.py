"""What the demo company sells: twenty products of industrial software, their prices, a list for good customers."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

from django.utils import timezone

from crm.access.actions import add_role, set_grants
from crm.history.operations import operation
from crm.people.models import User
from customers.base_data.models import CustomerLevel
from customers.customers.letters import letters_of
from sales.products.categories import add_category
from sales.products.models import PriceChange, PriceList, PriceListEntry, Product, ProductCategory
from sales.products.pricing import Wish, ask_for_prices

CATALOGUE = Path(__file__).with_name("catalogue.csv")
GOOD_CUSTOMERS = {
    "MES-STD-50": 349_600, "MES-STD-20": 188_100, "QMS-STD": 159_600, "GW-200": 6_460, "SVC-IMP-90": 171_000,
}  # fmt: skip


def load_catalogue(users: Mapping[str, User], now: datetime) -> dict[str, int]:
    """Lay the catalogue down; how many products."""
    with CATALOGUE.open(encoding="utf-8", newline="") as lines:
        wanted = list(csv.DictReader(lines))
    categories = _lay_categories([row["category"] for row in wanted], users["admin"])
    rows = [_product(row, categories[row["category"]], users["admin"]) for row in wanted]
    with operation(users["admin"], "products_imported", row_count=len(rows), facts={"file": "产品目录.xlsx"}):
        made = {row.code: row for row in Product.objects.bulk_create(rows)}
        _remember_first_prices(list(made.values()), users, now)
    _let_two_decide(users)
    _lay_good_prices(made, users["finance"], now)
    return {"products": len(rows)}


def raise_prices(users: Mapping[str, User], products: Mapping[str, Product], now: datetime) -> None:
    """Finance asks for dearer gateways; the second person has not answered yet."""
    wishes = [
        Wish(products[code], "list_price", Decimal(price)) for code, price in (("GW-200", 7_200), ("GW-100", 4_200))
    ]
    starts_on = timezone.localdate(now) + timedelta(days=14)
    ask_for_prices(wishes, actor=users["finance"], starts_on=starts_on, reason="芯片采购成本上涨")


def _let_two_decide(users: Mapping[str, User]) -> None:
    """The head of sales is the second person for prices, beside finance."""
    security = users["security"]
    role = add_role(actor=security, code="pricing", name="定价复核", duty="business", description="与财务一起确认调价")
    rights = ("sales.view_product", "sales.view_floor_price", "sales.view_cost", "sales.change_price")
    set_grants(role, actor=security, scopes=dict.fromkeys(rights, "all"))
    with operation(security, "user_roles_set", users["vp"]):
        users["vp"].roles.add(role)


def _lay_categories(paths: list[str], admin: User) -> dict[str, ProductCategory]:
    known: dict[str, ProductCategory] = {}
    for path in paths:
        above = ""
        for name in path.split("/"):
            below = f"{above}/{name}".strip("/")
            if below not in known:
                known[below] = add_category(actor=admin, name=name, parent=known.get(above))
            above = below
    return known


def _product(row: Mapping[str, str], category: ProductCategory, admin: User) -> Product:
    numbers = {name: Decimal(row[name]) for name in ("list_price", "minimum_price", "cost_price", "tax_rate")}
    words = {name: row[name] for name in ("code", "name", "spec", "unit", "service")}
    return Product(
        **numbers, **words, category=category, is_delivered=row["is_delivered"] == "yes",
        letters=letters_of(row["name"])[:400], created_by=admin,
    )  # fmt: skip


def _remember_first_prices(products: list[Product], users: Mapping[str, User], now: datetime) -> None:
    """Each price was agreed on by two people when the catalogue was laid down."""
    day = timezone.localdate(now) - timedelta(days=200)
    PriceChange.objects.bulk_create(
        PriceChange(
            product=product, field="list_price", before=0, after=product.list_price, starts_on=day, state="applied",
            reason="首次定价", asked_by=users["finance"], decided_by=users["vp"], asked_at=now - timedelta(days=202),
            decided_at=now - timedelta(days=201), applied_at=now - timedelta(days=200),
        )
        for product in products
    )  # fmt: skip


def _lay_good_prices(products: Mapping[str, Product], finance: User, now: datetime) -> None:
    """A list of five per cent less for important customers."""
    level = CustomerLevel.objects.filter(name="重点").first()
    starts_on = timezone.localdate(now) - timedelta(days=120)
    prices = PriceList(name="重点客户价", level=level, starts_on=starts_on)
    with operation(finance, "price_list_added", prices):
        prices.save(force_insert=True)
        PriceListEntry.objects.bulk_create(
            PriceListEntry(price_list=prices, product=products[code], price=price)
            for code, price in GOOD_CUSTOMERS.items()
        )
