"""The decision map, and hints about people who are known already."""

import pytest
from django.core.exceptions import ValidationError

from customers.contacts import actions
from customers.contacts.hints import similar_contacts
from customers.contacts.map import decision_map
from customers.contacts.models import Contact
from customers.customers.summary import contact_rows, contacts_of
from tests.contract.fingerprints import fingerprint
from tests.factories import make_contact, make_customer, make_department, make_pooled_customer, make_user, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def rep():
    return make_user("rep", "rep")


def shape(places):
    return [(place.contact.name, shape(place.below)) for place in places]


def map_of(customer, user):
    return shape(decision_map(contacts_of(customer, user, contact_rows(customer, user))))


def test_people_stand_below_whom_they_report_to_and_deciders_first(rep):
    customer = make_customer(rep)
    buyer = make_contact(customer, name="Buyer", power="buys")
    boss = make_contact(customer, name="Boss", power="decides")
    actions.update_contact(buyer, actor=rep, values={"reports_to": boss, "attitude": "opposes"})
    actions.add_contact(customer, actor=rep, values={"name": "User", "reports_to": buyer})
    make_contact(customer, name="Guest")

    assert map_of(customer, rep) == [("Boss", [("Buyer", [("User", [])])]), ("Guest", [])]
    page = sign_in(rep).get(f"/customers/{customer.pk}/people/").text
    assert "is against us" in page


def test_a_loop_is_refused_in_words_and_changes_nothing(rep):
    customer = make_customer(rep)
    boss = make_contact(customer, name="Boss")
    middle = make_contact(customer, name="Middle", reports_to=boss)
    below = make_contact(customer, name="Below", reports_to=middle)
    before = fingerprint()

    for superior in (boss, middle, below):
        with pytest.raises(ValidationError, match="reports to Boss already"):
            actions.update_contact(boss, actor=rep, values={"reports_to": superior})

    assert fingerprint() == before


def test_a_superior_is_of_the_same_company_and_not_archived(rep):
    customer = make_customer(rep)
    person, foreign = make_contact(customer), make_contact(make_customer(rep))
    with pytest.raises(ValidationError, match="same company"):
        actions.update_contact(person, actor=rep, values={"reports_to": foreign})
    answer = sign_in(rep).post(f"/contacts/{person.pk}/edit/", {"name": person.name, "reports_to": foreign.pk})
    assert answer.status_code == 422
    person.refresh_from_db()
    assert person.reports_to is None


def test_who_reported_to_an_archived_person_reports_to_the_next_one_up(rep):
    customer = make_customer(rep)
    boss = make_contact(customer, name="Boss")
    middle = make_contact(customer, name="Middle", reports_to=boss)
    make_contact(customer, name="Below", reports_to=middle)

    actions.archive_contact(middle, actor=rep)

    assert map_of(customer, rep) == [("Boss", [("Below", [])])]


def test_the_pool_shows_no_map(rep):
    pooled = make_pooled_customer(department=rep.department)
    make_contact(pooled, name="Secret")
    assert map_of(pooled, rep) == []


# ── hints ──


def test_the_same_phone_or_name_is_hinted_at_within_reach_only(rep):
    mine, other = make_customer(rep), make_customer(rep, name="Other Works")
    known = make_contact(other, name="Xu", phone="+8613812345678")
    foreign = make_customer(make_user("stranger", "rep", make_department("North")))
    make_contact(foreign, name="Foreign", phone="+8613812345678")
    same = make_contact(mine, name="Xu")

    assert similar_contacts(mine, rep, name="Xu", phone="138 1234 5678") == [same, known]
    answer = sign_in(rep).get(f"/customers/{mine.pk}/contacts/hints/?phone=13812345678")
    assert "Other Works" in answer.text
    assert "Foreign" not in answer.text


def test_who_may_not_know_phones_gets_no_hint_by_them(rep):
    customer = make_customer(rep)
    make_contact(customer, name="Xu", phone="+8613812345678")
    auditor = make_user("auditor", "auditor")

    assert similar_contacts(customer, auditor, phone="13812345678") == []
    assert Contact.objects.count() == 1
