"""Two at once, with real connections: one answer, one version; unchecked they collide, so a race would show."""

import threading

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from sales.links.actions import find_link
from sales.quotes import answering
from sales.quotes.actions import send_quote
from sales.quotes.answering import answer_quote
from sales.quotes.models import Quote
from sales.quotes.versions import new_version
from tests.sales.quotes.stories import approved, company, contradictions

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 12


def at_once(*acts):
    """Run all at the same moment; what each answered, or why it was refused."""
    barrier, told = threading.Barrier(len(acts)), [None] * len(acts)

    def run(place, act):
        try:
            barrier.wait()
            told[place] = act() and "done"
        except ValidationError as refusal:
            told[place] = " ".join(refusal.messages)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=one) for one in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return told


def both_answers(people):
    quote = approved(people)
    _link, token = send_quote(quote, actor=people.rep)
    return quote, at_once(
        lambda: answer_quote(find_link(token), name="A", is_accepted=True),
        lambda: answer_quote(find_link(token), name="B", is_accepted=False, note="Cheaper"),
    )


def test_of_two_answers_at_once_one_counts():
    people = company()
    for _round in range(ROUNDS):
        quote, told = both_answers(people)
        assert sorted(word == "done" for word in told) == [False, True]
        quote.refresh_from_db()
        assert (quote.state == "accepted") == (told[0] == "done")
    assert contradictions() == []


def test_without_asking_again_under_the_lock_both_would_count(monkeypatch):
    monkeypatch.setattr(answering, "refuse_over", lambda link, quote: None)
    people = company()
    told = [word for _round in range(3) for word in both_answers(people)[1]]
    assert told == ["done"] * 6


def test_of_two_new_versions_at_once_one_is_made():
    people = company()
    for _round in range(ROUNDS):
        quote = approved(people)
        told = at_once(*[lambda pk=quote.pk: new_version(Quote.objects.get(pk=pk), actor=people.rep)] * 2)
        assert sorted(word == "done" for word in told) == [False, True]
        versions = Quote.objects.filter(root_id=quote.root_id).order_by("version")
        assert list(versions.values_list("version", flat=True)) == [1, 2]
    assert contradictions() == []
