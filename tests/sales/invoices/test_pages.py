"""Pages and API of invoices and reissues as people and programs use them."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crm.attachments.models import Attachment
from sales.invoices.models import BillingProfile, Invoice, InvoiceQuota, Reissue
from tests.contract.fingerprints import fingerprint
from tests.factories import make_department, make_user, sign_in
from tests.factories.files import pdf, upload
from tests.factories.sales import make_contract, make_invoice, make_reissue
from tests.sales.invoices.stories import approved, decide, draft, issued, paid_contract, people

pytestmark = pytest.mark.django_db


def page(client, address, status=200):
    answer = client.get(address)
    assert answer.status_code == status
    return answer.content.decode()


def send(client, address, status=302, **values):
    answer = client.post(address, values)
    assert answer.status_code == status, answer.content.decode()[:3000]
    return answer


def test_a_rep_keeps_billing_data_and_applies_for_an_invoice():
    rep, _director, _finance = people()
    contract = paid_contract(rep, received="5000.00")
    BillingProfile.objects.all().delete()
    client = sign_in(rep)
    assert contract.number in page(client, "/sales/invoices/new/")
    address = f"/sales/invoices/new/?contract={contract.pk}"
    assert "no billing data yet" in page(client, address)
    billing = f"/sales/billing/new/?customer={contract.customer_id}&contract={contract.pk}"
    wrong = send(client, billing, 422, title="Harbour Works", tax_number="91310000MA1FL00000")
    assert "check digit" in wrong.content.decode()
    answer = send(client, billing, title="Harbour Works", tax_number="310115123456789")
    assert answer.headers["Location"] == address
    assert "old form" in page(client, f"/sales/billing/?customer={contract.customer_id}")
    profile, line = BillingProfile.objects.get(), contract.lines.get()
    text = page(client, address)
    assert "¥10,000.00" in text and "¥5,000.00" in text and "Machine" in text
    values = {"type": "digital_special", "profile": profile.pk, "remark": "Order 7", "note": ""}
    many = send(client, address, 422, **values, **{f"line-gross_{line.pk}": "10000.01"})
    assert "At most 10,000.00" in many.content.decode()
    early = send(client, address, 422, **values, **{f"line-gross_{line.pk}": "6000"})
    assert "Received is 5,000.00" in early.content.decode()
    key = "1f0c6a52-8d84-4b2c-9a36-8b7f6a6f0001"
    for _time in range(2):
        send(client, address, **values, key=key, **{f"line-gross_{line.pk}": "5,000.00"})
    invoice = Invoice.objects.get()
    assert (invoice.gross, invoice.state, invoice.remark) == (Decimal("5000.00"), "draft", "Order 7")
    own = f"/sales/invoices/{invoice.pk}/"
    assert "Harbour Works" in page(client, own)
    assert "4,000" not in page(client, f"{own}edit/")
    send(client, f"{own}edit/", **values, **{f"line-gross_{line.pk}": "4000"})
    assert ">Manager</span><b>Director</b>" in page(client, f"{own}submit/")
    send(client, f"{own}submit/", comment="")
    invoice.refresh_from_db()
    assert (invoice.state, invoice.gross) == ("pending", Decimal("4000.00"))
    send(client, f"{own}withdraw/", comment="")
    send(client, f"{own}void/", 422, reason="")
    send(client, f"{own}void/", reason="Not wanted")
    invoice.refresh_from_db()
    assert invoice.state == "void"


def test_finance_issues_with_a_file_that_stays_and_marks_it_sent():
    rep, director, finance = people()
    invoice = approved(paid_contract(rep), rep, director, finance)
    client, today = sign_in(finance), timezone.localdate().isoformat()
    address = f"/sales/invoices/{invoice.pk}/"
    page(client, f"{address}issue/")
    wrong = send(client, f"{address}issue/", 422, number="123", issued_on=today)
    assert "20 digits" in wrong.content.decode()
    send(client, f"{address}issue/", number="1" * 20, issued_on=today, upload=upload("invoice.pdf", pdf()))
    invoice.refresh_from_db()
    assert (invoice.state, invoice.file) == ("issued", Attachment.objects.get())
    assert "1" * 20 in page(client, address)
    send(client, f"{address}sent/")
    again = send(client, f"{address}issue/", 422, number="2" * 20, issued_on=today)
    assert "cannot be done now" in again.content.decode()
    archived = client.post(f"/files/{invoice.file_id}/archive/")
    invoice.file.refresh_from_db()
    assert (archived.status_code != 500, invoice.file.archived_at) == (True, None)


def test_a_reissue_goes_through_its_pages_and_shows_its_chain():
    rep, director, finance = people()
    contract = paid_contract(rep)
    blue = issued(contract, rep, director, finance)
    client, desk = sign_in(rep), sign_in(finance)
    line = blue.lines.get()
    address = f"/sales/invoices/{blue.pk}/reissue/"
    assert "6,000.00" in page(client, address)
    values = {"reason": "title", "explanation": "Wrong title", "wants_new": "on", "profile": blue.profile_id}
    wrong = send(client, address, 422, **values, extent="part", **{f"gross_{line.pk}": "1"})
    assert "as a whole" in wrong.content.decode()
    send(client, address, **values, extent="full", upload=upload("letter.pdf", pdf()))
    reissue = Reissue.objects.get()
    own = f"/sales/reissues/{reissue.pk}/"
    assert Attachment.objects.of(reissue).count() == 1
    send(client, f"{own}edit/", **{**values, "explanation": "The wrong company"}, extent="full")
    send(client, f"{own}submit/", comment="")
    decide("sales.reissue", reissue, director, finance)
    page(desk, own)
    assert client.get(f"{own}confirmation/").status_code == 403
    send(desk, f"{own}confirmation/", 422, confirmation="02", number="N")
    send(desk, f"{own}confirmation/", confirmation="01", number="")
    send(desk, f"{own}red/", number="9" * 20, issued_on=timezone.localdate().isoformat())
    new = Invoice.objects.get(reissue=reissue, kind="blue")
    send(desk, f"/sales/invoices/{new.pk}/issue/", number="8" * 20, issued_on=timezone.localdate().isoformat())
    reissue.refresh_from_db()
    assert reissue.state == "closed"
    for place in (own, f"/sales/invoices/{blue.pk}/", f"/sales/invoices/{new.pk}/"):
        text = page(client, place)
        assert all(number in text for number in (blue.invoice_number, reissue.number, "9" * 20, "8" * 20))
    assert reissue.number not in page(client, "/sales/reissues/?view=open&state=pending,blocked,approved,red_issued")
    assert reissue.number in page(client, "/sales/reissues/")


def test_strangers_to_a_customer_find_neither_its_invoices_nor_its_billing_data():
    rep, _director, _finance = people()
    contract = paid_contract(rep)
    invoice, other = make_invoice(contract), make_user("other", "rep", department=make_department("Other"))
    reissue, client = make_reissue(invoice), sign_in(other)
    before = fingerprint()
    for address in (
        f"/sales/invoices/{invoice.pk}/", f"/sales/invoices/{invoice.pk}/edit/",
        f"/sales/invoices/{invoice.pk}/reissue/",
        f"/sales/reissues/{reissue.pk}/",
        f"/sales/billing/?customer={contract.customer_id}",
        f"/sales/billing/{invoice.profile_id}/edit/", f"/sales/invoices/new/?contract={contract.pk}",
        "/sales/invoices/new/?contract=99999999999999999999", "/sales/invoices/new/?contract=x",
    ):  # fmt: skip
        assert client.get(address).status_code == 404
    assert client.post(f"/sales/billing/{invoice.profile_id}/archive/").status_code == 404
    assert client.get(f"/sales/invoices/{invoice.pk}/issue/").status_code == 403
    assert invoice.invoice_number not in page(client, "/sales/invoices/")
    assert f"/sales/invoices/{invoice.pk}/" not in page(client, f"/search/?q={invoice.invoice_number}")
    assert fingerprint() == before


def test_lists_and_details_cost_the_same_queries_whatever_their_length():
    rep, _director, _finance = people()
    contract = make_contract(owner=rep, amount="10000.00")
    client = sign_in(rep)

    def cost(address):
        client.get(address)
        with CaptureQueriesContext(
            connection,
        ) as seen:
            page(client, address)
        return len(seen)

    invoice = make_invoice(contract, "10.00")
    reissue = make_reissue(invoice)
    places = (
        "/sales/invoices/",
        "/sales/reissues/",
        f"/sales/invoices/{invoice.pk}/",
        f"/sales/reissues/{reissue.pk}/",
    )
    first = [cost(place) for place in places]
    for _time in range(5):
        make_reissue(make_invoice(contract, "10.00"))
    assert [cost(place) for place in places] == first
    assert max(first) <= 12, first


def test_finance_keeps_the_quota_of_a_month():
    _rep, _director, finance = people()
    client = sign_in(finance)
    send(client, "/sales/invoices/quotas/", month="2026-11-15", amount="50,000", remark="First")
    assert InvoiceQuota.objects.values_list("month", "amount").get() == (
        timezone.datetime(2026, 11, 1).date(), Decimal("50000.00"),
    )  # fmt: skip
    assert "¥50,000.00" in page(client, "/sales/invoices/quotas/")
    send(client, "/sales/invoices/quotas/", 422, month="x", amount="-1")


def test_a_program_applies_and_is_refused_in_words(api):
    rep, _director, _finance = people()
    contract = paid_contract(rep)
    client, line = api(rep), contract.lines.get()
    profile = BillingProfile.objects.get()
    body = {"contract": contract.pk, "profile": profile.pk, "lines": [{"contract_line": line.pk, "gross": "6000.00"}]}
    made = client.post("/api/v1/invoices/", body)
    assert made.status_code == 201, made.content
    found = made.json()
    assert (found["gross"], found["state"], found["lines"][0]["tax_rate"]) == ("6000.00", "draft", "0.130000")
    sent = client.post(f"/api/v1/invoices/{found['id']}/submit/", {})
    assert (sent.status_code, sent.json()["state"]) == (200, "pending")
    before = fingerprint()
    too_much = client.post("/api/v1/invoices/", body)
    assert (too_much.status_code, "4,000.00" in too_much.json()["error"]["message"]) == (422, True)
    for wrong in (
        {**body, "lines": [{"contract_line": line.pk, "gross": "-1"}]}, {**body, "gross": "1"}, {"contract": 10**9},
        {**body, "lines": []},
    ):  # fmt: skip
        assert client.post("/api/v1/invoices/", wrong).status_code in (400, 404, 422)
    assert client.post(f"/api/v1/invoices/{found['id']}/issue/", {"number": "1" * 20, "issued_on": "2026-01-01"}
                       ).status_code == 403  # fmt: skip
    assert fingerprint() == before
    assert draft(contract, rep, "1.00").state == "draft"


def test_the_page_of_a_contract_offers_to_invoice_it_and_shows_its_chains():
    rep, _director, _finance = people()
    contract = paid_contract(rep)
    client, address = sign_in(rep), f"/sales/contracts/{contract.pk}/"
    assert f"/sales/invoices/new/?contract={contract.pk}" in page(client, address)
    reissue = make_reissue(make_invoice(contract), state="approved")
    text = page(client, address)
    assert f"/sales/reissues/{reissue.pk}/" in text and "Reissue chain" in text
    assert f"/sales/invoices/new/?contract={contract.pk}" not in text
