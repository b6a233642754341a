"""Merging: everything moves, nothing is lost, refusals change nothing; taking it back restores whole rows."""

import threading
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone

from crm.history.models import Operation
from crm.notifications.models import Notice
from crm.people.models import User
from customers.activities.actions import archive_activity, update_activity
from customers.contacts.models import Contact
from customers.customers import actions
from customers.customers.holds import Hold
from customers.customers.intake import receive_lead
from customers.customers.models import Customer
from customers.customers.search import customers_found
from customers.duplicates import merging
from customers.duplicates.merging import merge_customers
from customers.duplicates.references import STAYS, all_references_to, references_to
from customers.duplicates.unmerging import unmerge
from tests.customers.duplicates.whole import POINTING, POINTING_TO_CONTACT, refusal_of
from tests.factories import (
    make_activity,
    make_contact,
    make_customer,
    make_pool,
    make_pooled_customer,
    make_user,
)

pytestmark = pytest.mark.django_db


# ── what moves ──


def test_every_column_that_points_to_a_customer_or_contact_moves_or_says_why_it_stays():
    for target, samples in ((Customer, POINTING), (Contact, POINTING_TO_CONTACT)):
        assert {found.label for found in references_to(target)} == set(samples)
    known = {found.label for target in (Customer, Contact) for found in all_references_to(target)}
    assert set(STAYS) - known == set()
    pointing = {
        f"{relation.related_model._meta.label}.{relation.field.name}"
        for target in (Customer, Contact)
        for relation in target._meta.related_objects
        if not hasattr(relation.related_model, "pgh_tracked_model")
    }
    assert pointing - known == set()


@pytest.mark.parametrize("label", POINTING)
def test_rows_of_every_table_follow_their_customer(label, pair, rita, dora):
    survivor, loser = pair
    reference = next(found for found in references_to(Customer) if found.label == label)
    POINTING[label](loser, rita)
    pointing = {row.pk for row in reference.rows(loser)}
    assert pointing

    merge = merge_customers(survivor, loser, actor=dora)

    assert {row.pk for row in reference.rows(survivor)} >= pointing
    assert not reference.rows(loser).exists() or label == "customers.Customer.merged_into"
    assert set(merge.moved["rows"][label]) == pointing


@pytest.mark.parametrize("label", POINTING_TO_CONTACT)
def test_rows_of_every_table_follow_a_joined_contact(label, pair, rita, dora):
    survivor, loser = pair
    ours, theirs = make_contact(survivor, name="Ding"), make_contact(loser, name="Ding")
    reference = next(found for found in references_to(Contact) if found.label == label)
    POINTING_TO_CONTACT[label](theirs, rita)

    merge_customers(survivor, loser, actor=dora, joins={theirs.pk: ours.pk})

    assert (reference.rows(ours).count(), reference.rows(theirs).count()) == (1, 0)


def test_children_of_both_are_children_of_the_result(pair, rita, dora):
    survivor, loser = pair
    for customer in pair:
        for label, make in POINTING.items():
            if not label.startswith("customers.Customer."):
                make(customer, rita)
    before = {
        found.label: found.rows(survivor).count() + found.rows(loser).count() for found in references_to(Customer)
    }

    merge_customers(survivor, loser, actor=dora)

    # a star, a share, an open wish can stand only once: those of the loser stay with it, nothing vanishes
    after = {found.label: found.rows(survivor).count() + found.rows(loser).count() for found in references_to(Customer)}
    assert after == before | {"customers.Customer.merged_into": 1}
    left = {found.label for found in references_to(Customer) if found.rows(loser).exists()}
    assert left == {
        "customers.Star.customer", "customers.CustomerShare.content_object", "customers.AccessRequest.customer",
        "customers.RecycleWarning.customer", "customers.RecycleExtension.customer",
    }  # fmt: skip


# ── what the survivor is ──


