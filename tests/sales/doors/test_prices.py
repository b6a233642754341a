"""Ways for one person to change prices that takes two."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from sales.products.lists_of_prices import change_price_list
from tests.contract.fingerprints import fingerprint
from tests.factories import make_user, sign_in
from tests.factories.sales import make_price_list, make_product

pytestmark = pytest.mark.django_db


def refused_field(work):
    before = fingerprint()
    with pytest.raises(ValidationError) as caught:
        work()
    assert fingerprint() == before
    return list(caught.value.error_dict)


def test_old_prices_do_not_come_back_because_one_person_lets_their_list_go_on():
    finance, today = make_user("finance", "finance"), timezone.localdate()
    over = make_price_list("Over", {make_product(): "1"}, ends_on=today - timedelta(days=1))
    for day in (today, None):
        change = {"ends_on": day}
        assert refused_field(lambda change=change: change_price_list(over, actor=finance, values=change)) == ["ends_on"]
    form = {"name": "Over", "level": "", "currency": "CNY", "starts_on": over.starts_on.isoformat(), "is_active": "on"}
    sign_in(finance).post(f"/sales/products/lists/{over.pk}/edit/", form)
    over.refresh_from_db()
    assert over.ends_on == today - timedelta(days=1)


def test_nor_because_one_person_puts_it_back_in_use():
    finance = make_user("finance", "finance")
    off = make_price_list("Off", {make_product(): "1"}, is_active=False)
    change = {"is_active": True}
    assert refused_field(lambda: change_price_list(off, actor=finance, values=change)) == ["is_active"]


def test_a_list_without_prices_may_change_and_one_with_prices_is_ended_by_nobody_alone():
    finance, today = make_user("finance", "finance"), timezone.localdate()
    empty, full = make_price_list("Empty", is_active=False), make_price_list("Full", {make_product(): "1"})
    assert change_price_list(empty, actor=finance, values={"is_active": True}).is_active
    for change in ({"ends_on": today}, {"is_active": False}):
        assert refused_field(lambda change=change: change_price_list(full, actor=finance, values=change)) == [*change]
    assert change_price_list(full, actor=finance, values={"name": "Full of it"}).name == "Full of it"
