"""Deciding: who, in which order, on what; and everything that is refused with nothing changed."""

import pytest
from django.core.exceptions import ValidationError

from crm.approvals import actions
from crm.approvals.models import ApprovalDecision, ApprovalRequest, ApprovalTask
from crm.notifications.models import Notice
from tests.contract.fingerprints import fingerprint
from tests.crm.approvals.purpose import (
    change_document,
    make_document,
    make_flow,
    manager,
    people,
    put_up,
    role,
    state_of,
)
from tests.factories import make_department, make_user

pytestmark = pytest.mark.django_db


def refused(work, code="", words=""):
    """The refusal; nothing changed but what tells of it."""
    before = fingerprint()
    with pytest.raises(ValidationError) as caught:
        work()
    assert fingerprint() == before
    found = caught.value
    if code:
        assert found.code == code, found
    if words:
        assert words in " ".join(found.messages)
    return found


def waiting_for(request):
    return [
        task.approver.username
        for task in request.tasks.filter(round=request.round, state="pending").order_by("position", "approver__name")
    ]


def approve(request, person, **more):
    return actions.approve(request, actor=person, seen=request.content_hash, **more)


def story(request):
    return [
        (decision.action, decision.actor.username if decision.actor else "")
        for decision in ApprovalDecision.objects.filter(request=request).select_related("actor")
    ]


def test_a_document_goes_to_the_manager_and_is_approved(company):
    make_flow(manager())
    document = make_document(company.rep)
    request = put_up(document, company.rep)
    assert (request.state, waiting_for(request), state_of(document)) == ("pending", ["director"], "pending")
    done = approve(request, company.director, comment="Good price")
    assert (done.state, done.step, state_of(document)) == ("approved", "", "approved")
    assert done.closed_at is not None
    assert story(request) == [("submit", "rep"), ("approve", "director")]
    assert Notice.objects.get(recipient=company.director).kind == "approval_turn"
    assert Notice.objects.get(recipient=company.rep).text == "Approved by Director: Task Quote · ¥100.00 Good price"


def test_one_step_follows_the_other(company):
    make_flow(manager(), role("finance"))
    request = put_up(make_document(company.rep), company.rep)
    request = approve(request, company.director)
    assert (request.state, waiting_for(request)) == ("pending", ["finance", "finance2"])
    request = approve(request, company.finance2)
    assert request.state == "approved"
    assert ApprovalTask.objects.get(request=request, approver=company.finance).state == "skipped"


def test_where_all_decide_all_have_to(company):
    make_flow(role("finance", mode="all"))
    document = make_document(company.rep)
    request = approve(put_up(document, company.rep), company.finance)
    assert (request.state, waiting_for(request)) == ("pending", ["finance2"])
    assert approve(request, company.finance2).state == "approved"


def test_two_of_three_are_enough_where_two_are_asked_for(company):
    third = make_user("finance3", role="finance")
    make_flow(role("finance", mode="n", count=2))
    request = approve(put_up(make_document(company.rep), company.rep), company.finance)
    assert request.state == "pending"
    assert approve(request, third).state == "approved"


def test_a_rejection_ends_it_with_a_reason(company):
    make_flow(role("finance", mode="all"))
    document = make_document(company.rep)
    request = put_up(document, company.rep)
    refused(lambda: actions.reject(request, actor=company.finance, seen=request.content_hash))
    done = actions.reject(request, actor=company.finance, seen=request.content_hash, comment="Too cheap")
    assert (done.state, state_of(document), waiting_for(done)) == ("rejected", "rejected", [])


def test_a_returned_document_starts_its_next_round(company):
    make_flow(manager(), role("finance"))
    document = make_document(company.rep)
    request = approve(put_up(document, company.rep), company.director)
    request = actions.return_request(request, actor=company.finance, seen=request.content_hash, comment="Payment terms")
    assert (request.state, state_of(document)) == ("returned", "returned")
    again = put_up(document, company.rep)
    assert (again.pk, again.round, waiting_for(again)) == (request.pk, 2, ["director"])


def test_a_document_returned_to_a_step_goes_on_there(company):
    make_flow(manager(), role("finance"))
    document = make_document(company.rep)
    request = approve(put_up(document, company.rep), company.director)
    step = request.step
    actions.return_request(request, actor=company.finance, seen=request.content_hash, comment="Terms", to_step=step)
    again = put_up(document, company.rep)
    assert waiting_for(again) == ["finance", "finance2"]