def test_the_survivor_keeps_its_values_and_takes_what_it_lacks_and_what_was_chosen(pair, dora):
    survivor, loser = pair
    merge = merge_customers(survivor, loser, actor=dora, fields=["name"])

    row = Customer.objects.get(pk=survivor.pk)
    assert (row.name, row.name_key) == ("苏州恒曜精密", "苏州恒曜精密")
    assert (row.remark, row.credit_code, row.website, row.phone) == (
        "ours", "91320500MA1MXXXX0X", "https://heng.cn", "+8651288886666"
    )  # fmt: skip
    assert row.tag_ids == [*survivor.tag_ids, *loser.tag_ids]
    assert (row.owner, row.status) == (survivor.owner, "lead")
    assert merge.fields == ["name"]


def test_a_signed_customer_stays_one_and_talks_of_another_owner_do_not_restart_the_clock(rita, ryan, dora):
    moments = [timezone.now() - timedelta(days=days) for days in (40, 1)]
    survivor = make_customer(rita, last_followed_at=moments[0])
    merge_customers(survivor, make_customer(ryan, last_followed_at=moments[1], status="existing"), actor=dora)
    survivor.refresh_from_db()
    assert (survivor.status, survivor.last_followed_at) == ("existing", moments[0])

    merge_customers(survivor, make_customer(rita, last_followed_at=moments[1]), actor=dora)
    survivor.refresh_from_db()
    assert survivor.last_followed_at == moments[1]


def test_talks_of_another_owner_do_not_restart_the_clock_when_the_latest_own_one_is_put_away(rita, ryan, dora):
    days = {name: timezone.now() - timedelta(days=count) for name, count in (("old", 40), ("other", 5), ("new", 1))}
    survivor, loser = make_customer(rita, last_followed_at=days["new"]), make_customer(ryan)
    make_activity(survivor, author=rita, is_valid_follow_up=True, happened_at=days["old"])
    latest = make_activity(survivor, author=rita, is_valid_follow_up=True, happened_at=days["new"])
    make_activity(loser, author=ryan, is_valid_follow_up=True, happened_at=days["other"])
    merge_customers(survivor, loser, actor=dora)
    further = make_customer(rita)
    merge_customers(further, Customer.objects.get(pk=survivor.pk), actor=dora)
    latest.refresh_from_db()

    archive_activity(latest, actor=dora)

    further.refresh_from_db()
    assert further.last_followed_at == days["old"]


def test_correcting_a_talk_of_another_owner_does_not_turn_the_clock_on(rita, ryan, dora):
    long_ago = timezone.now() - timedelta(days=40)
    survivor, loser = make_customer(rita, last_followed_at=long_ago), make_customer(ryan)
    talk = make_activity(loser, author=ryan, is_valid_follow_up=True)
    merge_customers(survivor, loser, actor=dora)
    talk.refresh_from_db()

    update_activity(talk, actor=ryan, values={"happened_at": timezone.now() - timedelta(hours=1)})

    survivor.refresh_from_db()
    assert survivor.last_followed_at == long_ago


def test_talks_of_one_owner_at_both_count_for_the_clock_after_a_merge(rita, dora):
    moments = [timezone.now() - timedelta(days=days) for days in (5, 1)]
    survivor, loser = (make_customer(rita, last_followed_at=moment) for moment in reversed(moments))
    latest = make_activity(survivor, author=rita, is_valid_follow_up=True, happened_at=moments[1])
    make_activity(loser, author=rita, is_valid_follow_up=True, happened_at=moments[0])
    merge_customers(survivor, loser, actor=dora)
    latest.refresh_from_db()

    archive_activity(latest, actor=dora)

    survivor.refresh_from_db()
    assert survivor.last_followed_at == moments[0]


def test_one_main_contact_stays_the_main_contact(pair, dora):
    ours, theirs = (make_contact(customer, is_primary=True) for customer in pair)
    merge_customers(*pair, actor=dora)
    assert dict(Contact.objects.values_list("pk", "is_primary")) == {ours.pk: True, theirs.pk: False}


