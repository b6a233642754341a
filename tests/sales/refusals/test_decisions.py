"""Decisions that must not count: each refused in words, on the page and by the API, and nothing is changed."""

from decimal import Decimal as D

import pytest
from django.utils import timezone

from crm.approvals import actions as approvals
from crm.approvals.delegations import give_delegation
from crm.people.actions import disable_user
from sales.quotes.actions import change_quote, submit_quote, withdraw_quote
from sales.quotes.models import Quote
from tests.contract.fingerprints import fingerprint
from tests.factories import make_department, make_user, sign_in
from tests.factories.api import ApiClient
from tests.sales.quotes.stories import decide, draft, line, request_of, submitted

VERBS = {"approve": {}, "reject": {"comment": "No"}, "return": {"comment": "No"}}


class Person:
    """Somebody at a page and with a program at once."""

    def __init__(self, user):
        self.browser, self.api = sign_in(user), ApiClient(user)
        self.api.get("jobs/")  # notes the use of the token

    def tries(self, request, seen="", verbs=VERBS):
        """What page and API answer to each decision; neither may have changed anything."""
        found, before = set(), fingerprint()
        for verb, given in verbs.items():
            body = {**given, "seen": seen or request.content_hash}
            page = self.browser.post(f"/approvals/{request.pk}/{verb}/", {**body, "to_step": ""})
            told = self.api.post(f"approvals/{request.pk}/{verb}/", body)
            assert told.body["error"]["message"], (verb, told.body)
            assert page.status_code in (403, 404, 409, 422) and len(page.text) > 200, (verb, page.status_code)
            found |= {page.status_code, told.status_code}
        assert fingerprint() == before
        return found


@pytest.fixture
def waiting(people):
    """The approval of a quote that waits for its manager."""
    return request_of(submitted(people))


def test_a_stranger_does_not_find_it_and_nobody_decides_out_of_turn(people, waiting):
    elsewhere = make_user("elsewhere", "director", make_department("North"))
    assert Person(elsewhere).tries(waiting) == {404}
    for name in ("peer", "rep", "finance", "vp"):
        assert Person(getattr(people, name)).tries(waiting) <= {403, 422}, name


def test_nobody_decides_twice(people, waiting):
    director = Person(people.director)
    approvals.approve(waiting, actor=people.director, seen=waiting.content_hash)
    assert director.tries(waiting) == {409}


def test_nobody_decides_late(people, waiting):
    director = Person(people.director)
    withdraw_quote(waiting_quote(waiting), actor=people.rep)
    assert director.tries(waiting) == {409}


def test_nobody_decides_on_an_old_round_or_on_what_they_did_not_see(people, waiting):
    director, seen, quote = Person(people.director), waiting.content_hash, waiting_quote(waiting)
    decide(quote, people.director, action=approvals.return_request, comment="Cheaper")
    assert director.tries(waiting) == {409}
    change_quote(quote, actor=people.rep, values={"title": "Cheaper"})
    submit_quote(quote, actor=people.rep)
    waiting.refresh_from_db()
    assert waiting.round == 2 and waiting.content_hash != seen
    assert director.tries(waiting, seen=seen) == {409}
    assert director.tries(waiting, seen="0" * 64) == {409}


def test_whoever_left_decides_nothing(people, waiting):
    director = Person(people.director)
    disable_user(people.director, actor=make_user("admin", "admin"))
    before = fingerprint()
    for verb, given in VERBS.items():
        body = {**given, "seen": waiting.content_hash}
        page = director.browser.post(f"/approvals/{waiting.pk}/{verb}/", body)
        assert page.status_code == 302 and page.url.startswith("/accounts/login/")
        assert director.api.post(f"approvals/{waiting.pk}/{verb}/", body).status_code == 401
    assert fingerprint() == before


def test_nobody_decides_on_their_own_through_a_delegate_or_as_one(people):
    own = request_of(submit_quote(draft(people), actor=people.director))
    today = timezone.localdate()
    assert [task.approver for task in own.tasks.filter(state="pending")] == [people.vp]
    give_delegation(actor=people.vp, receiver=people.director, starts_on=today, ends_on=today)
    assert Person(people.director).tries(own) <= {403, 422}
    vp, before = Person(people.vp), fingerprint()
    page = vp.browser.post(f"/approvals/{own.pk}/delegate/", {"to": people.director.pk, "comment": "Yours"})
    told = vp.api.post(f"approvals/{own.pk}/delegate/", {"to": "director"})
    assert page.status_code == 422 and told.status_code in (403, 422) and told.body["error"]["message"]
    assert fingerprint() == before


def test_several_small_quotes_go_the_way_of_a_large_one(people, api):
    client = api(people.rep)
    for count in (1, 2, 3):
        quote = draft(people, line(price=D(99_999)))
        told = client.post(f"quotes/{quote.pk}/submit/")
        assert told.status_code == 200
        steps = [step["key"] for step in request_of(quote).steps()]
        assert ("amount" in steps) == (count == 3), (count, steps)


def waiting_quote(request):
    """The quote an approval is about."""
    return Quote.objects.get(pk=request.subject_id)
