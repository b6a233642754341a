"""Files as values of custom fields: kept with the record, shown by name, changed only through the field."""

import pytest
from django.core.exceptions import ValidationError
from django.http import QueryDict

from crm.attachments.actions import archive_attachment, erase_attachments, rename_attachment
from crm.attachments.models import Attachment
from crm.customfields import actions
from crm.customfields.settings_forms import CustomFieldForm, NewCustomFieldForm
from customers.contacts.models import Contact
from customers.customers.actions import update_customer
from customers.customers.filters import CustomerFilter
from customers.customers.models import Customer
from customers.customers.resources import CustomerResource
from customers.customers.timeline import CustomerStory
from customers.duplicates.merging import merge_customers
from customers.duplicates.unmerging import unmerge
from tests.crm.customfields.test_lists import exported
from tests.customers.imports.conftest import apply, check
from tests.customers.imports.conftest import upload as upload_sheet
from tests.factories import make_customer, make_pool, make_user, sign_in
from tests.factories.api import wrong
from tests.factories.files import make_attachment, pdf, upload

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def home(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def licence(field):
    return field("file", "Licence")


@pytest.fixture
def customer(rep, licence):
    """One with a file in its field."""
    row = make_customer(owner=rep, name="Alpha")
    kept = make_attachment(row, rep, "licence.pdf", pdf())
    update_customer(row, actor=rep, values={"custom": {"licence": kept.pk}})
    row.refresh_from_db()
    return row


def send(client, customer, **values):
    seen = client.get(f"/customers/{customer.pk}/edit/").context["form"].initial["seen"]
    return client.post(f"/customers/{customer.pk}/edit/", {"name": "Alpha", "seen": seen, **values})


def test_a_new_customer_comes_with_its_file_in_one_step(licence, rep):
    client = sign_in(rep)
    page = client.get("/customers/new/").content.decode()
    assert 'enctype="multipart/form-data"' in page and 'name="custom.licence"' in page
    sent = {"name": "Alpha", "custom.licence": upload("licence.pdf", pdf())}
    assert client.post("/customers/new/", sent).status_code == 302
    made, kept = Customer.objects.get(), Attachment.objects.get()
    assert made.custom == {"licence": {"id": kept.pk, "name": "licence.pdf"}}
    assert (kept.record, kept.anchor_id, kept.uploaded_by) == (made, made.pk, rep)
    assert made.events.count() == 1
    page = client.get(made.get_absolute_url()).content.decode()
    section = page.partition('id="more-facts"')[2].partition("</section>")[0]
    assert f'<a class="trunc" href="/files/{kept.pk}/">licence.pdf</a>' in section


def test_a_hostile_file_is_refused_at_its_field_and_nothing_is_written(licence, rep):
    sent = {"name": "Alpha", "custom.licence": upload("licence.pdf", b"<html><script>")}
    answer = sign_in(rep).post("/customers/new/", sent)
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == ["custom.licence"]
    assert not Customer.objects.exists() and not Attachment.objects.exists()


def test_another_file_takes_the_place_of_the_one_before_which_goes_into_the_recycle_bin(customer, rep):
    client, before = sign_in(rep), Attachment.objects.get()
    page = client.get(f"/customers/{customer.pk}/edit/").content.decode()
    assert "licence.pdf" in page and 'name="custom.licence-clear"' in page
    assert send(client, customer, **{"custom.licence": upload("new.txt", b"New.")}).status_code == 302
    customer.refresh_from_db()
    kept = Attachment.objects.live().get()
    assert customer.custom == {"licence": {"id": kept.pk, "name": "new.txt"}}
    before.refresh_from_db()
    assert before.archived_at is not None
    told = next(entry for entry in CustomerStory(customer, rep).page(None).entries if entry.changes)
    assert [(one.label, one.before, one.after) for one in told.changes] == [("Licence", "licence.pdf", "new.txt")]


def test_no_choice_keeps_the_file_and_the_box_takes_it_off(customer, rep):
    client, before = sign_in(rep), dict(customer.custom)
    assert send(client, customer, **{"custom.licence": ""}).status_code == 302
    customer.refresh_from_db()
    assert customer.custom == before
    assert send(client, customer, **{"custom.licence-clear": "on"}).status_code == 302
    customer.refresh_from_db()
    assert customer.custom == {}
    assert not Attachment.objects.live().exists()


def test_a_required_file_is_asked_for_and_cannot_be_taken_off(field, rep, api):
    licence = field("file", "Licence", is_required=True)
    client = sign_in(rep)
    assert list(client.post("/customers/new/", {"name": "Alpha"}).context["form"].errors) == ["custom.licence"]
    assert not Customer.objects.exists()
    sent = {"name": "Alpha", "custom.licence": upload("licence.pdf", pdf())}
    assert client.post("/customers/new/", sent).status_code == 302
    row = Customer.objects.get()
    assert "custom.licence-clear" not in client.get(f"/customers/{row.pk}/edit/").content.decode()
    assert wrong(api(rep).patch(f"customers/{row.pk}/", {"custom": {"licence": None}})) == (422, ["custom.licence"])
    row.refresh_from_db()
    assert set(row.custom) == {licence.key}


def test_the_api_tells_id_and_name_and_takes_a_file_kept_with_the_record(licence, rep, api):
    row, other = make_customer(owner=rep, name="Alpha"), make_customer(owner=rep, name="Beta works")
    kept, foreign = make_attachment(row, rep, "a.txt", b"A"), make_attachment(other, rep, "b.txt", b"B")
    done = api(rep).patch(f"customers/{row.pk}/", {"custom": {"licence": kept.pk}})
    assert (done.status_code, done.body["custom"]) == (200, {"licence": {"id": kept.pk, "name": "a.txt"}})
    again = api(rep).patch(f"customers/{row.pk}/", {"custom": done.body["custom"]})
    assert again.status_code == 200
    for given in (foreign.pk, {"id": foreign.pk}, 10**12, 0, True, "a.txt", {"name": "a.txt"}, [kept.pk]):
        answer = api(rep).patch(f"customers/{row.pk}/", {"custom": {"licence": given}})
        assert wrong(answer) == (422, ["custom.licence"]), given
        assert "b.txt" not in str(answer.body)
    row.refresh_from_db()
    assert row.custom["licence"] == {"id": kept.pk, "name": "a.txt"}
    assert Attachment.objects.live().count() == 2


def test_a_required_file_may_follow_a_record_that_another_system_adds(field, rep, api):
    field("file", "Licence", is_required=True)
    made = api(rep).post("customers/", {"name": "Alpha"})
    assert (made.status_code, made.body["custom"]) == (201, {"licence": None})


def test_a_file_in_a_field_is_changed_through_the_field_only(customer, rep, admin, licence):
    kept = Attachment.objects.get()
    for act in (
        lambda: archive_attachment(kept, actor=rep),
        lambda: rename_attachment(kept, actor=rep, name="x", note=""),
    ):
        with pytest.raises(ValidationError, match="Licence"):
            act()
    kept.refresh_from_db()
    assert (kept.archived_at, kept.name) == (None, "licence.pdf")
    actions.switch_field(licence, actor=admin, is_active=False)
    archive_attachment(kept, actor=rep)
    kept.refresh_from_db()
    assert kept.archived_at is not None


def test_one_file_in_two_fields_stays_while_one_of_them_holds_it(field, customer, rep):
    field("file", "Copy")
    kept = Attachment.objects.get()
    update_customer(customer, actor=rep, values={"custom": {"copy": kept.pk}})
    update_customer(customer, actor=rep, values={"custom": {"licence": None}})
    assert Attachment.objects.live().get() == kept
    update_customer(customer, actor=rep, values={"custom": {"copy": None}})
    assert not Attachment.objects.live().exists()


def test_lists_and_exports_name_the_file_and_filters_ask_whether_there_is_one(customer, rep, settings):
    make_customer(owner=rep, name="Beta works")
    page = sign_in(rep).get("/customers/?columns=custom_licence").content.decode()
    assert "licence.pdf" in page
    rows = lambda query: CustomerFilter(QueryDict(query), Customer.objects.visible_to(rep), rep).rows()  # noqa: E731
    assert [one.name for one in rows("custom_licence=yes")] == ["Alpha"]
    assert [one.name for one in rows("custom_licence=none")] == ["Beta works"]
    assert rows("custom_licence=yes,none").count() == 2
    for file_format in ("csv", "xlsx"):
        found = exported(rep, ["name", "custom_licence"], file_format, settings)
        assert [row[1] or "" for row in found] == ["Licence", "licence.pdf", ""]


def test_in_a_pool_nobody_sees_the_file_or_its_name(customer, rep, admin, settings, api):
    director = make_user("director", role="director", department=rep.department)
    pool = make_pool("East pool", department=rep.department)
    Customer.objects.filter(pk=customer.pk).update(status="pool", pool=pool, owner=None)
    client = sign_in(rep)
    for address in (customer.get_absolute_url(), "/customers/?columns=custom_licence&status=pool"):
        page = client.get(address)
        assert page.status_code == 200 and "licence.pdf" not in page.content.decode(), address
    assert client.get(f"/files/{Attachment.objects.get().pk}/").status_code == 404
    assert api(rep).get(f"customers/{customer.pk}/").body["custom"] == {"licence": "****"}
    assert "licence.pdf" not in str(exported(director, ["name", "custom_licence"], "csv", settings))
    assert "licence.pdf" not in sign_in(director).get(f"/customers/{customer.pk}/edit/").content.decode()


def test_who_does_not_see_the_customer_does_not_reach_its_file(customer):
    stranger = make_user("stranger", role="rep")
    pk = Attachment.objects.get().pk
    assert sign_in(stranger).get(f"/files/{pk}/").status_code == 404
    assert sign_in(stranger).get(f"/files/{pk}/download/").status_code == 404


def test_contacts_hold_files_of_their_own(field, rep):
    field("file", "Card", model="customers.Contact")
    customer, client = make_customer(owner=rep), sign_in(rep)
    sent = {"name": "Ding", "custom.card": upload("card.txt", b"Ding Lan")}
    assert client.post(f"/customers/{customer.pk}/contacts/new/", sent).status_code == 302
    contact, kept = Contact.objects.get(), Attachment.objects.get()
    assert contact.custom == {"card": {"id": kept.pk, "name": "card.txt"}}
    assert (kept.record, kept.anchor_id) == (contact, customer.pk)
    assert "card.txt" in client.get(customer.get_absolute_url()).content.decode()
    sent = {"name": "Ding", "custom.card": upload("new.txt", b"Ding")}
    assert client.post(f"/contacts/{contact.pk}/edit/", sent).status_code == 302
    assert Attachment.objects.live().get().name == "new.txt"
    assert sign_in(make_user("stranger", role="rep")).get(f"/files/{kept.pk}/").status_code == 404


def test_a_merge_takes_the_file_along_and_gives_it_back(customer, rep):
    director = make_user("director", role="director", department=rep.department)
    kept, survivor = Attachment.objects.get(), make_customer(owner=rep, name="Beta works")
    done = merge_customers(survivor, customer, actor=director)
    survivor.refresh_from_db()
    kept.refresh_from_db()
    assert (survivor.custom, kept.record) == ({"licence": {"id": kept.pk, "name": "licence.pdf"}}, survivor)
    unmerge(done, actor=director)
    for row in (survivor, customer, kept):
        row.refresh_from_db()
    assert (survivor.custom, customer.custom["licence"]["id"], kept.record) == ({}, kept.pk, customer)


def test_an_erased_file_leaves_a_name_without_a_page(customer, rep, admin):
    pk = Attachment.objects.get().pk
    erase_attachments(Attachment.objects.all(), actor=admin, reason="asked for")
    client = sign_in(rep)
    assert client.get(customer.get_absolute_url()).status_code == 200
    assert client.get(f"/files/{pk}/").status_code == 404
    assert send(client, customer, **{"custom.licence": upload("new.txt", b"New.")}).status_code == 302


def test_imports_neither_offer_nor_need_a_file(field, admin, rep):
    field("file", "Licence", is_required=True)
    assert "custom_licence" not in CustomerResource.importable(admin)
    apply(check(upload_sheet(admin, [["公司名称"], ["Gamma works"]])))
    assert Customer.objects.get(name="Gamma works").custom == {}
    with pytest.raises(ValidationError):
        check(
            upload_sheet(admin, [["公司名称", "Licence"], ["Delta works", "x.pdf"]]),
            mapping={"0": "name", "1": "custom_licence"},
        )


@pytest.mark.parametrize(
    ("kind", "name", "value"),
    [("file", "is_personal", True), ("file", "is_unique", True), ("file", "default", {"id": 1}),
     ("user", "is_personal", True)],
)  # fmt: skip
def test_a_rule_that_cannot_hold_for_a_kind_is_refused(field, kind, name, value):
    with pytest.raises(ValidationError) as refusal:
        field(kind, "F", **{name: value})
    assert list(refusal.value.error_dict) == [name]
    assert not actions.CustomField.objects.exists()


def test_the_form_of_a_file_field_offers_what_makes_sense_only(licence):
    assert set(CustomFieldForm(instance=licence).fields) == {"label", "label_en", "hint", "is_required", "is_listed"}
    assert "default" not in NewCustomFieldForm(instance=licence).fields