def test_the_main_contact_of_the_one_that_goes_stays_it_under_the_name_it_is_joined_to(pair, dora):
    survivor, loser = pair
    ours, theirs = make_contact(survivor, name="丁兰"), make_contact(loser, name="丁兰", is_primary=True)

    merge = merge_customers(survivor, loser, actor=dora, joins={theirs.pk: ours.pk})
    assert dict(Contact.objects.values_list("pk", "is_primary")) == {ours.pk: True, theirs.pk: False}

    unmerge(merge, actor=dora)
    assert dict(Contact.objects.values_list("pk", "is_primary")) == {ours.pk: False, theirs.pk: True}


def test_a_joined_contact_gives_what_the_other_lacks(pair, dora):
    survivor, loser = pair
    ours = make_contact(survivor, name="丁兰", phone="+8613812345678")
    theirs = make_contact(loser, name="丁兰", phone="+8613812345678", email="ding@heng.cn", job_title="Buyer")
    merge_customers(survivor, loser, actor=dora, joins={theirs.pk: ours.pk})

    assert list(Contact.objects.live().filter(customer=survivor).values_list("pk", "phone", "email", "job_title")) == [
        (ours.pk, "+8613812345678", "ding@heng.cn", "Buyer")
    ]
    theirs.refresh_from_db()
    assert theirs.archived_at is not None


def test_company_trees_get_no_loop(pair, rita, dora):
    survivor, loser = pair
    top = make_customer(rita)
    Customer.objects.filter(pk=loser.pk).update(parent=top)
    between = make_customer(rita, parent=loser)
    Customer.objects.filter(pk=survivor.pk).update(parent=between)

    merge_customers(Customer.objects.get(pk=survivor.pk), Customer.objects.get(pk=loser.pk), actor=dora)

    parents = dict(Customer.objects.live().values_list("pk", "parent"))
    assert (parents[survivor.pk], parents[between.pk], parents[top.pk]) == (top.pk, survivor.pk, None)


def test_the_loser_leads_to_the_survivor_by_number_and_external_id_and_cannot_come_back_by_itself(pair, rita, dora):
    survivor, loser = pair
    first = make_customer(rita)
    merge_customers(loser, first, actor=dora)
    merge_customers(survivor, loser, actor=dora)

    assert set(Customer.objects.filter(merged_into=survivor)) == {first, loser}
    assert customers_found(first.number, dora, 8) == [survivor]
    assert receive_lead(actor=dora, name="Heng Yao", external_id="erp-7") == (survivor, False)
    refusal_of(lambda: actions.unarchive_customer(loser, actor=dora))


def test_the_history_of_both_tells_of_the_merge_and_their_owners_hear_of_it(pair, dora, rita, ryan):
    survivor, loser = pair
    merge_customers(survivor, loser, actor=dora, reason="One company")

    entry = Operation.objects.get(verb="customers_merged")
    assert (entry.actor, entry.anchor_id, entry.subject_id, entry.reason) == (
        dora,
        survivor.pk,
        loser.pk,
        "One company",
    )
    events = Customer.pgh_event_model.objects.filter(pgh_context_id=entry.context_id)
    assert set(events.values_list("pgh_obj_id", flat=True)) == {survivor.pk, loser.pk}
    assert set(Notice.objects.values_list("recipient", "url", "subject_id")) == {
        (rita.pk, survivor.get_absolute_url(), survivor.pk), (ryan.pk, "", None)
    }  # fmt: skip
    words = f"“{loser.name}” was merged into a customer you do not see."
    assert Notice.objects.get(recipient=ryan).text == words


# ── what is refused ──


def test_a_customer_is_not_merged_with_itself_nor_with_an_archived_one(pair, rita, dora):
    survivor, loser = pair
    assert refusal_of(lambda: merge_customers(survivor, survivor, actor=dora)).code == "same"
    archived = make_customer(rita, archived_at=timezone.now())
    assert refusal_of(lambda: merge_customers(survivor, archived, actor=dora)).code == "archived"
    assert refusal_of(lambda: merge_customers(archived, survivor, actor=dora)).code == "archived"


