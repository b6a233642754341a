"""Delegations on their own page."""

from datetime import timedelta

import pytest
from django.utils import timezone

from crm.approvals.delegations import give_delegation
from crm.approvals.models import Delegation
from tests.contract.fingerprints import fingerprint
from tests.crm.approvals.purpose import make_document, make_flow, manager, put_up
from tests.factories import sign_in

pytestmark = pytest.mark.django_db
LIST, NEW = "/settings/delegations/", "/settings/delegations/new/"


def days(first=0, last=5):
    today = timezone.localdate()
    return {"starts_on": today + timedelta(days=first), "ends_on": today + timedelta(days=last)}


def test_a_colleague_decides_in_ones_name_and_is_told_so(company):
    make_flow(manager())

    answer = sign_in(company.director).post(NEW, {**days(), "receiver": company.vp.pk, "reason": "Holiday"})

    assert answer.status_code == 302
    row = Delegation.objects.get()
    assert (row.giver, row.receiver, row.purposes, row.reason) == (company.director, company.vp, [], "Holiday")
    request = put_up(make_document(company.rep), company.rep)
    page = sign_in(company.vp).get("/approvals/").content.decode()
    assert "for Director" in page
    assert "You decide in the name of Director." in page
    assert [task.approver for task in request.tasks.all()] == [company.vp]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"starts_on": "2020-01-01"}, "starts_on"),
        (days(5, 1), "ends_on"),
        (days(0, 400), "ends_on"),
        ({"receiver": "0"}, "receiver"),
        ({"purposes": ["nothing"]}, "purposes"),
    ],
)
def test_what_makes_no_sense_stands_beside_its_field(company, change, field):
    browser = sign_in(company.director)
    before = fingerprint()

    answer = browser.post(NEW, {**days(), "receiver": company.vp.pk, **change})

    assert answer.status_code == 422
    assert [*answer.context["form"].errors] == [field]
    assert fingerprint() == before


def test_days_are_not_given_away_twice(company):
    give_delegation(actor=company.director, receiver=company.vp, purposes=["tests.task"], **days())
    browser = sign_in(company.director)
    before = fingerprint()

    answer = browser.post(NEW, {**days(3, 9), "receiver": company.finance.pk})

    assert answer.status_code == 422
    assert "Vp decides in your name on some of these days already." in answer.content.decode()
    assert fingerprint() == before
    assert browser.post(NEW, {**days(), "receiver": company.finance.pk, "purposes": "tests.money"}).status_code == 302


def test_neither_oneself_nor_who_may_not_decide_is_offered(company):
    offered = sign_in(company.director).get(NEW).context["form"].fields["receiver"].queryset

    assert set(offered) == {company.vp, company.finance, company.finance2}


def test_each_sees_their_own_and_keepers_of_flows_see_all(company):
    row = give_delegation(actor=company.director, receiver=company.vp, **days())

    def seen(person):
        return [line[0] for line in sign_in(person).get(LIST).context["lines"]]

    assert seen(company.director) == seen(company.vp) == seen(company.admin) == [row]
    assert seen(company.finance) == seen(company.rep) == []
    assert sign_in(company.rep).get(NEW).status_code == 403


def test_only_the_giver_and_keepers_of_flows_end_it(company):
    row = give_delegation(actor=company.director, receiver=company.vp, **days())
    address = f"{LIST}{row.pk}/end/"

    assert sign_in(company.finance).post(address).status_code == 404
    assert sign_in(company.vp).post(address).status_code == 302
    row.refresh_from_db()
    assert row.ended_at is None
    assert sign_in(company.admin).post(address).status_code == 302
    row.refresh_from_db()
    assert row.ended_at is not None
