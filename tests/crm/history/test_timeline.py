"""The story of a record: merged, paged, and true for what happens outside the application."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone

from crm.history.timeline import page_of, read_place
from customers.activities import actions as activities
from customers.activities.models import Activity
from customers.customers import actions
from customers.customers.models import Customer
from customers.customers.timeline import CustomerStory
from tests.factories import make_activity, make_customer, make_stage, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def rep():
    return make_user("rep", "rep", name="Lin")


def told(customer, user, **options):
    page = CustomerStory(customer, user, **options).page(None)
    return [(entry.actor, entry.text, [(c.label, c.before, c.after) for c in entry.changes]) for entry in page.entries]


def test_a_change_tells_each_field_before_and_after_by_name(rep):
    first, second = make_stage("First"), make_stage("Second")
    customer = make_customer(rep, stage=first)
    actions.update_customer(customer, actor=rep, values={"stage": second, "remark": "new"})

    newest = told(customer, rep)[0]

    assert newest[:2] == ("Lin", "changed the details")
    assert sorted(newest[2]) == [("remark", "", "new"), ("stage", "First", "Second")]


def test_a_change_by_psql_is_shown_as_made_outside_the_application(rep):
    customer = make_customer(rep, remark="old")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE customers_customer SET remark = 'by hand' WHERE id = %s", [customer.pk])

    assert told(customer, rep)[0] == ("", "Changed outside the application", [("remark", "old", "by hand")])


def test_a_follow_up_tells_itself_once_and_its_move_of_the_clock_only_in_the_history(rep):
    customer = make_customer(rep)
    activities.log_activity(customer, actor=rep, kind="call", content="We spoke.")

    timeline = [text for _actor, text, _changes in told(customer, rep)]
    history = [text for _a, text, _c in told(customer, rep, tab="changes", hidden=())]

    assert timeline.count("phone call") == 1
    assert "wrote a follow-up" not in timeline
    assert history[0] == "wrote a follow-up"


def test_phones_in_changes_are_masked_for_those_who_do_not_see_them(rep):
    customer = make_customer(rep, phone="+8613811112222")
    actions.update_customer(customer, actor=rep, values={"phone": "13833334444"})
    auditor = make_user("auditor", "auditor")
    auditor.roles.get().grants.create(right="customers.view_contact_details", scope="all")

    assert told(customer, rep)[0][2] == [("phone", "138****2222", "138****4444")]
    assert told(customer, auditor)[0][2] == [("phone", "138 1111 2222", "138 3333 4444")]


def test_pages_join_without_a_gap_or_a_repetition(rep):
    customer, now = make_customer(rep), timezone.now()
    for hours in range(75):
        make_activity(customer, happened_at=now - timedelta(hours=hours // 2))

    story, place, seen, sizes = CustomerStory(customer, rep), None, [], []
    while True:
        page = story.page(place)
        seen += [entry.key for entry in page.entries]
        sizes.append(len(page.entries))
        if (place := page.older) is None:
            break

    assert sizes == [30, 30, 16]
    assert len(set(seen)) == 76


def test_five_thousand_entries_are_read_by_two_queries(rep, django_assert_num_queries):
    customer, now = make_customer(rep), timezone.now()
    Activity.objects.bulk_create(
        Activity(customer=customer, author=rep, kind="call", content="x", happened_at=now - timedelta(minutes=at))
        for at in range(5000)
    )
    Customer.objects.visible_to(rep).exists()  # shares and pools are asked once per request, by the gate

    with django_assert_num_queries(2):  # sources with changes, names
        page = CustomerStory(customer, rep).page(None)

    assert len(page.entries) == 30


@pytest.mark.parametrize("text", ["zzz", "W10", "WyJ4IiwxXQ", "A" * 5000])
def test_a_place_made_up_by_hand_is_refused(text):
    with pytest.raises(ValidationError, match="not complete"):
        read_place(text)


def test_no_entries_make_an_empty_page():
    assert page_of([lambda before, size: []], None) == ([], None)


def test_every_field_of_a_customer_has_words():
    for field in Customer._meta.concrete_fields:
        assert actions.field_label(field.attname)
