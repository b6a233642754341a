"""Custom fields on pages, in lists, in files and in the API."""

import csv
import io
from pathlib import Path

import openpyxl
import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from crm.access.models import Grant, Role
from crm.customfields import actions
from crm.jobs.running import run_job
from crm.records.exports import start_export
from crm.records.selection import Selection
from customers.contacts.models import Contact
from customers.customers.filters import CustomerFilter
from customers.customers.models import Customer
from tests.factories import make_contact, make_customer, make_department, make_user, sign_in
from tests.factories.api import error, wrong

pytestmark = pytest.mark.django_db


@pytest.fixture
def fields(field):
    field("text", "Serial")
    field("number", "Seats")
    field("money", "Budget")
    field("date", "Signed")
    field("choice", "Grade", choices=["Gold", "Silver"])
    field("choices", "Topics", choices=["A", "B"])
    field("user", "Engineer")
    field("yes_no", "Live")


@pytest.fixture
def three(fields, rep):
    make_customer(owner=rep, name="One", custom={
        "serial": "AB-1", "seats": 5, "budget": "1000.50", "signed": "2026-03-18", "grade": "gold",
        "topics": ["a", "b"], "engineer": rep.pk, "live": True,
    })  # fmt: skip
    make_customer(owner=rep, name="Two", custom={
        "serial": "CD-2", "seats": 50, "budget": "99.00", "signed": "2025-01-01", "grade": "silver", "topics": ["b"],
        "live": False,
    })  # fmt: skip
    make_customer(owner=rep, name="Three", custom={"seats": "garbage", "budget": "garbage", "signed": 7})


FOUND = [
    ("custom_serial=b-1", ["One"]),
    ("custom_seats__min=5&custom_seats__max=49.5", ["One"]),
    ("custom_seats__min=6", ["Two"]),
    ("custom_budget__max=99", ["Two"]),
    ("custom_budget__min=1,000.5", ["One"]),
    ("custom_signed__from=2026-03-18", ["One"]),
    ("custom_signed__until=2025-12-31", ["Two"]),
    ("custom_grade=gold", ["One"]),
    ("custom_grade=gold,silver", ["One", "Two"]),
    ("custom_grade=none", ["Three"]),
    ("custom_topics=a", ["One"]),
    ("custom_topics=b", ["One", "Two"]),
    ("custom_engineer=me", ["One"]),
    ("custom_engineer=none", ["Three", "Two"]),
    ("custom_live=no", ["Two"]),
    ("custom_live=yes,none", ["One", "Three"]),
    ("custom_grade=gold&custom_seats__min=6", []),
]


@pytest.mark.parametrize(("query", "names"), FOUND)
def test_a_filter_finds_the_rows_of_its_kind_in_the_list_and_in_the_api(three, rep, api, query, names):
    rows = CustomerFilter(QueryDict(query), Customer.objects.visible_to(rep), rep).rows()
    assert sorted(rows.values_list("name", flat=True)) == names
    body = api(rep).get(f"customers/?{query}").body
    assert sorted(row["name"] for row in body["results"]) == names


@pytest.mark.parametrize(
    "query",
    ["custom_seats__min=many", "custom_signed__from=soon", "custom_grade=bronze", "custom_engineer=x",
     "custom_gone=1", "custom_live=perhaps"],
)  # fmt: skip
def test_a_filter_that_makes_no_sense_is_refused_in_words(three, rep, api, query):
    with pytest.raises(ValidationError):
        CustomerFilter(QueryDict(query), Customer.objects.visible_to(rep), rep).rows()
    assert api(rep).get(f"customers/?{query}").status_code == 400


def test_a_list_shows_the_columns_one_chooses_with_chips_in_words(three, rep):
    names = "serial,seats,budget,signed,grade,topics,engineer,live"
    columns = ",".join(f"custom_{name}" for name in names.split(","))
    page = sign_in(rep).get(f"/customers/?columns={columns}&custom_grade=gold").content.decode()
    for text in ("AB-1", "¥1,000.50", "18 Mar 2026", "Gold", "A, B", "Rep", "yes", "Engineer"):
        assert text in page
    assert "CD-2" not in page


