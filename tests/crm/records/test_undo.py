"""Taking back what an operation wrote."""

from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.utils import timezone

from crm.history.models import Operation
from crm.records.undo import undo_operation
from customers.customers import actions, bulk
from customers.customers.models import Customer
from tests.factories import make_customers, make_stage, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def staged():
    """Three customers moved from one stage to another by one operation."""
    rep, before, after = make_user("rep", "rep"), make_stage("Before"), make_stage("After")
    rows = make_customers(3, rep, stage=before)
    entry = bulk.stage_customers(Customer.objects.editable_by(rep), actor=rep, stage=after)
    return rep, rows, entry, before, after


def stages():
    return list(Customer.objects.order_by("pk").values_list("stage__name", flat=True))


def test_undo_puts_every_field_back_and_says_whose_operation_it_undoes(staged):
    rep, _rows, entry, _before, _after = staged

    outcome = undo_operation(entry, actor=rep)

    assert (outcome.put_back, outcome.kept) == (3, [])
    assert stages() == ["Before"] * 3
    assert Operation.objects.get(verb="operation_undone").undoes == entry


def test_what_was_changed_since_stays_and_is_listed(staged):
    rep, rows, entry, before, _after = staged
    newest = make_stage("Newest")
    actions.update_customer(rows[1], actor=rep, values={"stage": newest})

    outcome = undo_operation(entry, actor=rep)

    assert outcome.put_back == 2
    assert outcome.kept == [(rows[1].name, "It has been changed since.")]
    assert stages() == ["Before", "Newest", "Before"]


def test_other_fields_changed_since_are_left_alone(staged):
    rep, rows, entry, _before, _after = staged
    actions.update_customer(rows[0], actor=rep, values={"remark": "kept"})

    undo_operation(entry, actor=rep)

    assert stages() == ["Before"] * 3
    assert Customer.objects.get(pk=rows[0].pk).remark == "kept"


def test_rows_that_left_ones_reach_are_kept(staged):
    rep, rows, entry, _before, _after = staged
    Customer.objects.filter(pk=rows[2].pk).update(owner=make_user("other", "rep"))

    outcome = undo_operation(entry, actor=rep)

    assert outcome.kept == [(f"customer #{rows[2].pk}", "You may no longer change it.")]
    assert stages() == ["Before", "Before", "After"]


def test_an_operation_is_undone_once(staged):
    rep, _rows, entry, _before, _after = staged
    undo_operation(entry, actor=rep)

    with pytest.raises(ValidationError, match="undone already"):
        undo_operation(entry, actor=rep)
    assert Operation.objects.filter(verb="operation_undone").count() == 1


def test_an_hour_later_nothing_is_undone(staged):
    rep, _rows, entry, _before, _after = staged

    with time_machine.travel(timezone.now() + timedelta(minutes=61)), pytest.raises(ValidationError, match="too long"):
        undo_operation(entry, actor=rep)
    assert stages() == ["After"] * 3


def test_a_transfer_or_an_import_is_not_undone_by_a_click(staged):
    rep, rows, _entry, _before, _after = staged
    actions.update_customer(rows[0], actor=rep, values={"remark": "x"})

    with pytest.raises(ValidationError, match="by a click"):
        undo_operation(Operation.objects.get(verb="customer_changed"), actor=rep)
