"""A list costs the same number of queries however many rows it shows, and few."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crm.history.operations import operation
from crm.jobs.models import Job
from crm.notifications.actions import notify
from customers.duplicates.models import AccessRequest, DuplicateCandidate, Merge
from customers.imports.models import ImportSet
from customers.leads.models import Allotment
from customers.transfers.models import Transfer
from sales.products.models import PriceChange
from tests.factories import (
    make_activity,
    make_contact,
    make_customer,
    make_department,
    make_pool,
    make_pooled_customer,
    make_tag,
    make_task,
    make_user,
    sign_in,
)
from tests.factories.sales import (
    make_category,
    make_contract,
    make_opportunity,
    make_opportunity_stage,
    make_order,
    make_price_list,
    make_product,
)

pytestmark = pytest.mark.django_db
AT_MOST = 12


def customers(person: Any, number: int) -> None:
    make_contact(make_customer(owner=person, tag_ids=[make_tag(f"Tag {number % 3}").pk]), is_primary=True)


def contacts(person: Any, number: int) -> None:
    make_contact(make_customer(owner=person))


def activities(person: Any, number: int) -> None:
    make_activity(make_customer(owner=person))


def tasks(person: Any, number: int) -> None:
    make_task(person, customer=make_customer(owner=person))


def pooled(person: Any, number: int) -> None:
    make_pooled_customer(make_pool("East pool") if not number else person.department.pools.first())


def duplicates(person: Any, number: int) -> None:
    one, other = make_customer(owner=person), make_customer(owner=person)
    DuplicateCandidate.objects.create(first=one, second=other, score=90, reasons=["name:0"])


def merges(person: Any, number: int) -> None:
    gone = make_customer(owner=person, archived_at=timezone.now())
    Merge.objects.create(survivor=make_customer(owner=person), loser=gone, merged_by=person)


def requests(person: Any, number: int) -> None:
    AccessRequest.objects.create(
        customer=make_customer(owner=person), kind="access", asked_by=make_user(), reason="Met"
    )


def transfers(person: Any, number: int) -> None:
    Transfer.objects.create(requested_by=person, reason="Because", target_ids=[person.pk])


def imports(person: Any, number: int) -> None:
    ImportSet.objects.create(requested_by=person, file_name=f"{number}.csv", file_path="imports/none")


def jobs(person: Any, number: int) -> None:
    Job.objects.create(kind="export", title=f"Export {number}", requested_by=person)


def notices(person: Any, number: int) -> None:
    notify(person, "job", f"Done {number}", about=make_customer(owner=person), dedupe_key=f"n{number}")


def operations(person: Any, number: int) -> None:
    with operation(person, "user_changed", person):
        pass


def people(person: Any, number: int) -> None:
    make_user(role="rep", department=make_department(f"Team {number % 3}", parent=person.department))


def leads(person: Any, number: int) -> None:
    note = {"kind": "note", "author": person, "content": "Campaign: Spring"}
    make_activity(make_customer(department=person.department), **note)


def rules(person: Any, number: int) -> None:
    Allotment.objects.create(name=f"Rule {number}")


def contracts(person: Any, number: int) -> None:
    make_contract(make_customer(owner=person))


def orders(person: Any, number: int) -> None:
    make_order(make_contract(make_customer(owner=person)))


def products(person: Any, number: int) -> None:
    make_product(category=make_category())


def price_lists(person: Any, number: int) -> None:
    make_price_list(entries={make_product(): "900"})


def price_changes(person: Any, number: int) -> None:
    PriceChange.objects.create(
        product=make_product(), field="list_price", before=1000, after=1100, starts_on=timezone.localdate(),
        reason="Because", asked_by=make_user(role="finance"),
    )  # fmt: skip


def opportunities(person: Any, number: int) -> None:
    make_opportunity(make_customer(owner=person), stage=make_opportunity_stage())


LISTS: dict[str, tuple[str, Callable[[Any, int], None]]] = {
    "/sales/products/": ("director", products),
    "/sales/products/lists/": ("director", price_lists),
    "/sales/products/prices/": ("finance", price_changes),
    "/sales/opportunities/": ("director", opportunities),
    "/customers/": ("director", customers),
    "/contacts/": ("director", contacts),
    "/activities/": ("director", activities),
    "/tasks/": ("director", tasks),
    "/customers/pool/": ("rep", pooled),
    "/customers/leads/": ("director", leads),
    "/settings/allotments/": ("director", rules),
    "/customers/transfers/": ("director", transfers),
    "/customers/duplicates/": ("director", duplicates),
    "/customers/duplicates/merged/": ("director", merges),
    "/customers/duplicates/access/": ("director", requests),
    "/customers/import/": ("director", imports),
    "/sales/contracts/": ("director", contracts),
    "/sales/orders/": ("director", orders),
    "/jobs/": ("rep", jobs),
    "/notifications/": ("rep", notices),
    "/settings/audit/": ("auditor", operations),
    "/settings/users/": ("admin", people),
    "/settings/departments/": ("admin", people),
}


@pytest.mark.parametrize("address", LISTS)
def test_a_list_costs_the_same_for_one_three_and_fifty_rows(address: str):
    role, make = LISTS[address]
    person = make_user("viewer", role=role)
    client = sign_in(person)
    made, costs = 0, {}
    client.get(address)
    for rows in (1, 3, 50):
        for number in range(made, rows):
            make(person, number)
        made = rows
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        costs[rows] = len(queries)
    assert len(set(costs.values())) == 1, costs
    assert costs[50] <= AT_MOST
