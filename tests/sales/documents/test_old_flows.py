"""Flows of sales that were installed by an earlier version end up as a new installation has them."""

import pytest

from crm.approvals.delivered import bring_flows_up_to_date
from crm.approvals.flows import add_flow
from crm.approvals.models import Flow
from crm.approvals.purposes import purposes

pytestmark = pytest.mark.django_db
# what earlier versions did not have: deciders of last resort anywhere, and the guard of minimum prices of contracts
CAME_LATER = {("sales.contract", "floor")}


def definitions():
    return {flow.purpose: flow.version.definition for flow in Flow.objects.select_related("version")}


def plant(purpose, definition):
    """The flow of a purpose as it was first delivered."""
    steps = [
        {name: value for name, value in step.items() if name != "otherwise"}
        for step in definition["steps"]
        if (purpose, step["key"]) not in CAME_LATER
    ]
    [(name, _definition)] = purposes()[purpose].standard_flows
    add_flow(actor=None, purpose=purpose, name=str(name), definition={**definition, "steps": steps})


def test_old_flows_become_those_of_a_new_installation():
    bring_flows_up_to_date("en")
    today = definitions()
    assert len(today) == 6
    Flow.objects.update(version=None)
    for flow in Flow.objects.all():
        flow.versions.all().delete()
        flow.delete()
    for purpose, definition in today.items():
        plant(purpose, definition)
    assert "floor" not in [step["key"] for step in definitions()["sales.contract"]["steps"]]
    assert (bring_flows_up_to_date("en"), bring_flows_up_to_date("en")) == (6, 0)
    assert definitions() == today