def test_a_switched_off_field_leaves_saved_views_usable_but_never_widens_them(three, rep, admin, field):
    actions.switch_field(actions.CustomField.objects.get(key="grade"), actor=admin, is_active=False)
    client = sign_in(rep)
    assert client.get("/customers/?columns=custom_grade,custom_seats").status_code == 200
    assert client.get("/customers/?custom_grade=gold").status_code == 400


def test_columns_of_custom_fields_cost_the_same_queries_for_one_and_twenty_rows(fields, rep):
    client, costs = sign_in(rep), []
    columns = ",".join(f"custom_{name}" for name in ("serial", "grade", "topics", "engineer"))
    client.get(f"/customers/?columns={columns}")
    for made in (1, 19):
        for _number in range(made):
            make_customer(owner=rep, custom={"engineer": rep.pk, "grade": "gold", "topics": ["a"]})
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"/customers/?columns={columns}").status_code == 200
        costs.append(len(queries))
    assert costs[0] == costs[1]


def test_the_form_asks_for_the_fields_and_the_page_shows_them(fields, rep):
    client = sign_in(rep)
    assert "custom.engineer" in client.get("/customers/new/").content.decode()
    sent = {"name": "Alpha", "custom.serial": "A", "custom.seats": "1.5", "custom.budget": "1,200",
            "custom.signed": "2026-03-18", "custom.grade": "gold", "custom.topics": ["a", "b"],
            "custom.engineer": rep.pk, "custom.live": "no"}  # fmt: skip
    place = client.post("/customers/new/", sent)["Location"]
    customer = Customer.objects.get()
    assert customer.custom == {
        "serial": "A", "seats": 1.5, "budget": "1200.00", "signed": "2026-03-18", "grade": "gold",
        "topics": ["a", "b"], "engineer": rep.pk, "live": False,
    }  # fmt: skip
    page = client.get(place).content.decode()
    assert "¥1,200.00" in page and "18 Mar 2026" in page and "Gold" in page
    edit = client.get(f"{place}edit/")
    again = {
        "name": "Alpha",
        "seen": edit.context["form"].initial["seen"],
        **sent,
        "custom.seats": "",
        "custom.live": "yes",
    }
    assert client.post(f"{place}edit/", again).status_code == 302
    customer.refresh_from_db()
    assert "seats" not in customer.custom and customer.custom["live"] is True


def test_a_required_field_left_empty_is_named_above_the_form_and_nothing_is_made(field, rep):
    field("text", "Serial", is_required=True)
    answer = sign_in(rep).post("/customers/new/", {"name": "Alpha"})
    assert answer.status_code == 422 and answer.context["form"].errors.keys() == {"custom.serial"}
    assert not Customer.objects.exists()


def test_a_form_with_an_older_value_is_refused_and_keeps_several_choices(fields, rep):
    customer = make_customer(owner=rep, name="Alpha", custom={"grade": "gold"})
    client = sign_in(rep)
    seen = client.get(f"/customers/{customer.pk}/edit/").context["form"].initial["seen"]
    Customer.objects.filter(pk=customer.pk).update(custom={"grade": "silver"})
    answer = client.post(
        f"/customers/{customer.pk}/edit/", {"name": "Alpha", "seen": seen, "custom.topics": ["a", "b"]}
    )
    assert answer.status_code == 409
    assert answer.context["form"]["custom.topics"].value() == ["a", "b"]


def test_contacts_carry_their_fields_on_form_card_and_list(field, rep):
    field("text", "Badge", model="customers.Contact")
    customer, client = make_customer(owner=rep), sign_in(rep)
    assert (
        client.post(f"/customers/{customer.pk}/contacts/new/", {"name": "Ding", "custom.badge": "B-77"}).status_code
        == 302
    )
    assert Contact.objects.get().custom == {"badge": "B-77"}
    assert "B-77" in client.get(customer.get_absolute_url()).content.decode()
    assert "B-77" in client.get("/contacts/?columns=custom_badge&custom_badge=77").content.decode()
    assert "B-77" not in client.get("/contacts/?columns=custom_badge&custom_badge=78").content.decode()


