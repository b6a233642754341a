"""A random walk through the life of customers: whatever people do in whatever order, the invariants hold.

`HARBOUR_WALK_STEPS` sets how long the walk is (300 in the suite).
"""

import os
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

import crm.celery  # noqa: F401 - the doorbell of the jobs started here
from crm.jobs.running import run_job
from crm.operations.invariants import all_rules, broken
from crm.records.selection import Selection
from customers.activities.actions import log_activity
from customers.customers import actions as lives
from customers.customers import sharing
from customers.customers.models import Customer
from customers.duplicates.merging import merge_customers
from customers.duplicates.models import Merge
from customers.duplicates.unmerging import unmerge
from customers.leads.actions import hand_out_evenly, run_allotment
from customers.leads.discarding import discard_customer
from customers.leads.models import Allotment, AllotmentShare
from customers.pool import actions, extensions, moving, protection
from customers.pool.models import RecycleExtension
from customers.pool.recycling import start_recycling
from customers.transfers.actions import plan_transfer, start_transfer, start_undo
from customers.transfers.models import Transfer
from tests.factories import make_customer, make_department, make_pool, make_user

# real transactions: clocks of the database stand still within one
pytestmark = pytest.mark.django_db(transaction=True)
STEPS = int(os.environ.get("HARBOUR_WALK_STEPS", "300"))
WALK = 100
CUSTOMERS, PEOPLE = 12, 5
WHICH, WHO = st.integers(0, CUSTOMERS - 1), st.integers(0, PEOPLE - 1)


class Life(RuleBasedStateMachine):
    """Twelve customers, four reps and their director, two pools, and everything people can do."""

    @initialize()
    def begin(self):
        sales = make_department("Sales")
        east, north = make_department("East", sales), make_department("North", sales)
        self.director = make_user(role="director", department=sales)
        self.people = [
            *(make_user(role="rep", department=place, customer_capacity=4) for place in (east, east, north, north)),
            self.director,
        ]
        rules = {"claims_per_day": 3, "cool_down_days": 1, "recycles": True, "no_follow_up_days": 20}
        self.pools = [make_pool(department=place, **rules) for place in (east, north)]
        self.allotment = Allotment.objects.create(name=f"Out of {self.pools[0].pk}", pool=self.pools[0], method="load")
        AllotmentShare.objects.bulk_create(
            AllotmentShare(allotment=self.allotment, user=one) for one in self.people[:4]
        )
        owners = [*self.people[:4], None]
        self.ids = [
            make_customer(owner, **({} if owner else {"department": sales})).pk
            for owner in (owners[n % 5] for n in range(CUSTOMERS))
        ]
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
        if self.steps % 20 == 0:
            self.check()

    def check(self):
        """Every invariant, by SQL."""
        assert {found.sentence: ids for found in all_rules() if (ids := broken(found))} == {}

    def teardown(self):
        if hasattr(self, "ids"):
            self.check()

    def customer(self, which):
        return Customer.objects.get(pk=self.ids[which])

    @rule(which=WHICH, who=WHO)
    def claim(self, which, who):
        self.act(lambda: actions.claim_customer(self.customer(which), actor=self.people[who]))

    @rule(which=WHICH, who=WHO)
    def release(self, which, who):
        self.act(lambda: actions.release_customer(self.customer(which), actor=self.people[who], reason="No need"))

    @rule(which=WHICH, who=WHO)
    def assign(self, which, who):
        self.act(lambda: actions.assign_customer(self.customer(which), owner=self.people[who], actor=self.director))

    @rule(which=WHICH, who=WHO, days=st.integers(-3, 200))
    def protect(self, which, who, days):
        until = timezone.localdate() + timedelta(days=days)
        self.act(lambda: protection.protect_customer(self.customer(which), actor=self.people[who], until=until))

    @rule(which=WHICH, who=WHO)
    def follow_up(self, which, who):
        self.act(lambda: log_activity(self.customer(which), actor=self.people[who], kind="call", content="Talked"))

    @rule(which=WHICH, who=WHO, other=WHO)
    def share(self, which, who, other):
        self.act(
            lambda: sharing.share_customer(
                self.customer(which), actor=self.people[who], colleague=self.people[other], may_change=True
            )
        )

    @rule(which=WHICH)
    def archive(self, which):
        self.act(lambda: lives.archive_customer(self.customer(which), actor=self.director))

    @rule(which=WHICH)
    def put_back(self, which):
        self.act(lambda: lives.unarchive_customer(self.customer(which), actor=self.director))

    @rule(which=WHICH)
    def discard(self, which):
        self.act(lambda: discard_customer(self.customer(which), actor=self.director, reason="Not a company"))

    @rule(chosen=st.sets(WHICH, min_size=1, max_size=5), people=st.sets(WHO, min_size=1, max_size=3))
    def transfer(self, chosen, people):
        def work():
            transfer = plan_transfer(
                actor=self.director,
                selection=Selection(ids=tuple(self.ids[which] for which in chosen)),
                targets=[self.people[who] for who in people],
                reason="Balance",
            )
            run_job(start_transfer(transfer, self.director).pk)

        self.act(work)

    @rule(chosen=st.sets(WHICH, min_size=1, max_size=5), people=st.sets(WHO, min_size=1, max_size=3))
    def hand_out(self, chosen, people):
        rows = Customer.objects.filter(pk__in=[self.ids[which] for which in chosen])
        receivers = [self.people[who] for who in people]
        self.act(lambda: hand_out_evenly(rows, receivers, actor=self.director))

    @rule()
    def take_transfer_back(self):
        latest = Transfer.objects.filter(state="done").order_by("pk").last()
        if latest is not None:
            self.act(lambda: run_job(start_undo(latest, self.director).pk))

    @rule()
    def hand_out_of_pool(self):
        self.act(lambda: run_allotment(self.allotment))

    @rule(chosen=st.sets(WHICH, min_size=1, max_size=5), which=st.integers(0, 1))
    def move_pool(self, chosen, which):
        rows = Customer.objects.filter(pk__in=[self.ids[one] for one in chosen])
        self.act(lambda: moving.move_to_pool(rows, actor=self.director, pool=self.pools[which]))

    @rule(which=WHICH, days=st.integers(0, 60))
    def time_passes(self, which, days):
        past = timezone.now() - timedelta(days=days)
        Customer.objects.filter(pk=self.ids[which], owner__isnull=False).update(
            created_at=past, received_at=past, last_followed_at=None
        )

    @rule()
    def recycle(self):
        def work():
            job = start_recycling()
            if job is not None:
                run_job(job.pk)

        self.act(work)

    @rule(which=WHICH, who=WHO, is_granted=st.booleans())
    def extend(self, which, who, is_granted):
        def work():
            extensions.ask_extension(self.customer(which), actor=self.people[who], reason="Nearly there")
            wish = RecycleExtension.objects.latest("pk")
            extensions.decide_extension(wish, actor=self.director, is_granted=is_granted)

        self.act(work)

    @rule(which=WHICH, other=WHICH)
    def merge(self, which, other):
        self.act(lambda: merge_customers(self.customer(which), self.customer(other), actor=self.director))

    @rule()
    def take_merge_back(self):
        latest = Merge.objects.filter(undone_at=None).order_by("pk").last()
        if latest is not None:
            self.act(lambda: unmerge(latest, actor=self.director))


def test_whatever_happens_in_a_customers_life_the_invariants_hold():
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=max(STEPS // WALK, 1), stateful_step_count=min(STEPS, WALK), deadline=None, database=None,
            derandomize="HARBOUR_WALK_STEPS" not in os.environ, suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip
