"""Who sees which customers."""

import pytest

from customers.customers.models import Customer
from tests.factories import make_customer, make_department, make_pool, make_pooled_customer, make_user

pytestmark = pytest.mark.django_db


def test_a_rep_sees_her_own_customers_and_the_pool_of_her_department_only():
    east, north = make_department("East"), make_department("North")
    rep, other = make_user("rep", "rep", east), make_user("other", "rep", east)
    mine, _theirs = make_customer(rep), make_customer(other)
    pooled, _far = make_pooled_customer(make_pool(department=east)), make_pooled_customer(make_pool(department=north))

    assert set(Customer.objects.visible_to(rep)) == {mine, pooled}
