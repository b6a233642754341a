"""The file of requirements tells what is hoped for and found, and names nothing out of its maker's reach."""

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
from sales.requirements.lines import estimate
from sales.requirements.models import Requirement, RequirementLine
from tests.factories import make_customer, make_department, make_user, sign_in
from tests.factories.customers import make_pool, make_pooled_customer
from tests.factories.sales import make_opportunity, make_requirement
from tests.sales.products.test_exports import rows_of

pytestmark = pytest.mark.django_db
LABEL = "sales.Requirement"
ALL = Selection(is_all=True)


def head():
    """Who directs the department everybody is in where none is named."""
    return make_user("head", "director")


def test_a_requirement_is_written_with_what_is_hoped_for_and_what_a_technician_found():
    customer = make_customer(make_user("rep", "rep"))
    talk = make_opportunity(customer, name="Line 4")
    row = make_requirement(
        customer, opportunity=talk, state="approved", number="XQ-1", check_result="partly", wanted_on=date(2026, 12, 1)
    )
    with translation.override("en"):
        (told,) = rows_of(LABEL, head())
    assert told.pop("created_at")[:10] == str(timezone.localdate())
    assert told == {
        "number": "XQ-1", "title": row.title, "state": "approved", "customer": customer.name, "opportunity": "Line 4",
        "currency": "CNY", "hoped_for": "13600.00", "wanted_on": "2026-12-01", "check": "feasible with changes",
        "owner": row.owner.name,
    }  # fmt: skip


def test_what_is_hoped_for_is_the_sum_the_page_shows_and_empty_where_no_line_says_a_price():
    priced, silent = make_requirement(title="Priced"), make_requirement(title="Silent")
    for position, price in enumerate(("0.3350", None, "99.9999"), 2):
        RequirementLine.objects.create(
            document=priced, position=position, name="More", quantity=Decimal(3), target_price=price
        )
    silent.lines.update(target_price=None)
    found = {row["title"]: row["hoped_for"] for row in rows_of(LABEL, head())}
    assert found == {"Priced": str(estimate(priced.lines.all())), "Silent": ""}


def test_the_words_of_the_file_are_those_of_its_reader():
    make_requirement()
    with translation.override("zh-hans"):
        (row,) = rows_of(LABEL, head())
        headers = [column.header for column in export_named(LABEL).resource.columns().values()]
    assert (row["state"], row["check"]) == ("草稿", "未评估")
    assert len(headers) == len(set(headers)) and {"技术评估", "客户期望金额"} <= set(headers)


def test_everybody_takes_out_what_they_may_and_nothing_else():
    east, north = make_department("East"), make_department("North")
    rep, peer, far = make_user("rep", "rep", east), make_user("peer", "rep", east), make_user("far", "rep", north)
    own, peers, fars = (make_requirement(make_customer(one)) for one in (rep, peer, far))
    written = make_requirement(make_customer(rep), owner=peer)
    wanted = {
        rep: {own, written}, peer: {peers, written}, far: {fars},
        make_user("director", "director", east): {own, peers, written},
        make_user("finance", "finance"): set(),
        make_user("auditor", "auditor"): set(), make_user("admin", "admin"): set(),
        make_user("technician", "technician"): set(), make_user("marketing", "marketing"): set(),
    }  # fmt: skip
    chosen = Selection(ids=tuple(Requirement.objects.values_list("pk", flat=True)))
    for user, rows in wanted.items():
        assert set(export_named(LABEL).rows(user, ALL)) == rows, user
        assert set(export_named(LABEL).rows(user, chosen)) == rows, user


def test_who_may_see_no_requirements_takes_out_none():
    make_requirement()
    director = head()
    Grant.objects.filter(role__code="director", right="sales.view_requirement").delete()
    assert not export_named(LABEL).rows(director, ALL).exists()


def test_discarded_drafts_are_in_no_file():
    gone = make_requirement(archived_at=timezone.now())
    director = head()
    for selection in (ALL, Selection(ids=(gone.pk,))):
        assert not export_named(LABEL).rows(director, selection).exists()


def test_customers_and_opportunities_out_of_reach_are_not_named():
    rep, far = make_user("rep", "rep", make_department("East")), make_user("far", "rep", make_department("North"))
    theirs = make_customer(far, name="Hidden Works")
    talk = make_opportunity(theirs, name="Hidden talk")
    mine = make_customer(rep, name="Own Works")
    make_requirement(theirs, owner=rep, opportunity=talk, title="First")
    make_requirement(mine, opportunity=make_opportunity(mine, name="Own talk"), title="Second")
    found = {row["title"]: (row["customer"], row["opportunity"]) for row in rows_of(LABEL, rep)}
    assert found == {"First": ("", ""), "Second": ("Own Works", "Own talk")}


def test_a_customer_in_a_pool_of_others_is_not_named_and_no_contact_details_are_columns():
    rep = make_user("rep", "rep", make_department("East"))
    make_requirement(make_pooled_customer(make_pool(department=make_department("North"))), owner=rep)
    assert [told["customer"] for told in rows_of(LABEL, rep)] == [""]
    columns = export_named(LABEL).resource.columns()
    assert not any(column.mask for column in columns.values()) and "contact" not in columns


def test_formulas_in_titles_do_not_run():
    make_requirement(title='=HYPERLINK("http://x")')
    (row,) = rows_of(LABEL, head())
    assert row["title"] == '\'=HYPERLINK("http://x")'


def test_a_file_costs_the_same_however_many_requirements_are_in_it():
    director, costs, read = head(), [], []
    assert director.reach
    for size in (1, 1, 7):
        for _row in range(size):
            make_requirement()
        with CaptureQueriesContext(connection) as queries:
            start_export(director, LABEL, ALL, ["number", "hoped_for"], "csv", "Month end")
        costs.append(len(queries))
        with connection.execute_wrapper(lambda run, *given: read.append(given[0]) or run(*given)):
            count = len(rows_of(LABEL, director))
        assert count == Requirement.objects.count()
    assert costs[1] == costs[2] <= 12 and read == []  # besides the one COPY; the first asks what one reaches


def test_the_list_offers_the_file_to_those_who_may_have_it_and_its_page_keeps_the_reason():
    row = make_requirement()
    talk = make_opportunity(row.customer, name="Line 4")
    Requirement.objects.update(opportunity=talk)
    director, auditor = sign_in(head()), sign_in(make_user("auditor", "auditor"))
    place, shown = "/sales/requirements/export/", "/sales/requirements/"
    assert place in director.get(shown).text and place not in auditor.get(shown).text
    asked = {"all": "1", "query": f"opportunity={talk.pk}", "file_format": "csv", "columns": ["number"]}
    assert auditor.get(place, {"all": "1"}).status_code == 403
    assert auditor.post(place, {**asked, "reason": "Month end"}).status_code == 403
    assert director.post(place, asked).status_code == 422
    assert director.post(place, {**asked, "reason": "Month end", "columns": ["needs"]}).status_code == 422
    assert not Operation.objects.filter(verb="customers_exported").exists()
    assert director.post(place, {**asked, "reason": "Month end"}).status_code == 302
    entry = Operation.objects.get(verb="customers_exported")
    assert (entry.reason, entry.row_count, entry.facts["details"]) == ("Month end", 1, False)
    assert f"#{talk.pk}" in entry.facts["filter"] and talk.name not in entry.facts["filter"]
