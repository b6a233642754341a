"""Who sees which customers."""

from datetime import timedelta

import pytest
from django.utils import timezone

from customers.contacts.models import Contact
from customers.customers import sharing
from customers.customers.models import Customer
from tests.factories import make_contact, make_customer, make_department, make_pool, make_pooled_customer, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def company():
    """Two regions of one sales department, a customer of each rep, a pooled one in each region."""
    sales = make_department("Sales")
    east, north = make_department("East", sales), make_department("North", sales)
    rep, peer, far = make_user("rep", "rep", east), make_user("peer", "rep", east), make_user("far", "rep", north)
    return {
        "east": east,
        "north": north,
        "rep": rep,
        "mine": make_customer(rep, name="Mine"),
        "peers": make_customer(peer, name="Peers"),
        "far": make_customer(far, name="Far"),
        "near pool": make_pooled_customer(make_pool(department=east), name="Near pool"),
        "far pool": make_pooled_customer(make_pool(department=north), name="Far pool"),
    }


def anew(user):
    """The person as the next request meets them."""
    return type(user).objects.get(pk=user.pk)


def seen_by(user):
    return {row.name for row in Customer.objects.visible_to(user)}


def test_a_rep_sees_her_own_customers_and_the_pool_of_her_department_only(company):
    assert seen_by(company["rep"]) == {"Mine", "Near pool"}


def test_a_director_sees_the_department_and_all_below(company):
    director = make_user("director", "director", company["east"])
    head = make_user("vp", "director", make_department("Sales"))

    assert seen_by(director) == {"Mine", "Peers", "Near pool"}
    assert seen_by(head) == {"Mine", "Peers", "Far", "Near pool", "Far pool"}


@pytest.mark.parametrize("role", ["admin", "security", "agent", "technician"])
def test_administration_and_service_see_no_customer_at_all(company, role):
    assert seen_by(make_user("someone", role, company["east"])) == set()


def test_a_disabled_person_sees_nothing(company):
    company["rep"].is_active = False

    assert seen_by(company["rep"]) == set()


def test_a_share_opens_one_customer_to_a_colleague_until_its_day(company):
    owner, colleague = company["far"].owner, company["rep"]
    sharing.share_customer(company["far"], actor=owner, colleague=colleague)

    colleague = anew(colleague)
    assert seen_by(colleague) == {"Mine", "Near pool", "Far"}
    assert not Customer.objects.editable_by(colleague).filter(pk=company["far"].pk).exists()

    company["far"].shares.update(ends_on=timezone.localdate() - timedelta(days=1))
    colleague = anew(colleague)
    assert seen_by(colleague) == {"Mine", "Near pool"}


def test_a_share_for_changing_lets_the_colleague_change_but_not_archive(company):
    owner, colleague = company["far"].owner, company["rep"]
    sharing.share_customer(company["far"], actor=owner, colleague=colleague, may_change=True)

    colleague = anew(colleague)
    assert Customer.objects.editable_by(colleague).filter(pk=company["far"].pk).exists()
    assert not Customer.objects.within(colleague, "customers.archive_customer").exists()


def test_people_of_pooled_customers_are_shown_to_nobody_below_the_auditor(company):
    make_contact(company["near pool"], name="Hidden")

    assert list(Contact.objects.visible_to(company["rep"]).values_list("name", flat=True)) == []
