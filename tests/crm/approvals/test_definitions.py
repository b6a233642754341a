"""What a flow may say: everything else is refused in words, and nothing of it is kept."""

import pytest
from django.core.exceptions import ValidationError

from crm.approvals.definitions import checked, holds
from crm.approvals.flows import add_flow, install_standard_flows, save_flow
from crm.approvals.models import Flow, FlowVersion
from tests.contract.fingerprints import fingerprint
from tests.crm.approvals.purpose import TASKS, make_flow, manager

pytestmark = pytest.mark.django_db
STEP = {"name": "Manager", "who": {"kind": "manager"}}


def condition(fact="amount", operator="above", value="1.00"):
    return {"fact": fact, "operator": operator, "value": value}


def test_every_default_is_written_out():
    assert checked(TASKS, {"steps": [STEP]}) == {
        "conditions": [],
        "steps": [
            {
                "key": "step1", "name": "Manager", "who": {"kind": "manager"}, "mode": "any", "count": 1, "hours": 0,
                "remind_hours": 0, "escalate": "", "escalate_role": "", "conditions": [], "decide_right": "",
            }
        ],
    }  # fmt: skip


WRONG_STEPS = [
    {},
    {**STEP, "name": ""},
    {**STEP, "name": "x" * 41},
    {**STEP, "key": "Ä b"},
    {**STEP, "who": {}},
    {**STEP, "who": "manager"},
    {**STEP, "who": {"kind": "anybody"}},
    {**STEP, "who": {"kind": "manager", "role": "rep"}},
    {**STEP, "who": {"kind": "role", "role": "nobody"}},
    {**STEP, "who": {"kind": "role", "role": "director", "where": "moon"}},
    {**STEP, "who": {"kind": "user", "users": []}},
    {**STEP, "who": {"kind": "user", "users": ["1; DROP TABLE"]}},
    {**STEP, "who": {"kind": "user", "users": [999999999]}},
    {**STEP, "who": {"kind": "user", "users": [True]}},
    {**STEP, "who": {"kind": "superior", "levels": 0}},
    {**STEP, "who": {"kind": "superior", "levels": 99}},
    {**STEP, "mode": "some"},
    {**STEP, "mode": "n", "count": 0},
    {**STEP, "count": "2"},
    {**STEP, "hours": -1},
    {**STEP, "hours": 1e9},
    {**STEP, "hours": 2, "remind_hours": 2},
    {**STEP, "escalate": "superior"},
    {**STEP, "hours": 2, "escalate": "role", "escalate_role": "nobody"},
    {**STEP, "hours": 2, "escalate": "god"},
    {**STEP, "decide_right": "sales.everything"},
    {**STEP, "code": "__import__('os')"},
    {**STEP, "conditions": [condition("nothing")]},
    {**STEP, "conditions": [condition(operator="is")]},
    {**STEP, "conditions": [condition(operator="above", fact="below_floor")]},
    {**STEP, "conditions": [condition(value="a lot")]},
    {**STEP, "conditions": [condition(value="NaN")]},
    {**STEP, "conditions": [condition(value="1e30")]},
    {**STEP, "conditions": [condition("below_floor", "is", "yes")]},
    {**STEP, "conditions": [condition("department", "is", [])]},
    {**STEP, "conditions": [condition("department", "is", ["1"])]},
    {**STEP, "conditions": [{"fact": "amount"}]},
    {**STEP, "conditions": "amount > 1"},
]


@pytest.mark.parametrize("step", WRONG_STEPS, ids=str)
def test_a_step_that_says_anything_else_is_refused_in_words(step):
    before = fingerprint()
    with pytest.raises(ValidationError) as caught:
        add_flow(actor=None, purpose="tests.task", name="Flow", definition={"steps": [step]})
    assert all(message.strip() for message in caught.value.messages)
    assert fingerprint() == before


@pytest.mark.parametrize(
    "definition",
    [None, [], {}, {"steps": []}, {"steps": [STEP] * 13}, {"steps": [STEP], "script": "x"},
     {"steps": [{**STEP, "key": "a"}, {**STEP, "key": "a"}]}, {"steps": [STEP], "conditions": [condition()] * 13}],
    ids=str,
)  # fmt: skip
def test_a_flow_that_says_anything_else_is_refused(definition):
    with pytest.raises(ValidationError):
        checked(TASKS, definition)
    assert not Flow.objects.exists()


@pytest.mark.parametrize(
    ("asked", "facts", "answer"),
    [
        (condition(value="20000"), {"amount": "20000.00", "routed_amount": "20000.00"}, False),
        (condition(value="20000"), {"amount": "1.00", "routed_amount": "20000.01"}, True),
        (condition(operator="at_least", value="20000"), {"routed_amount": "20000.00"}, True),
        (condition("discount", "below", "0.15"), {"discount": "0.149999"}, True),
        (condition("discount", "at_most", "0.15"), {"discount": "0.150001"}, False),
        (condition("discount"), {}, False),
        (condition("below_floor", "is", True), {"below_floor": True}, True),
        (condition("below_floor", "is", False), {"below_floor": True}, False),
        (condition("department", "is", [3, 4]), {"department": [1, 3]}, True),
        (condition("department", "is_not", [3]), {"department": [1, 3]}, False),
        (condition("department", "is_not", [3]), {"department": 2}, True),
    ],
)
def test_conditions_hold_exactly(asked, facts, answer):
    assert holds(asked, facts) is answer


def test_an_edit_is_a_version_and_the_same_again_is_none(company):
    flow = make_flow(manager())
    same = {"steps": [{"name": "Step 1", "who": {"kind": "manager"}}]}
    assert save_flow(flow, actor=company.admin, definition=same).number == 1
    assert save_flow(flow, actor=company.admin, definition={"steps": [STEP]}, note="Shorter").number == 2
    assert FlowVersion.objects.filter(flow=flow).count() == 2
    with pytest.raises(ValidationError):
        add_flow(actor=company.admin, purpose="tests.task", name="Flow", definition={"steps": [STEP]})


def test_standard_flows_come_once():
    assert (install_standard_flows(), install_standard_flows()) == (2, 0)
    flow = Flow.objects.get(purpose="tests.task")
    assert (flow.name, flow.version.number, flow.is_active) == ("Everything", 1, True)
