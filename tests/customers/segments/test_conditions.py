"""Conditions find exactly the customers they describe, and say in words what they cannot ask."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import Exists, Q
from django.db.models.expressions import RawSQL
from django.utils import timezone

from customers.customers.models import Customer
from customers.segments.conditions import clean_conditions, in_words
from customers.segments.counting import count_of, customers_of
from customers.segments.fields import SegmentField
from tests.factories import (
    make_activity,
    make_customer,
    make_department,
    make_industry,
    make_level,
    make_pool,
    make_pooled_customer,
    make_region,
    make_tag,
    make_user,
)

pytestmark = pytest.mark.django_db


def asks(*rows, match="all"):
    return {"match": "all", "groups": [{"match": match, "rows": list(rows)}]}


def row(field, operator, value=None):
    return {"field": field, "operator": operator, "value": value}


@pytest.fixture
def vp():
    return make_user("vp", "director", make_department("Sales"))


@pytest.fixture
def rep(vp):
    return make_user("rep", "rep", make_department("East", vp.department))


def names(conditions, user):
    return sorted(customers_of(clean_conditions(conditions, user), user).values_list("name", flat=True))


def test_fields_of_every_kind_find_what_they_describe(vp, rep):
    key, plain = make_level("Key"), make_level("Plain")
    vip, old = make_tag("VIP"), make_tag("Old")
    jiangsu = make_region("Jiangsu")
    suzhou = make_region("Suzhou", parent=jiangsu)
    section = make_industry("Making", code="C")
    division = make_industry("Machines", code="C34", parent=section)
    now = timezone.now()
    make_customer(rep, name="Alpha Works", level=key, tag_ids=[vip.pk, old.pk], region=suzhou, size="large",
                  last_followed_at=now - timedelta(days=5))  # fmt: skip
    make_customer(rep, name="Beta Works", level=plain, tag_ids=[old.pk], industry=division,
                  last_followed_at=now - timedelta(days=50))  # fmt: skip
    make_customer(rep, name="Gamma", next_follow_on=timezone.localdate() + timedelta(days=3))

    expected = [
        (row("name", "contains", "works"), ["Alpha Works", "Beta Works"]),
        (row("name", "starts", "gam"), ["Gamma"]),
        (row("level", "any", [key.pk, plain.pk]), ["Alpha Works", "Beta Works"]),
        (row("level", "none", [key.pk]), ["Beta Works", "Gamma"]),
        (row("level", "empty"), ["Gamma"]),
        (row("size", "empty"), ["Beta Works", "Gamma"]),
        (row("tags", "all", [vip.pk, old.pk]), ["Alpha Works"]),
        (row("tags", "none", [vip.pk]), ["Beta Works", "Gamma"]),
        (row("region", "any", [jiangsu.pk]), ["Alpha Works"]),
        (row("industry", "any", [section.pk]), ["Beta Works"]),
        (row("last_followed", "last_days", "10"), ["Alpha Works"]),
        (row("last_followed", "older_days", 30), ["Beta Works", "Gamma"]),
        (row("next_follow", "next_days", 7), ["Gamma"]),
        (row("credit_code", "empty"), ["Alpha Works", "Beta Works", "Gamma"]),
        (row("status", "any", ["lead"]), ["Alpha Works", "Beta Works", "Gamma"]),
    ]
    assert [(asked, names(asks(asked), vp)) for asked, _found in expected] == expected


def test_behaviour_counts_activities_of_chosen_kinds_in_a_window(vp, rep):
    busy, quiet, _idle = (make_customer(rep, name=name) for name in ("Busy", "Quiet", "Idle"))
    for days, kind in ((1, "visit"), (2, "visit"), (3, "call"), (90, "visit")):
        make_activity(busy, kind=kind, happened_at=timezone.now() - timedelta(days=days))
    make_activity(quiet, kind="visit", happened_at=timezone.now() - timedelta(days=2))

    def times(operator, count, kinds=(), days=30):
        return names(asks(row("activities", operator, {"count": count, "days": days, "kinds": list(kinds)})), vp)

    assert times("at_least", 1) == ["Busy", "Quiet"]
    assert times("at_least", 3) == ["Busy"]
    assert times("at_least", 3, ["visit"]) == []
    assert times("at_least", 3, ["visit"], days=365) == ["Busy"]
    assert times("at_most", 0) == ["Idle"]
    assert times("at_most", 1) == ["Idle", "Quiet"]


def test_groups_nest_all_and_any(vp, rep):
    key = make_level("Key")
    for name, fields in (
        ("A", {"level": key}),
        ("B", {"size": "giant"}),
        ("C", {"level": key, "size": "giant"}),
        ("D", {}),
    ):
        make_customer(rep, name=name, **fields)
    either = {"match": "any", "rows": [row("level", "any", [key.pk]), row("size", "any", ["giant"])]}
    named = {"match": "any", "rows": [row("name", "is", "A"), row("name", "is", "C"), row("name", "is", "D")]}

    assert names({"match": "all", "groups": [either, named]}, vp) == ["A", "C"]
    assert names({"match": "any", "groups": [either, named]}, vp) == ["A", "B", "C", "D"]


def test_a_segment_shows_each_person_their_own_reach(vp, rep):
    make_customer(rep, name="Mine")
    make_customer(make_user("rep3", "rep", make_department("North", vp.department)), name="Theirs")
    make_customer(rep, name="Binned", archived_at=timezone.now())
    conditions = clean_conditions(asks(row("status", "any", ["lead"])), vp)

    assert count_of(conditions, vp) == 2
    assert [customer.name for customer in customers_of(conditions, rep)] == ["Mine"]


def test_who_may_not_match_by_phone_can_neither_ask_nor_use_a_segment_that_does(vp):
    marketing = make_user("marketing", "marketing", make_department("Office"))
    make_customer(make_user("rep", "rep", vp.department), phone="+8613812345678")
    conditions = clean_conditions(asks(row("phone", "contains", "5678")), vp)
    assert count_of(conditions, vp) == 1

    with pytest.raises(ValidationError):
        clean_conditions(conditions, marketing)
    with pytest.raises(ValidationError, match="may not see"):
        count_of(conditions, marketing)


def test_a_phone_in_the_pool_is_not_matched_by_anybody(vp):
    make_pooled_customer(phone="+8613812345678", department=vp.department)

    assert count_of(clean_conditions(asks(row("phone", "contains", "5678")), vp), vp) == 0


@pytest.mark.parametrize("operator", ["any", "none", "empty", "filled"])
def test_a_column_that_a_pool_hides_answers_no_condition(vp, operator):
    rep, key = make_user("rep", "rep", vp.department), make_level("Key")
    pool = make_pool(department=vp.department, hidden_columns=["level"])
    make_pooled_customer(pool, level=key)
    value = [key.pk] if operator in ("any", "none") else None

    assert count_of(clean_conditions(asks(row("level", operator, value)), rep), rep) == 0


@pytest.mark.parametrize(
    ("conditions", "place"),
    [
        (None, "match"),
        ({"groups": "x"}, "match"),
        ({"match": "all", "groups": []}, "match"),
        (asks(), "match"),
        ({"match": "both", "groups": [{"match": "all", "rows": [row("name", "is", "A")]}]}, "match"),
        (asks(row("name", "is", "A"), match="none"), "g0"),
        (asks(row("password", "is", "A")), "g0-0"),
        (asks(row("name", "regex", "A")), "g0-0"),
        (asks(row("name", "is", "")), "g0-0"),
        (asks(row("name", "is", "x" * 101)), "g0-0"),
        (asks(row("level", "any", [99999])), "g0-0"),
        (asks(row("level", "any", [])), "g0-0"),
        (asks(row("level", "any", "1; DROP TABLE")), "g0-0"),
        (asks(row("created", "from", "2026-02-30")), "g0-0"),
        (asks(row("created", "last_days", "-1")), "g0-0"),
        (asks(row("created", "last_days", "１２")), "g0-0"),
        (asks(row("recency", "at_least", 1e30)), "g0-0"),
        (asks(row("activities", "at_least", {"count": 1, "days": 0})), "g0-0"),
        (asks(row("activities", "at_least", {"count": 1, "days": 9, "kinds": ["dance"]})), "g0-0"),
        (asks(*[row("name", "contains", "a")] * 31), "match"),
        (asks("name"), "g0-0"),
    ],
)
def test_conditions_that_make_no_sense_are_refused_where_they_stand(conditions, place, vp):
    with pytest.raises(ValidationError) as refusal:
        clean_conditions(conditions, vp)

    assert list(refusal.value.message_dict) == [place]


@pytest.mark.parametrize(
    "rows",
    [
        (row("status", "any", ["lead"]), row("status", "any", ["pool"])),
        (row("status", "any", ["lead"]), row("status", "none", ["lead"])),
        (row("level", "empty"), row("level", "filled")),
        (row("recency", "at_least", 4), row("recency", "at_most", 2)),
        (row("created", "from", "2026-05-01"), row("created", "until", "2026-04-01")),
        (row("last_followed", "last_days", 10), row("last_followed", "older_days", 30)),
        (row("open_tasks", "yes"), row("open_tasks", "no")),
        (row("name", "is", "A"), row("name", "is", "B")),
    ],
)
def test_conditions_that_exclude_each_other_are_refused_in_words(rows, vp):
    with pytest.raises(ValidationError, match="exclude each other"):
        clean_conditions(asks(*rows), vp)
    assert clean_conditions(asks(*rows, match="any"), vp)["groups"][0]["match"] == "any"


def test_conditions_read_as_sentences(vp):
    key = make_level("Key")
    conditions = clean_conditions(
        asks(
            row("level", "any", [key.pk]),
            row("last_followed", "older_days", 60),
            row("activities", "at_least", {"count": 2, "days": 30, "kinds": ["visit"]}),
        ),
        vp,
    )

    assert in_words(conditions, vp) == [
        (
            "all",
            [
                "Level is one of Key",
                "Last follow-up is more than 60 days ago",
                "Follow-ups (visit) in the last 30 days at least 2 times",
            ],
        )
    ]


def slow_fields():
    asleep = Exists(Customer.objects.filter(pk__gt=RawSQL("(SELECT 1 FROM pg_sleep(2))", [])))
    return [SegmentField("slow", "Slow", "yes_no", matching=lambda _operator, _value: Q(asleep))]


def test_a_count_that_takes_too_long_is_refused_in_words(vp, settings):
    settings.HARBOUR_SEGMENT_FIELDS = [f"{__name__}.slow_fields"]
    make_customer(vp)
    conditions = clean_conditions(asks(row("slow", "yes")), vp)

    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '100ms'")
        with pytest.raises(ValidationError, match="narrows the segment"):
            count_of(conditions, vp)
        cursor.execute("SET LOCAL statement_timeout = '10s'")
