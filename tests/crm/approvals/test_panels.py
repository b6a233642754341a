"""What a document page shows of its approval, and what it costs."""

import pytest
from django.db import connection
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from crm.approvals import actions
from crm.approvals.panels import approval_panel
from crm.approvals.routing import preview
from crm.history.operations import operation
from tests.crm.approvals.purpose import make_document, make_flow, manager, put_up, role
from tests.crm.approvals.test_actions import approve
from tests.factories import sign_in

pytestmark = pytest.mark.django_db
STEPS = (
    {**manager(), "hours": 8},
    {**role("finance"), "conditions": [{"fact": "amount", "operator": "above", "value": "20000.00"}]},
)


def costs(work):
    with CaptureQueriesContext(connection) as caught:
        work()
    return len(caught)


def rail(user, document):
    request = RequestFactory().get("/somewhere/")
    request.user = user
    return render_to_string(
        "approvals/_rail.html", {"approval": approval_panel(user, "tests.task", document)}, request=request
    )


def test_the_flow_so_far_who_is_next_and_what_one_may_do(company):
    make_flow(*STEPS)
    document = make_document(company.rep, amount="25000.00")
    put_up(document, company.rep)
    panel = approval_panel(company.director, "tests.task", document)
    assert [(entry.css, entry.name, entry.words) for entry in panel["entries"]] == [
        ("done", "Rep", "submitted"),
        ("now", "Director", "deciding"),
        ("", "", "Step 2"),
    ]
    assert panel["turn"].approver_id == company.director.pk
    page = rail(company.director, document)
    assert f'formaction="/approvals/{panel["request"].pk}/reject/"' in page
    assert 'name="seen"' in page
    assert "Finance" in page
    other = rail(company.finance, document)
    assert "Director" in other
    assert "formaction" not in other


def test_before_the_first_submission_it_asks_for_the_preview(company):
    make_flow(*STEPS)
    document = make_document(company.rep, amount="25000.00")
    page = rail(company.rep, document)
    address = f"/approvals/preview/tests.task/{document.pk}/"
    assert f'hx-get="{address}"' in page
    shown = sign_in(company.rep).get(address)
    assert "because the amount is above ¥20,000.00" in shown.content.decode()
    part = sign_in(company.rep).get(address, HTTP_HX_REQUEST="true").content.decode()
    assert "<html" not in part
    assert "Director" in part
    assert sign_in(company.admin).get(address).status_code == 404
    assert sign_in(company.rep).get(f"/approvals/preview/sales.nothing/{document.pk}/").status_code == 404


def test_a_blocked_document_says_why(company):
    make_flow(manager())
    document = make_document(company.vp)
    put_up(document, company.vp)
    assert "Nobody may decide in the step “Step 1”" in rail(company.vp, document)


def test_what_it_costs(company):
    make_flow(*STEPS)
    document = make_document(company.rep, amount="25000.00")

    def submit():
        with operation(company.rep, "task_changed", document):
            actions.submit("tests.task", document, actor=company.rep)

    assert costs(lambda: preview("tests.task", document, actor=company.rep)) <= 7
    assert costs(submit) <= 23
    request = approval_panel(company.rep, "tests.task", document)["request"]
    assert costs(lambda: approval_panel(company.director, "tests.task", document)) <= 3
    assert costs(lambda: approve(request, company.director)) <= 26
    request.refresh_from_db()
    assert costs(lambda: approve(request, company.finance)) <= 26
