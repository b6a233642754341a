"""Whose turn it is, without a database."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from crm.people.models import User
from customers.leads.dealing import Receiver, deal


def receiver(pk, held=0, limit=1000, **more):
    return Receiver(User(pk=pk), held, limit, **more)


def test_turns_go_on_where_the_last_call_ended():
    people = [receiver(1), receiver(2), receiver(3)]
    assert list(deal([10, 11], people, "turns").values()) == [1, 2]
    assert list(deal([12, 13], people, "turns").values()) == [3, 1]


@given(st.lists(st.integers(1, 9), min_size=1, max_size=6), st.integers(0, 200))
def test_by_ratio_the_counts_stray_from_the_weights_by_less_than_one_each(weights, count):
    people = [receiver(pk, weight=weight) for pk, weight in enumerate(weights, 1)]
    dealt = Counter(deal(range(count), people, "ratio").values())
    assert sum(dealt.values()) == count
    if count % sum(weights) == 0:
        assert dealt == Counter({pk: weight * count // sum(weights) for pk, weight in enumerate(weights, 1)})


def test_by_load_whoever_holds_least_gets_the_next():
    people = [receiver(1, held=5), receiver(2, held=3), receiver(3, held=3)]
    assert list(deal(range(6), people, "load").values()) == [2, 3, 2, 3, 1, 2]


def test_who_is_away_or_full_gets_nothing_and_what_nobody_can_take_is_left():
    people = [receiver(1, is_away=True), receiver(2, held=8, limit=10), receiver(3, held=10, limit=10)]
    assert deal([10, 11, 12], people, "turns") == {10: 2, 11: 2}


def test_who_was_away_is_owed_nothing_on_coming_back():
    away, here = receiver(1, is_away=True), receiver(2)
    deal(range(50), [away, here], "turns")
    away.is_away = False
    assert Counter(deal(range(50, 60), [away, here], "turns").values()) == {1: 5, 2: 5}


def test_a_customer_goes_past_those_who_may_not_have_it():
    people = [receiver(1), receiver(2)]
    assert deal([10, 11, 12], people, "turns", {10: {1}, 11: {1, 2}}) == {10: 2, 12: 1}
