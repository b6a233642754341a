"""Invoices, reissues, claims and instalments of amounts that cannot be: refused in words on page and API alike."""

import pytest
from django.utils import timezone

from sales.invoices.models import Invoice
from sales.reissues import confirmation
from tests.factories import sign_in
from tests.factories.api import ApiClient, unchanged
from tests.factories.sales import make_contract, make_invoice
from tests.sales.invoices.stories import issued, paid_contract
from tests.sales.invoices.stories import people as colleagues
from tests.sales.reissues.test_life import agreed, redden

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate().isoformat()
AMOUNTS = ("0", "-1", "0.005", "1e30", "NaN", "Infinity", "10000.01")


def words(answer):
    """What an answer of the API says, which is in words and about a field or the whole."""
    assert answer.status_code in (400, 422), answer.body
    return str(answer.body["error"])


def reads(page):
    """What a page says that was refused."""
    assert page.status_code == 422, page.text[:500]
    return page.text


@pytest.mark.parametrize("gross", AMOUNTS)
def test_no_invoice_is_applied_for_with_such_an_amount(gross):
    rep = colleagues()[0]
    contract = paid_contract(rep)
    line, profile = contract.lines.get(), contract.customer.billing_profiles.get()
    browser, client = sign_in(rep), ApiClient(rep)
    before = unchanged(client)
    form = {"type": "digital_special", "profile": profile.pk, f"line-gross_{line.pk}": gross}
    reads(browser.post(f"/sales/invoices/new/?contract={contract.pk}", form))
    body = {"contract": contract.pk, "profile": profile.pk, "lines": [{"contract_line": line.pk, "gross": gross}]}
    words(client.post("invoices/", body))
    assert unchanged(client) == before


def test_no_invoice_is_applied_for_above_what_is_paid():
    rep = colleagues()[0]
    contract = paid_contract(rep, received="5000.00")
    line, profile = contract.lines.get(), contract.customer.billing_profiles.get()
    browser, client = sign_in(rep), ApiClient(rep)
    before = unchanged(client)
    form = {"type": "digital_special", "profile": profile.pk, f"line-gross_{line.pk}": "5000.01"}
    assert "5,000.00" in reads(browser.post(f"/sales/invoices/new/?contract={contract.pk}", form))
    body = {"contract": contract.pk, "profile": profile.pk, "lines": [{"contract_line": line.pk, "gross": "5000.01"}]}
    assert "5,000.00" in words(client.post("invoices/", body))
    assert unchanged(client) == before


def test_what_was_taken_back_and_a_red_letter_are_not_taken_back_again():
    rep, director, finance = colleagues()
    blue = issued(paid_contract(rep), rep, director, finance)
    reissue = agreed(blue, rep, director, finance)
    confirmation.begin_confirmation(reissue, actor=finance, confirmation="01")
    red = redden(reissue, finance)
    browser, client = sign_in(rep), ApiClient(rep)
    before = unchanged(client)
    for invoice, said in ((blue, "taken back already"), (red, "red letter")):
        form = {"reason": "title", "explanation": "Wrong.", "extent": "full", "wants_new": "on",
                "profile": blue.profile_id}  # fmt: skip
        assert said in reads(browser.post(f"/sales/invoices/{invoice.pk}/reissue/", form))
        body = {"invoice": invoice.pk, "reason": "title", "explanation": "Wrong.", "is_full": True, "wants_new": True,
                "profile": blue.profile_id}  # fmt: skip
        assert said in words(client.post("reissues/", body))
    assert unchanged(client) == before


def test_a_line_of_another_invoice_or_contract_is_not_billed_or_taken_back():
    rep = colleagues()[0]
    contract, other = paid_contract(rep), paid_contract(rep)
    blue, foreign = make_invoice(contract, profile=contract.customer.billing_profiles.get()), other.lines.get()
    strange = make_invoice(other, profile=other.customer.billing_profiles.get()).lines.get()
    client, profile = ApiClient(rep), contract.customer.billing_profiles.get()
    before = unchanged(client)
    body = {"contract": contract.pk, "profile": profile.pk, "lines": [{"contract_line": foreign.pk, "gross": "1.00"}]}
    assert "line of this contract" in words(client.post("invoices/", body))
    body = {"invoice": blue.pk, "reason": "returned_goods", "explanation": "Back.", "profile": profile.pk,
            "lines": [{"invoice_line": strange.pk, "gross": "1.00"}]}  # fmt: skip
    assert "line of this invoice" in words(client.post("reissues/", body))
    assert "lines" in words(client.post("reissues/", {**body, "is_full": True}))
    assert unchanged(client) == before
    assert Invoice.objects.count() == 2


@pytest.mark.parametrize("amount", [*AMOUNTS[:-1], "99999999999999999.00"])
def test_no_payment_is_claimed_and_no_instalment_planned_of_such_an_amount(amount):
    rep = colleagues()[0]
    signed, open_one = paid_contract(rep, received="0"), make_contract(state="draft", owner=rep)
    open_one.customer.owner = rep
    open_one.customer.save()
    browser, client = sign_in(rep), ApiClient(rep)
    before = unchanged(client)
    claim = {"contract": signed.pk, "amount": amount, "paid_on": TODAY}
    form = {**claim, "currency": "CNY", "method": "transfer"}
    reads(browser.post(f"/sales/payments/new/?contract={signed.pk}", form))
    words(client.post("payments/", {**claim, "customer": signed.customer_id}))
    part = {"name": "Part", "basis": "date", "due_on": TODAY, "days_after": "0"}
    typed = {f"plan-{place}-{name}": value for place, share in enumerate((amount, "5000.00"))
             for name, value in {**part, "amount": share}.items()}  # fmt: skip
    reads(browser.post(f"/sales/contracts/{open_one.pk}/instalments/edit/", {"plan-count": "2", **typed}))
    rows = [{**part, "days_after": 0, "amount": share} for share in (amount, "5000.00")]
    words(client.post(f"contracts/{open_one.pk}/plan/", {"instalments": rows}))
    assert unchanged(client) == before


def test_a_payment_in_another_currency_than_its_contract_is_refused():
    rep = colleagues()[0]
    contract = paid_contract(rep, received="0")
    browser, client = sign_in(rep), ApiClient(rep)
    before = unchanged(client)
    claim = {"contract": contract.pk, "amount": "10.00", "paid_on": TODAY, "currency": "USD"}
    reads(browser.post(f"/sales/payments/new/?contract={contract.pk}", {**claim, "method": "transfer"}))
    words(client.post("payments/", {**claim, "customer": contract.customer_id}))
    assert unchanged(client) == before
