"""Somebody leaves: everything goes in one step, and nothing stays with a closed account."""

import threading
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone

from crm.api.tokens import issue_token
from crm.history.models import Operation
from crm.jobs.models import Job
from crm.jobs.running import run_job
from crm.leaving.actions import begin_due_departures, cancel_departure, plan_departure, sweep_leftovers
from crm.leaving.models import Departure
from crm.notifications.models import Notice
from crm.operations.invariants import all_rules, broken
from crm.people.actions import enable_user
from crm.people.belongings import belongings
from crm.people.models import Absence, User
from crm.records.models import SavedView
from customers.customers.models import Customer, CustomerShare
from customers.leads.models import Allotment, AllotmentShare
from customers.pool.actions import assign_customer
from customers.pool.models import PoolMember, RecycleExtension
from customers.segments.models import Segment
from customers.tasks.models import CalendarFeed, Task
from customers.transfers.actions import plan_transfer, start_transfer, start_undo
from customers.transfers.models import Transfer
from tests.factories import make_customer, make_customers, make_pool, make_user, sign_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def admin(team):
    team.east.head = team.dora
    team.east.save()
    return make_user("admin", role="admin", department=team.east.parent)


@pytest.fixture
def pool(team):
    return make_pool("East pool", department=team.east)


def today(days=0):
    return timezone.localdate() + timedelta(days=days)


def leave(user, admin, *receivers, **more):
    """Let somebody leave today, worked through as a worker would."""
    departure = plan_departure(user, actor=admin, leaves_on=today(), receivers=receivers, **more)
    departure.refresh_from_db()
    run_job(departure.job_id)
    departure.refresh_from_db()
    return departure


def held(*users):
    return [Customer.objects.filter(owner=user).count() for user in users]


def left_over(user):
    """What the person still has, by kind; views of their own stay with them."""
    return {code: count for code, one in belongings().items() if (count := one.count(user))}


def test_everything_a_leaver_has_goes_in_one_step(team, admin, pool):
    east_pool_customer = make_customers(3, owner=team.gina)[0]
    foreign = make_customer(owner=team.nora)
    Task.objects.create(title="Of a customer", customer=east_pool_customer, owner=team.gina)
    Task.objects.create(title="Of nobody", owner=team.gina)
    of_nora = Task.objects.create(title="Of Nora's", customer=foreign, owner=team.gina)
    from django.contrib.auth.models import Permission

    view = Permission.objects.get(codename="view_customer")
    CustomerShare.objects.create(content_object=foreign, user=team.gina, permission=view)
    Segment.objects.create(name="Mine", owner=team.gina)
    Segment.objects.create(name="Mine", owner=team.rita)
    SavedView.objects.create(owner=team.gina, page="customers", name="Big", is_shared=True)
    PoolMember.objects.create(pool=pool, user=team.gina, is_administrator=True)
    rule = Allotment.objects.create(name="Web")
    AllotmentShare.objects.create(allotment=rule, user=team.gina)
    RecycleExtension.objects.create(
        customer=east_pool_customer, pool=pool, asked_by=team.gina, reason="soon", until=today(9)
    )
    Absence.objects.create(user=team.ryan, deputy=team.gina, starts_on=today(), ends_on=today(3))
    CalendarFeed.objects.create(user=team.gina, token_hash="0" * 64)
    issue_token(team.gina, actor=admin, name="ERP")

    departure = leave(team.gina, admin, team.rita, team.ryan)

    gina = User.objects.get(pk=team.gina.pk)
    assert (departure.state, gina.is_active, gina.left_on) == ("done", False, today())
    assert left_over(gina) == {}
    assert sorted(held(team.rita, team.ryan)) == [1, 2]
    assert departure.counts == {
        "customers": 3, "tasks": 3, "shares": 1, "segments": 1, "pools": 1, "allotments": 1, "wishes": 1,
        "deputy": 1, "saved_views": 1, "tokens": 1, "calendar_feed": 1,
    }  # fmt: skip
    assert Task.objects.get(pk=of_nora.pk).owner == team.nora
    assert Task.objects.get(title="Of nobody").owner == team.rita
    assert set(Segment.objects.filter(owner=team.rita).values_list("name", flat=True)) == {"Mine", "Mine · Gina"}
    assert PoolMember.objects.values_list("user__username", "is_administrator").get() == ("rita", True)
    assert RecycleExtension.objects.get().state == "lapsed"
    assert Absence.objects.get().deputy == team.rita
    job = departure.job
    assert (job.state, job.done, job.failed, job.total) == ("done", 15, 0, 15)
    assert [rule.number for rule in all_rules() if broken(rule)] == []


