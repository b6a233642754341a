"""Custom fields of main contacts from a spreadsheet of customers, and back."""

import pytest
from django.core.exceptions import ValidationError

from crm.customfields import actions
from crm.customfields.models import CustomField, CustomUnique
from customers.contacts.actions import add_contact, update_contact
from customers.contacts.models import Contact
from customers.customers.actions import create_customer
from customers.customers.models import Customer
from customers.customers.resources import CustomerResource
from customers.imports.models import ImportRow
from customers.imports.tables import RowReader
from customers.imports.wording import reasons
from tests.crm.customfields.test_lists import exported
from tests.customers.imports.conftest import apply, check, counts, undo, upload
from tests.factories import (
    make_activity,
    make_contact,
    make_customer,
    make_pool,
    make_pooled_customer,
    make_user,
)
from tests.factories.files import make_attachment

pytestmark = pytest.mark.django_db
HEADERS = ["公司名称", "联系人", "Contact: Badge", "Contact: Grade"]


@pytest.fixture(autouse=True)
def _own_media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def person(field):
    """`person("text", "Badge", …)` adds a custom field of contacts."""
    return lambda kind, label, **more: field(kind, label, model="customers.Contact", **more)


@pytest.fixture
def fields(person):
    person("text", "Badge")
    person("choice", "Grade", choices=["Gold", "Silver"])


def people():
    rows = Contact.objects.order_by("pk").values_list("customer__name", "name", "custom")
    return {customer: (name, custom) for customer, name, custom in rows}


def held():
    return {row.value: Contact.objects.get(pk=row.object_id).name for row in CustomUnique.objects.all()}


def test_the_mapping_offers_the_fields_of_contacts_and_their_values_go_in(fields, admin):
    rows = [HEADERS, ["Alpha", "Ding", "B-7", "gold"], ["Beta", "", "", ""], ["Gamma", "", "B-9", ""]]
    done = apply(check(upload(admin, rows)))
    assert done.mapping == {
        "0": "name", "1": "contact_name", "2": "contact_custom_badge", "3": "contact_custom_grade",
    }  # fmt: skip
    assert people() == {
        "Alpha": ("Ding", {"badge": "B-7", "grade": "gold"}), "Gamma": ("Gamma", {"badge": "B-9"}),
    }  # fmt: skip
    assert set(Customer.objects.values_list("custom", flat=True).distinct()[0]) == set()


@pytest.mark.parametrize("header", ["Badge", "badge", "联系人：Badge", "Contact: Badge"])
def test_headers_in_either_language_are_recognised(fields, admin, header):
    assert upload(admin, [["公司名称", header], ["Alpha", "x"]]).mapping == {"0": "name", "1": "contact_custom_badge"}


def test_a_field_of_the_customer_comes_before_one_of_the_contact_with_the_same_name(fields, field, admin):
    field("text", "Badge")
    received = upload(admin, [["公司名称", "Badge", "Contact: Badge"], ["Alpha", "own", "theirs"]])
    assert received.mapping == {"0": "name", "1": "custom_badge", "2": "contact_custom_badge"}
    apply(check(received))
    assert Customer.objects.get().custom == {"badge": "own"}
    assert Contact.objects.get().custom == {"badge": "theirs"}


def test_wrong_cells_are_refused_by_column_in_words(fields, admin):
    checked = check(upload(admin, [HEADERS, ["Alpha", "Ding", "x" * 501, "Bronze"]]))
    row = checked.rows.get()
    assert (counts(checked), sorted(row.errors)) == ({"refused": 1}, ["contact_custom_badge", "contact_custom_grade"])
    assert "Contact: Grade: “Bronze”" in " ".join(reasons(row.errors))


def test_the_dry_run_tells_the_difference_and_undo_puts_it_back(fields, admin, rep):
    customer = make_customer(owner=rep, name="Alpha")
    make_contact(customer, name="Ding", is_primary=True, custom={"grade": "gold", "other": 1})
    checked = check(upload(admin, [HEADERS, ["Alpha", "Ding", "B-7", "Silver"]]))
    (line,) = RowReader(checked).lines(checked.rows.all())
    assert [(one.attribute, one.header, one.before, one.after) for one in line.changes] == [
        ("contact_custom_badge", "Contact: Badge", "", "B-7"),
        ("contact_custom_grade", "Contact: Grade", "Gold", "Silver"),
    ]
    done = apply(checked)
    assert people() == {"Alpha": ("Ding", {"grade": "silver", "other": 1, "badge": "B-7"})}
    undo(done)
    assert people() == {"Alpha": ("Ding", {"grade": "gold", "other": 1})}


