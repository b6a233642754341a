"""Fields and choices as an administrator keeps them."""

import pytest
from django.core.exceptions import ValidationError

from crm.customfields import actions
from crm.customfields.definitions import FIELDS_AT_MOST, fields_of
from crm.customfields.models import CustomChoice, CustomField, CustomUnique
from customers.customers.actions import create_customer, update_customer
from customers.customers.models import Customer
from tests.factories import make_customer

pytestmark = pytest.mark.django_db
LABEL = "customers.Customer"


def test_a_key_is_made_of_the_label_by_pinyin_and_stays_when_the_label_changes(field, admin):
    made = field("text", "设备序列号")
    actions.change_field(made, actor=admin, label="机器编号")
    made.refresh_from_db()
    assert (made.key, made.label, made.position) == ("she_bei_xu_lie_hao", "机器编号", 1)


@pytest.mark.parametrize("key", ["Serial", "a__b", "_a", "a-b", "1a", "a" * 31, "in use"])
def test_a_key_that_cannot_be_one_is_refused(field, key):
    with pytest.raises(ValidationError) as refusal:
        field("text", "Serial", key=key)
    assert list(refusal.value.error_dict) == ["key"]
    assert not CustomField.objects.exists()


def test_two_fields_of_a_record_share_neither_key_nor_label(field):
    field("text", "Serial")
    with pytest.raises(ValidationError):
        field("number", "Serial", key="other")
    with pytest.raises(ValidationError):
        field("number", "Other", key="serial")
    assert field("text", "Serial", model="customers.Contact").key == "serial"
    assert CustomField.objects.count() == 2


def test_a_record_has_at_most_sixty_fields(field, admin):
    CustomField.objects.bulk_create(
        CustomField(model=LABEL, key=f"f{n}", label=f"F {n}", kind="text", is_active=False)
        for n in range(FIELDS_AT_MOST)
    )
    with pytest.raises(ValidationError, match="at most 60"):
        field("text", "One more")
    assert CustomField.objects.count() == FIELDS_AT_MOST


def test_choices_keep_their_order_and_get_values_of_their_own(field):
    made = field("choice", "Grade", choices=["Gold", "  Silver ", "金牌", "Gold", "", "None"])
    assert list(made.choices.values_list("value", "label", "position")) == [
        ("gold", "Gold", 1), ("silver", "Silver", 2), ("jin_pai", "金牌", 3), ("none_2", "None", 4),
    ]  # fmt: skip


@pytest.mark.parametrize("choices", [[], ["A", "a"], ["A, B"], ["x" * 61], [f"C {n}" for n in range(201)]])
def test_choices_that_cannot_be_are_refused(field, choices):
    with pytest.raises(ValidationError) as refusal:
        field("choice", "Grade", choices=choices)
    assert list(refusal.value.error_dict) == ["choices"]
    assert not CustomField.objects.exists()


def test_a_choice_in_use_is_switched_off_but_not_deleted(field, admin, rep):
    made = field("choice", "Grade", choices=["Gold", "Silver"])
    customer = create_customer(actor=rep, owner=rep, values={"name": "Alpha", "custom": {"grade": "gold"}})
    gold, silver = made.choices.all()
    with pytest.raises(ValidationError, match="Records hold “Gold”"):
        actions.remove_choice(gold, actor=admin)
    actions.remove_choice(silver, actor=admin)
    actions.change_choice(gold, actor=admin, is_active=False)
    assert list(CustomChoice.objects.values_list("value", "is_active")) == [("gold", False)]
    kept = update_customer(customer, actor=rep, values={"custom": {"grade": "gold"}})
    assert kept.custom == {"grade": "gold"}
    with pytest.raises(ValidationError):
        update_customer(make_customer(owner=rep), actor=rep, values={"custom": {"grade": "gold"}})


def test_the_default_choice_stays_until_another_is_chosen(field, admin):
    made = field("choice", "Grade", choices=["Gold", "Silver"])
    actions.change_field(made, actor=admin, default="gold")
    gold = made.choices.get(value="gold")
    gold.field.refresh_from_db()
    with pytest.raises(ValidationError, match="is the default"):
        actions.change_choice(gold, actor=admin, is_active=False)
    assert CustomChoice.objects.get(value="gold").is_active


def test_a_field_with_values_is_switched_off_and_on_again_without_losing_them(field, admin, rep):
    made = field("text", "Serial")
    customer = create_customer(actor=rep, owner=rep, values={"name": "Alpha", "custom": {"serial": "A-1"}})
    with pytest.raises(ValidationError, match="Records hold values"):
        actions.remove_field(made, actor=admin)
    actions.switch_field(made, actor=admin, is_active=False)
    assert fields_of(LABEL).active == []
    with pytest.raises(ValidationError) as refusal:
        update_customer(customer, actor=rep, values={"custom": {"serial": "B"}})
    assert list(refusal.value.error_dict) == ["custom.serial"]
    actions.switch_field(made, actor=admin, is_active=True)
    customer.refresh_from_db()
    assert customer.custom == {"serial": "A-1"}


def test_a_field_nobody_filled_in_is_deleted(field, admin):
    made = field("choice", "Grade", choices=["Gold"])
    actions.remove_field(made, actor=admin)
    assert not CustomField.objects.exists() and not CustomChoice.objects.exists()


def test_fields_and_choices_move_by_one_place(field, admin):
    first, second = field("choice", "A", choices=["X", "Y"]), field("text", "B")
    actions.move_field(second, actor=admin, is_up=True)
    actions.move_choice(first.choices.get(value="x"), actor=admin, is_up=False)
    assert [one.label for one in fields_of(LABEL).active] == ["B", "A"]
    assert list(first.choices.values_list("label", flat=True)) == ["Y", "X"]


def test_making_a_field_unique_is_refused_with_examples_while_records_share_a_value(field, admin, rep):
    made = field("text", "Serial")
    for number, serial in enumerate(["A-1", "a-1 ", "B", "B", "C"]):
        Customer.objects.filter(pk=make_customer(owner=rep, name=f"N{number}").pk).update(custom={"serial": serial})
    with pytest.raises(ValidationError, match="2 values stand on several records: a-1 , B"):
        actions.change_field(made, actor=admin, is_unique=True)
    made.refresh_from_db()
    assert not made.is_unique and not CustomUnique.objects.exists()
    Customer.objects.filter(name__in=["N1", "N3"]).update(custom={})
    actions.change_field(made, actor=admin, is_unique=True)
    assert sorted(CustomUnique.objects.values_list("value", flat=True)) == ["a-1", "b", "c"]
    actions.change_field(made, actor=admin, is_unique=False)
    assert not CustomUnique.objects.exists()


@pytest.mark.parametrize("kind", ["money", "date", "yes_no", "user"])
def test_only_texts_and_numbers_can_be_unique(field, kind):
    with pytest.raises(ValidationError) as refusal:
        field(kind, "F", is_unique=True)
    assert list(refusal.value.error_dict) == ["is_unique"]


def test_a_unique_field_has_no_default(field):
    with pytest.raises(ValidationError) as refusal:
        field("text", "Serial", is_unique=True, default="A")
    assert list(refusal.value.error_dict) == ["default"]