def test_to_the_pool_everything_falls_and_open_tasks_end(team, admin, pool):
    made = make_customers(2, owner=team.gina)
    shielded = make_customer(owner=team.gina, protected_until=today(20))
    bought, archived = make_customer(owner=team.gina, status="existing"), make_customer(owner=team.gina)
    Customer.objects.filter(pk=archived.pk).update(archived_at=timezone.now())
    task = Task.objects.create(title="Call", customer=made[0], owner=team.gina)
    leave(team.gina, admin)
    rows = Customer.objects.filter(pk__in=[row.pk for row in (*made, shielded, bought, archived)])
    assert set(rows.values_list("status", "owner", "pool", "previous_owner", "department")) == {
        ("pool", None, pool.pk, team.gina.pk, pool.department_id)
    }
    assert Task.objects.get(pk=task.pk).cancelled_at is not None
    assert left_over(User.objects.get(pk=team.gina.pk)) == {}


def test_what_receivers_have_no_room_for_goes_to_the_pool(team, admin, pool):
    team.rita.customer_capacity = 2
    team.rita.save()
    make_customers(5, owner=team.gina)
    departure = leave(team.gina, admin, team.rita)
    assert (held(team.gina, team.rita), Customer.objects.filter(pool=pool).count()) == ([0, 2], 3)
    assert departure.counts["customers"] == 5


def test_a_receiver_who_left_meanwhile_gets_nothing_and_the_pool_gets_theirs(team, admin, pool):
    make_customers(4, owner=team.gina)
    departure = plan_departure(team.gina, actor=admin, leaves_on=today(), receivers=[team.rita, team.ryan])
    User.objects.filter(pk=team.ryan.pk).update(is_active=False)
    departure.refresh_from_db()
    run_job(departure.job_id)
    assert held(team.gina, team.rita, team.ryan) == [0, 4, 0]


def test_a_departure_waits_for_its_day_and_takes_what_came_until_then(team, admin, pool):
    make_customers(2, owner=team.gina)
    departure = plan_departure(team.gina, actor=admin, leaves_on=today(5), receivers=[team.rita])
    assert (departure.state, begin_due_departures(), held(team.gina)) == ("scheduled", 0, [2])
    make_customer(owner=team.gina)
    Departure.objects.update(leaves_on=today())
    assert begin_due_departures() == 1
    run_job(Job.objects.get(kind="departure").pk)
    assert held(team.gina, team.rita) == [0, 3]
    assert User.objects.get(pk=team.gina.pk).is_active is False


def test_a_cancelled_departure_changes_nothing(team, admin, pool):
    make_customers(2, owner=team.gina)
    departure = plan_departure(team.gina, actor=admin, leaves_on=today(5), receivers=[team.rita])
    cancel_departure(departure, actor=admin)
    Departure.objects.update(leaves_on=today())
    assert (begin_due_departures(), held(team.gina)) == (0, [2])
    assert User.objects.get(pk=team.gina.pk).is_active


@pytest.mark.parametrize("days", [-1, 366])
def test_a_day_that_cannot_be_is_refused(team, admin, pool, days):
    with pytest.raises(ValidationError):
        plan_departure(team.gina, actor=admin, leaves_on=today(days), receivers=[team.rita])
    assert Departure.objects.count() == 0


def test_who_cannot_leave_or_receive_is_refused(team, admin, pool):
    auditor = make_user("auditor", role="auditor")
    gone = make_user("gone", role="rep", is_active=False)
    for user, receivers in ((admin, [team.rita]), (gone, [team.rita]), (team.gina, [auditor]), (team.gina, [gone])):
        with pytest.raises(ValidationError):
            plan_departure(user, actor=admin, leaves_on=today(), receivers=receivers)
    with pytest.raises(ValidationError):
        plan_departure(team.gina, actor=admin, leaves_on=today(), receivers=[team.gina])
    assert (Departure.objects.count(), Job.objects.count()) == (0, 0)
    assert User.objects.get(pk=team.gina.pk).is_active


def test_without_a_pool_nobody_with_customers_leaves(team, admin):
    make_customer(owner=team.gina)
    with pytest.raises(ValidationError):
        plan_departure(team.gina, actor=admin, leaves_on=today(), receivers=[team.rita])
    assert held(team.gina) == [1]


