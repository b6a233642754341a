"""Requirements through pages and API, in reach and out of it."""

import uuid
from decimal import Decimal

import pytest

from crm.approvals import actions as approvals
from crm.approvals.models import ApprovalRequest, Flow
from sales.requirements.actions import submit_requirement
from sales.requirements.models import Requirement
from tests.contract.fingerprints import fingerprint
from tests.factories import make_customer, make_department, make_pooled_customer, make_user, sign_in
from tests.factories.approvals import STEP
from tests.factories.sales import make_opportunity, make_product, make_requirement

pytestmark = pytest.mark.django_db


def typed(rows=({"name": "Gateway", "quantity": "2"},), **more):
    data = {"title": "Networked machines", "needs": "40 machines", "currency": "CNY", "lines-count": str(len(rows))}
    for place, row in enumerate(rows):
        data |= {f"lines-{place}-{name}": value for name, value in row.items()}
    return data | more


def sales(before):
    return {name: digest for name, digest in before.items() if name.startswith("sales")}


def test_a_rep_writes_a_requirement_down_once_however_often_it_is_sent(company):
    product = make_product("MES", code="MES-1", unit="项")
    data = typed(
        [{"product": "mes-1", "quantity": "1", "target_price": "368,000.00"}, {"name": "Training", "quantity": "2.5"}],
        key=str(uuid.uuid4()),
    )
    person = sign_in(company.rep)
    place = f"/sales/requirements/new/?customer={company.customer.pk}"
    first, second = person.post(place, data), person.post(place, data)
    requirement = Requirement.objects.get()
    assert first.url == second.url == requirement.get_absolute_url()
    lines = [(line.name, line.product, line.quantity, line.target_price) for line in requirement.lines.all()]
    assert lines == [("MES", product, Decimal(1), Decimal(368000)), ("Training", None, Decimal("2.5"), None)]
    page = person.get(first.url).content.decode()
    assert "MES" in page
    assert "368,000.00" in page


def test_the_buttons_of_the_rows_work_without_a_script_and_keep_nothing(company):
    person = sign_in(company.rep)
    place = f"/sales/requirements/new/?customer={company.customer.pk}"
    answer = person.post(place, typed(line="add"))
    assert answer.status_code == 200
    assert len(answer.context["editor"].rows) == 2
    answer = person.post("/sales/requirements/lines/", typed([{"name": "A"}, {"name": "B"}], line="up-1"))
    assert [row.texts["name"] for row in answer.context["editor"].rows] == ["B", "A"]
    assert not Requirement.objects.exists()


@pytest.mark.parametrize(
    "rows",
    [
        [{"name": "Gateway", "quantity": "-1"}],
        [{"name": "Gateway", "quantity": "1e30"}],
        [{"name": "Gateway", "quantity": "NaN"}],
        [{"name": "", "note": "x", "quantity": "1"}],
        [{"product": "NO-SUCH", "quantity": "1"}],
        [{"id": "99999999", "name": "Gateway", "quantity": "1"}],
        [{"name": "Gateway", "quantity": "1"}] * 201,
    ],
)
def test_wrong_rows_are_refused_in_words_and_nothing_is_kept(company, rows):
    before = sales(fingerprint())
    answer = sign_in(company.rep).post(f"/sales/requirements/new/?customer={company.customer.pk}", typed(rows))
    assert answer.status_code == 422
    assert sales(fingerprint()) == before


def test_customers_out_of_reach_in_a_pool_or_archived_get_no_requirement(company):
    stranger = make_customer(make_user("other", "rep", department=make_department("West")))
    person = sign_in(company.rep)
    for customer in (stranger, make_pooled_customer()):
        assert person.post(f"/sales/requirements/new/?customer={customer.pk}", typed()).status_code == 422
    assert person.get("/sales/requirements/new/?customer=9999999999999999999999").status_code == 422
    assert person.get("/sales/requirements/new/").status_code == 200
    assert not Requirement.objects.exists()


def test_an_opportunity_fills_in_its_customer_and_itself(company):
    talk = make_opportunity(company.customer)
    answer = sign_in(company.rep).get(f"/sales/requirements/new/?opportunity={talk.pk}")
    assert answer.status_code == 200
    assert answer.context["form"]["opportunity"].value() == talk.pk


