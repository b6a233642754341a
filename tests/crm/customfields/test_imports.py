"""Custom fields from a spreadsheet into customers, and back."""

import pytest
from django.core.exceptions import ValidationError

from crm.customfields.models import CustomUnique
from customers.customers.models import Customer
from customers.imports.results import template_file
from customers.imports.wording import reasons
from tests.customers.imports.conftest import apply, check, counts, undo, upload
from tests.factories import make_customer

pytestmark = pytest.mark.django_db
HEADERS = ["公司名称", "Grade", "Seats", "Signed", "Topics", "Live"]


@pytest.fixture(autouse=True)
def _own_media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def fields(field):
    field("choice", "Grade", choices=["Gold", "Silver"])
    field("number", "Seats")
    field("date", "Signed")
    field("choices", "Topics", choices=["A", "B"])
    field("yes_no", "Live")


def customs():
    return dict(Customer.objects.order_by("pk").values_list("name", "custom"))


def test_columns_are_recognised_by_label_and_their_values_go_in(fields, admin):
    rows = [HEADERS, ["Alpha", "gold", "1,200", "2026年3月18日", "B、A", "是"], ["Beta", "", "", "", "", ""]]
    done = apply(check(upload(admin, rows)))
    assert done.mapping == {
        "0": "name", "1": "custom_grade", "2": "custom_seats", "3": "custom_signed", "4": "custom_topics",
        "5": "custom_live",
    }  # fmt: skip
    assert customs() == {
        "Alpha": {"grade": "gold", "seats": 1200, "signed": "2026-03-18", "topics": ["a", "b"], "live": True},
        "Beta": {},
    }


def test_wrong_cells_are_refused_by_column_in_words(fields, admin):
    rows = [HEADERS, ["Alpha", "Bronze", "many", "someday", "A、C", "perhaps"]]
    checked = check(upload(admin, rows))
    row = checked.rows.get()
    assert counts(checked) == {"refused": 1}
    assert sorted(row.errors) == ["custom_grade", "custom_live", "custom_seats", "custom_signed", "custom_topics"]
    assert "Grade" in " ".join(reasons(row.errors)) and "Bronze" in " ".join(reasons(row.errors))


def test_known_customers_change_field_by_field_and_the_import_is_taken_back(fields, admin, rep):
    make_customer(owner=rep, name="Alpha", custom={"grade": "gold", "seats": 3})
    rows = [HEADERS, ["Alpha", "Silver", "", "2026-03-18", "", ""]]
    checked = check(upload(admin, rows))
    assert checked.rows.get().difference == {
        "custom_grade": ["gold", "silver"], "custom_signed": [None, "2026-03-18"],
    }  # fmt: skip
    done = apply(checked)
    assert customs() == {"Alpha": {"grade": "silver", "seats": 3, "signed": "2026-03-18"}}
    undo(done)
    assert customs() == {"Alpha": {"grade": "gold", "seats": 3}}


def test_what_changed_after_the_check_is_not_overwritten(fields, admin, rep):
    customer = make_customer(owner=rep, name="Alpha", custom={"grade": "gold"})
    checked = check(upload(admin, [["公司名称", "Grade"], ["Alpha", "Silver"]]))
    Customer.objects.filter(pk=customer.pk).update(custom={})
    done = apply(checked)
    assert counts(done) == {"refused": 1}
    assert customs() == {"Alpha": {}}


def test_empty_cells_clear_only_where_asked(fields, admin, rep):
    make_customer(owner=rep, name="Alpha", custom={"grade": "gold", "seats": 3})
    rows = [["公司名称", "Grade", "Seats"], ["Alpha", "", "4"]]
    apply(check(upload(admin, rows), empty_clears=True))
    assert customs() == {"Alpha": {"seats": 4}}


def test_new_rows_get_defaults_and_need_required_columns(field, admin):
    field("number", "Seats", default=5)
    field("text", "Serial", is_required=True)
    with pytest.raises(ValidationError, match="Serial"):
        check(upload(admin, [["公司名称"], ["Alpha"]]))
    done = apply(check(upload(admin, [["公司名称", "Serial"], ["Alpha", "A-1"], ["Beta", ""]])))
    assert counts(done) == {"created": 1, "refused": 1}
    assert customs() == {"Alpha": {"seats": 5, "serial": "A-1"}}


def test_unique_values_are_kept_apart_in_the_file_and_against_the_database(field, admin, rep):
    field("text", "Serial", is_unique=True)
    apply(check(upload(admin, [["公司名称", "Serial"], ["Alpha", "A-1"]])))
    rows = [["公司名称", "Serial"], ["Beta", "a-1"], ["Gamma", "B"], ["Delta", "b"], ["Alpha", "A-2"]]
    done = apply(check(upload(admin, rows)))
    assert counts(done) == {"created": 1, "changed": 1, "refused": 2}
    assert customs() == {"Alpha": {"serial": "A-2"}, "Gamma": {"serial": "B"}}
    held = {row.value: Customer.objects.get(pk=row.object_id).name for row in CustomUnique.objects.all()}
    assert held == {"a-2": "Alpha", "b": "Gamma"}
    undo(done)
    held = {row.value: Customer.objects.get(pk=row.object_id).name for row in CustomUnique.objects.all()}
    assert held == {"a-1": "Alpha"}


def test_a_unique_value_taken_after_the_check_is_refused_when_written(field, admin, rep):
    from customers.customers.actions import create_customer

    field("text", "Serial", is_unique=True)
    checked = check(upload(admin, [["公司名称", "Serial"], ["Alpha", "A-1"], ["Beta", "B"]]))
    create_customer(actor=rep, owner=rep, values={"name": "Gamma works", "custom": {"serial": "a-1"}})
    done = apply(checked)
    assert counts(done) == {"created": 1, "refused": 1}
    assert customs() == {"Gamma works": {"serial": "a-1"}, "Beta": {"serial": "B"}}
    assert CustomUnique.objects.count() == 2


def test_a_personal_column_needs_the_lawful_basis(field, admin):
    field("text", "Passport", is_personal=True)
    received = upload(admin, [["公司名称", "Passport"], ["Alpha", "P1"]])
    with pytest.raises(ValidationError) as refusal:
        check(received, has_lawful_basis=False)
    assert list(refusal.value.error_dict) == ["has_lawful_basis"]


def test_the_template_offers_the_fields_and_what_fits(fields, admin):
    assert template_file(["name", "custom_grade", "custom_live"]).read()[:2] == b"PK"