def test_a_second_departure_of_one_person_is_refused(team, admin, pool):
    plan_departure(team.gina, actor=admin, leaves_on=today(5), receivers=[team.rita])
    with pytest.raises(ValidationError):
        plan_departure(team.gina, actor=admin, leaves_on=today(6), receivers=[team.ryan])
    assert Departure.objects.count() == 1


def test_the_last_security_administrator_does_not_leave(team, admin):
    guard = make_user("guard", role="security")
    with pytest.raises(ValidationError):
        plan_departure(guard, actor=admin, leaves_on=today(), heir=team.dora)
    assert User.objects.get(pk=guard.pk).is_active


def test_both_sides_and_the_successor_are_told_once(team, admin, pool):
    make_customers(2, owner=team.gina)
    leave(team.gina, admin, team.rita, note="Call Mr Li first.")
    told = {(notice.recipient.username, notice.kind): notice.text for notice in Notice.objects.all()}
    assert told[("rita", "transfer")] == ("Transfer by Admin: 2 customers came to you (Gina leaves). Call Mr Li first.")
    assert told[("rita", "departure")] == "Gina has left. Handed over: Customers 2. Call Mr Li first."
    assert set(told) == {("rita", "transfer"), ("rita", "departure"), ("admin", "job")}


def test_directors_find_the_transfer_of_their_leaver_and_undo_it_after_a_return(team, admin, pool, undo):
    made = make_customers(2, owner=team.gina)
    team.rita.customer_capacity = 1
    team.rita.save()
    leave(team.gina, admin, team.rita)
    transfer = Transfer.objects.visible_to(team.dora).get()
    assert sign_in(team.dora).get(transfer.get_absolute_url()).status_code == 200
    enable_user(User.objects.get(pk=team.gina.pk), actor=admin)
    run_job(start_undo(transfer, team.dora).pk)
    assert held(team.gina, team.rita) == [2, 0]
    assert set(Customer.objects.filter(pk__in=[row.pk for row in made]).values_list("status", "pool")) == {
        ("lead", None)
    }


def test_the_scheduled_transfers_of_a_director_go_on_or_end(team, admin, pool):
    make_customers(2, owner=team.rita)
    other = make_user("dan", role="director", department=team.east)
    for _ in range(2):
        transfer = plan_transfer(team.dora, team.rita, [team.ryan], reason="Balance", effective_on=today(3))
        start_transfer(transfer, team.dora)
    leave(team.dora, admin, other)
    assert set(Transfer.objects.values_list("requested_by__username", "state")) == {("dan", "scheduled")}
    leave(other, admin, heir=team.ryan)
    assert set(Transfer.objects.values_list("state", flat=True)) == {"cancelled"}


def test_leftovers_of_the_disabled_go_to_the_pool_and_the_director_is_told(team, admin, pool):
    make_customers(3, owner=team.gina)
    User.objects.filter(pk=team.gina.pk).update(is_active=False)
    assert sweep_leftovers() == 3
    assert (held(team.gina), Customer.objects.filter(pool=pool).count()) == ([0], 3)
    assert Notice.objects.get().recipient == team.dora
    assert Operation.objects.get(verb="leftovers_pooled").row_count == 3
    assert sweep_leftovers() == 0
    assert Notice.objects.count() == 1


def test_leftovers_wait_while_a_departure_is_under_way(team, admin, pool):
    make_customers(2, owner=team.gina)
    plan_departure(team.gina, actor=admin, leaves_on=today(), receivers=[team.rita])
    User.objects.filter(pk=team.gina.pk).update(is_active=False)
    assert (sweep_leftovers(), held(team.gina)) == (0, [2])


def test_somebody_who_assigns_to_the_leaver_meanwhile_does_not_leave_anything_behind(team, admin, pool):
    made = make_customers(40, owner=team.gina)
    free = make_customers(30, department=team.east)
    departure = plan_departure(team.gina, actor=admin, leaves_on=today(), receivers=[team.rita])
    departure.refresh_from_db()
    refused = []

    def assign():
        for customer in free:
            try:
                assign_customer(customer, owner=team.gina, actor=User.objects.get(pk=team.dora.pk))
            except ValidationError:
                refused.append(customer)
        connection.close()

    thread = threading.Thread(target=assign)
    thread.start()
    run_job(departure.job_id)
    thread.join()
    sweep_leftovers()
    assert refused, "the account is closed before anything moves"
    assert left_over(User.objects.get(pk=team.gina.pk)) == {}
    assert Customer.objects.filter(pk__in=[row.pk for row in made]).exclude(owner=None).count() > 0
    assert [rule.number for rule in all_rules() if broken(rule)] == []


