"""A random walk through the life of approvals: whatever people do in whatever order, the invariants hold.

`HARBOUR_WALK_STEPS` sets how long the walk is (300 in the suite).
"""

import os
from datetime import timedelta

import pytest
from django.conf import settings as project
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from crm.approvals import actions, deadlines
from crm.approvals.flows import save_flow
from crm.approvals.leaving import sweep_turns
from crm.approvals.models import ApprovalRequest, ApprovalTask, Delegation
from crm.operations.invariants import all_rules, broken
from crm.people.actions import disable_user, enable_user
from crm.people.models import Absence, User
from tests import databases
from tests.crm.approvals.conftest import make_company
from tests.crm.approvals.purpose import change_document, make_document, make_flow, put_up, state_of, with_editor
from tests.factories import make_user

# real transactions: clocks of the database stand still within one
pytestmark = pytest.mark.django_db(transaction=True)
STEPS = int(os.environ.get("HARBOUR_WALK_STEPS", "300"))
WALK = 60
DOCUMENTS, PEOPLE = 4, 7
WHICH, WHO = st.integers(0, DOCUMENTS - 1), st.integers(0, PEOPLE - 1)
WAYS = [
    [{"kind": "manager"}],
    [{"kind": "manager"}, {"kind": "role", "role": "finance"}],
    [{"kind": "role", "role": "finance"}, {"kind": "chain", "role": "director"}],
    [{"kind": "role", "role": "director"}, {"kind": "head"}, {"kind": "superior", "levels": 2}],
]
# the state of a document follows that of its latest request
FOLLOWS = {"pending": "pending", "blocked": "blocked", "returned": "returned", "void": None}


