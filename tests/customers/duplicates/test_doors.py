"""The check at every door: forms, API, contacts, imports and leads, and many at once."""

import threading

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from crm.company.actions import change_settings
from crm.people.models import User
from customers.contacts import actions as contact_actions
from customers.contacts.models import Contact
from customers.customers import actions
from customers.customers.models import Customer
from customers.duplicates import checking
from customers.duplicates.checking import find_duplicates
from tests.contract.fingerprints import fingerprint
from tests.factories import make_contact, make_customer, make_user, sign_in
from tests.factories.api import wrong

pytestmark = pytest.mark.django_db
PHONE = "+8613812345678"


def refusal_of(work):
    before = fingerprint()
    with pytest.raises(ValidationError) as caught:
        work()
    assert fingerprint() == before
    return caught.value


def add(actor, reason="", **values):
    return actions.create_customer(actor=actor, owner=actor, values=values, duplicate_reason=reason)


@pytest.fixture
def strict():
    change_settings({"duplicates.exact": "refuse"}, actor=make_user(role="admin"))


def test_a_name_of_nearly_the_same_spelling_asks_for_a_reason_and_says_how_alike_it_is(rita):
    make_customer(rita, name="苏州恒曜精密机械有限公司")
    refusal = refusal_of(lambda: add(rita, name="苏州恒耀精密机械有限公司"))
    assert refusal.message_dict["name"] == ["Similar name (83 of 100): “苏州恒曜精密机械有限公司”, owner Rita."]
    assert add(rita, "another one", name="苏州恒耀精密机械有限公司").pk
    assert add(rita, name="上海恒曜精密机械有限公司").pk


def test_the_least_likeness_is_a_setting_of_the_company(rita):
    make_customer(rita, name="苏州恒曜精密机械有限公司")
    change_settings({"duplicates.similar_from": 90}, actor=make_user(role="admin"))
    assert add(rita, name="苏州恒耀精密机械有限公司").pk


def test_a_similar_customer_out_of_reach_is_told_by_its_place_only(rita, north):
    make_customer(make_user("nina", role="rep", department=north), name="苏州恒曜精密机械")
    told = refusal_of(lambda: add(rita, name="苏州恒耀精密机械")).message_dict["name"][0]
    assert told == "Similar name (83 of 100): a customer of the department North."


def test_the_domain_of_a_website_asks_for_a_reason_but_a_shared_host_does_not(rita):
    make_customer(rita, name="Alpha", website="https://www.harbour.cn/about")
    make_customer(rita, name="Shop", website="https://alpha.1688.com")
    assert set(refusal_of(lambda: add(rita, name="Beta", website="http://harbour.cn")).error_dict) == {
        "website", "duplicate_reason"
    }  # fmt: skip
    assert add(rita, "one group", name="Beta", website="http://harbour.cn").pk
    assert add(rita, name="Gamma", website="https://gamma.1688.com").pk
    assert add(rita, name="Delta", website="https://notharbour.cn").pk


def test_where_the_company_refuses_a_known_phone_no_reason_helps(rita, strict):
    make_contact(make_customer(rita), phone=PHONE, email="ding@example.com")
    assert set(refusal_of(lambda: add(rita, "really", name="Beta", phone=PHONE)).error_dict) == {"phone"}
    assert set(refusal_of(lambda: add(rita, "really", name="Beta", email="ding@example.com")).error_dict) == {"email"}
    assert add(rita, "one group", name="Beta", website="http://harbour.cn").pk


def test_a_contact_with_the_phone_of_another_customer_needs_a_reason(rita):
    make_contact(make_customer(rita, name="Alpha"), phone=PHONE)
    customer = make_customer(rita)
    values = {"name": "Ding", "phone": PHONE}
    refusal = refusal_of(lambda: contact_actions.add_contact(customer, actor=rita, values=values))
    assert set(refusal.error_dict) == {"phone", "duplicate_reason"}
    contact = contact_actions.add_contact(customer, actor=rita, values=values, duplicate_reason="works for both")
    contact_actions.update_contact(contact, actor=rita, values={"job_title": "Buyer", "phone": PHONE})
    made = contact_actions.add_contact(customer, actor=rita, values={"name": "Xu"})
    refusal_of(lambda: contact_actions.update_contact(made, actor=rita, values={"phone": PHONE}))
    assert contact_actions.add_contact(customer, actor=rita, values={"name": "Li", "email": "li@example.com"}).pk