def test_an_administrator_lets_somebody_leave_on_one_page(team, admin, pool):
    make_customers(2, owner=team.gina)
    browser, place = sign_in(admin), f"/settings/users/{team.gina.pk}/leave/"
    page = browser.get(place).content.decode()
    assert "Open tasks" in page
    assert "lead 2" in page
    said = {"leaves_on": today().isoformat(), "to": "people", "receivers": [team.rita.pk], "note": ""}
    assert browser.post(place, {**said, "receivers": []}).status_code == 422
    assert browser.post(place, {**said, "receivers": [admin.pk]}).status_code == 422
    assert browser.post(place, {**said, "leaves_on": "yesterday"}).status_code == 422
    assert Departure.objects.count() == 0
    assert browser.post(place, said).url == place
    assert browser.get(place, headers={"HX-Request": "true"}).status_code == 200
    run_job(Job.objects.get(kind="departure").pk)
    assert "Everything was handed over" in browser.get(place).content.decode()
    assert held(team.gina, team.rita) == [0, 2]


def test_a_planned_departure_is_cancelled_on_its_page(team, admin, pool):
    browser, place = sign_in(admin), f"/settings/users/{team.gina.pk}/leave/"
    browser.post(place, {"leaves_on": today(4).isoformat(), "to": "pool"})
    assert "Leaves on" in browser.get(place).content.decode()
    browser.post(f"{place}cancel/")
    assert Departure.objects.get().state == "cancelled"
    assert browser.get(place).context["form"] is not None


def test_only_who_keeps_the_accounts_lets_people_leave(team, admin, pool):
    make_customer(owner=team.gina)
    for user in (team.dora, team.rita, make_user("guard", role="security")):
        browser = sign_in(user)
        assert browser.get(f"/settings/users/{team.gina.pk}/leave/").status_code == 403
        said = {"leaves_on": today().isoformat(), "to": "pool"}
        assert browser.post(f"/settings/users/{team.gina.pk}/leave/", said).status_code == 403
    assert Departure.objects.count() == 0
    assert held(team.gina) == [1]


def test_an_administrator_who_lost_the_right_hands_nothing_over(team, admin, pool):
    make_customers(2, owner=team.gina)
    departure = plan_departure(team.gina, actor=admin, leaves_on=today(), receivers=[team.rita])
    departure.refresh_from_db()
    admin.roles.clear()
    run_job(departure.job_id)
    departure.refresh_from_db()
    assert (departure.state, held(team.gina, team.rita)) == ("failed", [2, 0])
    assert User.objects.get(pk=team.gina.pk).is_active


def test_where_the_successor_has_left_meanwhile_the_head_takes_over(team, admin, pool):
    Task.objects.create(title="Of nobody", owner=team.gina)
    departure = plan_departure(team.gina, actor=admin, leaves_on=today(), receivers=[team.rita], heir=team.ryan)
    User.objects.filter(pk=team.ryan.pk).update(is_active=False)
    departure.refresh_from_db()
    run_job(departure.job_id)
    departure.refresh_from_db()
    assert (departure.state, departure.heir, Task.objects.get().owner) == ("done", team.dora, team.dora)


def test_departures_that_somebody_planned_go_on_when_they_leave_themselves(team, admin, pool):
    other = make_user("other", role="admin", department=team.east.parent)
    planned = plan_departure(team.gina, actor=other, leaves_on=today(5), receivers=[team.rita])
    of_admin = plan_departure(admin, actor=other, leaves_on=today(6), heir=team.dora)
    departure = plan_departure(other, actor=admin, leaves_on=today(), heir=team.dora)
    departure.refresh_from_db()
    run_job(departure.job_id)
    planned.refresh_from_db(), of_admin.refresh_from_db()
    assert (planned.state, planned.requested_by) == ("scheduled", admin)
    assert of_admin.state == "cancelled"  # nobody lets themselves leave
    assert left_over(User.objects.get(pk=other.pk)) == {}
    Departure.objects.filter(pk=planned.pk).update(leaves_on=today())
    assert begin_due_departures() == 1
