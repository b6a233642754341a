"""What can be done with the people at a customer."""

import pytest
from django.core.exceptions import ValidationError

from customers.contacts import actions
from customers.contacts.models import Contact
from tests.factories import make_customer, make_pooled_customer, make_user

pytestmark = pytest.mark.django_db


def test_the_first_contact_is_the_main_one_and_another_takes_its_place():
    rep = make_user("rep", "rep")
    customer = make_customer(rep)
    first = actions.add_contact(customer, actor=rep, values={"name": "Xu", "phone": "13812345678"})
    second = actions.add_contact(customer, actor=rep, values={"name": "Xie"})
    assert (first.is_primary, second.is_primary, first.phone) == (True, False, "+8613812345678")

    actions.make_primary(second, actor=rep)

    assert dict(Contact.objects.values_list("name", "is_primary")) == {"Xu": False, "Xie": True}
    customer.search_row.refresh_from_db()
    assert "13812345678" in customer.search_row.digits


def test_an_archived_contact_leaves_search_and_cannot_be_changed():
    rep = make_user("rep", "rep")
    customer = make_customer(rep)
    contact = actions.add_contact(customer, actor=rep, values={"name": "Xu", "phone": "13812345678"})

    actions.archive_contact(contact, actor=rep)

    customer.search_row.refresh_from_db()
    assert "13812345678" not in customer.search_row.digits
    with pytest.raises(ValidationError, match="archived"):
        actions.update_contact(contact, actor=rep, values={"name": "Xu Jian"})
    contact.refresh_from_db()
    assert (contact.name, contact.is_primary) == ("Xu", False)


@pytest.mark.parametrize(("values", "field"), [({"name": " "}, "name"), ({"name": "Xu", "phone": "1"}, "phone")])
def test_wrong_values_are_refused_at_their_field(values, field):
    rep = make_user("rep", "rep")

    with pytest.raises(ValidationError) as refusal:
        actions.add_contact(make_customer(rep), actor=rep, values=values)

    assert list(refusal.value.error_dict) == [field]
    assert Contact.objects.count() == 0


def test_nobody_is_added_to_a_customer_in_the_pool():
    with pytest.raises(ValidationError, match="Claim it first"):
        actions.add_contact(make_pooled_customer(), actor=make_user("rep", "rep"), values={"name": "Xu"})
    assert Contact.objects.count() == 0