def test_a_document_whose_amount_changed_starts_from_the_beginning_wherever_it_was_returned_to(company):
    make_flow(manager(), role("finance"))
    document = make_document(company.rep)
    request = approve(put_up(document, company.rep), company.director)
    actions.return_request(
        request, actor=company.finance, seen=request.content_hash, comment="Terms", to_step=request.step
    )
    again = put_up(change_document(document, amount="999.00"), company.rep)
    assert waiting_for(again) == ["director"]


def test_a_document_edited_in_what_no_condition_asks_goes_to_everybody_who_agreed_to_it_as_it_was(company):
    make_flow(manager(), role("finance"))
    document = make_document(company.rep, terms="30 days")
    request = approve(put_up(document, company.rep), company.director)
    actions.return_request(
        request, actor=company.finance, seen=request.content_hash, comment="Terms", to_step=request.step
    )
    again = put_up(change_document(document, terms="90 days"), company.rep)
    assert (again.facts, waiting_for(again)) == (request.facts, ["director"])


def test_it_is_not_returned_to_a_step_that_was_not_reached(company):
    make_flow(manager(), role("finance"))
    request = put_up(make_document(company.rep), company.rep)
    refused(
        lambda: actions.return_request(
            request, actor=company.director, seen=request.content_hash, comment="No", to_step="step2"
        )
    )


def test_whoever_submitted_it_withdraws_it_before_the_last_decision(company):
    make_flow(manager())
    document = make_document(company.rep)
    request = put_up(document, company.rep)
    refused(lambda: actions.withdraw(request, actor=company.finance), "no_right")
    done = actions.withdraw(request, actor=company.rep)
    assert (done.state, state_of(document), waiting_for(done)) == ("withdrawn", "withdrawn", [])
    refused(lambda: approve(request, company.director), "decided", "Rep was first: withdrew it")
    again = put_up(document, company.rep)
    assert (again.pk != request.pk, again.round) == (True, 1)


def test_the_second_learns_who_was_first(company):
    make_flow(role("finance"))
    request = put_up(make_document(company.rep), company.rep)
    approve(request, company.finance)
    refused(lambda: approve(request, company.finance2), "decided", "Finance was first: approved on")
    refused(lambda: approve(request, company.finance), "decided")
    refused(lambda: actions.withdraw(request, actor=company.rep), "decided")


def test_nobody_decides_on_what_they_did_not_see(company):
    make_flow(manager())
    request = put_up(make_document(company.rep), company.rep)
    refused(lambda: actions.approve(request, actor=company.director, seen="0" * 64), "stale")
    refused(lambda: actions.approve(request, actor=company.director, seen=""), "stale")


def test_a_document_changed_behind_its_approval_is_not_approved(company):
    make_flow(manager())
    document = make_document(company.rep)
    request = put_up(document, company.rep)
    change_document(document, amount="1.00")
    refused(lambda: approve(request, company.director), "stale")


def test_a_stranger_does_not_decide(company):
    make_flow(manager())
    request = put_up(make_document(company.rep), company.rep)
    refused(lambda: approve(request, company.vp), "no_right")
    refused(lambda: approve(request, company.rep), "no_right")


def test_a_turn_of_an_old_round_is_worth_nothing(company):
    make_flow(role("finance"))
    document = make_document(company.rep)
    request = put_up(document, company.rep)
    old = request.content_hash
    actions.return_request(request, actor=company.finance, seen=old, comment="Terms")
    refused(lambda: actions.approve(request, actor=company.finance2, seen=old), "decided")
    make_user("finance9", role="finance")
    again = put_up(change_document(document, title="new"), company.rep)
    refused(lambda: actions.approve(again, actor=company.finance2, seen=old), "stale")


def test_whoever_lost_the_right_does_not_decide(company):
    make_flow(manager())
    request = put_up(make_document(company.rep), company.rep)
    company.director.roles.clear()
    refused(lambda: approve(request, company.director), "no_right")


def test_what_waits_is_not_submitted_again(company):
    make_flow(manager())
    document = make_document(company.rep)
    put_up(document, company.rep)
    refused(lambda: put_up(document, company.rep), "conflict")


def test_nothing_passes_without_a_flow(company):
    document = make_document(company.rep)
    refused(lambda: put_up(document, company.rep), "no_flow")
    make_flow(manager(), conditions=[{"fact": "amount", "operator": "above", "value": "500.00"}])
    refused(lambda: put_up(document, company.rep), "no_flow")


