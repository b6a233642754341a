"""Whether a customer is known already: exact by code, phone and e-mail, similar by name (DOMAIN: duplicates)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from customers.contacts.models import Contact
from customers.customers.identity import name_key
from customers.customers.models import Customer

MATCHES_AT_MOST = 5


@dataclass(frozen=True)
class Match:
    """A customer that is the same, or may be: told by name only to those who may see it."""

    customer: Customer
    by: str
    is_visible: bool

    @property
    def text(self) -> str:
        """One sentence; who may not see the customer learns where it is, and nothing else."""
        words = {"by": self.by, "department": self.customer.department, "name": self.customer.name}
        if not self.is_visible:
            if self.customer.status == Customer.Status.POOL:
                return _("Same %(by)s: a customer in the pool “%(pool)s”.") % {**words, "pool": self.customer.pool}
            return _("Same %(by)s: a customer of the department %(department)s.") % words
        owner = self.customer.owner or _("nobody")
        return _("Same %(by)s: “%(name)s”, owner %(owner)s.") % {**words, "owner": owner}


@dataclass
class Duplicates:
    """Exact matches by field, and customers of nearly the same name."""

    exact: dict[str, list[Match]] = field(default_factory=dict)
    similar: list[Match] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.exact or self.similar)

    @property
    def matches(self) -> list[Match]:
        """All of them, the exact ones first."""
        return [match for found in self.exact.values() for match in found] + self.similar


def find_duplicates(
    user: Any,
    *,
    name: str = "",
    credit_code: str = "",
    phones: list[str],
    emails: list[str],
    without: int | None = None,
) -> Duplicates:
    """Customers with the same code, phone or e-mail (theirs or a contact's), and with the same normalised name."""
    phones, emails = [value for value in phones if value], [value.lower() for value in emails if value]
    found = Duplicates()
    asked = {
        "credit_code": (Q(credit_code=credit_code), credit_code, _("credit code")),
        "phone": (_with_contacts("phone", phones), phones, _("phone")),
        "email": (_with_contacts("email", emails), emails, _("e-mail")),
    }
    for key, (condition, value, label) in asked.items():
        if value and (matches := _matches(user, condition, label, without)):
            found.exact[key] = matches
    known = {match.customer.pk for match in found.matches}
    key = name_key(name)
    if key:
        found.similar = [
            match for match in _matches(user, Q(name_key=key), _("name"), without) if match.customer.pk not in known
        ]
    return found


def _with_contacts(column: str, values: list[str]) -> Q:
    if not values:
        return Q(pk__in=[])
    # e-mails are stored in small letters, phones in E.164, so equality is enough and the indexes serve
    ids = Contact.objects.live().filter(**{f"{column}__in": values}).values_list("customer_id", flat=True)
    return Q(**{f"{column}__in": values}) | Q(pk__in=list(ids[:50]))


def _matches(user: Any, condition: Q, label: str, without: int | None) -> list[Match]:
    alike = Customer.objects.live().filter(condition).exclude(pk=without or 0)
    rows = list(alike.select_related("department", "owner", "pool").order_by("id")[:MATCHES_AT_MOST])
    visible = set(
        Customer.objects.visible_to(user).filter(pk__in=[row.pk for row in rows]).values_list("pk", flat=True)
    )
    return [Match(row, label, row.pk in visible) for row in rows]
