"""Two people change one draft: whoever saves second is told, and changes nothing they did not see."""

import re

import pytest

from sales.contracts.actions import change_contract
from sales.contracts.models import Contract
from sales.invoices.actions import change_invoice
from sales.reissues.actions import change_reissue
from tests.factories import sign_in
from tests.factories.sales import make_billing, make_contract, make_invoice, make_reissue


def fields_of(page):
    """What the form of a page would send, as it stands."""
    text, sent = page.content.decode(), {}
    for tag in re.findall(r"<input[^>]+>", text):
        name, value = re.search(r' name="([^"]+)"', tag), re.search(r' value="([^"]*)"', tag)
        kind = re.search(r' type="([^"]+)"', tag)
        if name and (kind is None or kind[1] not in ("radio", "checkbox", "file") or " checked" in tag):
            sent[name[1]] = value[1] if value else ""
    for name, inside in re.findall(r'<select[^>]* name="([^"]+)"[^>]*>(.*?)</select>', text, re.S):
        chosen = re.search(r'<option value="([^"]*)"[^>]* selected', inside)
        sent[name] = chosen[1] if chosen else ""
    for name, inside in re.findall(r'<textarea[^>]* name="([^"]+)"[^>]*>(.*?)</textarea>', text, re.S):
        sent[name] = inside.strip()
    return {name: value for name, value in sent.items() if name != "csrfmiddlewaretoken"}


def overtaken(people, record, field, change):
    """The status of a form that is sent after somebody else changed the record, and of one opened afterwards."""
    browser, place = sign_in(people.rep), f"{record.get_absolute_url()}edit/"
    opened = fields_of(browser.get(place))
    assert opened["seen"]
    change(record)
    answers = [browser.post(place, {**opened, field: "Mine"})]
    record.refresh_from_db()
    assert getattr(record, field) == "Theirs"
    answers.append(browser.post(place, {**fields_of(browser.get(place)), field: "Mine"}))
    record.refresh_from_db()
    return [answer.status_code for answer in answers], getattr(record, field)


@pytest.mark.parametrize("is_supplement", [False, True])
def test_contracts(people, is_supplement):
    main = make_contract(people.customer) if is_supplement else None
    contract = make_contract(people.customer, state="draft", main=main)

    def change(row):
        if is_supplement:
            Contract.objects.filter(pk=row.pk).update(title="Theirs")
        else:
            change_contract(row, actor=people.director, values={"title": "Theirs"})

    assert overtaken(people, contract, "title", change) == ([409, 302], "Mine")


def test_applications_for_invoices(people):
    invoice = make_invoice(make_contract(people.customer), state="draft")

    def change(row):
        change_invoice(row, actor=people.director, values={"remark": "Theirs"})

    assert overtaken(people, invoice, "remark", change) == ([409, 302], "Mine")


def test_reissues(people):
    reissue = make_reissue(make_invoice(make_contract(people.customer)))
    make_billing(people.customer)

    def change(row):
        change_reissue(row, actor=people.director, values={"explanation": "Theirs"})

    assert overtaken(people, reissue, "explanation", change) == ([409, 302], "Mine")