class Life(RuleBasedStateMachine):
    """Four documents, seven people who decide, submit, leave and stand in, and a flow that changes."""

    @initialize()
    def begin(self):
        databases.empty()
        self.company = make_company()
        company = self.company
        second = make_user("second", role="director", department=company.east)
        self.people = [
            company.rep, company.director, company.vp, company.finance, company.finance2, second,
            make_user("rep2", role="rep", department=company.east),
        ]  # fmt: skip
        self.flow = make_flow({"who": {"kind": "manager"}, "hours": 1, "escalate": "superior"})
        self.ids = [make_document(self.people[n % 3]).pk for n in range(DOCUMENTS)]
        self.steps = 0

    def act(self, work):
        """Do it; a refusal in words is as good as success, anything else is a fault."""
        for person in self.people:
            person.__dict__.pop("_reach", None)
        try:
            work()
        except (ValidationError, PermissionDenied):
            pass
        self.steps += 1
        if self.steps % 5 == 0:
            self.check()

    def check(self):
        """Every invariant, by SQL; and that documents are where their requests are."""
        assert {found.sentence: ids for found in all_rules() if (ids := broken(found))} == {}
        for pk in self.ids:
            request = self.request(pk)
            state = state_of(self.document(pk))
            if request is not None and request.state != "void":
                assert state == request.state

    def teardown(self):
        if hasattr(self, "ids"):
            self.check()

    def document(self, pk):
        from customers.tasks.models import Task

        return with_editor(Task.objects.get(pk=pk))

    def request(self, pk):
        return ApprovalRequest.objects.of("tests.task", pk).first()

    def decide(self, which, who, act, **more):
        request = self.request(self.ids[which])
        if request is not None:
            self.act(lambda: act(request, actor=self.person(who), seen=request.content_hash, **more))

    def person(self, who):
        return User.objects.get(pk=self.people[who].pk)

    @rule(which=WHICH, who=WHO)
    def submit(self, which, who):
        self.act(lambda: put_up(self.document(self.ids[which]), self.person(who)))

    @rule(which=WHICH, who=WHO, amount=st.sampled_from(["1.00", "99999.00"]))
    def edit(self, which, who, amount):
        document = self.document(self.ids[which])
        if state_of(document) in ("pending", "blocked", "approved", "rejected"):
            return
        self.act(lambda: change_document(document, amount=amount, editor=self.people[who].pk))

    @rule(which=WHICH, who=WHO)
    def approve(self, which, who):
        self.decide(which, who, actions.approve)

    @rule(which=WHICH)
    def approve_by_whose_turn_it_is(self, which):
        request = self.request(self.ids[which])
        task = request and request.tasks.filter(state="pending").order_by("position").first()
        if task:
            self.act(lambda: actions.approve(request, actor=task.approver, seen=request.content_hash))

    @rule(which=WHICH, who=WHO)
    def reject(self, which, who):
        self.decide(which, who, actions.reject, comment="No")

    @rule(which=WHICH, who=WHO, to_step=st.sampled_from(["", "step1", "step2"]))
    def send_back(self, which, who, to_step):
        self.decide(which, who, actions.return_request, comment="Again", to_step=to_step)

    @rule(which=WHICH, who=WHO)
    def withdraw(self, which, who):
        request = self.request(self.ids[which])
        if request is not None:
            self.act(lambda: actions.withdraw(request, actor=self.person(who)))

    @rule(which=WHICH, to=WHO)
    def hand_on(self, which, to):
        request = self.request(self.ids[which])
        task = request and request.tasks.filter(state="pending").first()
        if task:
            self.act(lambda: actions.delegate(request, actor=task.approver, to=self.person(to)))

    @rule(which=WHICH, to=WHO, before=st.booleans())
    def add(self, which, to, before):
        request = self.request(self.ids[which])
        task = request and request.tasks.filter(state="pending").first()
        if task:
            self.act(lambda: actions.add_approver(request, actor=task.approver, who=self.person(to), before=before))

    @rule(which=WHICH)
    def void(self, which):
        from crm.history.operations import operation

        def work():
            with operation(None, "task_changed", self.document(self.ids[which])):
                actions.close_void("tests.task", self.document(self.ids[which]), actor=None)

        self.act(work)

    @rule(who=WHO)
    def leave(self, who):
        self.act(lambda: disable_user(self.person(who), actor=self.company.admin))

    @rule(who=WHO)
    def come_back(self, who):
        if not self.person(who).is_active:
            self.act(lambda: enable_user(self.person(who), actor=self.company.admin))

    @rule(who=WHO, to=WHO)
    def go_away(self, who, to):
        today = timezone.localdate()
        if who != to:
            Absence.objects.create(user=self.people[who], deputy=self.people[to], starts_on=today, ends_on=today)

    @rule(who=WHO, to=WHO)
    def let_decide(self, who, to):
        today = timezone.localdate()
        if who != to:
            Delegation.objects.create(
                giver=self.people[who], receiver=self.people[to], starts_on=today, ends_on=today,
                made_by=self.people[who],
            )  # fmt: skip

    @rule()
    def end_all_delegations(self):
        Delegation.objects.filter(ended_at=None).update(ended_at=timezone.now())

    @rule(who=WHO, place=st.sampled_from(["east", "sales"]))
    def appoint(self, who, place):
        department = getattr(self.company, place)
        department.head = self.people[who]
        department.save(update_fields=["head"])

    @rule(way=st.sampled_from(WAYS), mode=st.sampled_from(["any", "all", "n"]), count=st.integers(1, 2))
    def change_flow(self, way, mode, count):
        steps = [{"name": f"Step {n}", "who": who, "mode": mode, "count": count} for n, who in enumerate(way, 1)]
        self.act(lambda: save_flow(self.flow, actor=self.company.admin, definition={"steps": steps}))

    @rule()
    def time_passes(self):
        ApprovalTask.objects.filter(state="pending").exclude(due_at=None).update(due_at=timezone.now())
        self.act(lambda: (deadlines.watch_deadlines(), deadlines.retry_blocked(), sweep_turns()))

    @rule()
    def clocks_run_back(self):
        ApprovalTask.objects.filter(state="pending").exclude(due_at=None).update(
            due_at=timezone.now() + timedelta(hours=9)
        )


def test_whatever_happens_in_the_life_of_an_approval_the_invariants_hold():
    assert "crm.approvals.invariants.RULES" in project.HARBOUR_INVARIANTS
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=max(STEPS // WALK, 1), stateful_step_count=min(STEPS, WALK), deadline=None, database=None,
            derandomize="HARBOUR_WALK_STEPS" not in os.environ, suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip
