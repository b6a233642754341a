"""The inbox, the decision page and what they say when somebody was faster."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from crm.approvals import actions
from crm.approvals.models import ApprovalRequest, ApprovalTask
from tests.contract.fingerprints import fingerprint
from tests.crm.approvals.purpose import change_document, make_document, make_flow, manager, people, put_up, role
from tests.factories import make_customer, make_user, sign_in

pytestmark = pytest.mark.django_db
LIST, SEVERAL = "/approvals/", "/approvals/several/"


def submit(company, **facts):
    return put_up(make_document(company.rep, **facts), company.rep)


def post(person, request, verb, **fields):
    """Send a decision; where it is refused, nothing but the sign-in was written."""
    browser = sign_in(person)
    before = fingerprint()
    fields = {"seen": request.content_hash, "comment": "", **fields}
    answer = browser.post(reverse(f"approvals:approval_{verb}", args=[request.pk]), fields)
    assert answer.status_code < 400 or fingerprint() == before
    return answer


def state(request):
    return ApprovalRequest.objects.get(pk=request.pk).state


def text(answer):
    return answer.content.decode()


def test_the_inbox_opens_with_the_most_urgent_turn_beside_the_list(company):
    make_flow(manager())
    later, sooner = submit(company, amount="100.00"), submit(company, amount="706580.00")
    ApprovalTask.objects.filter(request=later).update(due_at=timezone.now() + timedelta(days=3))
    ApprovalTask.objects.filter(request=sooner).update(due_at=timezone.now() - timedelta(hours=2, minutes=5))

    answer = sign_in(company.director).get(LIST)

    assert answer.status_code == 200
    assert [row.request.pk for row in answer.context["inbox"].rows] == [sooner.pk, later.pk]
    assert answer.context["row"].pk == sooner.pk
    assert "late by 2 h 5 min" in text(answer)
    assert "¥706,580" in text(answer)
    assert f'action="/approvals/{sooner.pk}/approve/"' in text(answer)
    assert "1 overdue, 0 more due today" in text(answer)


def test_each_person_finds_their_own_lists(company):
    make_flow(people(company.director), people(company.vp))
    request = submit(company)
    actions.copy_to(request, actor=company.rep, people=[company.finance2])
    actions.approve(request, actor=company.director, seen=request.content_hash)

    def found(person, tab):
        rows = sign_in(person).get(LIST, {"tab": tab}).context["inbox"].rows
        return [row.request.pk for row in rows]

    assert found(company.vp, "waiting") == [request.pk]
    assert found(company.director, "waiting") == []
    assert found(company.director, "decided") == [request.pk]
    assert found(company.vp, "decided") == []
    assert found(company.rep, "submitted") == [request.pk]
    assert found(company.director, "submitted") == []
    assert found(company.finance2, "copies") == [request.pk]
    assert found(company.finance, "copies") == []
    assert found(company.finance, "all") == [request.pk]
    assert sign_in(company.admin).get(LIST).status_code == 403


def test_the_navigation_counts_what_waits(company):
    make_flow(manager())
    submit(company)
    submit(company)

    places = sign_in(company.director).get(LIST).context["shell"].groups[0].places

    assert next(place.count for place in places if place.name == "approvals:approval_list") == 2


@pytest.mark.parametrize("query", ["tab=elsewhere", "purpose=nothing", "cursor=%00", "cursor=WzBd"])
def test_an_address_that_makes_no_sense_is_refused_in_words(company, query):
    answer = sign_in(company.director).get(f"{LIST}?{query}")

    assert answer.status_code == 400
    assert "cannot be shown as asked" in text(answer)


def test_2000_waiting_documents_cost_the_queries_of_20_and_are_paged(company):
    make_flow(manager())
    first = submit(company, amount="1.00")
    person = sign_in(company.director)

    def add(count):
        fields = {
            f.attname: getattr(first, f.attname) for f in ApprovalRequest._meta.concrete_fields if f.attname != "id"
        }
        latest = ApprovalRequest.objects.order_by("-subject_id").first().subject_id
        rows = ApprovalRequest.objects.bulk_create(
            ApprovalRequest(**{**fields, "subject_id": latest + n}) for n in range(1, count + 1)
        )
        due = timezone.now() + timedelta(days=1)
        ApprovalTask.objects.bulk_create(
            ApprovalTask(request=row, round=1, step=first.step, position=100, approver=company.director, due_at=due)
            for row in rows
        )

    def cost(address=LIST):
        with CaptureQueriesContext(connection) as queries:
            answer = person.get(address)
        assert answer.status_code == 200
        return len(queries), answer

    add(19)
    person.get(LIST)
    few, _answer = cost()
    add(1980)
    many, answer = cost()

    assert many == few
    assert many <= 12
    assert len(answer.context["inbox"].rows) == 30
    _count, following = cost(f"{LIST}?{answer.context['inbox'].next_query}")
    shown = {row.request.pk for page in (answer, following) for row in page.context["inbox"].rows}
    assert len(shown) == 60


def test_the_decision_page_shows_document_reasons_and_flow(company):
    customer = make_customer(owner=company.rep, name="Hengyao")
    above = [{"fact": "amount", "operator": "above", "value": "20000.00"}]
    make_flow({**manager(), "conditions": above}, role("finance"))
    request = submit(company, amount="30000.00")
    ApprovalRequest.objects.filter(pk=request.pk).update(customer_id=customer.pk)

    page = text(sign_in(company.director).get(request.get_absolute_url()))

    assert "Hengyao" in page
    assert "because the amount is above ¥20,000.00" in page
    assert "¥30,000.00" in page
    assert "step 1 of 2" in page
    assert "“Flow”, version 1" in page.replace("&quot;", '"')
    assert page.count('name="seen"') == 1


def test_whoever_has_no_part_in_it_does_not_find_it(company):
    make_flow(manager())
    request = submit(company)
    stranger = make_user("stranger", role="rep", department=company.sales)

    assert sign_in(stranger).get(request.get_absolute_url()).status_code == 404
    assert post(stranger, request, "approve").status_code == 403
    assert post(company.rep, request, "approve").status_code == 403
    assert state(request) == "pending"


def test_approving_goes_back_to_the_list(company):
    make_flow(manager())
    request = submit(company)

    answer = post(company.director, request, "approve", next="/approvals/?tab=waiting")

    assert answer.status_code == 302
    assert answer.url == "/approvals/?tab=waiting"
    assert state(request) == "approved"


@pytest.mark.parametrize("verb", ["return", "reject"])
def test_returning_and_rejecting_ask_for_a_reason(company, verb):
    make_flow(manager())
    request = submit(company)

    answer = post(company.director, request, verb)

    assert answer.status_code == 422
    assert [*answer.context["form"].errors] == ["comment"]
    assert post(company.director, request, verb, comment="Too cheap").status_code == 302
    assert state(request) == {"return": "returned", "reject": "rejected"}[verb]


@pytest.mark.parametrize("verb", ["approve", "return", "reject"])
def test_opening_the_address_of_a_decision_decides_nothing(company, verb):
    make_flow(manager())
    request = submit(company)

    answer = sign_in(company.director).get(reverse(f"approvals:approval_{verb}", args=[request.pk]))

    assert answer.status_code == 302
    assert answer.url == request.get_absolute_url()
    assert state(request) == "pending"


def test_returning_asks_at_which_of_the_reached_steps_it_begins_again(company):
    make_flow(people(company.director), people(company.vp))
    request = submit(company)
    actions.approve(request, actor=company.director, seen=request.content_hash)

    asked = post(company.vp, request, "return", comment="Once more")

    assert asked.status_code == 200
    assert 'name="to_step"' in text(asked)
    assert state(request) == "pending"
    assert post(company.vp, request, "return", comment="Once more", to_step="step2").status_code == 302
    assert ApprovalRequest.objects.get(pk=request.pk).step == "step2"


def test_the_second_of_two_learns_who_was_first(company):
    make_flow(people(company.director, company.vp))
    request = submit(company)
    actions.approve(request, actor=company.vp, seen=request.content_hash)

    answer = post(company.director, request, "approve")

    assert answer.status_code == 409
    assert "Vp was first: approved on" in text(answer)
    assert "Your decision was not taken; nothing was changed." in text(answer)
    assert state(request) == "approved"


def test_whoever_looked_at_an_older_round_sees_what_changed_since(company):
    make_flow(manager())
    document = make_document(company.rep, amount="100.00")
    first = put_up(document, company.rep)
    seen = first.content_hash
    actions.return_request(first, actor=company.director, seen=seen, comment="More")
    change_document(document, amount="250.00")
    request = put_up(document, company.rep)

    answer = post(company.director, request, "approve", seen=seen)

    assert answer.status_code == 409
    assert answer.context["differences"] == [("amount", "100.00", "250.00")]


def test_the_approver_sees_what_changed_since_the_round_before(company):
    make_flow(people(company.director, company.vp))
    document = make_document(company.rep, amount="100.00")
    first = put_up(document, company.rep)
    actions.return_request(first, actor=company.director, seen=first.content_hash, comment="More")
    change_document(document, amount="250.00")
    request = put_up(document, company.rep)

    answer = sign_in(company.vp).get(request.get_absolute_url())

    assert answer.context["round_before"] == [("amount", "100.00", "250.00")]
    assert "Changed since the round before" in text(answer)


def test_approvers_see_what_changed_since_they_themselves_decided_however_many_rounds_ago(company):
    make_flow(people(company.director, company.vp), role("finance"))
    document = make_document(company.rep, terms="30 days", place="Ningbo")
    request = put_up(document, company.rep)
    actions.approve(request, actor=company.director, seen=request.content_hash)
    actions.return_request(request, actor=company.finance, seen=request.content_hash, comment="Terms")
    request = put_up(change_document(document, terms="90 days"), company.rep)
    actions.return_request(request, actor=company.vp, seen=request.content_hash, comment="Place")
    request = put_up(change_document(document, place="Wuhan"), company.rep)

    def shown(person):
        page = sign_in(person).get(request.get_absolute_url())
        since = page.context["decided_before"]
        return (since and sorted(since.differences)), page.context["round_before"]

    last = [("place", "Ningbo", "Wuhan")]
    assert shown(company.director) == ([*last, ("terms", "30 days", "90 days")], [])
    assert shown(company.finance) == ([*last, ("terms", "30 days", "90 days")], [])
    assert shown(company.vp) == (last, [])
    assert shown(company.finance2) == (None, last)


def test_whoever_decided_on_the_same_content_sees_no_difference(company):
    make_flow(manager(), role("finance"))
    document = make_document(company.rep)
    request = put_up(document, company.rep)
    actions.approve(request, actor=company.director, seen=request.content_hash)
    actions.return_request(request, actor=company.finance, seen=request.content_hash, comment="Why?", to_step="step2")
    request = put_up(document, company.rep)

    page = sign_in(company.director).get(request.get_absolute_url())

    assert (page.context["decided_before"], page.context["round_before"]) == (None, [])
    assert (request.round, request.step) == (2, "step2")


def test_the_approver_sees_what_changed_since_it_was_last_approved(company):
    make_flow(manager())
    document = make_document(company.rep, amount="100.00")
    first = put_up(document, company.rep)
    actions.approve(first, actor=company.director, seen=first.content_hash)
    change_document(document, amount="300.00")
    request = put_up(document, company.rep)

    answer = sign_in(company.director).get(request.get_absolute_url())

    assert answer.context["approved_before"].differences == [("amount", "100.00", "300.00")]


def test_a_document_changed_behind_the_request_is_not_approved(company):
    make_flow(manager())
    document = make_document(company.rep, amount="100.00")
    request = put_up(document, company.rep)
    change_document(document, amount="999.00")

    answer = post(company.director, request, "approve")

    assert answer.status_code == 409
    assert answer.context["differences"] == [("amount", "100.00", "999.00")]


def test_several_are_approved_at_once_with_an_outcome_for_each(company):
    make_flow(manager())
    one, other, late = submit(company), submit(company), submit(company)
    actions.reject(late, actor=company.director, seen=late.content_hash, comment="No")
    picks = [f"{row.pk}:{row.content_hash}" for row in (one, late)]

    page = sign_in(company.director).get(SEVERAL)
    answer = sign_in(company.director).post(SEVERAL, {"pick": picks, "comment": "Fine"})

    assert [row.request.pk for row in page.context["rows"]] == [one.pk, other.pk]
    assert answer.status_code == 200
    assert [(row.pk, outcome.is_done) for row, outcome in answer.context["outcomes"]] == [
        (one.pk, True),
        (late.pk, False),
    ]
    assert "Director was first: rejected on" in text(answer)
    assert [state(row) for row in (one, other, late)] == ["approved", "pending", "rejected"]


@pytest.mark.parametrize("picks", [[], ["x"], ["1"], ["1:abc"], ["0:" + "a" * 63]])
def test_choosing_nothing_at_all_is_said(company, picks):
    make_flow(manager())
    request = submit(company)
    person = sign_in(company.director)
    before = fingerprint()

    answer = person.post(SEVERAL, {"pick": picks})

    assert answer.status_code == 422
    assert "Choose at least one." in text(answer)
    assert fingerprint() == before
    assert state(request) == "pending"


def test_somebody_elses_turn_is_not_approved_along(company):
    make_flow(manager())
    request = submit(company)

    answer = sign_in(company.finance).post(SEVERAL, {"pick": [f"{request.pk}:{request.content_hash}"]})

    assert [outcome.is_done for _row, outcome in answer.context["outcomes"]] == [False]
    assert state(request) == "pending"


def test_copies_and_comments_are_pages(company):
    make_flow(manager())
    request = submit(company)

    assert post(company.director, request, "comment", comment="Looks good").status_code == 302
    copied = post(company.director, request, "copy", people=[company.vp.pk])

    assert copied.status_code == 302
    assert [copy.user for copy in request.copies.all()] == [company.vp]
    assert "Looks good" in text(sign_in(company.vp).get(request.get_absolute_url()))
    assert post(company.finance2, request, "copy", people=[company.vp.pk]).status_code == 422


def test_the_workbench_shows_the_first_five_that_wait(company):
    make_flow(manager())
    requests = [submit(company, amount=f"{n}000.00") for n in range(1, 8)]

    page = sign_in(company.director).get("/")

    assert [turn.url for turn in page.context["approvals"]] == [row.get_absolute_url() for row in requests[:5]]
    assert "All 7" in text(page)
    assert "¥5,000" in text(page)
    assert "Waiting for your decision" not in text(sign_in(company.rep).get("/"))
    assert "Waiting for your decision" not in text(sign_in(company.finance).get("/"))
