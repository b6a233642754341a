"""Segments over the custom fields of customers."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from crm.access.models import Grant, Role
from crm.customfields import actions
from crm.customfields.models import CustomField
from customers.customers.models import Customer
from customers.segments.actions import save_segment
from customers.segments.conditions import clean_conditions, in_words
from customers.segments.counting import customers_of
from customers.segments.models import Segment
from tests.factories import make_customer, make_department, make_pool, make_pooled_customer, make_user, sign_in
from tests.factories.files import make_attachment

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin():
    return make_user("admin", role="admin", language="en")


@pytest.fixture
def rep():
    return make_user("rep", role="rep", department=make_department("East"), language="en")


@pytest.fixture
def fields(admin):
    def add(kind, label, **more):
        return actions.add_field(actor=admin, model="customers.Customer", kind=kind, label=label, **more)

    add("text", "Serial")
    add("number", "Seats")
    add("money", "Budget")
    add("date", "Signed")
    add("choice", "Grade", choices=["Gold", "Silver"])
    add("choices", "Topics", choices=["A", "B"])
    add("user", "Engineer")
    add("yes_no", "Live")
    add("file", "Licence")
    return add


def day(ago):
    return (timezone.localdate() - timedelta(days=ago)).isoformat()


@pytest.fixture
def three(fields, rep, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    one = make_customer(owner=rep, name="One")
    kept = make_attachment(one, rep, "a.txt", b"A")
    Customer.objects.filter(pk=one.pk).update(custom={
        "serial": "AB-1", "seats": 5.5, "budget": "1000.50", "signed": day(3), "grade": "gold", "topics": ["a", "b"],
        "engineer": rep.pk, "live": True, "licence": {"id": kept.pk, "name": "a.txt"},
    })  # fmt: skip
    make_customer(owner=rep, name="Two", custom={
        "serial": "CD-2", "seats": -2, "budget": "99.00", "signed": day(400), "grade": "silver", "topics": ["b"],
        "live": False,
    })  # fmt: skip
    make_customer(owner=rep, name="Three", custom={"seats": "garbage", "budget": "garbage", "signed": 7})


def asking(*rows, match="all"):
    named = [dict(zip(("field", "operator", "value"), row, strict=False)) for row in rows]
    return {"match": "all", "groups": [{"match": match, "rows": named}]}


FOUND = [
    (("custom_serial", "contains", "b-1"), ["One"]),
    (("custom_serial", "is", "ab-1"), ["One"]),
    (("custom_serial", "starts", "c"), ["Two"]),
    (("custom_serial", "empty"), ["Three"]),
    (("custom_serial", "filled"), ["One", "Two"]),
    (("custom_seats", "at_least", "5.5"), ["One"]),
    (("custom_seats", "at_most", "-1"), ["Two"]),
    (("custom_seats", "empty"), []),
    (("custom_budget", "at_least", "1,000.5"), ["One"]),
    (("custom_budget", "at_most", "99"), ["Two"]),
    (("custom_signed", "last_days", 7), ["One"]),
    (("custom_signed", "older_days", 30), ["Two"]),
    (("custom_signed", "from", day(3)), ["One"]),
    (("custom_signed", "until", day(4)), ["Two"]),
    (("custom_signed", "next_days", 7), []),
    (("custom_grade", "any", ["gold"]), ["One"]),
    (("custom_grade", "none", ["gold"]), ["Three", "Two"]),
    (("custom_grade", "empty"), ["Three"]),
    (("custom_topics", "any", ["b"]), ["One", "Two"]),
    (("custom_topics", "all", ["a", "b"]), ["One"]),
    (("custom_topics", "none", ["a"]), ["Three", "Two"]),
    (("custom_engineer", "filled"), ["One"]),
    (("custom_engineer", "empty"), ["Three", "Two"]),
    (("custom_live", "any", ["yes"]), ["One"]),
    (("custom_live", "any", ["no"]), ["Two"]),
    (("custom_live", "none", ["yes"]), ["Three", "Two"]),
    (("custom_licence", "filled"), ["One"]),
    (("custom_licence", "empty"), ["Three", "Two"]),
]


@pytest.mark.parametrize(("row", "names"), FOUND)
def test_each_kind_answers_its_operators(three, rep, row, names):
    conditions = clean_conditions(asking(row), rep)
    assert sorted(customers_of(conditions, rep).values_list("name", flat=True)) == names


def test_a_person_is_asked_for_by_id(three, rep):
    conditions = clean_conditions(asking(("custom_engineer", "any", [str(rep.pk)])), rep)
    assert conditions["groups"][0]["rows"][0]["value"] == [rep.pk]
    assert [one.name for one in customers_of(conditions, rep)] == ["One"]


@pytest.mark.parametrize(
    "row",
    [("custom_seats", "at_least", "many"), ("custom_seats", "at_least", ""), ("custom_seats", "at_least", True),
     ("custom_seats", "at_least", "1e400"), ("custom_seats", "at_least", [1]), ("custom_seats", "contains", "1"),
     ("custom_budget", "at_most", "0.001"), ("custom_grade", "any", ["bronze"]), ("custom_grade", "any", []),
     ("custom_live", "any", ["perhaps"]), ("custom_signed", "from", "soon"), ("custom_licence", "contains", "a"),
     ("custom_engineer", "any", ["nobody"]), ("custom_gone", "empty"), ("custom_serial", "is", "")],
)  # fmt: skip
def test_a_condition_that_makes_no_sense_is_refused_beside_its_row(fields, rep, row):
    with pytest.raises(ValidationError) as refusal:
        clean_conditions(asking(row), rep)
    assert list(refusal.value.error_dict) == ["g0-0"]


@pytest.mark.parametrize(
    "rows",
    [[("custom_seats", "at_least", "5.5"), ("custom_seats", "at_most", "5.4")],
     [("custom_grade", "any", ["gold"]), ("custom_grade", "none", ["gold"])],
     [("custom_licence", "empty"), ("custom_licence", "filled")]],
)  # fmt: skip
def test_conditions_that_exclude_each_other_are_refused(fields, rep, rows):
    with pytest.raises(ValidationError) as refusal:
        clean_conditions(asking(*rows), rep)
    assert list(refusal.value.error_dict) == ["match"]


def test_conditions_read_as_sentences(three, rep):
    rows = [("custom_grade", "any", ["gold"]), ("custom_budget", "at_least", "1000"), ("custom_licence", "filled"),
            ("custom_engineer", "any", [rep.pk])]  # fmt: skip
    ((_match, said),) = in_words(clean_conditions(asking(*rows), rep), rep)
    assert said == [
        "Grade is one of Gold", "Budget is at least 1000", "Licence is filled in", "Engineer is one of Rep",
    ]  # fmt: skip


def test_the_builder_offers_the_fields_and_keeps_what_was_chosen(three, rep):
    client = sign_in(rep)
    sent = {"name": "Large", "match": "all", "g0-match": "all", "g0-0-field": "custom_seats",
            "g0-0-operator": "at_least", "g0-0-value": "2.5"}  # fmt: skip
    page = client.get("/customers/segments/new/").content.decode()
    assert '<option value="custom_licence">Licence</option>' in page and "Custom fields" in page
    done = client.post("/customers/segments/new/", sent, follow=True)
    page = done.content.decode()
    assert done.status_code == 200 and "Seats is at least 2.5" in page
    pk = done.context["segment"].pk
    assert 'inputmode="decimal"' in client.get(f"/customers/segments/{pk}/edit/").content.decode()
    assert "One" in client.get(f"/customers/?segment={pk}").content.decode()


def test_a_field_that_is_gone_makes_the_segment_say_so(three, rep, admin, fields):
    fields("text", "Old")
    made = save_segment(None, actor=rep, name="Mine", conditions=asking(("custom_old", "empty")))
    old, client = CustomField.objects.get(key="old"), sign_in(rep)
    actions.switch_field(old, actor=admin, is_active=False)
    assert "“Old”, which is out of use" in client.get(made.get_absolute_url()).content.decode()
    assert client.get(f"/customers/?segment={made.pk}").status_code == 400
    actions.remove_field(old, actor=admin)
    assert "“old”, which was deleted" in client.get(made.get_absolute_url()).content.decode()
    assert client.get(f"/customers/segments/{made.pk}/edit/").status_code == 200


def test_who_may_not_see_a_personal_field_may_not_ask_about_it(three, rep, admin, fields):
    fields("text", "Passport", is_personal=True)
    asked = asking(("custom_passport", "filled"))
    made = Segment.objects.create(owner=rep, name="P", conditions=asked, is_shared=True)
    clerk = make_user("clerk", department=rep.department, language="en")
    role = Role.objects.create(code="clerk", name="Clerk")
    for right in ("customers.view_customer", "customers.view_segment", "customers.change_segment"):
        Grant.objects.create(role=role, right=right, scope="department")
    clerk.roles.add(role)
    client = sign_in(clerk)
    assert "custom_passport" not in client.get("/customers/segments/new/").content.decode()
    with pytest.raises(ValidationError):
        clean_conditions(asking(("custom_passport", "contains", "E")), clerk)
    page = client.get(made.get_absolute_url())
    assert page.status_code == 200 and "which you may not see" in page.content.decode()
    assert client.get(f"/customers/?segment={made.pk}").status_code == 400


def test_a_personal_field_of_a_customer_in_a_pool_answers_nobody(three, rep, admin, fields):
    fields("text", "Passport", is_personal=True)
    make_pooled_customer(make_pool("East", department=rep.department), name="Pooled", custom={"passport": "E1"})
    make_customer(name="Held", owner=rep, custom={"passport": "E1"})
    found = customers_of(clean_conditions(asking(("custom_passport", "contains", "E")), rep), rep)
    assert [one.name for one in found] == ["Held"]


def test_a_date_today_counts_as_the_last_days(fields, rep):
    make_customer(owner=rep, name="Now", custom={"signed": day(0)})
    conditions = clean_conditions(asking(("custom_signed", "last_days", 1)), rep)
    assert [one.name for one in customers_of(conditions, rep)] == ["Now"]
