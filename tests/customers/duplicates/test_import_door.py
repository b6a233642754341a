"""The check at the door of imports: the same code, phone, e-mail, nearly the same name; and what it does not tell."""

import pytest

from crm.company.actions import change_settings
from customers.contacts.models import Contact
from customers.customers.models import Customer
from customers.imports import checking
from customers.imports.wording import reasons
from tests.customers.imports.conftest import apply, check, counts, errors, outcomes, upload
from tests.factories import make_contact, make_customer, make_pool, make_pooled_customer, make_user, sign_in

pytestmark = pytest.mark.django_db
PHONE, MAIL, CODE = "+8613812345678", "ding@example.com", "91350100M000100Y43"
HEADERS = ["公司名称", "信用代码", "联系电话", "邮箱", "联系人", "手机"]


@pytest.fixture(autouse=True)
def _own_media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def importer(sales):
    """Brings leads in, and sees no customer of others."""
    return make_user("ivy", role="rep", department=sales, customer_capacity=100)


@pytest.fixture
def admin(sales):
    return make_user("admin", role="admin")


@pytest.fixture
def strict(admin):
    change_settings({"duplicates.exact": "refuse"}, actor=admin)


def row(name="Beta", code="", phone="", email="", person="", mobile=""):
    return [name, code, phone, email, person, mobile]


def checked(actor, *rows):
    return check(upload(actor, [HEADERS, *rows]))


def said(import_set):
    return {number: found[""][0] for number, found in errors(import_set).items()}


def test_a_known_phone_or_e_mail_of_a_customer_or_a_contact_is_told_and_comes_in(admin, rita):
    make_customer(rita, name="Alpha", phone=PHONE)
    make_contact(make_customer(rita, name="Gamma"), email=MAIL, phone="+8613900000000")
    import_set = checked(
        admin, row("Beta", phone="138 1234 5678"), row("Delta", email="Ding@Example.com"),
        row("Epsilon", person="丁", mobile="13812345678"), row("Zeta", phone="13900000000"),
        row("Eta", phone="13700000000"),
    )  # fmt: skip
    assert said(import_set) == {2: "phone_known", 3: "email_known", 4: "phone_known", 5: "phone_known"}
    assert counts(import_set) == {"created": 5}
    apply(import_set)
    assert (Customer.objects.count(), import_set.counts["created"]) == (7, 5)


@pytest.mark.usefixtures("strict")
def test_where_the_company_refuses_them_they_stay_out_and_nothing_is_written(admin, rita):
    make_customer(rita, name="Alpha", phone=PHONE)
    make_contact(make_customer(rita, name="Gamma"), email=MAIL)
    import_set = checked(admin, row("Beta", phone="13812345678"), row("Delta", email=MAIL), row("Eta"))
    assert said(import_set) == {2: "phone_taken", 3: "email_taken"}
    assert counts(import_set) == {"created": 1, "refused": 2}
    apply(import_set)
    assert sorted(Customer.objects.values_list("name", flat=True)) == ["Alpha", "Eta", "Gamma"]
    assert Contact.objects.count() == 1


@pytest.mark.usefixtures("strict")
def test_two_rows_with_one_phone_are_one_customer_where_the_company_refuses(admin):
    import_set = apply(checked(admin, row("Beta", phone="13812345678"), row("Delta", phone="13812345678")))
    assert (Customer.objects.get().name, counts(import_set)) == ("Beta", {"created": 1, "refused": 1})


@pytest.mark.usefixtures("strict")
def test_what_came_between_check_and_apply_is_refused_then(admin, rita):
    import_set = checked(admin, row("Beta", phone="13812345678", email=MAIL), row("Eta"))
    make_customer(rita, name="Alpha", email=MAIL)
    apply(import_set)
    assert outcomes(import_set) == [(2, "refused"), (3, "created")]
    assert said(import_set) == {2: "email_taken"}
    assert sorted(Customer.objects.values_list("name", flat=True)) == ["Alpha", "Eta"]


@pytest.mark.parametrize("rule", ["reason", "refuse"])
def test_a_known_code_is_refused_whatever_the_company_says(admin, rita, rule):
    change_settings({"duplicates.exact": rule}, actor=admin)
    make_customer(rita, name="Alpha", credit_code=CODE)
    import_set = check(upload(admin, [HEADERS, row("Beta", CODE)]), match_key="name")
    assert said(import_set) == {2: "code_taken"}
    assert Customer.objects.get().name == "Alpha"


def test_a_name_of_nearly_the_same_spelling_is_told_with_how_alike_it_is(admin, rita):
    make_customer(rita, name="苏州恒曜精密机械有限公司")
    import_set = checked(
        admin, row("苏州恒耀精密机械有限公司"), row("上海恒曜精密机械有限公司"), row("青岛海德电子有限公司")
    )
    assert errors(import_set) == {2: {"": ["name_alike", {"score": 83}]}}
    assert reasons(errors(import_set)[2]) == [
        "another customer has nearly this name (83 of 100); it comes in all the same"
    ]
    apply(import_set)
    assert Customer.objects.count() == 4


def test_the_least_likeness_is_the_setting_of_the_company_and_long_lists_wait_for_the_night(admin, rita, monkeypatch):
    make_customer(rita, name="苏州恒曜精密机械有限公司")
    monkeypatch.setattr(checking, "ALIKE_ROWS_AT_MOST", 0)
    assert errors(checked(admin, row("苏州恒耀精密机械有限公司"))) == {}
    monkeypatch.undo()
    change_settings({"duplicates.similar_from": 90}, actor=admin)
    assert errors(checked(admin, row("苏州恒耀精密机械有限公司"))) == {}


def test_an_archived_customer_is_in_nobodys_way(admin, rita):
    from django.utils import timezone

    make_customer(rita, name="苏州恒曜精密机械有限公司", phone=PHONE, email=MAIL, archived_at=timezone.now())
    assert errors(checked(admin, row("苏州恒耀精密机械有限公司", phone="13812345678", email=MAIL))) == {}


@pytest.mark.parametrize("rule", ["reason", "refuse"])
def test_of_customers_out_of_reach_nothing_is_told_but_that_there_is_one(importer, north, admin, rule):
    change_settings({"duplicates.exact": rule}, actor=admin)
    nina = make_user("nina", role="rep", department=north, name="Nina Hidden")
    make_customer(nina, name="Secret 恒曜精密机械", phone=PHONE, remark="Canary", credit_code=CODE)
    make_contact(make_pooled_customer(make_pool("Hidden pool", department=north), name="Veiled"), email=MAIL)
    role = importer.roles.get()
    for right in ("customers.import_customer", "customers.add_customer"):
        role.grants.get_or_create(right=right, defaults={"scope": "all"})
    import_set = checked(
        importer, row("Beta", phone="13812345678"), row("Delta", email=MAIL), row("Eta", CODE),
        row("Secret 恒耀精密机械"), row("Secret 恒曜精密机械"),
    )  # fmt: skip
    page = sign_in(importer).get(f"/customers/import/{import_set.pk}/").text
    told = [sentence for found in errors(import_set).values() for sentence in reasons(found)]
    assert len(told) == 5
    for word in ("Nina", "Hidden", "Veiled", "Canary", "North"):
        assert word not in page and not any(word in sentence for sentence in told), word
    assert import_set.rows.exclude(customer_id=None).count() == 0
