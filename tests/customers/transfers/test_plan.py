"""What a preview freezes: who goes where, and why the rest stays."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone, translation

from crm.records.selection import Selection
from customers.base_data.models import Region
from customers.customers.holds import Hold
from customers.customers.models import Customer
from customers.pool.actions import claim_customer, release_customer
from customers.pool.capacity import Load
from customers.transfers.actions import plan_transfer
from customers.transfers.models import Transfer, TransferRow
from customers.transfers.planning import quotas
from customers.transfers.totals import totals
from tests.factories import make_customer, make_customers, make_level, make_pool, make_pooled_customer, make_user

pytestmark = pytest.mark.django_db


def chosen(*customers):
    return Selection(ids=tuple(customer.pk for customer in customers))


def make_region(code, name, rank=1):
    return Region.objects.create(code=code, name=name, path_name=name, rank=rank)


def reasons(transfer):
    return dict(transfer.rows.values_list("customer", "reason"))


def test_planning_moves_nothing(team):
    customer = make_customer(owner=team.gina)
    plan_transfer(team.dora, team.gina, [team.rita], reason="Gina leaves")
    customer.refresh_from_db()
    assert customer.owner == team.gina


def test_each_record_that_stays_says_why(team):
    pool = make_pool(department=team.east)
    goes = make_customer(owner=team.gina)
    theirs = make_customer(owner=team.rita)
    pooled = make_pooled_customer(pool)
    shielded = make_customer(owner=team.gina, protected_until=timezone.localdate())
    archived = make_customer(owner=team.gina, archived_at=timezone.now())
    transfer = plan_transfer(team.dora, chosen(goes, theirs, pooled, shielded, archived), [team.rita], reason="Balance")
    assert reasons(transfer) == {
        goes.pk: "", theirs.pk: "theirs", pooled.pk: "pool", shielded.pk: "protected", archived.pk: "archived",
    }  # fmt: skip
    assert transfer.counts == {"planned": 1, "stays": 4}


def test_a_shared_customer_one_may_see_but_not_move_stays(team):
    from django.contrib.auth.models import Permission

    from customers.customers.models import CustomerShare

    customer = make_customer(owner=team.nora)
    permission = Permission.objects.get(codename="change_customer")
    CustomerShare.objects.create(content_object=customer, user=team.dora, permission=permission)
    transfer = plan_transfer(team.dora, chosen(customer), [team.rita], reason="Balance")
    assert reasons(transfer) == {customer.pk: "right"}


def test_what_one_does_not_see_is_not_in_the_list_at_all(team):
    mine, foreign = make_customer(owner=team.gina), make_customer(owner=team.nora)
    transfer = plan_transfer(team.dora, chosen(mine, foreign), [team.rita], reason="Balance")
    assert reasons(transfer) == {mine.pk: ""}
    with pytest.raises(ValidationError):
        plan_transfer(team.dora, chosen(foreign), [team.rita], reason="Balance")
    assert Transfer.objects.count() == 1


def test_receivers_get_equal_shares_of_each_level(team):
    for name in ("A", "B"):
        make_customers(6, owner=team.gina, level=make_level(name))
    third = make_user("tess", role="rep", department=team.east)
    transfer = plan_transfer(team.dora, team.gina, [team.rita, team.ryan, third], reason="Gina leaves")
    dealt = TransferRow.objects.filter(transfer=transfer).values_list("new_owner", "customer__level__name")
    assert sorted(dealt) == sorted((user.pk, level) for user in (team.rita, team.ryan, third) for level in "AABB")


def test_nobody_is_sent_more_than_they_have_room_for(team):
    team.rita.customer_capacity, team.ryan.customer_capacity = 3, 2
    team.rita.save(), team.ryan.save()
    make_customers(1, owner=team.rita)
    made = make_customers(6, owner=team.gina)
    transfer = plan_transfer(team.dora, team.gina, [team.rita, team.ryan], reason="Gina leaves")
    going = transfer.rows.going()
    assert sorted(going.values_list("new_owner", flat=True)) == sorted([team.rita.pk] * 2 + [team.ryan.pk] * 2)
    assert list(reasons(transfer).values()).count("capacity") == len(made) - 4


def test_existing_customers_need_no_room_and_a_director_may_allow_more(team):
    team.rita.customer_capacity = 1
    team.rita.save()
    make_customers(3, owner=team.gina)
    make_customers(4, owner=team.gina, status="existing")
    within = plan_transfer(team.dora, team.gina, [team.rita], reason="Gina leaves")
    above = plan_transfer(team.dora, team.gina, [team.rita], reason="Gina leaves", exceeds_limit=True)
    assert within.counts == {"planned": 5, "stays": 2}
    assert above.counts == {"planned": 7}


def test_who_gave_a_customer_up_does_not_get_it_by_transfer_before_the_cool_down_is_over(team):
    pool = make_pool(department=team.east, cool_down_days=30)
    customer = release_customer(make_customer(owner=team.rita), actor=team.rita, reason="x", pool=pool)
    claim_customer(customer, actor=team.ryan)
    assert reasons(plan_transfer(team.dora, chosen(customer), [team.rita], reason="back")) == {customer.pk: "cool_down"}
    assert reasons(plan_transfer(team.dora, chosen(customer), [team.gina], reason="on")) == {customer.pk: ""}


def test_all_that_match_applies_the_filter_again_on_the_server(team):
    make_customers(3, owner=team.gina)
    make_customers(2, owner=team.rita)
    make_customers(2, owner=team.nora)
    everything = plan_transfer(team.dora, Selection(is_all=True), [team.ryan], reason="Balance")
    of_gina = plan_transfer(
        team.dora, Selection(query=f"owner={team.gina.pk}", is_all=True), [team.ryan], reason="Balance"
    )
    assert (everything.counts, of_gina.counts) == ({"planned": 5}, {"planned": 3})


@pytest.mark.parametrize("wrong", [{"reason": " "}, {"targets": []}, {"split": "dice"}])
def test_a_plan_without_reason_receiver_or_known_split_is_refused(team, wrong):
    make_customer(owner=team.gina)
    said = {"targets": [team.rita], "reason": "Gina leaves", **wrong}
    with pytest.raises(ValidationError):
        plan_transfer(team.dora, team.gina, **said)
    assert Transfer.objects.count() == 0


@pytest.mark.parametrize("who", ["nora", "auditor", "disabled"])
def test_a_receiver_must_be_able_to_own_and_within_ones_departments(team, who):
    people = {
        "nora": team.nora,
        "auditor": make_user("anna", role="auditor", department=team.east),
        "disabled": make_user("dave", role="rep", department=team.east, is_active=False),
    }
    make_customer(owner=team.gina)
    with pytest.raises(ValidationError):
        plan_transfer(team.dora, team.gina, [people[who]], reason="Gina leaves")
    assert (Transfer.objects.count(), TransferRow.objects.count()) == (0, 0)


def test_a_rep_plans_no_transfer(team):
    make_customer(owner=team.rita)
    with pytest.raises(ValidationError):
        plan_transfer(team.rita, team.rita, [team.ryan], reason="Balance")
    assert Transfer.objects.count() == 0


def test_old_previews_are_cleared_away(team):
    make_customer(owner=team.gina)
    old = plan_transfer(team.dora, team.gina, [team.rita], reason="Gina leaves")
    Transfer.objects.update(created_at=timezone.now() - timedelta(days=2))
    new = plan_transfer(team.dora, team.gina, [team.rita], reason="Gina leaves")
    assert list(Transfer.objects.values_list("pk", flat=True)) == [new.pk]
    assert not TransferRow.objects.filter(transfer_id=old.pk).exists()


def test_weights_deal_in_proportion(team):
    make_customers(9, owner=team.gina)
    weights = {team.rita.pk: 2, team.ryan.pk: 1}
    transfer = plan_transfer(
        team.dora, team.gina, [team.rita, team.ryan], split="weight", weights=weights, reason="Gina leaves"
    )
    dealt = list(transfer.rows.going().values_list("new_owner", flat=True))
    assert (dealt.count(team.rita.pk), dealt.count(team.ryan.pk)) == (6, 3)


def test_a_province_goes_to_its_person_and_the_rest_is_shared_evenly(team):
    jiangsu, suzhou = make_region("320000", "Jiangsu"), make_region("320500", "Suzhou", rank=2)
    zhejiang = make_region("330000", "Zhejiang")
    near = [make_customer(owner=team.gina, region=place) for place in (jiangsu, suzhou, suzhou)]
    make_customers(4, owner=team.gina, region=zhejiang)
    transfer = plan_transfer(
        team.dora, team.gina, [team.rita, team.ryan], split="region", regions={jiangsu.pk: team.ryan.pk},
        reason="Gina leaves",
    )  # fmt: skip
    owners = dict(transfer.rows.going().values_list("customer", "new_owner"))
    assert [owners.pop(customer.pk) for customer in near] == [team.ryan.pk] * 3
    assert sorted(owners.values()) == sorted([team.rita.pk] * 2 + [team.ryan.pk] * 2)


def test_nobody_gets_more_of_a_province_than_they_have_room_for(team):
    jiangsu = make_region("320000", "Jiangsu")
    team.ryan.customer_capacity = 2
    team.ryan.save()
    make_customers(3, owner=team.gina, region=jiangsu), make_customers(2, owner=team.gina)
    transfer = plan_transfer(
        team.dora, team.gina, [team.rita, team.ryan], split="region", regions={jiangsu.pk: team.ryan.pk},
        reason="Gina leaves",
    )  # fmt: skip
    dealt = list(transfer.rows.going().values_list("new_owner", flat=True))
    assert (dealt.count(team.ryan.pk), dealt.count(team.rita.pk)) == (2, 2)
    assert list(reasons(transfer).values()).count("capacity") == 1


def test_weights_and_regions_that_cannot_be_are_refused(team):
    make_customer(owner=team.gina)
    city = make_region("320500", "Suzhou", rank=2)
    for wrong in (
        {"split": "weight", "weights": {team.rita.pk: 0}},
        {"split": "weight", "weights": {team.rita.pk: 101}},
        {"split": "region", "regions": {city.pk: team.rita.pk}},
        {"split": "region", "regions": {make_region("330000", "Zhejiang").pk: team.nora.pk}},
    ):
        with pytest.raises(ValidationError):
            plan_transfer(team.dora, team.gina, [team.rita], reason="Gina leaves", **wrong)
    assert Transfer.objects.count() == 0


def open_dispute():
    """A fact of an app above: the customers whose remark says so."""
    return Customer.objects.filter(remark="in court").values("pk")


IN_COURT = Hold("dispute", "It is in court.", open_dispute)


def test_what_an_app_above_holds_stays_and_says_why(team, settings):
    settings.HARBOUR_CUSTOMER_HOLDS = [f"{__name__}.IN_COURT"]
    held, free = make_customer(owner=team.gina, remark="in court"), make_customer(owner=team.gina)
    transfer = plan_transfer(team.dora, team.gina, [team.rita], reason="Gina leaves")
    assert reasons(transfer) == {held.pk: "held", free.pk: ""}
    assert transfer.rows.get(customer=held).message == "It is in court."
    assert totals(transfer).by_reason == [("It is in court.", 1)]


def test_the_preview_adds_up_by_owner_level_and_region(team):
    level, place = make_level("A"), make_region("320000", "Jiangsu")
    make_customers(2, owner=team.gina, level=level, region=make_region("320500", "Suzhou", rank=2))
    make_customer(owner=team.ryan, region=place), make_customer(owner=team.ryan)
    everybody = chosen(*Customer.objects.all())
    with translation.override("en"):
        found = totals(plan_transfer(team.dora, everybody, [team.rita], reason="Balance"))
    assert sorted(found.by_owner) == [("Gina", 2), ("Ryan", 2)]
    assert found.by_level == [("A", 2), ("no level", 2)]
    assert found.by_region == [("Jiangsu", 3), ("no region", 1)]


def _loads(*rooms):
    from crm.people.models import User

    return [Load(User(pk=place, customer_capacity=room), 0) for place, room in enumerate(rooms, 1)]


@pytest.mark.parametrize(
    ("count", "rooms", "split", "has_limit", "expected"),
    [
        (10, (100, 100, 100), "even", True, [3, 3, 4]),
        (10, (1, 100, 100), "even", True, [1, 4, 5]),
        (10, (1, 2, 3), "even", True, [1, 2, 3]),
        (10, (0, 0), "even", False, [5, 5]),
        (10, (10, 30), "capacity", True, [3, 7]),
        (100, (10, 30), "capacity", True, [10, 30]),
        (0, (10, 30), "capacity", True, [0, 0]),
        (10, (0, 0), "capacity", True, [0, 0]),
        (80, (10, 30), "capacity", False, [20, 60]),
        (10, (100, 100), "weight", True, [5, 5]),
        (10, (2, 100), "weight", True, [2, 8]),
    ],
)
def test_quotas(count, rooms, split, has_limit, expected):
    dealt = quotas(count, _loads(*rooms), split, has_limit=has_limit)
    assert [dealt[place] for place in sorted(dealt)] == expected