def test_a_contact_with_a_known_phone_is_refused_where_the_company_says_so(rita, strict):
    make_contact(make_customer(rita, name="Alpha"), phone=PHONE)
    values = {"name": "Ding", "phone": PHONE}
    customer = make_customer(rita)
    refusal_of(
        lambda: contact_actions.add_contact(customer, actor=rita, values=values, duplicate_reason="works for both")
    )


def test_the_form_of_a_contact_asks_for_the_reason_and_takes_it(rita):
    make_contact(make_customer(rita, name="Alpha"), phone=PHONE)
    customer, client = make_customer(rita), sign_in(rita)
    address, typed = f"/customers/{customer.pk}/contacts/new/", {"name": "Ding", "phone": PHONE, "key": "k"}
    page = client.post(address, typed)
    assert (page.status_code, "duplicate_reason" in page.content.decode()) == (422, True)
    assert client.post(address, {**typed, "duplicate_reason": "works for both"}).status_code == 302
    assert Contact.objects.filter(customer=customer, phone=PHONE).count() == 1


def test_the_api_says_which_field_is_known_and_takes_a_reason(api, rita):
    make_contact(make_customer(rita, name="Alpha"), phone=PHONE)
    customer = make_customer(rita)
    body = {"customer": customer.pk, "name": "Ding", "phone": PHONE}
    assert wrong(api(rita).post("contacts/", body)) == (422, ["duplicate_reason", "phone"])
    assert api(rita).post("contacts/", {**body, "duplicate_reason": "works for both"}).status_code == 201
    assert wrong(api(rita).post("customers/", {"name": "Beta", "phone": PHONE})) == (422, ["duplicate_reason", "phone"])
    branch = {"name": "Beta", "phone": PHONE, "duplicate_reason": "branch"}
    assert api(rita).post("customers/", branch).status_code == 201


def test_the_check_while_typing_shows_names_only_to_those_who_see_them(rita, north):
    make_customer(rita, name="恒曜精密机械")
    make_customer(make_user("nina", role="rep", department=north), name="Secret", website="https://secret.cn")
    part = sign_in(rita).get("/customers/duplicates/check/?name=恒曜精密机器&website=secret.cn").content.decode()
    assert "恒曜精密机械" in part and "North" in part and "Secret" not in part


def test_finding_similar_names_takes_the_index(rita):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {checking._ALIKE}", {"key": "a", "core": "恒恒曜曜", "without": 0, "least": 80})
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "customer_search_doubled" in plan
    assert find_duplicates(rita, name="恒曜").matches == []


@pytest.mark.django_db(transaction=True)
def test_of_ten_at_once_one_gets_a_phone_where_the_company_refuses_the_second(rita, strict):
    assert _ten_at_once(rita) == 1


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_several_get_it(rita, strict, monkeypatch):
    monkeypatch.setattr(checking, "hold_identity", lambda values: None)
    monkeypatch.setattr(actions, "hold_place", lambda owner: None)  # it lets one owner's come one by one
    assert max(_ten_at_once(rita, f"+861381234{n:04d}") for n in range(5)) > 1


def _ten_at_once(rita, phone=PHONE):
    gate = threading.Barrier(10)

    def work(number):
        try:
            gate.wait(10)
            add(User.objects.get(pk=rita.pk), name=f"{phone} {number * 7919}", phone=phone)
        except ValidationError:
            pass
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(10)]
    [thread.start() for thread in threads]
    [thread.join(60) for thread in threads]
    return Customer.objects.filter(phone=phone).count()
