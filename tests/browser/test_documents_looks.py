"""Pages of sales documents and approvals, wide and narrow, light and dark, Chinese and English, as for sales."""

from __future__ import annotations

import json

import pytest

from tests.browser.conftest import SignIn
from tests.browser.looks import LANGUAGES, LONG, Walk, speaking
from tests.journeys.copies import Copy

NAME = "Schwarzwald Präzisionsmaschinenbau und Automatisierungstechnik (Suzhou) " * 2
PAGES: dict[str | None, list[str]] = {
    "rep": [
        "/sales/opportunities/", "/sales/opportunities/{opportunity}/", "/sales/requirements/{requirement}/edit/",
        "/sales/quotes/", "/sales/quotes/{quote}/", "/sales/quotes/{quote}/copy/", "/sales/quotes/{draft}/edit/",
        "/sales/contracts/{contract}/", "/sales/contracts/{plan}/instalments/edit/",
        "/sales/orders/{order}/deliver/", "/sales/deliveries/{delivery}/",
        "/sales/invoices/{invoice}/", "/sales/invoices/new/?contract={contract}", "/sales/reissues/{reissue}/edit/",
    ],
    "director": ["/approvals/", "/approvals/{request}/", "/approvals/{request}/add-approver/"],
    "finance": [
        "/", "/sales/payments/{payment}/", "/sales/payments/new/?contract={contract}", "/sales/payments/bank-lines/",
        "/sales/receivables/", "/sales/receivables/ageing/", "/sales/products/prices/",
    ],
    "admin": ["/settings/flows/{flow}/edit/", "/settings/letterhead/"],
    None: ["{link}"],
}  # fmt: skip

MADE = """
import json
from datetime import timedelta
from django.utils import timezone
from crm.approvals.actions import submit
from crm.approvals.models import Flow
from crm.history.operations import operation
from crm.people.models import User
from customers.customers.models import Customer
from sales.contracts.models import Contract
from sales.links.actions import link_path, make_link
from tests.factories import sales
rep = User.objects.get(username="rep")
customer = Customer.objects.get(pk=CUSTOMER)
title = "LONG"[:120]
talk = sales.make_opportunity(customer, rep, name=title)
quote = sales.make_quote(customer, rep, [("24", "6800.00"), ("1", "368000.00")], state="approved", title=title,
                         opportunity=talk)
with operation(rep, "quote_sent", quote):
    _link, token = make_link(quote, actor=rep, until=timezone.localdate() + timedelta(days=9))
contract = sales.make_contract(customer, rep, "706580.00", ("211974.00", "494606.00"), title=title,
                               opportunity=talk)
Contract.objects.filter(pk=contract.pk).update(received="211974.00")
contract.instalments.filter(position=1).update(due_on=timezone.localdate() - timedelta(days=40))
waiting = sales.make_contract(customer, rep, state="draft", title=title)
Contract.objects.filter(pk=waiting.pk).update(number="HT-L-1", submitted_at=timezone.now())
waiting.refresh_from_db()
with operation(rep, "contract_submitted", waiting):
    request = submit("sales.contract", waiting, actor=rep)
order = sales.make_order(contract)
invoice = sales.make_invoice(contract, gross="60000.00")
sales.make_bank_line(payer_name=title[:60])
made = dict(
    opportunity=talk, payment=sales.make_payment(customer, state="draft"), quote=quote, contract=contract, order=order,
    requirement=sales.make_requirement(customer, rep, title=title, opportunity=talk),
    draft=sales.make_quote(customer, rep, title=title),
    plan=sales.make_contract(customer, rep, state="draft", title=title), delivery=sales.make_delivery(order),
    invoice=invoice, reissue=sales.make_reissue(invoice), request=request,
    flow=Flow.objects.filter(purpose="sales.quote").first(),
)
print(json.dumps({**{name: row.pk for name, row in made.items()}, "link": link_path(token)}))
"""


@pytest.fixture(scope="module")
def places(company: Copy) -> dict[str, int | str]:
    """One document of each kind with a long title, of a customer with a name as long as names may be."""
    customer = company.api("rep").call("POST", "customers/", {"name": NAME})[1]["id"]
    made = MADE.replace("CUSTOMER", str(customer)).replace("LONG", LONG)
    return json.loads(company.manage("shell", "-v", "0", "-c", made).splitlines()[-1])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("username", PAGES)
def test_pages_hold_up(
    username: str | None, language: str, places: dict[str, int | str], company: Copy, sign_in: SignIn
) -> None:
    page = sign_in(username, reduced_motion="reduce")
    with speaking(page.context, company.base, language):
        found = Walk(page, is_judged=language == "zh-hans").through(path.format(**places) for path in PAGES[username])
    if found:
        pytest.fail("\n".join(found), pytrace=False)
