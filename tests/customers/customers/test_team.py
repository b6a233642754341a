"""The team of a customer: several at once, parts, dates, changes."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from crm.history.models import Operation
from crm.notifications.models import Notice
from customers.customers import team
from customers.customers.models import CustomerShare
from tests.contract.fingerprints import fingerprint
from tests.factories import make_customer, make_department, make_user, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def rep():
    return make_user("rep", "rep", name="Lin")


@pytest.fixture
def colleagues():
    north = make_department("North")
    return [make_user(name, "rep", north, name=name.title()) for name in ("anna", "bert")]


def test_several_colleagues_join_with_a_part_and_a_day_and_are_told(rep, colleagues):
    customer, until = make_customer(rep, name="Harbour"), timezone.localdate() + timedelta(days=90)
    form = {"colleagues": [c.pk for c in colleagues], "role": "Pre-sales", "may_change": "on", "ends_on": until}

    assert sign_in(rep).post(f"/customers/{customer.pk}/share/", form).status_code == 302

    members = team.members_of(customer)
    assert [(m.user, m.role, m.permission.codename, m.ends_on) for m in members] == [
        (colleague, "Pre-sales", "change_customer", until) for colleague in colleagues
    ]
    assert list(Notice.objects.values_list("text", flat=True)) == ["Lin took you into the team of “Harbour”."] * 2
    page = sign_in(colleagues[0]).get(f"/customers/{customer.pk}/").text
    assert "Pre-sales" in page


def test_one_who_cannot_join_keeps_all_out(rep, colleagues):
    customer, gone = make_customer(rep), make_user("gone", "rep", is_active=False)
    before = fingerprint()
    with pytest.raises(ValidationError, match="has left"):
        team.add_members(customer, actor=rep, colleagues=[*colleagues, gone])
    with pytest.raises(ValidationError, match="owns this customer"):
        team.add_members(customer, actor=rep, colleagues=[*colleagues, rep])
    with pytest.raises(ValidationError, match="at least one"):
        team.add_members(customer, actor=rep, colleagues=[])
    assert fingerprint() == before


def test_the_part_of_a_member_changes_and_ends(rep, colleagues):
    customer, today = make_customer(rep), timezone.localdate()
    team.add_members(customer, actor=rep, colleagues=colleagues)
    client = sign_in(rep)

    changed = {"role": "Delivery", "ends_on": today + timedelta(days=5)}
    assert client.post(f"/customers/{customer.pk}/share/{colleagues[0].pk}/", changed).status_code == 302
    assert client.post(f"/customers/{customer.pk}/share/{colleagues[1].pk}/end/").status_code == 302

    (member,) = team.members_of(customer)
    assert (member.user, member.role, member.ends_on) == (colleagues[0], "Delivery", today + timedelta(days=5))
    assert Operation.objects.filter(verb="team_changed", anchor_id=customer.pk).count() == 1
    assert sign_in(colleagues[1]).get(f"/customers/{customer.pk}/").status_code == 404


@pytest.mark.parametrize("days", [-1, 366])
def test_a_day_that_is_over_or_too_far_is_refused(rep, colleagues, days):
    customer = make_customer(rep)
    team.add_members(customer, actor=rep, colleagues=colleagues)
    before, wrong = fingerprint(), timezone.localdate() + timedelta(days=days)
    with pytest.raises(ValidationError, match="within 365 days"):
        team.change_member(customer, actor=rep, colleague=colleagues[0], role="", may_change=False, ends_on=wrong)
    assert fingerprint() == before


def test_a_member_who_may_only_read_does_not_manage_the_team(rep, colleagues):
    customer = make_customer(rep)
    team.add_members(customer, actor=rep, colleagues=colleagues[:1])
    client = sign_in(colleagues[0])
    before = fingerprint()

    assert client.get(f"/customers/{customer.pk}/team/").status_code == 200
    assert client.post(f"/customers/{customer.pk}/share/", {"colleagues": [colleagues[1].pk]}).status_code == 403
    assert client.post(f"/customers/{customer.pk}/share/{colleagues[0].pk}/end/").status_code == 403

    assert fingerprint() == before
    assert CustomerShare.objects.count() == 1
