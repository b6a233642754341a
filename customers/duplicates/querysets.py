"""Reads over pairs that may be one company, merges and requests for customers."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from django.db.models import F, Func, Q, TextField, Value

from crm.access.masks import where_known
from crm.access.rows import ReachQuerySet
from customers.pool.hiding import where_shown

if TYPE_CHECKING:
    from crm.people.models import User
    from customers.customers.models import Customer

_SEEN = "customers.view_customer"


class PairQuerySet(ReachQuerySet):
    """Rows about two customers; in reach where both of them are, and are seen."""

    ends: ClassVar[tuple[str, str]]

    def within(self, user: User, right: str) -> Self:
        """Rows of which the person has both customers in the scope of a right."""
        if not user.reach.has(right) or not user.reach.has(_SEEN):
            return self.none()
        rows = self
        for end in self.ends:
            for needed in (right, _SEEN):
                condition = user.reach.rows(needed, f"{end}__")
                rows = rows if condition is None else rows.filter(condition)
        return rows


class CandidateQuerySet(PairQuerySet):
    """Pairs that may be one company; in reach where the person may know also what makes them alike."""

    ends = ("first", "second")

    def within(self, user: User, right: str) -> Self:
        """Without pairs that are alike only by what is hidden from the person at either customer."""
        alike = Func(F("reasons"), Value(","), function="array_to_string", output_field=TextField())
        details, websites = Q(), Q()
        for end in self.ends:
            details &= where_known(user, f"{end}__")
            websites &= where_shown(user, "website", f"{end}__")
        told = Q(alike__contains="name:") | Q(alike__contains="similar:") | (Q(alike__contains="domain:") & websites)
        told |= (Q(alike__contains="phone:") | Q(alike__contains="email:")) & details
        return super().within(user, right).alias(alike=alike).filter(told)

    def open(self) -> Self:
        """Those nobody has decided about, neither customer archived."""
        return self.filter(state="open", first__archived_at=None, second__archived_at=None)


class MergeQuerySet(PairQuerySet):
    """Merges."""

    ends = ("survivor", "loser")

    def foreign_talks(self, customer: Customer) -> list[int]:
        """The follow-ups that came to a customer from one of another owner, also by way of a third."""
        into = self.filter(Q(survivor=customer) | Q(survivor__merged_into=customer), undone_at=None)
        found = into.exclude(before__survivor__owner_id=F("before__loser__owner_id"))
        moved = found.values_list("moved__rows__customers.Activity.customer", flat=True)
        return [pk for ids in moved if ids for pk in ids]


class AccessRequestQuerySet(ReachQuerySet):
    """Requests for a customer; in reach where the customer is."""

    reach_path = "customer__"

    def open(self) -> Self:
        """Those that wait for an answer."""
        return self.filter(state="open", customer__archived_at=None)
