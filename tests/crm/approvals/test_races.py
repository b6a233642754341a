"""Two at once, with real connections: one wins, the other learns who was first; and a harness that would see a race."""

import threading
from collections import Counter

import pytest
from django.core.exceptions import ValidationError
from django.db import OperationalError, connection

from crm.approvals import actions, matters
from crm.approvals.models import ApprovalDecision, ApprovalRequest, ApprovalTask
from crm.operations.invariants import all_rules, broken
from crm.people.actions import disable_user
from crm.people.models import User
from customers.tasks.models import Task
from tests.crm.approvals.purpose import make_document, make_flow, manager, people, put_up, role

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 25


def together(*works):
    """Run these at once, each with its own connection; what each answered: "done", the code of a refusal, or "busy"."""
    gate, answers = threading.Barrier(len(works)), [None] * len(works)

    def run(place, work):
        try:
            gate.wait(10)
            work()
            answers[place] = "done"
        except ValidationError as refusal:
            answers[place] = getattr(refusal, "code", "") or "refused"
        except OperationalError:
            answers[place] = "busy"
        except Exception as fault:
            answers[place] = repr(fault)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(place, work)) for place, work in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    return answers


def fresh(person):
    return User.objects.get(pk=person.pk)


def decide(act, request, person, **more):
    return lambda: act(request, actor=fresh(person), seen=request.content_hash, **more)


def unbroken():
    assert {found.sentence: ids for found in all_rules() if (ids := broken(found))} == {}


def test_of_two_approvers_at_once_one_decides_and_the_other_learns_who_was_first(company):
    make_flow(role("finance"))
    seen = Counter()
    for _round in range(ROUNDS):
        request = put_up(make_document(company.rep), company.rep)
        answers = together(
            decide(actions.approve, request, company.finance), decide(actions.approve, request, company.finance2)
        )
        seen[tuple(sorted(answers))] += 1
        assert ApprovalDecision.objects.filter(request=request, action="approve").count() == 1
    assert seen == {("decided", "done"): ROUNDS}
    unbroken()


def test_without_the_locks_it_would_end_twice(company, monkeypatch):
    make_flow(manager())
    request = put_up(make_document(company.rep), company.rep)
    for model in (ApprovalRequest, Task):
        monkeypatch.setattr(type(model.objects.all()), "select_for_update", lambda rows, **_more: rows)
    meeting, check = threading.Barrier(2), matters.Matter.refuse_unless_pending

    def slowly(matter):
        check(matter)
        meeting.wait(10)

    monkeypatch.setattr(matters.Matter, "refuse_unless_pending", slowly)
    answers = together(
        decide(actions.approve, request, company.director),
        lambda: actions.withdraw(request, actor=fresh(company.rep)),
    )
    assert answers == ["done", "done"]
    assert ApprovalDecision.objects.filter(request=request, action__in=["approve", "withdraw"]).count() == 2


def test_a_double_click_decides_once(company):
    make_flow(manager())
    for _round in range(ROUNDS):
        request = put_up(make_document(company.rep), company.rep)
        work = decide(actions.approve, request, company.director)
        assert sorted(together(work, work)) == ["decided", "done"]


def test_approving_and_withdrawing_at_once_end_it_once(company):
    make_flow(manager())
    for _round in range(ROUNDS):
        request = put_up(make_document(company.rep), company.rep)
        answers = together(
            decide(actions.approve, request, company.director),
            lambda request=request: actions.withdraw(request, actor=fresh(company.rep)),
        )
        assert sorted(answers) == ["decided", "done"]
        request.refresh_from_db()
        assert request.state == ("approved" if answers[0] == "done" else "withdrawn")
    unbroken()


def test_approving_rejecting_and_returning_at_once_end_it_once(company):
    make_flow(people(company.director, company.finance, company.vp))
    for _round in range(ROUNDS):
        request = put_up(make_document(company.rep), company.rep)
        answers = together(
            decide(actions.approve, request, company.director),
            decide(actions.reject, request, company.finance, comment="No"),
            decide(actions.return_request, request, company.vp, comment="Again"),
        )
        assert sorted(answers) == ["decided", "decided", "done"]
    unbroken()


def test_a_turn_given_while_its_holder_is_disabled_never_stays_with_them(company):
    make_flow(manager(), people(company.finance))
    for _round in range(ROUNDS):
        User.objects.filter(pk=company.finance.pk).update(is_active=True, left_on=None)
        request = put_up(make_document(company.rep), company.rep)
        answers = together(
            decide(actions.approve, request, company.director),
            lambda: disable_user(fresh(company.finance), actor=fresh(company.admin)),
        )
        assert answers == ["done", "done"]
        assert not ApprovalTask.objects.filter(state="pending", approver__is_active=False).exists()
        unbroken()


def test_deciding_while_one_is_disabled_happens_before_or_not_at_all(company):
    make_flow(people(company.finance))
    ended = Counter()
    for _round in range(ROUNDS):
        User.objects.filter(pk=company.finance.pk).update(is_active=True, left_on=None)
        request = put_up(make_document(company.rep), company.rep)
        first, second = together(
            decide(actions.approve, request, company.finance),
            lambda: disable_user(fresh(company.finance), actor=fresh(company.admin)),
        )
        request.refresh_from_db()
        assert second == "done"
        assert (first, request.state) in (
            ("done", "approved"), ("blocked", "blocked"), ("decided", "pending"), ("no_right", "pending"),
        )  # fmt: skip
        ended[request.state] += 1
        assert not ApprovalTask.objects.filter(state="pending", approver__is_active=False).exists()
    unbroken()


def test_a_document_is_not_put_up_twice_at_once(company):
    make_flow(manager())
    for _round in range(ROUNDS):
        document = make_document(company.rep)
        work = lambda document=document: put_up(document, fresh(company.rep))  # noqa: E731
        assert sorted(together(work, work)) == ["conflict", "done"]
        assert ApprovalRequest.objects.filter(subject_id=document.pk).count() == 1