# ── the API ──


def test_the_api_takes_and_tells_an_object_of_fields(fields, rep, api):
    custom = {"serial": "A", "seats": 3, "budget": "12.50", "signed": "2026-03-18", "grade": "gold",
              "topics": ["b"], "engineer": "rep", "live": True}  # fmt: skip
    made = api(rep).post("customers/", {"name": "Alpha", "custom": custom})
    assert (made.status_code, made.body["custom"]) == (201, custom)
    changed = api(rep).patch(f"customers/{made.body['id']}/", {"custom": {"seats": None, "grade": "silver"}})
    assert changed.body["custom"] == {**custom, "seats": None, "grade": "silver"}
    told = api(rep).get(f"customers/{made.body['id']}/history/").body["results"][0]["changes"]
    assert sorted(told, key=lambda one: one["field"]) == [
        {"field": "custom.grade", "before": "gold", "after": "silver"},
        {"field": "custom.seats", "before": 3, "after": None},
    ]


def test_unknown_keys_and_wrong_types_are_422_by_key_and_nothing_is_written(fields, rep, api):
    answer = api(rep).post("customers/", {"name": "Alpha", "custom": {"gone": 1, "seats": "3", "live": "yes"}})
    assert wrong(answer) == (422, ["custom.gone", "custom.live", "custom.seats"])
    assert api(rep).post("customers/", {"name": "Alpha", "custom": ["seats"]}).status_code == 400
    assert not Customer.objects.exists()


def test_a_value_another_customer_has_is_422(field, rep, api):
    field("text", "Serial", is_unique=True)
    assert api(rep).post("customers/", {"name": "Alpha", "custom": {"serial": "A"}}).status_code == 201
    answer = api(rep).post("customers/", {"name": "Beta works", "custom": {"serial": "a"}})
    assert wrong(answer) == (422, ["custom.serial"])
    assert Customer.objects.count() == 1


def test_contacts_of_the_api_have_the_object_too(field, rep, api):
    field("yes_no", "Vegetarian", model="customers.Contact")
    customer = make_customer(owner=rep)
    made = api(rep).post("contacts/", {"customer": customer.pk, "name": "Ding", "custom": {"vegetarian": True}})
    assert (made.status_code, made.body["custom"]) == (201, {"vegetarian": True})
    assert wrong(api(rep).patch(f"contacts/{made.body['id']}/", {"custom": {"x": 1}})) == (422, ["custom.x"])


def test_the_schema_says_that_custom_is_an_object(fields, rep, api):
    schemas = api(rep).get("/api/schema/?format=json").body["components"]["schemas"]
    assert schemas["Customer"]["properties"]["custom"]["type"] == "object"
    assert schemas["NewCustomer"]["properties"]["custom"]["type"] == "object"


# ── files ──


def exported(user, columns, file_format, settings):
    job = start_export(user, "customers.Customer", Selection(is_all=True), columns, file_format, "for a test")
    run_job(job.pk)
    job.refresh_from_db()
    assert job.state == "done", job.error
    content = (Path(settings.MEDIA_ROOT) / job.file_out).read_bytes()
    if file_format == "csv":
        return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    return [list(row) for row in openpyxl.load_workbook(io.BytesIO(content)).active.iter_rows(values_only=True)]


COLUMNS = [
    "name",
    *(f"custom_{key}" for key in ("serial", "seats", "budget", "signed", "grade", "topics", "engineer", "live")),
]


