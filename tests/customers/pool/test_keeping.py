"""Protection, extensions, the warning ladder, and moves from pool to pool."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone, translation

import crm.celery  # noqa: F401 - the doorbell of the jobs started here
from crm.history.models import Operation
from crm.notifications.models import Notice
from crm.people.models import Department
from customers.base_data.working_days import WorkingCalendar
from customers.customers.models import Customer
from customers.pool import ladder
from customers.pool.actions import assign_customer, claim_customer, release_customer
from customers.pool.extensions import ask_extension, decide_extension
from customers.pool.ladder import steps, warn_owners
from customers.pool.models import PoolMember, RecycleExtension, RecycleWarning
from customers.pool.moving import move_to_pool
from customers.pool.protection import protect_customer, unprotect_customer
from tests.factories import make_customer, make_customers, make_department, make_pool, make_pooled_customer, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


@pytest.fixture
def pool(east):
    return make_pool("East pool", department=east, recycles=True, no_follow_up_days=30)


def ago(days):
    return timezone.now() - timedelta(days=days)


def in_days(days):
    return timezone.localdate() + timedelta(days=days)


def refused(act, code):
    """The words of a refusal that changed nothing at all."""
    before = list(Customer.objects.order_by("pk").values()), RecycleExtension.objects.count(), Operation.objects.count()
    with pytest.raises(ValidationError) as refusal:
        act()
    after = list(Customer.objects.order_by("pk").values()), RecycleExtension.objects.count(), Operation.objects.count()
    assert after == before
    error = refusal.value
    errors = (
        [one for found in error.error_dict.values() for one in found]
        if hasattr(error, "error_dict")
        else error.error_list
    )
    assert errors[0].code == code
    return " ".join(error.messages)


# ── protection ──


def test_a_rep_protects_a_customer_up_to_a_day_and_it_ends_by_itself(pool, rita):
    customer = protect_customer(make_customer(rita), actor=rita, until=in_days(90), reason="a tender runs")
    assert (customer.protected_from, customer.protected_until) == (in_days(0), in_days(90))
    entry = Operation.objects.get()
    assert (entry.verb, entry.anchor_id, entry.reason) == ("customer_protected", customer.pk, "a tender runs")


def test_a_protection_is_refused_beyond_its_days_in_the_past_and_for_others_customers(pool, rita, east):
    ryan = make_user("ryan", role="rep", department=east)
    mine, theirs, pooled = make_customer(rita), make_customer(ryan), make_pooled_customer(pool)
    assert "90 days" in refused(lambda: protect_customer(mine, actor=rita, until=in_days(91)), "too_long")
    refused(lambda: protect_customer(mine, actor=rita, until=in_days(0)), "past")
    refused(lambda: protect_customer(theirs, actor=rita, until=in_days(5)), "no_right")
    refused(lambda: protect_customer(pooled, actor=rita, until=in_days(5)), "in_pool")


def test_renewing_a_protection_does_not_protect_for_ever(pool, rita):
    customer = make_customer(rita, protected_from=in_days(-80), protected_until=in_days(-1))
    refused(lambda: protect_customer(customer, actor=rita, until=in_days(11)), "too_long")
    assert protect_customer(customer, actor=rita, until=in_days(10)).protected_from == in_days(-80)


def test_nobody_protects_more_customers_than_the_pool_allows_and_hears_when_again(pool, rita):
    pool.protected_at_most = 2
    pool.save()
    for days in (5, 9):
        protect_customer(make_customer(rita), actor=rita, until=in_days(days))
    third = make_customer(rita)
    words = refused(lambda: protect_customer(third, actor=rita, until=in_days(5)), "too_many_protected")
    assert "limit is 2" in words
    unprotect_customer(Customer.objects.filter(protected_until=in_days(5)).get(), actor=rita)
    assert protect_customer(third, actor=rita, until=in_days(5)).protected_until == in_days(5)


def test_only_a_running_protection_can_be_ended(pool, rita):
    customer = make_customer(rita, protected_until=in_days(-1))
    refused(lambda: unprotect_customer(customer, actor=rita), "not_protected")


def test_releasing_ends_protection_and_extension_so_the_next_owner_starts_anew(pool, rita):
    customer = make_customer(
        rita, protected_from=in_days(-9), protected_until=in_days(9), recycle_not_before=in_days(9)
    )
    customer = release_customer(customer, actor=rita, reason="no interest")
    assert (customer.protected_from, customer.protected_until, customer.recycle_not_before) == (None, None, None)


# ── extensions ──


@pytest.fixture
def due(pool, rita):
    return make_customer(rita, received_at=ago(25))


@pytest.fixture
def head(east, dora):
    east.head = dora
    east.save()
    return dora


def test_an_extension_is_asked_granted_and_puts_the_day_off(pool, rita, head, due):
    wish = ask_extension(due, actor=rita, reason="Their board meets in May")
    assert wish.until == in_days(6 + 14)
    assert Notice.objects.values_list("recipient", "kind").get() == (head.pk, "extension_asked")
    decide_extension(wish, actor=head, is_granted=True)
    wish.refresh_from_db(), due.refresh_from_db()
    assert (wish.state, wish.decided_by, due.recycle_not_before) == ("granted", head, wish.until)
    assert Notice.objects.filter(recipient=rita, kind="extension_decided").count() == 1


def test_a_refused_extension_changes_nothing_about_the_customer(rita, head, due):
    wish = ask_extension(due, actor=rita, reason="please")
    refused(lambda: decide_extension(wish, actor=head, is_granted=False), "required")
    decide_extension(wish, actor=head, is_granted=False, answer="No work was done")
    wish.refresh_from_db(), due.refresh_from_db()
    assert (wish.state, wish.answer, due.recycle_not_before) == ("refused", "No work was done", None)
    refused(lambda: decide_extension(wish, actor=head, is_granted=True), "decided")


def test_nobody_decides_on_their_own_wish_or_on_those_of_other_departments(pool, head, due):
    own = ask_extension(due, actor=head, reason="x")
    refused(lambda: decide_extension(own, actor=head, is_granted=True), "own_wish")
    north = make_user("noel", role="director", department=make_department("North"))
    refused(lambda: decide_extension(own, actor=north, is_granted=True), "no_right")


def test_a_second_wish_one_without_a_rule_and_one_for_a_colleague_are_refused(pool, rita, due, east):
    ask_extension(due, actor=rita, reason="x")
    refused(lambda: ask_extension(due, actor=rita, reason="again"), "asked")
    existing = make_customer(rita, status="existing")
    refused(lambda: ask_extension(existing, actor=rita, reason="x"), "not_due")
    theirs = make_customer(make_user("ryan", role="rep", department=east))
    refused(lambda: ask_extension(theirs, actor=rita, reason="x"), "no_right")
    pool.extension_days = 0
    pool.save()
    other = make_customer(rita)
    refused(lambda: ask_extension(other, actor=rita, reason="x"), "no_extensions")


def test_a_wish_lapses_when_the_customer_leaves_its_owner(rita, head, due):
    wish = ask_extension(due, actor=rita, reason="x")
    release_customer(due, actor=rita, reason="no interest")
    wish.refresh_from_db()
    assert wish.state == "lapsed"
    refused(lambda: decide_extension(wish, actor=head, is_granted=True), "decided")


# ── the ladder ──


def test_the_ladder_counts_working_days():
    friday = timezone.localdate() - timedelta(days=timezone.localdate().weekday() - 4)
    monday = friday + timedelta(days=3)
    calendar = WorkingCalendar({})
    assert [calendar.before(day, 1) for day in (monday, monday + timedelta(days=1))] == [friday, monday]


def test_each_rung_is_told_once_for_a_day_however_often_the_ladder_runs(pool, rita, monkeypatch):
    monkeypatch.setattr(
        ladder, "working_calendar", lambda: WorkingCalendar(dict.fromkeys(map(in_days, range(40)), True))
    )
    make_customers(2, owner=rita, received_at=ago(25))
    make_customer(rita, received_at=ago(1))
    assert (warn_owners(), warn_owners()) == (2, 0)
    assert set(RecycleWarning.objects.values_list("rung", "due_on")) == {(7, in_days(6))}
    assert Notice.objects.get().text.startswith("2 customers go back to the pool within 7 working days")
    Customer.objects.update(received_at=ago(28))
    assert warn_owners() == 3
    assert Customer.objects.count() == 3


def test_nobody_is_told_on_a_day_off(pool, rita, monkeypatch):
    make_customer(rita, received_at=ago(29))
    monkeypatch.setattr(ladder, "working_calendar", lambda: WorkingCalendar({in_days(0): False}))
    assert warn_owners() == 0
    assert not Notice.objects.exists()


def test_the_rung_is_the_nearest_one_not_yet_passed():
    calendar = WorkingCalendar(dict.fromkeys(map(in_days, range(-10, 40)), True))
    found = steps(calendar, in_days(0), [7, 3, 1])
    assert [found.get(in_days(days)) for days in (1, 2, 3, 4, 7, 8)] == [1, 3, 3, 7, 7, None]


# ── from pool to pool ──


def test_who_keeps_both_pools_moves_customers_and_how_long_they_lie_stays(sales, pool, east):
    vera = make_user("vera", role="director", department=sales)
    other = make_pool("North pool", department=make_department("North", parent=sales))
    customer = make_pooled_customer(pool, pooled_at=ago(9))
    assert move_to_pool(Customer.objects.all(), actor=vera, pool=other, reason="wrong region") == (1, 0)
    moved = Customer.objects.get()
    assert (moved.pool, moved.department, moved.pooled_at) == (other, other.department, customer.pooled_at)
    assert Operation.objects.values_list("verb", "row_count").get() == ("customers_pooled_elsewhere", 1)


def test_a_move_is_refused_without_both_pools_or_where_the_target_takes_none(sales, pool, dora):
    other = make_pool("North pool", department=make_department("North", parent=sales))
    make_pooled_customer(pool)
    refused(lambda: move_to_pool(Customer.objects.all(), actor=dora, pool=other), "bad_pool")
    vera = make_user("vera", role="director", department=sales)
    other.takes_any_pool = False
    other.save()
    refused(lambda: move_to_pool(Customer.objects.all(), actor=vera, pool=other), "takes_none")


def test_what_lies_in_a_pool_of_others_stays_and_is_counted(sales, pool, east, dora):
    second = make_pool("East second", department=east)
    north = make_pool("North pool", department=make_department("North", parent=sales))
    make_pooled_customer(pool), make_pooled_customer(north), make_customer(dora)
    assert move_to_pool(Customer.objects.all(), actor=dora, pool=second) == (1, 2)


# ── members ──


def test_named_members_and_departments_see_and_claim_from_the_pool(pool, sales):
    north = make_department("North", parent=sales)
    below = make_department("North 1", parent=north)
    nora, nils = make_user("nora", role="rep", department=north), make_user("nils", role="rep", department=below)
    customer = make_pooled_customer(pool)
    assert not Customer.objects.visible_to(nora).exists()
    PoolMember.objects.create(pool=pool, department=north, includes_below=False)
    nora, nils = (type(user).objects.get(pk=user.pk) for user in (nora, nils))
    assert (list(Customer.objects.visible_to(nora)), list(Customer.objects.visible_to(nils))) == ([customer], [])
    PoolMember.objects.update(includes_below=True)
    nils = type(nils).objects.get(pk=nils.pk)
    assert claim_customer(customer, actor=nils).owner == nils


def test_an_administrator_of_another_department_assigns_and_moves_but_a_mere_member_moves_nothing(pool, sales):
    north = make_department("North", parent=sales)
    own = make_pool("North pool", department=north)
    noel, nora = make_user("noel", role="director", department=north), make_user("nora", role="rep", department=north)
    first, second = make_pooled_customer(pool), make_pooled_customer(pool)
    member = PoolMember.objects.create(pool=pool, user=noel)
    noel = type(noel).objects.get(pk=noel.pk)
    assert move_to_pool(Customer.objects.in_pools(), actor=noel, pool=own) == (0, 2)
    member.is_administrator = True
    member.save()
    noel = type(noel).objects.get(pk=noel.pk)
    assert assign_customer(first, owner=nora, actor=noel).owner == nora
    assert move_to_pool(Customer.objects.in_pools(), actor=noel, pool=own) == (1, 0)
    second.refresh_from_db()
    assert second.pool == own


def test_where_no_head_is_named_the_directors_of_the_departments_above_hear_of_a_wish(pool, sales, rita, dora):
    vera = make_user("vera", role="director", department=sales)
    make_user("other", role="director", department=make_department("West"))
    pool.recycles, pool.no_follow_up_days = True, 30
    pool.save()
    ask_extension(make_customer(rita), actor=rita, reason="Nearly there")
    told = Notice.objects.filter(kind="extension_asked").values_list("recipient__username", flat=True)
    assert sorted(told) == ["dora", "vera"]
    Department.objects.filter(pk=sales.pk).update(head=vera)
    ask_extension(make_customer(rita), actor=rita, reason="Nearly there")
    assert sorted(told.all()) == ["dora", "vera", "vera"]
