"""What somebody who leaves is responsible for in sales: it goes to the owner of each customer, else to the successor.

Who wrote, submitted and signed it stays in its history; what waits for the leaver's decision is handed on by approvals.
"""

from __future__ import annotations

from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.history.operations import operation
from crm.leaving.actions import heir_of
from crm.leaving.models import Departure
from crm.people.belongings import Belonging, Params
from crm.people.models import User
from customers.customers.models import Customer
from sales.handing.following import approvals_follow, gather, strays_among
from sales.handing.kinds import KINDS

_COUNT = " UNION ALL ".join(
    f"SELECT {place}, count(*) FROM {kind.table} WHERE owner_id = %(owner)s"  # noqa: S608 - own tables
    for place, kind in enumerate(KINDS)
)
_CUSTOMERS = " UNION ".join(
    f"SELECT customer_id FROM {kind.table} WHERE owner_id = %(owner)s"  # noqa: S608 - own tables
    for kind in KINDS
)
# a customer whose owner is disabled too is somebody else's hand-over: the successor keeps its business until then
_HAND_OVER = """
UPDATE {table} d SET owner_id = coalesce(u.id, %(heir)s), changed_at = %(now)s,
    department_id = coalesce(c.department_id, d.department_id)
FROM customers_customer c LEFT JOIN crm_user u ON u.id = c.owner_id AND u.is_active
WHERE d.owner_id = %(owner)s AND c.id = d.customer_id
"""
_DISABLED = " UNION ".join(
    f"SELECT d.owner_id FROM crm_user u JOIN {kind.table} d ON d.owner_id = u.id WHERE NOT u.is_active"  # noqa: S608
    for kind in KINDS
)


def _counts(user: User) -> list[tuple[str, int]]:
    """How many records of each kind somebody is responsible for."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {"owner": user.pk})
        counts = dict(cursor.fetchall())
    labels = [str(kind.model._meta.verbose_name_plural) for kind in KINDS]
    return [(label, counts[place]) for place, label in enumerate(labels) if counts[place]]


def _count(user: User) -> int:
    return sum(count for _label, count in _counts(user))


def _hand_over(departure: Departure, params: Params) -> tuple[int, int]:
    hand_over_sales(departure.user, departure.heir)
    return params["count"], 0


def hand_over_sales(leaver: User, heir: User | None) -> None:
    """Give the records of a leaver to the owners of their customers; the heir gets those of customers nobody owns.

    Where there is no heir, or one who does not see such a customer, nobody owns its records until somebody takes it.
    Inside an operation.
    """
    given: dict[str, Any] = {"owner": leaver.pk, "heir": heir and heir.pk, "now": timezone.now()}
    with connection.cursor() as cursor:
        cursor.execute(_CUSTOMERS, given)
        ids = sorted(customer_id for (customer_id,) in cursor.fetchall())
        # whoever writes a document holds its customer: an approval that is being asked for is there when this goes on
        list(Customer.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=ids).order_by("pk"))
        for kind in KINDS:
            cursor.execute(_HAND_OVER.format(table=kind.table), given)
        if heir is not None and (unseen := strays_among((customer_id, heir.pk) for customer_id in ids)):
            gather(unseen)
        cursor.execute(approvals_follow("= ANY(%(ids)s)"), {"ids": ids})


def sweep_sales() -> int:
    """Hand over what disabled people still own in sales; departures under way see to their own. How many people."""
    under_way = set(Departure.objects.filter(state=Departure.State.RUNNING).values_list("user", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(_DISABLED)
        ids = {owner_id for (owner_id,) in cursor.fetchall()} - under_way
    people = User.objects.filter(pk__in=ids).select_related("department").order_by("pk")
    return sum(_swept(user) for user in people)


@transaction.atomic
def _swept(user: User) -> int:
    with operation(None, "sales_left_over", user, via="system", row_count=_count(user)):
        hand_over_sales(user, heir_of(user))
    return 1


SALES = Belonging(
    "sales",
    _("Opportunities and sales documents"),
    _("follow the customer; the rest goes to the successor"),
    "briefcase",
    _count,
    _hand_over,
    sweep=sweep_sales,
    groups=_counts,
)
