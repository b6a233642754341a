"""Flows of an older installation get what newer versions add, unless somebody here changed them."""

from dataclasses import replace

import pytest

from crm.approvals.delivered import bring_flows_up_to_date
from crm.approvals.flows import install_standard_flows, save_flow
from crm.approvals.models import ApprovalRequest, Flow, FlowVersion
from crm.approvals.purposes import purposes
from crm.history.models import Operation
from tests.contract.fingerprints import fingerprint
from tests.crm.approvals import purpose as declared_purposes
from tests.crm.approvals.purpose import TASKS, make_document, put_up
from tests.factories import role_named, sign_in

pytestmark = pytest.mark.django_db
BEFORE = {"steps": [
    {"key": "manager", "name": "Manager", "who": {"kind": "manager"}},
    {"key": "finance", "name": "Finance", "who": {"kind": "role", "role": "finance"}},
]}  # fmt: skip
FLOOR = {
    "key": "floor", "name": "Minimum price", "who": {"kind": "role", "role": "finance"},
    "decide_right": "sales.view_floor_price", "conditions": [{"fact": "below_floor", "operator": "is", "value": True}],
}  # fmt: skip
NOW = {"steps": [{**BEFORE["steps"][0], "otherwise": "finance"}, FLOOR, BEFORE["steps"][1]]}


@pytest.fixture
def delivers(settings, monkeypatch):
    """Let the product come with these steps for tasks."""
    settings.HARBOUR_APPROVALS = ["tests.crm.approvals.purpose.TASKS"]

    def deliver(definition, name="Everything"):
        monkeypatch.setattr(declared_purposes, "TASKS", replace(TASKS, standard_flows=((name, definition),)))
        purposes.cache_clear()

    return deliver


@pytest.fixture
def old_flow(company, delivers):
    """A flow as an older version of the product installed it, and the product of today."""
    delivers(BEFORE)
    assert install_standard_flows() == 1
    delivers(NOW)
    return Flow.objects.get()


def keys(flow):
    flow.refresh_from_db()
    return [(step["key"], step.get("otherwise", "")) for step in flow.version.definition["steps"]]


def test_a_flow_nobody_changed_gets_what_is_missing_once(old_flow):
    assert (bring_flows_up_to_date(), bring_flows_up_to_date()) == (1, 0)
    assert keys(old_flow) == [("manager", "finance"), ("floor", ""), ("finance", "")]
    version = FlowVersion.objects.get(flow=old_flow, number=2)
    assert (version.made_by, version.note) == (None, "新版本补充")
    assert version.definition["steps"][1] == {
        **FLOOR, "who": {**FLOOR["who"], "where": ""}, "mode": "any", "count": 1, "hours": 0, "remind_hours": 0,
        "escalate": "", "escalate_role": "",
    }  # fmt: skip
    entry = Operation.objects.get(verb="flow_changed", subject_id=old_flow.pk)
    assert (entry.actor, entry.via, entry.reason) == (None, "system", "新版本补充")


def test_an_installation_of_today_has_nothing_missing(company, delivers):
    delivers(NOW)
    assert (bring_flows_up_to_date(), bring_flows_up_to_date()) == (1, 0)
    assert FlowVersion.objects.count() == 1


def test_an_edited_flow_is_never_touched(old_flow, company):
    save_flow(old_flow, actor=company.admin, definition={"steps": [{**BEFORE["steps"][0], "hours": 8}]})
    before = fingerprint()
    assert bring_flows_up_to_date() == 0
    assert fingerprint() == before


def test_nor_is_one_that_was_edited_back_to_what_was_delivered(old_flow, company):
    save_flow(old_flow, actor=company.admin, definition={"steps": BEFORE["steps"][:1]})
    save_flow(old_flow, actor=company.admin, definition=BEFORE)
    before = fingerprint()
    assert bring_flows_up_to_date() == 0
    assert fingerprint() == before


def test_nor_is_one_that_was_renamed(old_flow, company):
    save_flow(old_flow, actor=company.admin, definition=BEFORE, name="Ours")
    before = fingerprint()
    assert bring_flows_up_to_date() == 0
    assert fingerprint() == before


def test_a_role_that_was_removed_leaves_the_flow_as_it_is(old_flow, delivers):
    delivers({"steps": [{**NOW["steps"][0], "otherwise": "nobody"}, *NOW["steps"][1:]]})
    before = fingerprint()
    assert bring_flows_up_to_date() == 0
    assert fingerprint() == before


def test_what_runs_keeps_its_way(old_flow, company):
    request = put_up(make_document(company.rep), company.rep)
    kept = ApprovalRequest.objects.filter(pk=request.pk).values().get()
    assert bring_flows_up_to_date() == 1
    assert ApprovalRequest.objects.filter(pk=request.pk).values().get() == kept
    assert [step["key"] for step in request.steps()] == ["manager", "finance"]


def test_the_page_of_an_edited_flow_tells_what_the_delivered_one_has_more(old_flow, company):
    admin = sign_in(company.admin)
    company.admin.language = "en"
    company.admin.save(update_fields=["language"])
    page = f"/settings/flows/{old_flow.pk}/"
    save_flow(old_flow, actor=company.admin, definition={"steps": [{**BEFORE["steps"][0], "hours": 8}]})
    told = admin.get(page)
    assert [(label, after) for label, _before, after in told.context["more"]] == [
        ("Step “Manager”", f"Manager · the manager of whoever submits · due in 8 working hours · "
         f"where nobody is left: {role_named('finance').name}"),
        ("Step “Minimum price”", f"Minimum price · {role_named('finance').name} · any one of them decides · "
         "only where: below the floor"),
        ("Order of the steps", "Manager → Minimum price"),
    ]  # fmt: skip
    assert "In the delivered flow by now" in told.content.decode()


def test_what_an_administrator_took_out_of_a_delivered_flow_is_not_missing(old_flow, company):
    assert bring_flows_up_to_date() == 1
    save_flow(old_flow, actor=company.admin, definition=BEFORE, note="No floor step here")
    before = fingerprint()
    assert bring_flows_up_to_date() == 0
    assert fingerprint() == before
    assert sign_in(company.admin).get(f"/settings/flows/{old_flow.pk}/").context["more"] == []
