"""Companies that hang together: the tree of parents and subsidiaries, and relations of other kinds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from crm.history.operations import operation
from crm.people.models import User
from customers.customers.actions import refuse_archived
from customers.customers.identity import clean_line
from customers.customers.models import Customer, CustomerRelation

DEPTH_AT_MOST = 20
GROUP_AT_MOST = 500
RELATIONS_AT_MOST = 100
_TREE_LOCK = 5_160_003  # one at a time changes who is whose parent, or two changes could close a ring together

# what stands with the name of the other company: on the page of the one that noted it, and on the other's page
KIND_WORDS: dict[str, tuple[Any, Any]] = {
    "partner": (gettext_lazy("partner"), gettext_lazy("partner")),
    "channel": (pgettext_lazy("relation", "it sells for"), pgettext_lazy("relation", "sold by")),
    "supplier": (pgettext_lazy("relation", "it supplies"), pgettext_lazy("relation", "supplied by")),
    "competitor": (pgettext_lazy("relation", "competitor"), pgettext_lazy("relation", "competitor")),
    "referred": (pgettext_lazy("relation", "it recommended us to"), pgettext_lazy("relation", "recommended by")),
}


@dataclass
class Company:
    """A company of a group; `customer` is None where the reader may not see it."""

    pk: int
    customer: Customer | None
    children: list[Company] = field(default_factory=list)


@dataclass(frozen=True)
class Related:
    """A relation as read from one side; without the other company and the remark where that is out of reach."""

    pk: int
    kind: str
    is_forwards: bool
    customer: Customer | None
    remark: str

    @property
    def words(self) -> Any:
        """How this company hangs together with the other: "sold by" it, for instance."""
        return KIND_WORDS[self.kind][0 if self.is_forwards else 1]


_UPWARDS = """
WITH RECURSIVE up AS (
    SELECT id, parent_id, 1 AS depth FROM customers_customer WHERE id = %s
    UNION ALL
    SELECT c.id, c.parent_id, up.depth + 1 FROM customers_customer c JOIN up ON c.id = up.parent_id WHERE up.depth <= %s
) SELECT id FROM up ORDER BY depth
"""
_DOWNWARDS = """
WITH RECURSIVE down AS (
    SELECT id, parent_id, 1 AS depth FROM customers_customer WHERE id = %s
    UNION ALL
    SELECT c.id, c.parent_id, down.depth + 1 FROM customers_customer c JOIN down ON c.parent_id = down.id
    WHERE down.depth <= %s AND c.archived_at IS NULL
) SELECT id, parent_id, depth FROM down ORDER BY depth, id LIMIT %s
"""


def set_parent(customer: Customer, *, actor: User, parent: Customer | None) -> None:
    """Say which company this one belongs to (None: to none); ValidationError for a loop or too deep a tree."""
    with operation(actor, "customer_parent_set", customer, anchor_id=customer.pk):
        hold_tree()
        locked = Customer.objects.select_for_update(of=("self",), no_key=True).get(pk=customer.pk)
        refuse_archived(locked)
        if parent is not None:
            _refuse_parent(actor, locked, parent)
        locked.parent, locked.changed_at, locked.changed_by = parent, timezone.now(), actor
        locked.save(update_fields=["parent", "changed_at", "changed_by"])


def hold_tree() -> None:
    """Make everybody else who moves companies in their trees wait for the end of this transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_TREE_LOCK])


def refuse_loop(customers: Iterable[Customer]) -> None:
    """ValidationError where one of these companies stands above itself."""
    with connection.cursor() as cursor:
        for customer in customers:
            cursor.execute(_UPWARDS, [customer.pk, DEPTH_AT_MOST])
            if [row[0] for row in cursor.fetchall()].count(customer.pk) > 1:
                text = _("“%(name)s” would belong to itself. Change the parent of a company in between first.")
                raise ValidationError(text % {"name": customer}, code="loop")