def test_a_flow_whose_steps_all_fall_away_blocks(company):
    rule = [{"fact": "amount", "operator": "above", "value": "500.00"}]
    make_flow({**manager(), "conditions": rule})
    document = make_document(company.rep)
    request = put_up(document, company.rep)
    assert (request.state, request.blocked_because, state_of(document)) == ("blocked", "no_step", "blocked")


def test_the_same_person_twice_in_a_row_decides_once(company):
    make_flow(manager(), people(company.director), role("finance"))
    request = approve(put_up(make_document(company.rep), company.rep), company.director)
    assert waiting_for(request) == ["finance", "finance2"]
    assert story(request)[1:] == [("approve", "director"), ("auto", "director")]


def test_a_turn_is_handed_on_once_and_in_ones_name(company):
    make_flow(manager())
    document = make_document(company.rep)
    request = put_up(document, company.rep)
    refused(lambda: actions.delegate(request, actor=company.director, to=company.rep))
    refused(lambda: actions.delegate(request, actor=company.vp, to=company.finance), "no_right")
    request = actions.delegate(request, actor=company.director, to=company.vp)
    assert waiting_for(request) == ["vp"]
    refused(lambda: approve(request, company.director))
    refused(lambda: actions.delegate(request, actor=company.vp, to=company.finance), "no_right")
    done = approve(request, company.vp)
    last = done.decisions.last()
    assert (done.state, last.actor, last.on_behalf_of) == ("approved", company.vp, company.director)


def test_an_approver_added_before_decides_first(company):
    make_flow(manager())
    request = put_up(make_document(company.rep), company.rep)
    refused(lambda: actions.add_approver(request, actor=company.director, who=company.rep, before=True))
    request = actions.add_approver(request, actor=company.director, who=company.finance, before=True)
    refused(lambda: approve(request, company.director), "conflict")
    request = approve(request, company.finance)
    assert (request.state, waiting_for(request)) == ("pending", ["director"])
    assert approve(request, company.director).state == "approved"


def test_an_approver_added_after_decides_last(company):
    make_flow(manager())
    request = put_up(make_document(company.rep), company.rep)
    request = actions.add_approver(request, actor=company.director, who=company.finance, before=False)
    request = approve(request, company.director)
    assert (request.state, waiting_for(request)) == ("pending", ["finance"])
    assert approve(request, company.finance).state == "approved"


def test_copies_let_people_read_and_nothing_more(company):
    make_flow(manager())
    outsider = make_user("outsider", role="director", department=make_department("West"))
    request = put_up(make_document(company.rep), company.rep)
    assert not ApprovalRequest.objects.visible_to(outsider).exists()
    refused(lambda: actions.copy_to(request, actor=company.admin, people=[outsider]), "no_right")
    actions.copy_to(request, actor=company.rep, people=[outsider])
    reader = type(outsider).objects.get(pk=outsider.pk)
    assert ApprovalRequest.objects.visible_to(reader).get() == request
    refused(lambda: approve(request, reader), "no_right")
    refused(lambda: actions.copy_to(request, actor=company.rep, people=[outsider]))
    refused(lambda: actions.copy_to(request, actor=company.rep, people=[company.admin]))


def test_a_void_document_ends_its_approval(company):
    make_flow(manager())
    document = make_document(company.rep)
    request = put_up(document, company.rep)
    assert actions.close_void("tests.task", document, actor=company.rep, reason="Twice").state == "void"
    refused(lambda: approve(request, company.director), "decided")
    assert actions.close_void("tests.task", document, actor=company.rep) is None


def test_several_at_once_each_stand_for_themselves(company):
    make_flow(manager())
    requests = [put_up(make_document(company.rep), company.rep) for _ in range(3)]
    approve(requests[1], company.director)
    seen = {requests[0].pk: requests[0].content_hash, requests[1].pk: requests[1].content_hash, 999999: ""}
    seen[requests[2].pk] = "0" * 64
    outcomes = actions.decide_many(seen, actor=company.director)
    assert [outcome.is_done for outcome in outcomes] == [True, False, False, False]
    assert [ApprovalRequest.objects.get(pk=one.pk).state for one in requests] == ["approved", "approved", "pending"]


def test_a_comment_too_long_is_refused(company):
    make_flow(manager())
    request = put_up(make_document(company.rep), company.rep)
    refused(lambda: approve(request, company.director, comment="x" * 1001))
    refused(lambda: actions.add_comment(request, actor=company.director, comment=" \n "))
    actions.add_comment(request, actor=company.director, comment="Why so cheap?")
    assert story(request)[-1] == ("comment", "director")