def test_undo_empties_again_what_was_empty_and_keeps_what_was_changed_since(fields, admin, rep):
    contact = make_contact(make_customer(owner=rep, name="Alpha"), name="Ding", is_primary=True, job_title="")
    done = apply(check(upload(admin, [[*HEADERS, "职务"], ["Alpha", "Ding", "B-7", "Gold", "Buyer"]])))
    contact.refresh_from_db()
    assert contact.job_title == "Buyer"
    update_contact(contact, actor=rep, values={"custom": {"badge": "mine"}})
    undo(done)
    contact.refresh_from_db()
    assert (contact.job_title, contact.custom) == ("", {"badge": "mine"})
    assert "Contact: Badge" in RowReader(done).line(ImportRow.objects.get()).reasons[0]


def test_empty_cells_clear_only_where_asked(fields, admin, rep):
    make_contact(make_customer(owner=rep, name="Alpha"), name="Ding", is_primary=True, custom={"badge": "B"})
    rows = [HEADERS, ["Alpha", "Ding", "", "Gold"]]
    apply(check(upload(admin, rows)))
    assert people()["Alpha"][1] == {"badge": "B", "grade": "gold"}
    apply(check(upload(admin, rows), empty_clears=True))
    assert people()["Alpha"][1] == {"grade": "gold"}


def test_a_new_contact_gets_defaults_and_needs_what_is_required(person, admin, rep):
    person("number", "Seats", default=5)
    person("text", "Badge", is_required=True)
    with pytest.raises(ValidationError, match="Contact: Badge"):
        check(upload(admin, [["公司名称", "联系人"], ["Alpha", "Ding"]]))
    make_customer(owner=rep, name="Known")
    rows = [["公司名称", "联系人", "Contact: Badge"], ["Alpha", "Ding", "B"], ["Beta", "Li", ""], ["Gamma", "", ""],
            ["Known", "Wang", "W"], ["Known again", "", ""]]  # fmt: skip
    done = apply(check(upload(admin, rows)))
    assert counts(done) == {"created": 3, "changed": 1, "refused": 1}
    assert done.rows.get(row_number=3).errors == {"contact_custom_badge": ["required", {}]}
    assert people() == {
        "Alpha": ("Ding", {"seats": 5, "badge": "B"}), "Known": ("Wang", {"seats": 5, "badge": "W"}),
    }  # fmt: skip
    assert counts(check(upload(admin, [["公司名称"], ["Delta"]]))) == {"created": 1}


def test_a_contact_the_import_made_goes_again_unless_something_belongs_to_it(fields, admin, rep):
    for name in ("One", "Two", "Three"):
        make_customer(owner=rep, name=name)
    done = apply(check(upload(admin, [HEADERS, *([name, "Ding", name, ""] for name in ("One", "Two", "Three"))])))
    two, three = (Contact.objects.get(customer__name=name) for name in ("Two", "Three"))
    make_activity(two.customer, contact=two)
    make_attachment(three, rep, "card.txt", b"x")
    undo(done)
    assert people() == {"Two": ("Ding", {"badge": "Two"}), "Three": ("Ding", {"badge": "Three"})}


def test_an_imported_customer_with_a_file_is_kept(admin, fields):
    done = apply(check(upload(admin, [["公司名称"], ["Alpha"], ["Beta"]])))
    make_attachment(Customer.objects.get(name="Alpha"), admin, "a.txt", b"A")
    undo(done)
    assert [row.name for row in Customer.objects.all()] == ["Alpha"]