def relate(customer: Customer, *, actor: User, other: Customer, kind: str, remark: str = "") -> CustomerRelation:
    """Note how a company hangs together with another one that the actor sees."""
    if kind not in CustomerRelation.Kind.values:
        raise ValidationError({"kind": _("“%(value)s” is not a kind of relation.") % {"value": str(kind)[:20]}})
    if other.pk == customer.pk:
        raise ValidationError({"other": _("A company has no relation to itself.")})
    remark = clean_line(remark)
    if len(remark) > 200:
        raise ValidationError({"remark": _("%(count)s characters are too many; %(limit)s fit.")
                               % {"count": len(remark), "limit": 200}})  # fmt: skip
    with operation(actor, "customer_related", customer, anchor_id=customer.pk):
        refuse_archived(Customer.objects.select_for_update(of=("self",), no_key=True).get(pk=customer.pk))
        _refuse_unseen(actor, other, "other")
        known = CustomerRelation.objects.filter(customer=customer)
        if known.filter(other=other, kind=kind).exists():
            raise ValidationError({"other": _("This relation is known already.")}, code="duplicate")
        if known.count() >= RELATIONS_AT_MOST:
            raise ValidationError(_("A company has at most %(count)s relations here.") % {"count": RELATIONS_AT_MOST})
        return CustomerRelation.objects.create(
            customer=customer, other=other, kind=kind, remark=remark, created_by=actor
        )


def unrelate(customer: Customer, *, actor: User, relation_id: int) -> None:
    """End a relation of a company, from whichever side it was noted."""
    sides = CustomerRelation.objects.filter(pk=relation_id)
    with operation(actor, "customer_unrelated", customer, anchor_id=customer.pk):
        found = (sides.filter(customer=customer) | sides.filter(other=customer)).select_for_update(of=("self",)).first()
        if found is None:
            raise ValidationError(_("This relation has ended already."))
        found.delete()


def group_of(customer: Customer, user: User) -> tuple[Company, int, bool]:
    """The top company with all below it, how many of them the person may not see, and whether more than 500 exist."""
    with connection.cursor() as cursor:
        cursor.execute(_UPWARDS, [customer.pk, DEPTH_AT_MOST])
        top = cursor.fetchall()[-1][0]
        cursor.execute(_DOWNWARDS, [top, DEPTH_AT_MOST, GROUP_AT_MOST + 1])
        rows = cursor.fetchall()
    is_cut, rows = len(rows) > GROUP_AT_MOST, rows[:GROUP_AT_MOST]
    seen = Customer.objects.visible_to(user).in_bulk([pk for pk, _parent, _depth in rows])
    companies = {pk: Company(pk, seen.get(pk)) for pk, _parent, _depth in rows}
    for pk, parent_id, depth in rows:
        if depth > 1 and parent_id in companies:
            companies[parent_id].children.append(companies[pk])
    return companies[top], len(rows) - len(seen), is_cut


def relations_of(customer: Customer, edges: Iterable[dict[str, Any]], seen: dict[int, Customer]) -> list[Related]:
    """Relations from both sides in words; `seen` holds the companies the reader may see."""
    found = []
    for edge in edges:
        is_forwards = edge["customer_id"] == customer.pk
        other = seen.get(edge["other_id"] if is_forwards else edge["customer_id"])
        found.append(Related(edge["pk"], edge["kind"], is_forwards, other, edge["remark"] if other else ""))
    return found


def _refuse_parent(actor: User, customer: Customer, parent: Customer) -> None:
    _refuse_unseen(actor, parent, "parent")
    with connection.cursor() as cursor:
        cursor.execute(_UPWARDS, [parent.pk, DEPTH_AT_MOST])
        above = [row[0] for row in cursor.fetchall()]
        cursor.execute(_DOWNWARDS, [customer.pk, DEPTH_AT_MOST, GROUP_AT_MOST + 1])
        below = max(row[2] for row in cursor.fetchall())
    if customer.pk in above:
        raise ValidationError(
            {"parent": _("“%(parent)s” belongs to “%(name)s”, so it cannot stand above it.")
             % {"parent": parent, "name": customer}},
            code="loop",
        )  # fmt: skip
    if len(above) + below > DEPTH_AT_MOST:
        raise ValidationError({"parent": _("A group has at most %(count)s levels.") % {"count": DEPTH_AT_MOST}})


def _refuse_unseen(actor: User, other: Customer, field_name: str) -> None:
    if not Customer.objects.visible_to(actor).live().filter(pk=other.pk).exists():
        raise ValidationError({field_name: _("Choose a company you can see.")})
