"""The first page after signing in."""

from datetime import timedelta

import pytest
from django.utils import timezone

from crm.operations.moments import midnight
from customers.duplicates.models import AccessRequest
from customers.pool.models import RecycleExtension
from tests.factories import (
    make_activity,
    make_customer,
    make_customers,
    make_pool,
    make_task,
    make_user,
    sign_in,
)

pytestmark = pytest.mark.django_db
QUERIES_AT_MOST = 12


def test_due_and_overdue_customers_of_ones_own_are_shown():
    rep, peer = make_user("rep", role="rep"), make_user("peer", role="rep")
    today = timezone.localdate()
    make_customer(owner=rep, name="Due Works", next_follow_on=today)
    make_customer(owner=rep, name="Late Works", next_follow_on=today - timedelta(days=3))
    make_customer(owner=rep, name="Later Works", next_follow_on=today + timedelta(days=3))
    make_customer(owner=peer, name="Foreign Works", next_follow_on=today)
    page = sign_in(rep).get("/").content.decode()
    due = page[page.index('id="due"') : page.index("</section>", page.index('id="due"'))]
    assert "Due Works" in due
    assert "Late Works" in due
    assert "3 days late" in due
    assert "Later Works" not in due
    assert "Foreign Works" not in page


def test_late_tasks_take_no_room_from_those_of_today():
    rep = make_user("rep", role="rep")
    today = timezone.localdate()
    for number in range(20):
        make_task(rep, title=f"Late {number}", due_at=midnight(today - timedelta(days=2)))
    make_task(rep, title="Ring them today", due_at=midnight(today))
    assert "Ring them today" in sign_in(rep).get("/").content.decode()


@pytest.mark.parametrize("role", ["rep", "director", "auditor", "admin", "agent", "marketing"])
@pytest.mark.parametrize("count", [1, 40])
def test_the_number_of_queries_does_not_grow(role, count, django_assert_max_num_queries):
    person = make_user(role, role=role)
    owner = person if role in ("rep", "director") else make_user("owner", role="rep")
    for customer in make_customers(count, owner=owner, next_follow_on=timezone.localdate()):
        make_activity(customer)
    client = sign_in(person)
    client.get("/")
    with django_assert_max_num_queries(QUERIES_AT_MOST):
        assert client.get("/").status_code == 200


def test_an_administrator_sees_the_system_and_no_customer():
    make_customer(owner=make_user("rep", role="rep"), name="Secret Works")
    page = sign_in(make_user("boss", role="admin")).get("/").content.decode()
    assert "/settings/system/" in page
    assert "Secret Works" not in page


def test_tasks_due_and_late_stand_beside_the_follow_ups_and_can_be_added():
    rep, peer = make_user("rep", role="rep"), make_user("peer", role="rep")
    today = timezone.localdate()
    make_task(rep, title="Late task", due_at=midnight(today - timedelta(days=1)))
    make_task(rep, title="Task of today", due_at=midnight(today))
    make_task(rep, title="Task of tomorrow", due_at=midnight(today + timedelta(days=1)))
    make_task(peer, title="Foreign task", due_at=midnight(today))
    client = sign_in(rep)
    page = client.get("/").text
    shown = {name: name in page for name in ("Late task", "Task of today", "Task of tomorrow", "Foreign task")}
    assert shown == {"Late task": True, "Task of today": True, "Task of tomorrow": False, "Foreign task": False}
    answer = client.post("/tasks/quick/", {"title": "Ring Xu", "due_on": str(today), "next": "/"})
    assert answer["Location"] == "/"
    assert "Ring Xu" in client.get("/").text


def busy_director():
    """A director with everything the workbench can show."""
    director = make_user("boss", role="director")
    rep = make_user("rep", role="rep")
    make_pool("Sales pool", department=rep.department, recycles=True, no_follow_up_days=30)
    received = timezone.now() - timedelta(days=25)
    customer = make_customer(owner=rep, name="Falling Works", received_at=received)
    for name in ("Second", "Third"):
        make_task(director, due_at=timezone.now(), customer=make_customer(owner=rep, name=f"{name} Works"))
    wish = {"pool": customer.department.pools.first(), "asked_by": rep, "until": timezone.localdate(), "reason": "soon"}
    RecycleExtension.objects.create(customer=customer, **wish)
    AccessRequest.objects.create(customer=customer, kind="access", asked_by=make_user("asker", role="rep"), reason="x")
    return director, customer


def test_a_director_sees_what_falls_back_what_waits_and_how_the_team_does(django_assert_max_num_queries):
    director, customer = busy_director()
    client = sign_in(director)
    client.get("/")
    with django_assert_max_num_queries(QUERIES_AT_MOST):
        page = client.get("/").text
    falling = page[page.index('id="falling-title"') : page.index("</section>", page.index('id="falling-title"'))]
    assert customer.name in falling
    assert "no follow-up for 30 days" in falling
    assert "Rep asks for more time with Falling Works" in page
    assert "Asker asks for Falling Works" in page
    assert "Your people" in page
    assert "Your people" not in client.get("/?of=me").text


def test_a_rep_is_not_asked_to_answer_their_own_request():
    _director, customer = busy_director()
    page = sign_in(customer.owner).get("/").text
    assert "Waiting for your answer" not in page
    assert "Falling Works" in page


def test_a_newcomer_is_told_where_customers_come_from():
    page = sign_in(make_user("new", role="rep")).get("/").text
    assert "No customers yet" in page
    assert "/customers/import/" in page
