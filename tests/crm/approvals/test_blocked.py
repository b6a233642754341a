"""Nobody left to decide: a role that decides then, trying again, and copies that were read."""

import pytest
from django.core.exceptions import ValidationError

from crm.approvals import actions
from crm.approvals.deadlines import retry
from crm.approvals.flows import save_flow
from crm.approvals.models import ApprovalCopy, ApprovalRequest
from crm.history.models import Operation
from crm.people.models import User
from tests.contract.fingerprints import fingerprint
from tests.crm.approvals.purpose import make_document, make_flow, manager, put_up, state_of
from tests.factories import make_user, sign_in

pytestmark = pytest.mark.django_db
OTHERWISE = {**manager(), "otherwise": "finance"}


def people_of(request):
    return {task.approver.username for task in request.tasks.filter(state="pending")}


def fresh(request):
    return ApprovalRequest.objects.get(pk=request.pk)


def test_where_nobody_stands_above_the_role_named_for_it_decides(company):
    make_flow(OTHERWISE)

    top = put_up(make_document(company.vp), company.vp)
    below = put_up(make_document(company.rep), company.rep)

    assert (top.state, people_of(top)) == ("pending", {"finance", "finance2"})
    assert people_of(below) == {"director"}


def test_not_even_that_role_decides_on_what_its_holder_submitted(company):
    make_flow(OTHERWISE)
    User.objects.filter(pk=company.finance2.pk).update(is_active=False)
    company.finance.department.head = company.finance
    company.finance.department.save(update_fields=["head"])

    request = put_up(make_document(company.finance), company.finance)

    assert (request.state, people_of(request)) == ("blocked", set())


def test_a_flow_that_names_no_such_role_stays_as_it_is_when_saved_again(company):
    flow = make_flow(manager())

    version = save_flow(flow, actor=company.admin, definition=flow.version.definition)

    assert version.number == 1


def test_a_role_that_does_not_exist_is_refused(company):
    with pytest.raises(ValidationError, match="no role"):
        make_flow({**manager(), "otherwise": "nobody"})


def blocked(company):
    """A request of the vice president, above whom nobody stands."""
    make_flow(manager())
    document = make_document(company.vp)
    return put_up(document, company.vp), document


def appoint(company):
    chief = make_user("chief", "director", department=company.sales)
    company.sales.head = chief
    company.sales.save(update_fields=["head"])
    return chief


def test_who_keeps_the_flows_tries_again_without_seeing_the_document(company):
    request, document = blocked(company)
    browser = sign_in(company.admin)
    address = f"/settings/flows/blocked/{request.pk}/retry/"
    page = browser.get("/settings/flows/").content.decode()
    assert address in page
    assert request.title not in page

    browser.post(address)
    assert (fresh(request).state, state_of(document)) == ("blocked", "blocked")

    appoint(company)
    answer = browser.post(address, follow=True)

    assert (fresh(request).state, people_of(request), state_of(document)) == ("pending", {"chief"}, "pending")
    assert answer.redirect_chain[-1][0] == "/settings/flows/"
    assert Operation.objects.get(verb="approval_retried").actor == company.admin


def test_nobody_else_tries_again(company):
    request, _document = blocked(company)
    appoint(company)
    before = fingerprint()

    answers = [sign_in(person).post(f"/settings/flows/blocked/{request.pk}/retry/").status_code
               for person in (company.rep, company.vp, company.finance)]  # fmt: skip

    assert answers == [403, 403, 403]
    assert fingerprint() == before


def test_trying_again_decides_nothing_in_the_name_of_who_tried(company):
    request, _document = blocked(company)
    appoint(company)

    retry(request, actor=company.admin)

    assert not request.decisions.filter(actor=company.admin).exists()


def test_a_copy_is_read_once_its_page_was_opened_and_said_so(company):
    make_flow(manager())
    request = put_up(make_document(company.rep), company.rep)
    actions.copy_to(request, actor=company.rep, people=[company.finance2])
    reader, address = sign_in(company.finance2), f"/approvals/{request.pk}/read/"

    assert address in reader.get(request.get_absolute_url()).content.decode()
    assert ApprovalCopy.objects.get().read_at is None

    assert reader.post(address, headers={"HX-Request": "true"}).status_code == 204
    reader.post(address)

    assert ApprovalCopy.objects.get().read_at is not None
    assert Operation.objects.filter(verb="approval_copy_read").count() == 1
    assert address not in reader.get(request.get_absolute_url()).content.decode()


def test_who_got_no_copy_marks_none_read(company):
    make_flow(manager())
    request = put_up(make_document(company.rep), company.rep)
    actions.copy_to(request, actor=company.rep, people=[company.finance2])
    before = fingerprint()

    sign_in(company.director).post(f"/approvals/{request.pk}/read/")

    assert fingerprint() == before
