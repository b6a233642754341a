"""What the product told of a customer is not read by those it has left, whichever part of it told."""

import pytest
from django.utils import timezone

from crm.notifications.models import Notice
from crm.people.models import User
from customers.activities.actions import log_activity, remind_of_follow_ups
from customers.comments.actions import add_comment
from customers.customers import team
from customers.customers.models import Customer, CustomerShare
from customers.duplicates import lookups, requests
from customers.duplicates.merging import merge_customers
from tests.factories import make_customer, make_department, make_user, sign_in

pytestmark = pytest.mark.django_db
NAME, PHONE = "Canary Works", "+8613912345678"


@pytest.fixture
def east():
    return make_department("East")


@pytest.fixture
def rep(east):
    return make_user("rep", "rep", east, name="赵一鸣")


@pytest.fixture
def owner():
    north = make_department("North")
    owner = make_user("owner", "rep", north)
    north.head = make_user("head", "director", north)
    north.save()
    return owner


def inbox(person):
    client = sign_in(User.objects.get(pk=person.pk))
    return client.get("/notifications/").text + client.get("/").text


def test_no_notice_names_a_customer_whose_team_one_has_left(rep, owner):
    customer = make_customer(owner, name=NAME, next_follow_on=timezone.localdate())
    team.add_members(customer, actor=owner, colleagues=[rep])
    remind_of_follow_ups()
    add_comment(customer, actor=owner, content="@赵一鸣 the canary sings")
    log_activity(customer, actor=owner, kind="call", content="@赵一鸣 the canary flies")
    assert Notice.objects.filter(recipient=rep).count() == 3
    assert inbox(rep).count(NAME) >= 3

    CustomerShare.objects.filter(content_object=customer).delete()

    assert "canary" not in inbox(rep).lower()
    assert NAME in inbox(owner)


def test_a_director_reads_no_wish_about_a_customer_of_another_department_by_now(rep, owner):
    head = owner.department.head
    customer = make_customer(owner, name=NAME)
    requests.ask_for_customer(customer, actor=rep, kind="access", reason="We met")
    assert NAME in inbox(head)

    Customer.objects.filter(pk=customer.pk).update(owner=rep, department=rep.department)

    assert NAME not in inbox(head)


@pytest.mark.parametrize("kind", ["access", "dispute"])
@pytest.mark.parametrize("grants", [True, False])
def test_the_answer_to_who_asked_by_phone_names_only_what_the_asker_sees(rep, owner, kind, grants):
    make_customer(owner, name=NAME, phone=PHONE)
    (answer,) = lookups.look_up_customer(actor=rep, phone=PHONE)
    assert answer.name == ""
    found = lookups.customer_of(answer.key, rep)
    asked = requests.ask_for_customer(found, actor=rep, kind=kind, reason="We met")

    requests.decide_request(asked, actor=owner.department.head, grants=grants, answer="So be it")

    text = Notice.objects.get(recipient=rep).text
    is_seen = Customer.objects.visible_to(User.objects.get(pk=rep.pk)).exists()
    assert (is_seen, NAME in text) == (kind == "access" and grants,) * 2
    assert "So be it" in text
    assert is_seen or "a customer of North" in text


def test_the_owner_of_what_was_merged_away_learns_that_and_no_name_out_of_reach():
    root = make_department("Sales")
    boss = make_user("boss", "director", root)
    rep, owner = (make_user(name, "rep", make_department(name, parent=root)) for name in ("rep", "owner"))
    survivor, loser = make_customer(owner, name=NAME), make_customer(rep, name="Sparrow Works")

    merge_customers(survivor, loser, actor=boss, reason="One company")

    page = inbox(rep)
    assert "Sparrow Works" in page
    assert (NAME in page) is Customer.objects.visible_to(User.objects.get(pk=rep.pk)).filter(pk=survivor.pk).exists()