def test_an_export_writes_the_fields_as_text_numbers_and_days(three, rep, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    rows = exported(rep, COLUMNS, "csv", settings)
    assert rows[0][1:] == ["Serial", "Seats", "Budget", "Signed", "Grade", "Topics", "Engineer", "Live"]
    assert rows[1:] == [
        ["One", "AB-1", "5", "1000.50", "2026-03-18", "Gold", "A、B", "Rep", "yes"],
        ["Two", "CD-2", "50", "99.00", "2025-01-01", "Silver", "B", "", "no"],
        ["Three", "", "", "", "", "", "", "", ""],
    ]
    sheet = exported(rep, COLUMNS, "xlsx", settings)
    assert sheet[1][2:4] == [5, 1000.5] and str(sheet[1][4])[:10] == "2026-03-18"
    assert sheet[3][1:] == [None] * 8


def test_a_formula_in_a_field_is_harmless_in_the_file(fields, rep, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    make_customer(owner=rep, name="One", custom={"serial": "=1+1"})
    assert exported(rep, ["custom_serial"], "csv", settings)[1] == ["'=1+1"]


# ── personal fields ──


@pytest.fixture
def passport(field):
    return field("text", "Passport", is_personal=True)


def test_a_personal_field_is_masked_on_page_list_and_api_and_uncovered_one_by_one(passport, rep, api):
    customer = make_customer(owner=rep, custom={"passport": "E1234567"})
    client = sign_in(rep)
    token = api(rep, scopes=["customers:read"])  # a token with `pii` shows what its person may uncover
    assert token.get(f"customers/{customer.pk}/").body["custom"] == {"passport": "****"}
    for address in (
        customer.get_absolute_url(),
        "/customers/?columns=custom_passport",
        f"{customer.get_absolute_url()}edit/",
    ):
        page = client.get(address).content.decode()
        assert "E1234567" not in page and "Passport" in page
    shown = client.post(f"{customer.get_absolute_url()}reveal/", {"field": "custom.passport", "reason": "call"})
    assert "E1234567" in shown.content.decode()
    assert (
        client.post(f"{customer.get_absolute_url()}reveal/", {"field": "custom.gone", "reason": "x"}).status_code == 400
    )


def test_leaving_a_masked_field_empty_keeps_its_value(passport, rep):
    customer = make_customer(owner=rep, name="Alpha", custom={"passport": "E1"})
    client = sign_in(rep)
    seen = client.get(f"/customers/{customer.pk}/edit/").context["form"].initial["seen"]
    assert (
        client.post(
            f"/customers/{customer.pk}/edit/", {"name": "Alpha", "seen": seen, "custom.passport": ""}
        ).status_code
        == 302
    )
    customer.refresh_from_db()
    assert customer.custom == {"passport": "E1"}


def test_who_may_not_see_a_personal_field_cannot_filter_by_it_nor_export_it(passport, settings, tmp_path, api):
    settings.MEDIA_ROOT = tmp_path
    clerk = make_user(department=make_department("East"))
    role = Role.objects.create(code="clerk", name="Clerk")
    for right in ("customers.view_customer", "customers.export_customer"):
        Grant.objects.create(role=role, right=right, scope="department")
    clerk.roles.add(role)
    make_customer(owner=make_user(department=clerk.department), name="One", custom={"passport": "E1"})
    assert error(api(clerk).get("customers/?custom_passport=E")) == (400, "bad_filter")
    assert "custom_passport" not in sign_in(clerk).get("/customers/filter/").content.decode()
    assert exported(clerk, ["name", "custom_passport"], "csv", settings)[1] == ["One", "****"]


def test_a_contact_keeps_its_masked_field(field, rep):
    field("date", "Born", model="customers.Contact", is_personal=True)
    contact = make_contact(make_customer(owner=rep), name="Ding", custom={"born": "1990-01-01"})
    client = sign_in(rep)
    assert client.post(f"/contacts/{contact.pk}/edit/", {"name": "Ding Lan", "custom.born": ""}).status_code == 302
    contact.refresh_from_db()
    assert (contact.name, contact.custom) == ("Ding Lan", {"born": "1990-01-01"})
