"""What can be done with a customer, and what is refused in words."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from crm.history.models import Operation
from crm.records.forms import has_code
from crm.records.stale import fingerprint
from customers.customers import actions, bulk, reveals, sharing
from customers.customers.models import Customer, CustomerShare
from customers.duplicates import asking, lookups
from tests.factories import (
    make_contact,
    make_customer,
    make_customers,
    make_department,
    make_pool,
    make_pooled_customer,
    make_stage,
    make_tag,
    make_user,
)

pytestmark = pytest.mark.django_db
CODE = "91350211M000100Y43"


@pytest.fixture
def rep():
    return make_user("rep", "rep")


def refusal_of(call):
    with pytest.raises(ValidationError) as caught:
        call()
    return caught.value


def test_a_new_customer_of_a_rep_is_her_lead_with_number_contact_and_search(rep):
    customer = actions.create_customer(
        actor=rep, owner=rep, values={"name": " 苏州恒曜精密机械有限公司 ", "phone": "13812345678"},
        contact={"name": "徐建平", "phone": "139 0000 1111"},
    )  # fmt: skip

    assert customer.status == "lead"
    assert customer.department == rep.department
    assert customer.number.endswith("000001")
    assert (customer.name, customer.phone) == ("苏州恒曜精密机械有限公司", "+8613812345678")
    assert [(c.name, c.phone, c.is_primary) for c in customer.contacts.all()] == [("徐建平", "+8613900001111", True)]
    assert "hyjm" in customer.search_row.letters
    assert Operation.objects.get(verb="customer_created").actor == rep


def test_nobody_adds_more_customers_of_their_own_than_they_may_hold(rep):
    rep.customer_capacity = 2
    rep.save()
    make_customers(2, owner=rep)

    refusal = refusal_of(lambda: actions.create_customer(actor=rep, owner=rep, values={"name": "One too many"}))

    assert refusal.code == "held_limit"
    assert f"{rep} holds 2 customers; the limit is 2." in refusal.messages[0]
    assert Customer.objects.count() == 2
    assert not Operation.objects.filter(verb="customer_created").exists()


def test_a_customer_nobody_owns_is_potential(rep):
    make_department("Intake", takes_intake=True)
    marketer = make_user("marketer", "marketing")

    customer = actions.create_customer(actor=marketer, owner=None, values={"name": "Harbour"})

    assert (customer.status, customer.owner, customer.department.name) == ("potential", None, "Intake")


def test_a_known_phone_is_refused_without_a_reason_and_taken_with_one(rep):
    make_customer(rep, name="First", phone="+8613812345678")
    values = {"name": "Second", "phone": "138 1234 5678"}

    refusal = refusal_of(lambda: actions.create_customer(actor=rep, owner=rep, values=values))
    assert set(refusal.error_dict) == {"phone", "duplicate_reason"}
    assert "First" in refusal.message_dict["phone"][0]
    assert Customer.objects.count() == 1

    actions.create_customer(actor=rep, owner=rep, values=values, duplicate_reason="a branch")
    assert Operation.objects.get(verb="customer_created").reason == "a branch"


def test_a_known_customer_out_of_reach_is_told_by_department_only(rep):
    other = make_user("other", "rep", make_department("North"))
    make_contact(make_customer(other, name="Secret Works"), phone="+8613812345678")

    refusal = refusal_of(
        lambda: actions.create_customer(actor=rep, owner=rep, values={"name": "Second", "phone": "13812345678"})
    )

    told = refusal.message_dict["phone"][0]
    assert "North" in told and "Secret" not in told


def test_a_known_credit_code_is_refused_even_with_a_reason(rep):
    make_customer(rep, name="First", credit_code=CODE)

    refusal = refusal_of(
        lambda: actions.create_customer(
            actor=rep, owner=rep, values={"name": "Second", "credit_code": CODE}, duplicate_reason="really"
        )
    )

    assert list(refusal.error_dict) == ["credit_code"]
    assert Customer.objects.count() == 1


def test_the_same_name_in_another_legal_form_asks_for_a_reason(rep):
    make_customer(rep, name="苏州恒曜精密机械有限公司")

    refusal = refusal_of(
        lambda: actions.create_customer(actor=rep, owner=rep, values={"name": "苏州恒曜精密机械股份有限公司"})
    )

    assert set(refusal.error_dict) == {"name", "duplicate_reason"}


def test_control_characters_vanish_and_formulas_stay_plain_text(rep):
    customer = actions.create_customer(
        actor=rep, owner=rep, values={"name": "Ha\x07rbour\u200b\tWorks", "remark": "=1+1\n\x00second"}
    )

    assert customer.name == "Harbour Works"
    assert customer.remark == "=1+1\nsecond"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": "  "}, "name"),
        ({"name": "x" * 300}, "name"),
        ({"name": "Harbour", "credit_code": "123"}, "credit_code"),
        ({"name": "Harbour", "phone": "12"}, "phone"),
        ({"name": "Harbour", "email": "nobody"}, "email"),
        ({"name": "Harbour", "owner": 1}, "owner"),
    ],
)
def test_wrong_values_are_refused_at_their_field_and_nothing_is_written(rep, values, field):
    refusal = refusal_of(lambda: actions.create_customer(actor=rep, owner=rep, values=values))

    assert list(refusal.error_dict) == [field]
    assert Customer.objects.count() == 0


def test_a_form_opened_before_somebody_elses_change_is_refused_with_who_and_what(rep):
    director = make_user("director", "director", rep.department, name="Zhou")
    customer = make_customer(rep, name="Harbour", remark="old")
    seen = fingerprint(customer, actions.WATCHED)
    actions.update_customer(customer, actor=director, values={"remark": "new"})

    refusal = refusal_of(lambda: actions.update_customer(customer, actor=rep, values={"remark": "mine"}, seen=seen))

    assert has_code(refusal, "stale")
    assert "Zhou changed remark" in refusal.messages[0]
    customer.refresh_from_db()
    assert customer.remark == "new"


def test_archived_customers_cannot_be_changed_until_put_back(rep):
    customer = make_customer(rep)
    actions.archive_customer(customer, actor=rep)

    refusal = refusal_of(lambda: actions.update_customer(customer, actor=rep, values={"remark": "x"}))
    assert refusal.code == "archived"

    actions.unarchive_customer(customer, actor=rep)
    actions.update_customer(customer, actor=rep, values={"remark": "x"})
    customer.refresh_from_db()
    assert (customer.archived_at, customer.remark) == (None, "x")


def test_a_share_lasts_thirty_days_unless_said_otherwise_and_at_most_a_year(rep):
    colleague, customer = make_user("colleague", "rep"), make_customer(rep)
    sharing.share_customer(customer, actor=rep, colleague=colleague)

    assert CustomerShare.objects.get().ends_on == timezone.localdate() + timedelta(days=30)

    too_long = timezone.localdate() + timedelta(days=366)
    refusal = refusal_of(lambda: sharing.share_customer(customer, actor=rep, colleague=colleague, ends_on=too_long))
    assert list(refusal.error_dict) == ["ends_on"]


def test_tagging_many_writes_only_those_without_the_tag_under_one_operation(rep):
    tag, rows = make_tag("VIP"), make_customers(3, rep)
    Customer.objects.filter(pk=rows[0].pk).update(tag_ids=[tag.pk])

    entry = bulk.tag_customers(Customer.objects.editable_by(rep), actor=rep, tag=tag)

    assert entry.row_count == 2
    assert [c.tag_ids for c in Customer.objects.order_by("pk")] == [[tag.pk]] * 3


def test_staging_nobody_is_refused(rep):
    stage = make_stage()
    make_customer(rep, stage=stage)

    refusal = refusal_of(lambda: bulk.stage_customers(Customer.objects.editable_by(rep), actor=rep, stage=stage))

    assert refusal.code == "nothing"


def test_uncovering_a_number_is_in_the_history_and_stops_at_the_daily_limit(rep, monkeypatch):
    contact = make_contact(make_customer(rep), phone="+8613812345678")
    monkeypatch.setattr(reveals, "DAILY", 1)

    assert reveals.reveal(contact, "phone", actor=rep, reason="call") == "138 1234 5678"
    assert refusal_of(lambda: reveals.reveal(contact, "phone", actor=rep, reason="call")).code == "limit"
    entry = Operation.objects.get(verb="contact_revealed")
    assert (entry.reason, entry.facts) == ("call", {"field": "phone", "reason": "call"})


@pytest.mark.parametrize("reason", ["", "curious", "CALL"])
def test_uncovering_for_no_reason_is_refused_and_leaves_no_trace(rep, reason):
    contact = make_contact(make_customer(rep), phone="+8613812345678")

    assert refusal_of(lambda: reveals.reveal(contact, "phone", actor=rep, reason=reason)).code == "no_reason"
    assert Operation.objects.count() == 0


def test_numbers_in_the_pool_are_never_uncovered(rep):
    contact = make_contact(make_pooled_customer(make_pool(department=rep.department)), phone="+8613812345678")

    with pytest.raises(PermissionDenied):
        reveals.reveal(contact, "phone", actor=rep, reason="call")
    assert Operation.objects.count() == 0


def test_the_look_up_names_the_place_and_never_how_to_reach_it(rep):
    other = make_user("other", "rep", make_department("North"))
    make_customer(other, name="Harbour Works", phone="+8613812345678")

    answers = lookups.look_up_customer(actor=rep, name="harbour works")

    assert [(a.name, "North" in a.place) for a in answers] == [("Harbour Works", True)]
    assert Operation.objects.get(verb="customer_looked_up").facts == {"by": ["name"]}


def test_the_look_up_stops_after_thirty_questions_a_minute(rep):
    for _ in range(asking.A_MINUTE):
        lookups.look_up_customer(actor=rep, name="harbour")

    assert refusal_of(lambda: lookups.look_up_customer(actor=rep, name="harbour")).code == "limit"