def test_an_owned_customer_is_not_swallowed_by_one_nobody_owns_but_takes_it_in(pair, dora, east):
    pooled = make_pooled_customer(make_pool(department=east))
    assert refusal_of(lambda: merge_customers(pooled, pair[0], actor=dora)).code == "owner"
    merge_customers(pair[0], pooled, actor=dora)
    assert Customer.objects.get(pk=pair[0].pk).owner == pair[0].owner


def test_who_does_not_reach_both_merges_neither(pair, dora, north):
    foreign = make_customer(make_user("nina", role="rep", department=north))
    assert refusal_of(lambda: merge_customers(pair[0], foreign, actor=dora)).code == "out_of_reach"
    assert refusal_of(lambda: merge_customers(foreign, pair[0], actor=dora)).code == "out_of_reach"
    assert refusal_of(lambda: merge_customers(*pair, actor=pair[0].owner)).code == "out_of_reach"


def test_what_a_pool_hides_cannot_be_chosen(pair, dora, east):
    pooled = make_pooled_customer(make_pool(department=east), phone="+8613812345678")
    assert "phone" in refusal_of(lambda: merge_customers(pair[0], pooled, actor=dora, fields=["phone"])).error_dict


def test_unknown_fields_and_foreign_contacts_are_refused(pair, dora, rita):
    survivor, loser = pair
    assert "owner" in refusal_of(lambda: merge_customers(*pair, actor=dora, fields=["owner"])).error_dict
    stranger = make_contact(make_customer(rita))
    ours = make_contact(survivor)
    assert "joins" in refusal_of(lambda: merge_customers(*pair, actor=dora, joins={stranger.pk: ours.pk})).error_dict


def test_a_fact_of_another_app_holds_both(pair, dora, settings):
    settings.HARBOUR_CUSTOMER_HOLDS = ["tests.customers.duplicates.test_merging.PENDING"]
    assert str(refusal_of(lambda: merge_customers(*pair, actor=dora)).messages[0]) == "An approval is pending."


def _held_customers():
    return Customer.objects.filter(name="苏州恒曜精密").values("pk")


PENDING = Hold("approval", "An approval is pending.", _held_customers)


# ── at the same moment ──


def _together(*works):
    gate, ended = threading.Barrier(len(works)), []

    def run(work):
        try:
            gate.wait(10)
            work()
            ended.append("merged")
        except ValidationError as refusal:
            ended.append(refusal.code)
        except Exception as fault:
            ended.append(type(fault).__name__)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    [thread.start() for thread in threads]
    [thread.join(60) for thread in threads]
    return sorted(ended)


def _merge_both_ways(pair, dora):
    one, other = (customer.pk for customer in pair)

    def merging_of(survivor, loser):
        def work():
            rows = Customer.objects.in_bulk([survivor, loser])
            merge_customers(rows[survivor], rows[loser], actor=User.objects.get(pk=dora.pk))

        return work

    return _together(merging_of(one, other), merging_of(other, one))


@pytest.mark.django_db(transaction=True)
def test_two_merges_of_one_pair_at_once_make_one(rita, ryan, dora):
    for _ in range(5):
        pair = [make_customer(rita), make_customer(rita)]
        make_contact(pair[0]), make_contact(pair[1])
        assert _merge_both_ways(pair, dora) == ["archived", "merged"]
        live = Customer.objects.live().get(pk__in=[customer.pk for customer in pair])
        assert Contact.objects.filter(customer=live).count() == 2


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_both_merges_would_happen(rita, dora, monkeypatch):
    gate = threading.Barrier(2)

    def unlocked(*ids):
        rows = Customer.objects.in_bulk(ids)
        gate.wait(10)
        return rows

    monkeypatch.setattr(merging, "hold_both", unlocked)
    pair = [make_customer(rita), make_customer(rita)]
    one, other = (customer.pk for customer in pair)

    def merging_of(survivor, loser):
        def work():
            rows = Customer.objects.in_bulk([survivor, loser])
            merge_customers(rows[survivor], rows[loser], actor=User.objects.get(pk=dora.pk))

        return work

    assert _together(merging_of(one, other), merging_of(other, one)) != ["archived", "merged"]
