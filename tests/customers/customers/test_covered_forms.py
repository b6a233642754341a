"""Contact details in edit forms: masked like on every page, and kept unless typed anew."""

import pytest

from customers.customers.sharing import share_customer
from tests.contract.fingerprints import fingerprint
from tests.factories import make_contact, make_customer, make_user, sign_in
from tests.factories.api import ApiClient, unchanged, wrong

pytestmark = pytest.mark.django_db
SECRETS = ("13812345678", "138 1234 5678", "wang@example.com", "weixin-77")


def _customer(owner):
    customer = make_customer(owner, phone="+8613812345678", email="wang@example.com", address="Secret Road 1")
    contact = make_contact(
        customer, name="Wang", phone="+8613812345678", email="wang@example.com", wechat="weixin-77", is_primary=True
    )
    return customer, contact


def _posted(form):
    return {name: form[name].value() or "" for name in form.fields if name != "tag_ids"}


def test_the_edit_forms_of_the_owner_show_masks_only():
    rep = make_user("rep", "rep")
    customer, contact = _customer(rep)
    client = sign_in(rep)

    for page in (f"/customers/{customer.pk}/edit/", f"/contacts/{contact.pk}/edit/"):
        text = client.get(page).text
        assert "138****5678" in text
        assert [secret for secret in SECRETS if secret in text] == []


@pytest.mark.parametrize("kind", ["customer", "contact"])
def test_a_form_sent_back_as_it_came_keeps_the_hidden_values(kind):
    rep = make_user("rep", "rep")
    customer, contact = _customer(rep)
    record = customer if kind == "customer" else contact
    page = f"/{kind}s/{record.pk}/edit/"
    client = sign_in(rep)

    answer = client.post(page, {**_posted(client.get(page).context["form"]), "name": "Renamed"})

    assert answer.status_code == 302
    record.refresh_from_db()
    assert (record.name, record.phone, record.email) == ("Renamed", "+8613812345678", "wang@example.com")


def test_a_new_value_replaces_a_hidden_one_and_an_empty_one_clears_it():
    rep = make_user("rep", "rep")
    customer, _contact = _customer(rep)
    client, page = sign_in(rep), f"/customers/{customer.pk}/edit/"

    client.post(page, {**_posted(client.get(page).context["form"]), "phone": "13900001111", "email": ""})

    customer.refresh_from_db()
    assert (customer.phone, customer.email) == ("+8613900001111", "")


@pytest.mark.parametrize(("field", "typed"), [("phone", "139****5678"), ("email", "x***@example.com")])
def test_half_a_mask_is_refused_beside_the_field(field, typed):
    rep = make_user("rep", "rep")
    customer, _contact = _customer(rep)
    client, page = sign_in(rep), f"/customers/{customer.pk}/edit/"

    answer = client.post(page, {**_posted(client.get(page).context["form"]), field: typed})

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    customer.refresh_from_db()
    assert (customer.phone, customer.email) == ("+8613812345678", "wang@example.com")


def test_a_colleague_with_a_share_for_changing_neither_sees_nor_overwrites_contact_details():
    rep, colleague = make_user("rep", "rep"), make_user("other", "rep")
    customer, _contact = _customer(rep)
    share_customer(customer, actor=rep, colleague=colleague, may_change=True)
    client, page = sign_in(colleague), f"/customers/{customer.pk}/edit/"

    shown = client.get(page)
    assert shown.status_code == 200
    assert [text for text in (*SECRETS, "138****5678", "Secret Road 1") if text in shown.text] == []
    typed = {"remark": "Seen", "phone": "13900001111", "address": "Elsewhere"}
    client.post(page, {**_posted(shown.context["form"]), **typed})

    customer.refresh_from_db()
    assert (customer.remark, customer.phone, customer.address) == ("Seen", "+8613812345678", "Secret Road 1")


def test_the_api_refuses_contact_details_of_somebody_who_may_not_know_them():
    rep, colleague = make_user("rep", "rep"), make_user("other", "rep")
    customer, _contact = _customer(rep)
    share_customer(customer, actor=rep, colleague=colleague, may_change=True)
    client = ApiClient(colleague)
    before = unchanged(client)

    assert wrong(client.patch(f"customers/{customer.pk}/", {"phone": "13900001111"})) == (422, ["phone"])
    assert fingerprint() == before
