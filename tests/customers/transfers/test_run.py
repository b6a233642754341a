"""Running a transfer, and undoing it."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from crm.history.models import Operation
from crm.jobs.models import Job
from crm.jobs.running import run_job
from crm.notifications.models import Notice
from crm.records.selection import Selection
from customers.customers.models import Customer, CustomerShare
from customers.transfers import running
from customers.transfers.actions import cancel_transfer, plan_transfer, start_transfer, start_undo
from customers.transfers.models import Transfer
from tests.factories import make_customer, make_customers

pytestmark = pytest.mark.django_db(transaction=True)


def held(*users):
    return [Customer.objects.filter(owner=user).count() for user in users]


def state(*customers):
    """Everything that may differ between two moments, but for who changed it last and when."""
    fields = [f.attname for f in Customer._meta.concrete_fields if f.attname not in ("changed_at", "changed_by_id")]
    return list(Customer.objects.filter(pk__in=[c.pk for c in customers]).order_by("pk").values(*fields))


def test_every_customer_of_a_person_moves_once_and_nothing_else_is_touched(team, run):
    given = make_customers(11, owner=team.gina)
    others = make_customers(2, owner=team.rita) + [make_customer()]
    before = state(*others)
    transfer = run(plan_transfer(team.dora, team.gina, [team.rita, team.ryan], reason="Gina leaves"))
    assert transfer.state == "done"
    assert held(team.gina, team.rita, team.ryan) == [0, 2 + 5, 6]
    assert sorted(transfer.rows.moved().values_list("customer", flat=True)) == [customer.pk for customer in given]
    assert transfer.counts == {"moved": 11}
    assert state(*others) == before


def test_the_department_follows_and_the_clock_status_and_stage_stay(team, run):
    received = timezone.now() - timedelta(days=20)
    customer = make_customer(owner=team.gina, status="opportunity", received_at=received)
    run(plan_transfer(team.dora, team.gina, [team.rita], reason="Balance"))
    customer.refresh_from_db()
    assert (customer.owner, customer.department, customer.previous_owner) == (team.rita, team.east, team.gina)
    assert (customer.status, customer.received_at) == ("opportunity", received)


def test_a_potential_customer_becomes_a_lead_received_now(team, run):
    customer = make_customer(department=team.east)
    run(plan_transfer(team.dora, Selection(ids=(customer.pk,)), [team.rita], reason="New region"))
    customer.refresh_from_db()
    assert (customer.owner, customer.status, customer.previous_owner) == (team.rita, "lead", None)
    assert timezone.now() - customer.received_at < timedelta(minutes=1)


def test_the_clock_restarts_and_planned_days_are_cleared_where_the_director_says_so(team, run, undo):
    long_ago = timezone.now() - timedelta(days=50)
    customer = make_customer(owner=team.gina, received_at=long_ago, next_follow_on=timezone.localdate())
    before = state(customer)
    transfer = run(
        plan_transfer(team.dora, team.gina, [team.rita], moves_along=[], reason="Fresh start", keeps_clock=False)
    )
    customer.refresh_from_db()
    assert timezone.now() - customer.received_at < timedelta(minutes=1)
    assert customer.next_follow_on is None
    undo(transfer)
    assert state(customer) == before


def test_shares_end_with_the_owner_change_and_come_back_with_the_undo(team, run, undo):
    from django.contrib.auth.models import Permission

    customer = make_customer(owner=team.gina)
    permission = Permission.objects.get(codename="view_customer")
    share = CustomerShare.objects.create(content_object=customer, user=team.nora, permission=permission)
    transfer = run(plan_transfer(team.dora, team.gina, [team.rita], reason="Balance"))
    assert CustomerShare.objects.count() == 0
    undo(transfer)
    assert CustomerShare.objects.values_list("content_object", "user", "permission").get() == (
        customer.pk, share.user_id, permission.pk,
    )  # fmt: skip


def test_the_history_of_each_customer_hangs_on_one_operation(team, run):
    made = make_customers(5, owner=team.gina)
    transfer = run(plan_transfer(team.dora, team.gina, [team.rita], reason="Gina leaves"))
    entry = Operation.objects.get(verb="customer_transferred")
    assert (entry.actor, entry.reason, entry.row_count, transfer.operation) == (team.dora, "Gina leaves", 5, entry)
    events = _events().filter(pgh_context_id=entry.context_id, pgh_label="update")
    assert sorted(events.values_list("pgh_obj_id", flat=True)) == [customer.pk for customer in made]
    assert set(events.values_list("owner_id", flat=True)) == {team.rita.pk}


def _events():
    from django.apps import apps

    return apps.get_model("customers.CustomerEvent").objects


def test_both_sides_are_told_once_in_their_language(team, run):
    team.rita.language = "zh-hans"
    team.rita.save()
    make_customers(3, owner=team.gina)
    said = {"reason": "Gina leaves", "note": "Call the big ones first."}
    run(plan_transfer(team.dora, team.gina, [team.rita, team.ryan], **said))
    told = {notice.recipient: notice.text for notice in Notice.objects.filter(kind="transfer")}
    assert set(told) == {team.gina, team.rita, team.ryan}
    assert told[team.gina] == "Transfer by Dora: 3 customers left you (Gina leaves)."
    assert told[team.ryan].endswith("came to you (Gina leaves). Call the big ones first.")
    assert "came to you" not in told[team.rita]


def test_what_changed_after_the_preview_is_skipped_with_its_reason(team, run):
    moved, taken, archived, shielded = make_customers(4, owner=team.gina)
    transfer = plan_transfer(team.dora, team.gina, [team.ryan], reason="Gina leaves")
    Customer.objects.filter(pk=taken.pk).update(owner=team.rita)
    Customer.objects.filter(pk=archived.pk).update(archived_at=timezone.now())
    Customer.objects.filter(pk=shielded.pk).update(protected_until=timezone.localdate())
    run(transfer)
    assert dict(transfer.rows.values_list("customer", "outcome")) == {
        moved.pk: "moved", taken.pk: "skipped", archived.pk: "skipped", shielded.pk: "skipped",
    }  # fmt: skip
    assert list(transfer.rows.values_list("reason", flat=True)) == ["", "changed", "changed", "protected"]
    assert held(team.ryan, team.rita) == [1, 1]


def test_the_limit_is_checked_again_when_the_transfer_runs(team, run):
    team.rita.customer_capacity = 3
    team.rita.save()
    make_customers(3, owner=team.gina)
    transfer = plan_transfer(team.dora, team.gina, [team.rita], reason="Gina leaves")
    make_customers(2, owner=team.rita)
    run(transfer)
    assert held(team.rita, team.gina) == [3, 2]
    assert transfer.counts == {"moved": 1, "skipped": 2}
    assert set(transfer.rows.filter(outcome="skipped").values_list("reason", flat=True)) == {"capacity"}


def test_a_receiver_who_left_meanwhile_gets_nothing(team, run):
    make_customers(4, owner=team.gina)
    transfer = plan_transfer(team.dora, team.gina, [team.rita, team.ryan], reason="Gina leaves")
    team.ryan.is_active = False
    team.ryan.save()
    run(transfer)
    assert held(team.rita, team.ryan, team.gina) == [2, 0, 2]
    assert set(transfer.rows.filter(outcome="skipped").values_list("reason", flat=True)) == {"receiver"}


def test_a_director_who_lost_the_right_meanwhile_moves_nothing(team):
    make_customers(4, owner=team.gina)
    transfer = plan_transfer(team.dora, team.gina, [team.rita], reason="Gina leaves")
    job = start_transfer(transfer, team.dora)
    team.dora.roles.clear()
    run_job(job.pk)
    transfer.refresh_from_db()
    assert (transfer.state, held(team.gina, team.rita)) == ("failed", [4, 0])
    assert transfer.counts == {"skipped": 4}


def test_a_director_moved_to_another_department_moves_nothing(team):
    make_customers(2, owner=team.gina)
    transfer = plan_transfer(team.dora, team.gina, [team.rita], reason="Gina leaves")
    job = start_transfer(transfer, team.dora)
    team.dora.department = team.north
    team.dora.save()
    run_job(job.pk)
    transfer.refresh_from_db()
    assert held(team.gina, team.rita) == [2, 0]
    assert transfer.counts == {"skipped": 2}


def test_cancelling_keeps_what_moved_and_says_so_of_the_rest(team, monkeypatch):
    monkeypatch.setattr(running, "CHUNK_SIZE", 2)
    make_customers(6, owner=team.gina)
    transfer = plan_transfer(team.dora, team.gina, [team.rita], reason="Gina leaves")
    job = start_transfer(transfer, team.dora)
    kept = running.move_chunk

    def cancel_after_the_first(chunk, actor):
        tally = kept(chunk, actor)
        Job.objects.filter(pk=job.pk).update(cancel_requested_at=timezone.now())
        return tally

    monkeypatch.setattr("customers.transfers.jobs.move_chunk", cancel_after_the_first)
    run_job(job.pk)
    transfer.refresh_from_db()
    assert transfer.state == "cancelled"
    assert transfer.counts == {"moved": 2, "skipped": 4}
    assert held(team.gina, team.rita) == [4, 2]


def test_a_discarded_preview_cannot_be_started(team):
    make_customers(2, owner=team.gina)
    transfer = plan_transfer(team.dora, team.gina, [team.rita], reason="Gina leaves")
    cancel_transfer(transfer, team.dora)
    with pytest.raises(ValidationError):
        start_transfer(transfer, team.dora)
    assert Job.objects.count() == 0
    assert held(team.gina) == [2]


def test_a_second_start_is_refused(team, run):
    make_customers(2, owner=team.gina)
    transfer = run(plan_transfer(team.dora, team.gina, [team.rita], reason="Gina leaves"))
    with pytest.raises(ValidationError):
        start_transfer(transfer, team.dora)
    assert Job.objects.count() == 1


def test_the_undo_puts_everything_back_as_it_was(team, run, undo):
    made = [
        make_customer(owner=team.gina, status="lead", previous_owner=team.nora),
        make_customer(owner=team.gina, status="opportunity"),
        make_customer(owner=team.gina, status="existing"),
        make_customer(department=team.east),
    ]
    before = state(*made)
    chosen = Selection(ids=tuple(customer.pk for customer in made))
    transfer = run(plan_transfer(team.dora, chosen, [team.rita, team.ryan], reason="Mistake"))
    assert held(team.gina) == [0]
    undo(transfer)
    assert state(*made) == before
    assert (transfer.state, transfer.counts) == ("undone", {"undone": 4})
    undone = Operation.objects.get(verb="customer_transfer_undone")
    assert undone.undoes == transfer.operation


def test_the_undo_keeps_what_somebody_changed_since(team, run, undo):
    back, owner_changed, status_changed, archived = make_customers(4, owner=team.gina)
    transfer = run(plan_transfer(team.dora, team.gina, [team.rita], reason="Mistake"))
    Customer.objects.filter(pk=owner_changed.pk).update(owner=team.ryan)
    Customer.objects.filter(pk=status_changed.pk).update(status="opportunity")
    Customer.objects.filter(pk=archived.pk).update(archived_at=timezone.now())
    Customer.objects.filter(pk=back.pk).update(remark="a note written meanwhile")
    kept = state(owner_changed, status_changed, archived)
    undo(transfer)
    assert list(transfer.rows.values_list("outcome", "reason")) == [
        ("undone", ""), ("kept", "changed"), ("kept", "changed"), ("kept", "changed"),
    ]  # fmt: skip
    assert state(owner_changed, status_changed, archived) == kept
    back.refresh_from_db()
    assert (back.owner, back.remark) == (team.gina, "a note written meanwhile")


def test_the_undo_gives_nothing_to_a_person_who_left(team, run, undo):
    make_customers(2, owner=team.gina)
    transfer = run(plan_transfer(team.dora, team.gina, [team.rita], reason="Gina leaves"))
    team.gina.is_active = False
    team.gina.save()
    undo(transfer)
    assert held(team.gina, team.rita) == [0, 2]
    assert set(transfer.rows.values_list("reason", flat=True)) == {"giver"}


def test_the_undo_is_refused_after_seven_days_and_the_second_time(team, run, undo):
    make_customers(2, owner=team.gina)
    late = run(plan_transfer(team.dora, team.gina, [team.rita], reason="Gina leaves"))
    Transfer.objects.update(finished_at=timezone.now() - timedelta(days=7, minutes=1))
    with pytest.raises(ValidationError):
        start_undo(late, team.dora)
    Transfer.objects.update(finished_at=timezone.now())
    undo(late)
    with pytest.raises(ValidationError):
        start_undo(late, team.dora)
    assert held(team.gina, team.rita) == [2, 0]
