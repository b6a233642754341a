"""Taking a merge back: whole rows as they were, what was written since stays where it belongs."""

from datetime import timedelta

import pytest
from django.utils import timezone

from crm.operations.invariants import broken
from customers.activities.models import Activity
from customers.contacts.models import Contact
from customers.customers import actions, relations
from customers.customers.models import Customer
from customers.customers.search import refresh_search
from customers.duplicates.merging import merge_customers
from customers.duplicates.models import DuplicateCandidate, Merge
from customers.duplicates.unmerging import unmerge
from customers.invariants import RULES
from tests.customers.duplicates.whole import POINTING, POINTING_TO_CONTACT, refusal_of, whole_rows
from tests.factories import (
    make_activity,
    make_contact,
    make_customer,
)

pytestmark = pytest.mark.django_db


def _with_everything(pair, rita, dora):
    for customer in pair:
        for label, make in POINTING.items():
            if label != "customers.Customer.merged_into":
                make(customer, rita)
    ours, theirs = (make_contact(customer, is_primary=True, name="丁兰") for customer in pair)
    Contact.objects.filter(pk=theirs.pk).update(email="ding@heng.cn")
    for make in POINTING_TO_CONTACT.values():
        make(theirs, rita)
    first, second = sorted(customer.pk for customer in pair)
    DuplicateCandidate.objects.create(first_id=first, second_id=second, score=90, reasons=["name"])
    refresh_search(list(Customer.objects.values_list("pk", flat=True)))
    return {theirs.pk: ours.pk}


def test_taking_a_merge_back_restores_whole_rows_of_all_tables(pair, rita, dora):
    joins = _with_everything(pair, rita, dora)
    before = whole_rows()

    merge = merge_customers(*pair, actor=dora, fields=["name", "remark"], joins=joins)
    assert whole_rows() != before
    outcome = unmerge(merge, actor=dora)

    assert outcome.kept == []
    assert whole_rows() == before
    merge.refresh_from_db()
    assert (merge.undone_by, merge.undone_at is not None) == (dora, True)
    refusal_of(lambda: unmerge(merge, actor=dora))


def test_what_changed_since_a_merge_is_kept_and_listed(pair, rita, dora):
    survivor, loser = pair
    contact, activity = make_contact(loser), make_activity(loser, author=rita)
    merge = merge_customers(*pair, actor=dora, fields=["remark"])
    actions.update_customer(survivor, actor=dora, values={"remark": "newer"})
    Contact.objects.filter(pk=contact.pk).update(customer=make_customer(rita))

    outcome = unmerge(merge, actor=dora)

    rows = Customer.objects.in_bulk([survivor.pk, loser.pk])
    assert (rows[survivor.pk].remark, rows[survivor.pk].credit_code) == ("newer", "")
    assert (rows[loser.pk].remark, rows[loser.pk].credit_code) == ("theirs", "91320500MA1MXXXX0X")
    activity.refresh_from_db()
    assert activity.customer == loser
    assert [label for label, _reason in outcome.kept] == ["恒曜精密 · remark", "contact"]


def test_new_rows_of_the_survivor_stay_with_it(pair, rita, dora):
    merge = merge_customers(*pair, actor=dora)
    made = make_activity(Customer.objects.get(pk=pair[0].pk), author=rita)
    unmerge(merge, actor=dora)
    made.refresh_from_db()
    assert made.customer == pair[0]


def test_links_made_since_a_merge_do_not_lead_to_contacts_of_the_other_company(pair, rita, dora):
    survivor, loser = pair
    ours, theirs, stays = make_contact(survivor), make_contact(loser), make_contact(loser)
    older = make_activity(loser, author=rita, contact=theirs)
    merge = merge_customers(*pair, actor=dora)
    Contact.objects.filter(pk=ours.pk).update(reports_to=theirs)
    Contact.objects.filter(pk=stays.pk).update(reports_to=theirs)
    newer = make_activity(Customer.objects.get(pk=survivor.pk), author=rita, contact=theirs)

    outcome = unmerge(merge, actor=dora)

    assert dict(Contact.objects.values_list("pk", "reports_to")) == {
        ours.pk: None,
        theirs.pk: None,
        stays.pk: theirs.pk,
    }
    assert list(Activity.objects.order_by("pk").values_list("pk", "customer", "contact")) == [
        (older.pk, loser.pk, theirs.pk), (newer.pk, survivor.pk, None)
    ]  # fmt: skip
    why = "It led to a contact of the other customer and has been removed."
    assert sorted(outcome.kept) == sorted([(f"{newer} · contact", why), (f"{ours} · reports to", why)])


def test_a_merge_cannot_be_taken_back_too_late_nor_under_a_later_one(pair, rita, dora):
    merge = merge_customers(*pair, actor=dora)
    later = merge_customers(make_customer(rita), Customer.objects.get(pk=pair[0].pk), actor=dora)
    assert "later" in refusal_of(lambda: unmerge(merge, actor=dora)).messages[0]
    unmerge(later, actor=dora)
    Merge.objects.filter(pk=merge.pk).update(merged_at=timezone.now() - timedelta(days=31))
    merge.refresh_from_db()
    assert refusal_of(lambda: unmerge(merge, actor=dora)).code == "too_late"


def test_a_code_somebody_else_took_meanwhile_keeps_the_merge(pair, rita, dora):
    merge = merge_customers(*pair, actor=dora)
    Customer.objects.filter(pk=pair[0].pk).update(credit_code="")
    make_customer(rita, credit_code="91320500MA1MXXXX0X")
    assert refusal_of(lambda: unmerge(merge, actor=dora)).code == "taken"


def test_a_merge_stays_where_taking_it_back_would_close_a_ring_of_companies(pair, rita, dora):
    survivor, loser = pair
    above = make_customer(rita, name="Holding")
    Customer.objects.filter(pk=loser.pk).update(parent=above)
    Customer.objects.filter(pk=survivor.pk).update(parent=make_customer(rita))
    child = make_customer(rita, name="Child", parent=loser)
    merge = merge_customers(*(Customer.objects.get(pk=customer.pk) for customer in pair), actor=dora)
    relations.set_parent(above, actor=dora, parent=Customer.objects.get(pk=child.pk))

    assert refusal_of(lambda: unmerge(merge, actor=dora)).code == "loop"


def test_the_rules_of_merges_hold_and_see_what_breaks_them(pair, rita, dora):
    rules = [rule for rule in RULES if rule.number == 103]
    assert len(rules) == 2
    make_contact(pair[1])
    merge_customers(*pair, actor=dora)
    assert [broken(rule) for rule in rules] == [[]] * len(rules)
    stray = make_contact(Customer.objects.get(pk=pair[1].pk))
    assert [stray.pk] in [broken(rule) for rule in rules]
