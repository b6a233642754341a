"""The file of orders tells what is delivered of each, and no row or amount its maker may not take out."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from crm.access.models import Grant
from crm.history.models import Operation
from crm.records.exports import export_named, start_export
from crm.records.selection import Selection
from sales.orders import acceptance, actions
from sales.orders.models import Order, OrderLine
from tests.factories import make_customer, make_department, make_user, sign_in
from tests.factories.customers import make_pooled_customer
from tests.factories.sales import make_contract, make_order
from tests.sales.products.test_exports import rows_of

pytestmark = pytest.mark.django_db
LABEL = "sales.Order"
ALL = Selection(is_all=True)


def deliver(order, quantity, *, is_accepted=False):
    """A delivery of so much of the only line that left the house today, accepted where asked."""
    line, today = order.lines.get(), timezone.localdate()
    made = actions.plan_delivery(
        order, actor=order.owner, quantities={line.pk: Decimal(quantity)}, values={"planned_on": today}
    )
    made = actions.record_delivered(made, actor=order.owner, delivered_on=today, quantities=None)
    if is_accepted:
        acceptance.accept_delivery(made, actor=order.owner, name="Ms Li")
    return made


def ten(**fields):
    """The order of a contract about ten of a thing, 11,300.00 with tax."""
    contract = make_contract(make_customer(make_user("rep", "rep", make_department("East"))), amount="10000.00")
    contract.lines.update(quantity=Decimal(10))
    return make_order(contract, **fields)


def test_an_order_is_written_with_what_is_ordered_delivered_and_accepted():
    order = ten(due_on=date(2026, 12, 1), remark="Ring first")
    deliver(order, "2.5", is_accepted=True)
    deliver(order, 4)
    refused = deliver(order, 1)
    acceptance.refuse_delivery(refused, actor=order.owner, name="Ms Li", note="Scratched")
    (row,) = rows_of(LABEL, make_user("finance", "finance"))
    assert row.pop("created_at")[:10] == str(timezone.localdate())
    assert row == {
        "number": order.number, "state": "partly delivered", "customer": order.customer.name,
        "contract": order.contract.number, "currency": "CNY", "amount": str(order.contract.gross), "ordered": "10",
        "delivered": "6.5", "accepted": "2.5", "due_on": "2026-12-01", "owner": order.owner.name, "department": "East",
        "remark": "Ring first",
    }  # fmt: skip


def test_what_a_supplement_took_away_counts_no_more():
    order = ten()
    order.lines.update(quantity=Decimal("3.3333"))
    (row,) = rows_of(LABEL, make_user("finance", "finance"))
    share = (order.contract.gross * Decimal("3.3333") / 10).quantize(Decimal("0.01"))
    assert (row["ordered"], row["amount"]) == ("3.3333", str(share))


def test_the_lines_of_an_order_are_summed_apart_from_those_of_others():
    first, second = make_order(), make_order()
    line = first.lines.get()
    OrderLine.objects.create(
        document=first, contract_line=line.contract_line, position=2, name="More", quantity=line.quantity
    )
    found = {row["number"]: row for row in rows_of(LABEL, make_user("finance", "finance"))}
    assert Decimal(found[first.number]["ordered"]) == 2 * Decimal(found[second.number]["ordered"])
    assert Decimal(found[first.number]["amount"]) == 2 * line.contract_line.gross
    assert [found[second.number][name] for name in ("delivered", "accepted")] == ["0", "0"]


def test_an_order_without_lines_is_worth_nothing():
    make_order().lines.all().delete()
    (row,) = rows_of(LABEL, make_user("finance", "finance"))
    assert [Decimal(row[name]) for name in ("amount", "ordered", "delivered", "accepted")] == [0, 0, 0, 0]


def test_the_words_of_the_file_are_those_of_its_reader():
    make_order(state="held")
    with translation.override("zh-hans"):
        (row,) = rows_of(LABEL, make_user("finance", "finance"))
        headers = [column.header for column in export_named(LABEL).resource.columns().values()]
    assert row["state"] == "暂停"
    assert len(headers) == len(set(headers)) and {"订购数量", "已交付数量", "已验收数量"} <= set(headers)


def test_everybody_takes_out_what_they_may_and_nothing_else():
    east, north = make_department("East"), make_department("North")
    rep, peer, far = make_user("rep", "rep", east), make_user("peer", "rep", east), make_user("far", "rep", north)
    own, peers, fars = (make_order(make_contract(make_customer(one))) for one in (rep, peer, far))
    written = make_order(make_contract(make_customer(rep), owner=peer))
    wanted = {
        rep: {own, written}, peer: {peers, written}, far: {fars},
        make_user("director", "director", east): {own, peers, written},
        make_user("finance", "finance"): {own, peers, fars, written},
        make_user("auditor", "auditor"): set(), make_user("admin", "admin"): set(),
        make_user("technician", "technician"): set(), make_user("marketing", "marketing"): set(),
    }  # fmt: skip
    chosen = Selection(ids=tuple(Order.objects.values_list("pk", flat=True)))
    for user, rows in wanted.items():
        assert set(export_named(LABEL).rows(user, ALL)) == rows, user
        assert set(export_named(LABEL).rows(user, chosen)) == rows, user


def test_who_may_see_no_orders_takes_out_none():
    make_order()
    finance = make_user("finance", "finance")
    Grant.objects.filter(role__code="finance", right="sales.view_order").delete()
    assert not export_named(LABEL).rows(finance, ALL).exists()


def test_no_amount_goes_out_to_those_who_do_not_see_the_contract():
    order = make_order()
    finance = make_user("finance", "finance")
    Grant.objects.filter(role__code="finance", right="sales.view_contract").delete()
    (row,) = rows_of(LABEL, finance)
    assert (row["number"], row["currency"], row["amount"]) == (order.number, "", "")
    assert row["ordered"] != ""


def test_no_contact_details_are_columns_and_an_order_of_a_customer_in_a_pool_is_told_as_in_the_list():
    rep = make_user("rep", "rep", make_department("East"))
    order = make_order(make_contract(make_pooled_customer(address="1 Hidden Road"), owner=rep))
    (row,) = rows_of(LABEL, rep)
    listed = sign_in(rep).get("/sales/orders/").text
    assert row["customer"] == order.customer.name and order.customer.name in listed
    assert "Hidden Road" not in str(row)
    assert not any(column.mask for column in export_named(LABEL).resource.columns().values())


def test_formulas_in_remarks_and_names_do_not_run():
    order = make_order(remark="=1+1")
    order.customer.name = '@SUM("1")'
    order.customer.save(update_fields=["name"])
    (row,) = rows_of(LABEL, make_user("finance", "finance"))
    assert (row["remark"], row["customer"]) == ("'=1+1", '\'@SUM("1")')


def test_a_file_costs_the_same_however_many_orders_are_in_it():
    finance, costs, read = make_user("finance", "finance"), [], []
    assert finance.reach
    for size in (1, 1, 7):
        for _row in range(size):
            make_order()
        with CaptureQueriesContext(connection) as queries:
            start_export(finance, LABEL, ALL, ["number", "amount"], "csv", "Month end")
        costs.append(len(queries))
        with connection.execute_wrapper(lambda run, *given: read.append(given[0]) or run(*given)):
            count = len(rows_of(LABEL, finance))
        assert count == Order.objects.count()
    assert costs[1] == costs[2] <= 12 and read == []  # besides the one COPY; the first asks what one reaches


def test_the_list_offers_the_file_to_those_who_may_have_it_and_its_page_keeps_the_reason():
    order = make_order()
    finance, auditor = sign_in(make_user("finance", "finance")), sign_in(make_user("auditor", "auditor"))
    place = "/sales/orders/export/"
    assert place in finance.get("/sales/orders/").text and place not in auditor.get("/sales/orders/").text
    asked = {"all": "1", "query": f"contract={order.contract_id}", "file_format": "csv", "columns": ["number"]}
    assert auditor.get(place, {"all": "1"}).status_code == 403
    assert auditor.post(place, {**asked, "reason": "Month end"}).status_code == 403
    assert finance.post(place, asked).status_code == 422
    assert finance.post(place, {**asked, "reason": "Month end", "columns": ["answer_address"]}).status_code == 422
    assert not Operation.objects.filter(verb="customers_exported").exists()
    assert finance.post(place, {**asked, "reason": "Month end"}).status_code == 302
    entry = Operation.objects.get(verb="customers_exported")
    assert (entry.reason, entry.row_count, entry.facts["details"]) == ("Month end", 1, False)
    assert f"#{order.contract_id}" in entry.facts["filter"] and order.contract.number not in entry.facts["filter"]