def test_unique_values_are_kept_apart_in_the_file_and_against_other_contacts(person, admin, rep):
    person("text", "Badge", is_unique=True)
    add_contact(make_customer(owner=rep, name="Other"), actor=rep, values={"name": "Wu", "custom": {"badge": "taken"}})
    make_customer(owner=rep, name="Bare")
    known = make_customer(owner=rep, name="Known")
    add_contact(known, actor=rep, values={"name": "Li", "custom": {"badge": "old"}})
    rows = [["公司名称", "联系人", "Contact: Badge"], ["A works", "A", "Taken"], ["B works", "B", "b"],
            ["C works", "C", "B"], ["Known", "Li", "new"], ["Bare", "D", "d"], ["E works", "E", "OLD"]]  # fmt: skip
    done = apply(check(upload(admin, rows)))
    assert counts(done) == {"created": 1, "changed": 2, "refused": 3}
    assert held() == {"taken": "Wu", "b": "B", "new": "Li", "d": "D"}
    undo(done)
    assert held() == {"taken": "Wu", "old": "Li"}


def test_unique_values_taken_after_the_check_are_refused_when_written(person, field, admin, rep):
    person("text", "Badge", is_unique=True)
    field("text", "Serial", is_unique=True)
    bare = make_customer(owner=rep, name="Bare")
    known = create_customer(actor=rep, owner=rep, values={"name": "Known", "custom": {"serial": "s-old"}})
    add_contact(known, actor=rep, values={"name": "Li", "custom": {"badge": "old"}})
    rows = [["公司名称", "联系人", "Contact: Badge", "Serial"], ["A works", "A", "a", "s-a"],
            ["Known", "Li", "new", "s-new"], ["Bare", "B", "b", "s-b"], ["C works", "C", "c", "s-c"]]  # fmt: skip
    checked = check(upload(admin, rows))
    assert counts(checked) == {"created": 2, "changed": 2}
    other = make_customer(owner=rep, name="Other")
    for value in ("A", "NEW", "B"):
        add_contact(other, actor=rep, values={"name": f"Wu {value}", "custom": {"badge": value}})
    done = apply(checked)
    assert counts(done) == {"created": 1, "refused": 3}
    assert held_by_field("badge") == {"a", "new", "b", "old", "c"}
    assert held_by_field("serial") == {"s-old", "s-c"}
    for row in (bare, known):
        row.refresh_from_db()
    assert (bare.custom, known.custom, bare.contacts.count()) == ({}, {"serial": "s-old"}, 0)
    assert all(row.object_id > 0 for row in CustomUnique.objects.all())


def held_by_field(key):
    return set(CustomUnique.objects.filter(field__key=key).values_list("value", flat=True))


def test_a_personal_field_of_contacts_needs_the_lawful_basis(person, admin):
    person("text", "Passport", is_personal=True)
    received = upload(admin, [["公司名称", "Contact: Passport"], ["Alpha", "P1"]])
    with pytest.raises(ValidationError) as refusal:
        check(received, has_lawful_basis=False)
    assert list(refusal.value.error_dict) == ["has_lawful_basis"]


def test_a_field_taken_out_of_use_after_the_check_leaves_the_rows_readable(fields, admin, rep, api):
    make_contact(make_customer(owner=rep, name="Alpha"), name="Ding", is_primary=True)
    checked = check(upload(admin, [HEADERS, ["Alpha", "Ding", "B-7", "Silver"]]))
    actions.switch_field(CustomField.objects.get(key="badge"), actor=admin, is_active=False)
    answer = api(admin).get(f"imports/{checked.pk}/rows/")
    assert answer.status_code == 200
    assert [one["field"] for one in answer.body["results"][0]["changes"]] == ["contact_custom_grade"]


def test_the_export_of_customers_writes_them_and_the_same_file_comes_back(fields, admin, rep, settings):
    make_contact(
        make_customer(owner=rep, name="Alpha"), name="Ding", is_primary=True, custom={"badge": "B", "grade": "gold"}
    )
    columns = ["name", "contact_name", "contact_custom_badge", "contact_custom_grade"]
    rows = exported(rep, columns, "csv", settings)
    assert rows[1] == ["Alpha", "Ding", "B", "Gold"]
    assert counts(check(upload(admin, rows))) == {"unchanged": 1}


def test_a_pool_hides_its_people_in_the_export_of_customers(fields, rep, settings):
    director = make_user("director", role="director", department=rep.department)
    customer = make_pooled_customer(make_pool("East", department=rep.department), name="Alpha")
    make_contact(customer, name="Ding", is_primary=True, phone="13800138000", custom={"badge": "B"})
    columns = [name for name in CustomerResource.columns() if name.startswith("contact_")]
    rows = exported(director, ["name", *columns], "csv", settings)
    assert rows[1] == ["Alpha", *[""] * len(columns)]
