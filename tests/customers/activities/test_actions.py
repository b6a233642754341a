"""Writing follow-ups, correcting them, being reminded."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from crm.notifications.models import Notice
from customers.activities import actions
from customers.activities.models import Activity
from tests.factories import make_activity, make_contact, make_customer, make_pooled_customer, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def rep():
    return make_user("rep", "rep")


def log(customer, actor, **values):
    return actions.log_activity(customer, actor=actor, **{"kind": "call", "content": "We spoke.", **values})


def test_a_call_by_the_owner_moves_the_clock_and_plans_the_next_one(rep):
    customer, at = make_customer(rep), timezone.now() - timedelta(hours=2)
    planned = timezone.localdate() + timedelta(days=3)

    activity = log(customer, rep, happened_at=at, next_follow_on=planned)

    customer.refresh_from_db()
    assert activity.is_valid_follow_up
    assert (customer.last_followed_at, customer.next_follow_on) == (at, planned)


@pytest.mark.parametrize("kind", ["note", "call"])
def test_a_note_or_a_colleagues_call_leaves_the_clock_alone(rep, kind):
    customer = make_customer(rep)
    author = rep if kind == "note" else make_user("director", "director", rep.department)

    activity = log(customer, author, kind=kind)

    customer.refresh_from_db()
    assert (activity.is_valid_follow_up, customer.last_followed_at) == (False, None)


def test_an_older_call_written_late_does_not_turn_the_clock_back(rep):
    now = timezone.now()
    customer = make_customer(rep, last_followed_at=now)

    log(customer, rep, happened_at=now - timedelta(days=5))

    customer.refresh_from_db()
    assert customer.last_followed_at == now


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"content": " \n "}, "content"),
        ({"content": "x" * 5001}, "content"),
        ({"happened_at": timezone.now() + timedelta(hours=1)}, "happened_at"),
        ({"happened_at": timezone.now() - timedelta(days=4000)}, "happened_at"),
        ({"next_follow_on": timezone.localdate() - timedelta(days=1)}, "next_follow_on"),
        ({"next_follow_on": timezone.localdate() + timedelta(days=900)}, "next_follow_on"),
        ({"kind": "telepathy"}, "kind"),
    ],
)
def test_impossible_follow_ups_are_refused_at_their_field(rep, values, field):
    customer = make_customer(rep)

    with pytest.raises(ValidationError) as refusal:
        log(customer, rep, **values)

    assert list(refusal.value.error_dict) == [field]
    assert Activity.objects.count() == 0


def test_a_contact_of_another_customer_is_refused(rep):
    stranger = make_contact(make_customer(rep))

    with pytest.raises(ValidationError) as refusal:
        log(make_customer(rep), rep, contact=stranger)

    assert list(refusal.value.error_dict) == ["contact"]
    assert Activity.objects.count() == 0


def test_nothing_is_written_about_a_customer_in_the_pool(rep):
    with pytest.raises(ValidationError, match="Claim it first"):
        log(make_pooled_customer(), rep)
    assert Activity.objects.count() == 0


def test_an_own_follow_up_is_corrected_within_a_day_and_not_after(rep):
    activity = log(make_customer(rep), rep)
    actions.update_activity(activity, actor=rep, values={"content": "Corrected."})
    activity.refresh_from_db()
    assert activity.content == "Corrected."

    Activity.objects.update(created_at=timezone.now() - timedelta(hours=25))
    activity.refresh_from_db()
    with pytest.raises(ValidationError, match="24 hours"):
        actions.update_activity(activity, actor=rep, values={"content": "Too late."})
    activity.refresh_from_db()
    assert activity.content == "Corrected."


def test_a_follow_up_corrected_to_a_later_moment_turns_the_clock_on(rep):
    now = timezone.now()
    customer = make_customer(rep)
    latest = log(customer, rep, happened_at=now - timedelta(days=2))
    wrong = log(customer, rep, happened_at=now - timedelta(days=30))

    actions.update_activity(wrong, actor=rep, values={"happened_at": now - timedelta(hours=1)})
    customer.refresh_from_db()
    assert customer.last_followed_at == now - timedelta(hours=1)

    actions.update_activity(wrong, actor=rep, values={"happened_at": now - timedelta(days=30)})
    customer.refresh_from_db()
    assert customer.last_followed_at == latest.happened_at


def test_nobody_corrects_the_follow_up_of_another(rep):
    activity = make_activity(make_customer(rep))

    with pytest.raises(PermissionDenied):
        actions.update_activity(activity, actor=make_user("director", "director"), values={"content": "x"})


def test_archiving_the_latest_call_sets_the_clock_to_the_one_before(rep):
    customer, now = make_customer(rep), timezone.now()
    first = log(customer, rep, happened_at=now - timedelta(days=2))
    latest = log(customer, rep, happened_at=now - timedelta(days=1))

    actions.archive_activity(latest, actor=rep)

    customer.refresh_from_db()
    assert customer.last_followed_at == first.happened_at


def test_owners_are_told_once_a_day_what_is_due(rep):
    today = timezone.localdate()
    due = make_customer(rep, name="Due", next_follow_on=today)
    make_customer(rep, name="Later", next_follow_on=today + timedelta(days=1))

    assert actions.remind_of_follow_ups() == 1
    actions.remind_of_follow_ups()

    assert [(n.recipient, n.text, n.url) for n in Notice.objects.all()] == [
        (rep, "Follow up “Due” today.", due.get_absolute_url())
    ]