def test_whoever_submits_chooses_the_approvers_a_flow_leaves_open(company):
    flow = Flow.objects.get(purpose="sales.requirement")
    version = flow.version
    who = {"kind": "chosen", "users": [company.technician.pk, company.head.pk]}
    version.definition = {"conditions": [], "steps": [{**STEP, "key": "open", "name": "Whom you like", "who": who}]}
    version.save()
    requirement, rep = make_requirement(company.customer), sign_in(company.rep)
    place = requirement.get_absolute_url()
    assert "Whom you like" in rep.get(f"{place}submit/").text
    before = fingerprint()
    assert rep.post(f"{place}submit/", {"comment": ""}).status_code == 422
    assert rep.post(f"{place}submit/", {"chosen_open": [company.rep.pk]}).status_code == 422
    assert fingerprint() == before
    assert rep.post(f"{place}submit/", {"chosen_open": [company.head.pk]}).status_code == 302
    assert list(ApprovalRequest.objects.get().tasks.values_list("approver", flat=True)) == [company.head.pk]


def test_a_requirement_goes_its_way_through_pages(company):
    requirement = make_requirement(company.customer)
    rep, place = sign_in(company.rep), requirement.get_absolute_url()
    assert rep.get(place).status_code == 200
    assert rep.get(f"{place}edit/").status_code == 200
    assert rep.post(f"{place}submit/", {"comment": "urgent"}).status_code == 302
    requirement.refresh_from_db()
    assert requirement.state == "pending"
    assert rep.get(f"{place}edit/").status_code == 302
    assert rep.get(f"{place}check/").status_code == 403
    technician = sign_in(company.technician)
    assert technician.get(place).status_code == 403
    assert technician.get(f"{place}check/").status_code == 200
    answer = technician.post(f"{place}check/", {"result": "partly", "note": "Two makers are closed"})
    request = ApprovalRequest.objects.get()
    assert answer.url == request.get_absolute_url()
    assert "Two makers are closed" in technician.get(answer.url).content.decode()
    approvals.approve(request, actor=company.technician, seen=request.content_hash)
    assert technician.get(f"{place}check/").status_code == 404
    page = sign_in(company.head).get(place).content.decode()
    assert "Two makers are closed" in page
    request.refresh_from_db()
    approvals.approve(request, actor=company.head, seen=request.content_hash)
    assert f"?requirement={requirement.pk}" in rep.get(place).content.decode()
    assert rep.post(f"{place}void/", {"reason": "Another project"}).status_code == 302
    requirement.refresh_from_db()
    assert requirement.state == "void"


def test_a_check_without_words_is_refused_on_its_page(company):
    requirement = make_requirement(company.customer)
    submit_requirement(requirement, actor=company.rep)
    answer = sign_in(company.technician).post(f"{requirement.get_absolute_url()}check/", {"result": "impossible"})
    assert answer.status_code == 422
    requirement.refresh_from_db()
    assert requirement.check_result == ""


def test_a_form_opened_before_another_change_is_stale_and_shows_so(company):
    requirement = make_requirement(company.customer)
    line = requirement.lines.get()
    rows = [{"id": str(line.pk), "name": "Gateway", "quantity": "9"}]
    answer = sign_in(company.rep).post(f"{requirement.get_absolute_url()}edit/", typed(rows, seen="older"))
    assert answer.status_code == 409
    assert requirement.lines.get().quantity == Decimal(2)


def test_the_list_shows_what_is_in_reach_and_can_be_narrowed_down(company):
    own = make_requirement(company.customer, title="Ours")
    make_requirement(make_customer(make_user("other", "rep", department=make_department("West"))), title="Theirs")
    person = sign_in(company.rep)
    for query in ("", "?state=draft", "?q=Ours", "?owner=me", f"?customer={company.customer.pk}", "?view=mine"):
        page = person.get(f"/sales/requirements/{query}")
        assert page.status_code == 200
        assert own.title in page.content.decode()
        assert "Theirs" not in page.content.decode()
    assert own.title not in person.get("/sales/requirements/?state=approved").content.decode()
    assert person.get("/sales/requirements/?state=nonsense").status_code == 400
    assert person.get("/sales/requirements/filter/").status_code == 200


def test_list_and_page_cost_the_same_for_one_and_for_many(company, django_assert_max_num_queries):
    person = sign_in(company.rep)
    first = make_requirement(company.customer)
    for number in range(20):
        make_requirement(make_customer(company.rep, name=f"Customer {number}"))
    person.get("/sales/requirements/")
    with django_assert_max_num_queries(12):
        person.get("/sales/requirements/")
    with django_assert_max_num_queries(14):
        person.get(first.get_absolute_url())


def test_another_department_finds_no_requirement(company):
    requirement = make_requirement(company.customer)
    stranger = sign_in(make_user("other", "rep", department=make_department("West")))
    before = sales(fingerprint())
    for verb in ("", "edit/", "submit/", "withdraw/", "void/"):
        assert stranger.get(f"{requirement.get_absolute_url()}{verb}").status_code == 404
        if verb:
            assert stranger.post(f"{requirement.get_absolute_url()}{verb}", {"reason": "x"}).status_code == 404
    assert sales(fingerprint()) == before
