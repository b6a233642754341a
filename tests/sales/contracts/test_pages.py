"""Pages of contracts as people use them."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crm.approvals.flows import install_standard_flows
from crm.approvals.models import ApprovalRequest
from sales.contracts.models import Contract
from tests.contract.fingerprints import fingerprint
from tests.factories import make_customer, make_department, make_user, sign_in
from tests.factories.files import pdf, upload
from tests.factories.sales import make_contract, make_contract_type, make_order, make_tax_rate
from tests.sales.contracts.stories import approved, draft, make_quote, people

pytestmark = pytest.mark.django_db


def page(client, address, status=200):
    answer = client.get(address)
    assert answer.status_code == status
    return answer.content.decode()


def send(client, address, status=302, **values):
    answer = client.post(address, values)
    assert answer.status_code == status, answer.content.decode()[:3000]
    return answer


def test_a_rep_draws_up_a_contract_plans_it_and_submits_it():
    rep, _director, _finance = people()
    install_standard_flows("en")
    quote, kind = make_quote(make_customer(owner=rep)), make_contract_type()
    client, today = sign_in(rep), timezone.localdate().isoformat()
    assert quote.number in page(client, "/sales/contracts/new/")
    send(client, "/sales/contracts/new/", quotes=[quote.pk], type=kind.pk, starts_on=today, title="")
    contract = Contract.objects.get()
    address = f"/sales/contracts/{contract.pk}/"
    text = page(client, address)
    assert "¥10,000.00" in text and "Machine 1" in text and "Full amount" in text
    assert "Two equal parts" in page(client, f"{address}instalments/edit/")
    split = send(client, f"{address}instalments/edit/", 200, part="split-2", **{"plan-count": "1"})
    assert split.content.decode().count("5,000") >= 2 or split.content.decode().count("5000") >= 2
    rows = {
        "plan-count": "2", "plan-0-name": "Start", "plan-0-basis": "signing", "plan-0-days_after": "0",
        "plan-0-amount": "4000", "plan-1-name": "Rest", "plan-1-basis": "date", "plan-1-due_on": "2030-01-31",
        "plan-1-amount": "6000",
    }  # fmt: skip
    wrong = send(client, f"{address}instalments/edit/", 422, **{**rows, "plan-1-amount": "7000"})
    assert "10,000.00 only" in wrong.content.decode()
    send(client, f"{address}instalments/edit/", **rows)
    assert list(contract.instalments.values_list("amount", flat=True)) == [Decimal("4000.00"), Decimal("6000.00")]
    send(client, f"{address}edit/", type=kind.pk, title="Presses", starts_on=today, delivery_terms="90 days")
    assert ">Manager</span><b>Director</b>" in page(client, f"{address}submit/")
    send(client, f"{address}submit/", comment="As agreed")
    contract.refresh_from_db()
    assert (contract.state, contract.title) == ("pending", "Presses")
    assert "in approval" in page(client, address)


def test_a_signed_file_is_uploaded_with_the_signature():
    rep, director, finance = people()
    contract = approved(draft(rep), rep, director, finance)
    client, address = sign_in(rep), f"/sales/contracts/{contract.pk}/sign/"
    today = timezone.localdate().isoformat()
    assert "Why there is no file" not in page(client, address)
    assert "Only a manager" in send(client, address, 422, signed_on=today).content.decode()
    assert "Why there is no file" in page(sign_in(director), address)
    send(client, address, signed_on=today, file=upload("signed.pdf", pdf("Contract")))
    contract.refresh_from_db()
    assert (contract.state, contract.signed_file.name) == ("signed", "signed.pdf")
    text = page(client, f"/sales/contracts/{contract.pk}/")
    assert "signed.pdf" in text and "Contracted" in text
    assert client.post(f"/files/{contract.signed_file_id}/archive/").status_code != 200
    contract.signed_file.refresh_from_db()
    assert contract.signed_file.archived_at is None


def test_an_approver_sees_lines_instalments_and_terms_on_the_decision_page():
    rep, director, _finance = people()
    install_standard_flows("en")
    from sales.contracts.actions import submit_contract

    contract = submit_contract(draft(rep), actor=rep)
    request = ApprovalRequest.objects.get()
    text = page(sign_in(director), f"/approvals/{request.pk}/")
    assert "Machine 1" in text and "Full amount" in text and contract.number in text


def test_a_supplement_is_typed_with_its_lines():
    rep = make_user("rep", "rep")
    main = make_contract(owner=rep)
    make_tax_rate("0.13")
    client, today = sign_in(rep), timezone.localdate().isoformat()
    address = f"/sales/contracts/{main.pk}/supplement/"
    assert "adds to the contract" in page(client, address)
    line = {
        "lines-count": "1", "lines-0-name": "Training", "lines-0-quantity": "2", "lines-0-price": "565",
        "lines-0-tax_rate": "0.13",
    }  # fmt: skip
    values = {"direction": "1", "title": "Training", "starts_on": today, **line}
    totals = client.post(f"/sales/contracts/{main.pk}/totals/", values, headers={"HX-Request": "true"})
    assert "1,130.00" in totals.content.decode()
    assert send(client, address, 422, **{**values, "lines-0-quantity": "-1"}).content
    send(client, address, **values)
    made = Contract.objects.get(main=main)
    assert (made.gross, made.direction, made.customer) == (Decimal("1130.00"), 1, main.customer)
    edit = f"/sales/contracts/{made.pk}/edit/"
    assert "Training" in page(client, edit)
    send(client, edit, **{**values, "lines-0-id": str(made.lines.get().pk), "lines-0-quantity": "1"})
    made.refresh_from_db()
    assert made.gross == Decimal("565.00") == made.instalments.get().amount


def test_nobody_reaches_contracts_and_orders_of_others():
    contract = make_contract(owner=make_user("one", "rep"))
    order = make_order(contract)
    far = sign_in(make_user("far", "rep", make_department("North")))
    peer = sign_in(make_user("peer", "rep"))
    before = fingerprint()
    for client in (far, peer):
        for address in (f"/sales/contracts/{contract.pk}/", f"/sales/orders/{order.pk}/"):
            assert client.get(address).status_code == 404
        for verb in ("edit", "submit", "sign", "void", "supplement", "instalments/edit"):
            assert client.post(f"/sales/contracts/{contract.pk}/{verb}/").status_code == 404
        assert client.post(f"/sales/contracts/{contract.pk}/terminate/").status_code in (403, 404)
        assert client.post(f"/sales/orders/{order.pk}/deliver/").status_code == 404
    assert fingerprint() == before
    assert sign_in(make_user("money", "finance")).get(f"/sales/contracts/{contract.pk}/").status_code == 200


def test_quotes_of_others_cannot_be_chosen():
    rep, other = make_user("rep", "rep"), make_user("other", "rep")
    quote, kind = make_quote(make_customer(owner=other)), make_contract_type()
    answer = send(sign_in(rep), "/sales/contracts/new/", 422, quotes=[quote.pk], type=kind.pk, starts_on="2026-01-01")
    assert Contract.objects.count() == 0
    assert quote.number not in answer.content.decode()


def test_the_list_filters_and_the_pages_cost_few_queries():
    rep = make_user("rep", "rep")
    contracts = [make_contract(owner=rep, title=f"Press {place}") for place in range(3)]
    order = make_order(contracts[0])
    client = sign_in(rep)
    page(client, "/sales/contracts/")
    assert "Press 1" in page(client, "/sales/contracts/?state=signed&q=Press&owner=me&kind=main&sort=ends")
    assert "No contract fits" in page(client, "/sales/contracts/?state=draft")
    page(client, "/sales/contracts/?state=nonsense", 400)
    page(client, "/sales/contracts/filter/")
    page(client, "/sales/orders/?state=open&sort=due")
    page(client, "/sales/orders/filter/")
    for address in ("/sales/contracts/", contracts[0].get_absolute_url(), "/sales/orders/", order.get_absolute_url()):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            page(client, address)
        assert len(queries) <= 12, (address, len(queries), "\n".join(one["sql"][:110] for one in queries))


def test_a_delivery_goes_its_way_on_the_pages():
    rep = make_user("rep", "rep")
    order = make_order(make_contract(owner=rep))
    line, client, today = order.lines.get(), sign_in(rep), timezone.localdate().isoformat()
    send(client, f"/sales/orders/{order.pk}/deliver/", planned_on=today, **{f"line_{line.pk}": "1"})
    delivery = order.deliveries.get()
    address = f"/sales/deliveries/{delivery.pk}/"
    assert "planned" in page(client, address)
    page(client, f"{address}edit/")
    too_many = send(client, f"{address}delivered/", 422, delivered_on=today, **{f"line_{line.pk}": "2"})
    assert "Between 0 and 1" in too_many.content.decode()
    send(client, f"{address}delivered/", delivered_on=today, carrier="SF", **{f"line_{line.pk}": "1"})
    send(client, f"{address}accept/", name="Ms Li")
    order.refresh_from_db()
    assert order.state == "accepted"
    assert "Ms Li" in page(client, address)
    send(client, f"/sales/orders/{order.pk}/edit/", due_on="", remark="Ring first")
    assert "Ring first" in page(client, order.get_absolute_url())
