"""The file of reissues holds what finance needs of each, and no row its maker may not take out."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone, translation

from crm.access.models import Grant
from crm.history.models import Operation
from crm.records.exports import export_named, start_export
from crm.records.selection import Selection
from sales.invoices.issuing import issue_invoice
from sales.invoices.models import Invoice, Reissue
from sales.reissues import confirmation
from tests.factories import make_customer, make_department, make_user, sign_in
from tests.factories.sales import make_contract, make_invoice, make_reissue
from tests.sales.invoices.stories import issued, paid_contract, people
from tests.sales.products.test_exports import rows_of
from tests.sales.reissues.test_life import agreed, redden

pytestmark = pytest.mark.django_db
LABEL = "sales.Reissue"
ALL = Selection(is_all=True)


def taken_back(number="3", **more):
    """A reissue of an issued invoice that finance has red-lettered, with its people."""
    rep, director, finance = people()
    blue = issued(paid_contract(rep), rep, director, finance, number=number * 20)
    reissue = agreed(blue, rep, director, finance, **more)
    confirmation.begin_confirmation(reissue, actor=finance, confirmation="01")
    redden(reissue, finance)
    reissue.refresh_from_db()
    return reissue, rep, finance


def test_a_reissue_is_written_with_its_red_letter_and_the_invoice_issued_again():
    reissue, _rep, finance = taken_back()
    (waiting,) = rows_of(LABEL, finance)
    assert [waiting[name] for name in ("red_number", "new_number", "new_issued_on")] == ["9" * 20, "", ""]
    new, today = Invoice.objects.get(reissue=reissue, kind="blue"), timezone.localdate()
    issue_invoice(new, actor=finance, number="8" * 20, issued_on=today)
    (row,) = rows_of(LABEL, finance)
    reissue.refresh_from_db()
    assert {name: row[name] for name in row if name not in ("created_at", "closed_at")} == {
        "number": reissue.number, "state": "closed", "customer": reissue.customer.name,
        "contract": reissue.contract.number, "invoice": "3" * 20, "reason": "wrong title or tax data",
        "extent": "the whole invoice", "currency": "CNY", "net": str(-reissue.net), "tax": str(-reissue.tax),
        "gross": "-6000.00", "confirmation": "01 no confirmation needed",
        "confirmation_number": reissue.confirmation_number, "red_number": "9" * 20, "red_issued_on": str(today),
        "new_number": "8" * 20, "new_issued_on": str(today), "owner": reissue.owner.name,
    }  # fmt: skip
    assert row["created_at"][:10] == str(today) and row["closed_at"][:10] == str(today)


def test_a_given_up_application_and_invoices_of_others_are_no_new_invoice():
    reissue, _rep, finance = taken_back()
    Invoice.objects.filter(reissue=reissue, kind="blue").update(state="void")
    make_invoice(reissue.contract, gross="1.00")
    (row,) = rows_of(LABEL, finance)
    assert (row["red_number"], row["new_number"]) == ("9" * 20, "")


def test_the_words_of_the_file_are_those_of_its_reader():
    make_reissue(is_full=False)
    with translation.override("zh-hans"):
        (row,) = rows_of(LABEL, make_user("finance", "finance"))
        headers = [column.header for column in export_named(LABEL).resource.columns().values()]
    assert (row["extent"], row["reason"], row["state"]) == ("部分红冲", "抬头或税务信息开错", "草稿")
    assert len(headers) == len(set(headers)) and "红字发票开票日期" in headers


def test_everybody_takes_out_what_they_may_and_nothing_else():
    east, north = make_department("East"), make_department("North")
    rep, peer, far = make_user("rep", "rep", east), make_user("peer", "rep", east), make_user("far", "rep", north)
    own, peers, fars = (make_reissue(make_invoice(make_contract(make_customer(one)))) for one in (rep, peer, far))
    contract = make_contract(make_customer(rep), owner=peer)
    written = make_reissue(make_invoice(contract))
    wanted = {
        rep: {own, written}, peer: {peers, written}, far: {fars}, make_user("director", "director", east): {
            own, peers, written}, make_user("finance", "finance"): {own, peers, fars, written},
        make_user("auditor", "auditor"): set(), make_user("admin", "admin"): set(),
    }  # fmt: skip
    for user, rows in wanted.items():
        assert set(export_named(LABEL).rows(user, ALL)) == rows, user
    chosen = Selection(ids=tuple(Reissue.objects.values_list("pk", flat=True)))
    assert set(export_named(LABEL).rows(rep, chosen)) == {own, written}


def test_who_may_see_no_reissues_takes_out_none():
    make_reissue()
    finance = make_user("finance", "finance")
    Grant.objects.filter(role__code="finance", right="sales.view_reissue").delete()
    assert not export_named(LABEL).rows(finance, ALL).exists()


def test_discarded_drafts_are_in_no_file():
    gone = make_reissue(archived_at=timezone.now())
    finance = make_user("finance", "finance")
    for selection in (ALL, Selection(ids=(gone.pk,))):
        assert not export_named(LABEL).rows(finance, selection).exists()


def test_the_list_offers_the_file_to_those_who_may_have_it_and_its_page_keeps_the_reason():
    reissue = make_reissue(state="approved")
    finance, auditor = sign_in(make_user("finance", "finance")), sign_in(make_user("auditor", "auditor"))
    place = "/sales/reissues/export/"
    assert place in finance.get("/sales/reissues/").text and place not in auditor.get("/sales/reissues/").text
    assert auditor.get(place, {"all": "1"}).status_code == 403
    asked = {"all": "1", "query": f"contract={reissue.contract_id}", "file_format": "csv", "columns": ["number"]}
    assert finance.post(place, asked).status_code == 422
    assert not Operation.objects.filter(verb="customers_exported").exists()
    assert finance.post(place, {**asked, "reason": "Month end"}).status_code == 302
    entry = Operation.objects.get(verb="customers_exported")
    assert (entry.reason, entry.row_count, entry.facts["details"]) == ("Month end", 1, False)
    assert f"#{reissue.contract_id}" in entry.facts["filter"] and reissue.contract.number not in entry.facts["filter"]


def test_what_nobody_may_export_today_any_more_is_asked_for(settings):
    settings.EXPORT_ROWS_A_DAY = {"own": 1, "department": 1, "below": 1, "all": 1}
    for _row in range(2):
        make_reissue(net=Decimal("1.00"), tax=Decimal("0.00"), gross=Decimal("1.00"))
    finance = make_user("finance", "finance")
    with pytest.raises(ValidationError, match="too many"):
        start_export(finance, LABEL, ALL, ["number"], "csv", "Month end")
    assert not Operation.objects.filter(verb="customers_exported").exists()
