"""Values of every kind on their way into a record."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from crm.customfields.fields import KINDS, cleaned, kind_of, shown
from crm.customfields.models import CustomField, CustomUnique
from crm.history.changes import story
from customers.contacts.actions import add_contact, update_contact
from customers.contacts.models import Contact
from customers.customers.actions import create_customer, update_customer
from customers.customers.models import Customer
from customers.customers.timeline import CustomerStory
from customers.duplicates.comparing import lines_of
from tests.factories import make_contact, make_customer, make_user, sign_in
from tests.factories.api import wrong

pytestmark = pytest.mark.django_db

GOOD = [
    ("text", "  A   line ", "A line"),
    ("number", 12, 12),
    ("number", 0.1, 0.1),
    ("number", Decimal("12.500"), 12.5),
    ("number", -3, -3),
    ("money", "1200.5", "1200.50"),
    ("money", 7, "7.00"),
    ("date", "2026-03-18", "2026-03-18"),
    ("date", date(2026, 3, 18), "2026-03-18"),
    ("yes_no", False, False),
    ("choice", "gold", "gold"),
    ("choices", ["silver", "gold", "gold"], ["gold", "silver"]),
]
BAD = [
    ("text", 5), ("text", "x" * 501), ("number", "12"), ("number", True), ("number", 10**15), ("number", 0.1234567),
    ("money", "1.234"), ("money", "abc"), ("money", True), ("money", "NaN"), ("date", "18.3.2026"), ("date", 5),
    ("date", "2026-02-30"), ("yes_no", "yes"), ("yes_no", 1), ("choice", "bronze"), ("choice", 5), ("choice", ["gold"]),
    ("choices", "gold"), ("choices", ["bronze"]), ("choices", [5]), ("user", "nobody"), ("user", True), ("user", 2**70),
]  # fmt: skip


def one_of(field, kind):
    return field(kind, "F", choices=["Gold", "Silver"] if "choice" in kind else ())


@pytest.mark.parametrize(("kind", "given", "kept"), GOOD)
def test_a_value_is_kept_in_its_shape(field, kind, given, kept):
    assert cleaned(one_of(field, kind), given) == kept


@pytest.mark.parametrize(("kind", "given"), BAD)
def test_a_value_of_another_kind_is_refused(field, kind, given):
    with pytest.raises(ValidationError):
        cleaned(one_of(field, kind), given)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_no_value(field, kind):
    found = one_of(field, kind)
    assert [cleaned(found, nothing) for nothing in (None, "", [])] == [None, None, None]
    assert shown(found, None, {}) == ""


@pytest.mark.parametrize("kind", KINDS)
def test_what_somebody_wrote_past_us_is_shown_as_it_is(field, kind):
    assert shown(one_of(field, kind), {"odd": 1}, {}) != ""


@pytest.mark.parametrize(
    ("kind", "text", "kept"),
    [
        ("number", "1,234.5", 1234.5), ("number", "１２", 12), ("money", "¥ 1,200", "1200.00"),
        ("money", "88元", "88.00"),
        ("choice", "GOLD", "gold"), ("choices", "Silver、Gold", ["gold", "silver"]), ("yes_no", "是", True),
        ("yes_no", "No", False), ("text", " a ", "a"), ("number", " ", None), ("choices", "", None),
        ("yes_no", "", None),
    ],
)  # fmt: skip
def test_a_cell_is_read_as_people_write_it(field, kind, text, kept):
    found = one_of(field, kind)
    assert kind_of(found).read(found, text) == kept


def test_a_colleague_is_given_by_name_id_or_user_and_kept_by_id(field, rep):
    found = field("user", "Engineer")
    assert [cleaned(found, given) for given in (rep, rep.pk, "rep")] == [rep.pk] * 3
    assert kind_of(found).read(found, "Rep") == rep.pk
    rep.is_active = False
    rep.save()
    with pytest.raises(ValidationError):
        cleaned(found, "rep")
    assert cleaned(found, rep.pk, before=rep.pk) == rep.pk


def test_a_new_customer_gets_defaults_and_must_have_what_is_required(field, rep):
    field("number", "Seats", default=5)
    field("text", "Serial", is_required=True)
    made = create_customer(actor=rep, owner=rep, values={"name": "Alpha", "custom": {"serial": "A-1"}})
    assert Customer.objects.get(pk=made.pk).custom == {"seats": 5, "serial": "A-1"}
    with pytest.raises(ValidationError) as refusal:
        create_customer(actor=rep, owner=rep, values={"name": "Beta works", "custom": {"seats": None}})
    assert list(refusal.value.error_dict) == ["custom.serial"]
    assert Customer.objects.count() == 1


def test_a_lead_of_another_system_knows_nothing_of_required_fields(field, rep):
    field("text", "Serial", is_required=True)
    assert create_customer(actor=rep, owner=rep, values={"name": "Alpha"}).custom == {}


def test_a_record_from_before_a_field_was_required_changes_elsewhere_but_is_not_emptied(field, rep):
    field("text", "Serial", is_required=True)
    customer = make_customer(owner=rep)
    changed = update_customer(customer, actor=rep, values={"short_name": "Short"})
    assert changed.short_name == "Short"
    update_customer(customer, actor=rep, values={"custom": {"serial": "A"}})
    with pytest.raises(ValidationError) as refusal:
        update_customer(customer, actor=rep, values={"custom": {"serial": None}})
    assert list(refusal.value.error_dict) == ["custom.serial"]
    customer.refresh_from_db()
    assert customer.custom == {"serial": "A"}


def test_keys_not_given_stay_and_unknown_ones_are_refused_by_name(field, rep):
    field("text", "A"), field("text", "B")
    customer = make_customer(owner=rep, custom={"a": "1", "b": "2"})
    assert update_customer(customer, actor=rep, values={"custom": {"a": "3"}}).custom == {"a": "3", "b": "2"}
    assert update_customer(customer, actor=rep, values={"custom": {"b": None}}).custom == {"a": "3"}
    with pytest.raises(ValidationError) as refusal:
        update_customer(customer, actor=rep, values={"custom": {"a": 5, "c": "x"}})
    assert sorted(refusal.value.error_dict) == ["custom.a", "custom.c"]


def test_a_unique_value_stands_on_one_record_whatever_its_case_and_width(field, rep):
    field("text", "Serial", is_unique=True)
    first = create_customer(actor=rep, owner=rep, values={"name": "Alpha", "custom": {"serial": "ab-1"}})
    with pytest.raises(ValidationError) as refusal:
        create_customer(actor=rep, owner=rep, values={"name": "Beta works", "custom": {"serial": "ＡＢ-1"}})
    assert list(refusal.value.error_dict) == ["custom.serial"]
    assert Customer.objects.count() == 1
    update_customer(first, actor=rep, values={"custom": {"serial": "c"}})
    assert list(CustomUnique.objects.values_list("value", "object_id")) == [("c", first.pk)]
    create_customer(actor=rep, owner=rep, values={"name": "Beta works", "custom": {"serial": "AB-1"}})


def test_contacts_have_fields_of_their_own(field, rep):
    field("text", "Badge", model="customers.Contact", is_unique=True)
    customer = make_customer(owner=rep)
    contact = add_contact(customer, actor=rep, values={"name": "Ding Lan", "custom": {"badge": "7"}})
    assert update_contact(contact, actor=rep, values={"custom": {"badge": "8"}}).custom == {"badge": "8"}
    with pytest.raises(ValidationError):
        add_contact(customer, actor=rep, values={"name": "Wang", "custom": {"badge": "8"}})
    with pytest.raises(ValidationError):
        update_contact(make_contact(customer), actor=rep, values={"custom": {"serial": "8"}})


def test_each_changed_field_is_a_line_of_the_story_in_words(field, rep):
    field("choice", "Grade", choices=["Gold", "Silver"])
    field("user", "Engineer")
    field("money", "Budget")
    customer = create_customer(actor=rep, owner=rep, values={"name": "Alpha", "custom": {"grade": "gold"}})
    values = {"grade": "silver", "engineer": rep.pk, "budget": "1200"}
    update_customer(customer, actor=rep, values={"custom": values})
    assert [
        (part.name, part.before, part.after)
        for part in story(Customer, customer.pk, anchor_id=customer.pk)[0].changes
    ] == [
        ("custom.grade", "gold", "silver"), ("custom.budget", None, "1200.00"), ("custom.engineer", None, rep.pk),
    ]  # fmt: skip
    told = CustomerStory(customer, rep).page(None).entries[0].changes
    assert sorted((one.label, one.before, one.after) for one in told) == [
        ("Budget", "", "¥1,200.00"), ("Engineer", "", "Rep"), ("Grade", "Gold", "Silver"),
    ]  # fmt: skip


def test_a_personal_field_is_hidden_in_the_story_and_cannot_be_overwritten_unseen(field, rep):
    field("text", "Passport", is_personal=True)
    customer = create_customer(actor=rep, owner=rep, values={"name": "Alpha", "custom": {"passport": "P1"}})
    update_customer(customer, actor=rep, values={"custom": {"passport": "P2"}})
    told = CustomerStory(customer, rep).page(None).entries[0].changes
    assert [(one.before, one.after) for one in told] == [("****", "****")]
    finance = make_user(role="finance")
    with pytest.raises(ValidationError) as refusal:
        update_customer(customer, actor=finance, values={"custom": {"passport": "P3"}})
    assert list(refusal.value.error_dict) == ["custom.passport"]
    customer.refresh_from_db()
    assert customer.custom == {"passport": "P2"}


def test_every_kind_is_offered():
    assert set(KINDS) == set(CustomField.Kind.values)


def test_the_main_contact_of_a_new_customer_has_what_is_required_of_contacts(field, rep, api):
    field("text", "Badge", model="customers.Contact", is_required=True, is_unique=True)
    field("text", "Other", model="customers.Contact")
    client = sign_in(rep)
    page = client.get("/customers/new/").content.decode()
    assert 'name="contact.custom.badge"' in page and "contact.custom.other" not in page
    refused = client.post("/customers/new/", {"name": "Alpha", "contact_name": "Ding"})
    assert (refused.status_code, list(refused.context["form"].errors)) == (422, ["contact.custom.badge"])
    assert not Customer.objects.exists()
    sent = {"name": "Alpha", "contact_name": "Ding", "contact.custom.badge": "7"}
    assert client.post("/customers/new/", sent).status_code == 302
    assert Contact.objects.get().custom == {"badge": "7"}
    assert client.post("/customers/new/", {"name": "Bare works"}).status_code == 302
    for given in ({}, {"badge": "7"}, {"gone": 1}):
        answer = api(rep).post("customers/", {"name": "Gamma works", "contact": {"name": "Li", "custom": given}})
        assert answer.status_code == 422 and wrong(answer)[1][0].startswith("contact.custom."), given
    made = api(rep).post("customers/", {"name": "Gamma works", "contact": {"name": "Li", "custom": {"badge": "8"}}})
    assert made.status_code == 201
    assert sorted(CustomUnique.objects.values_list("value", flat=True)) == ["7", "8"]


def test_a_merge_names_the_colleagues_in_custom_fields(field, rep):
    field("user", "Engineer")
    ours = make_customer(owner=rep, name="Alpha", custom={"engineer": rep.pk})
    line = next(one for one in lines_of(ours, make_customer(owner=rep), rep) if one.name == "custom.engineer")
    assert (line.ours, line.theirs, line.is_open) == ("Rep", "", False)
