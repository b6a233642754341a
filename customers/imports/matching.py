"""Finding the customers that rows mean, and what the importer may do with them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any

from crm.access.masks import VIEW_RIGHT, may_know_contact_details
from crm.access.reach import Reach
from crm.people.models import User
from customers.contacts.models import Contact
from customers.customers.models import Customer, CustomerShare
from customers.customers.resources import ANY_OWNER, CustomerResource
from customers.imports.custom import OWN, THEIRS, as_attributes
from customers.imports.models import ImportRow, ImportSet

CHANGE = "customers.change_customer"
CUSTOMER_ATTRIBUTES = (
    "name", "short_name", "credit_code", "stage_id", "level_id", "industry_id", "region_id", "source_id", "size",
    "address", "phone", "email", "website", "remark", "tag_ids", "next_follow_on",
)  # fmt: skip
CONTACT_ATTRIBUTES = ("contact_name", "contact_job_title", "contact_phone", "contact_email")
PERSONAL_ATTRIBUTES = ("phone", "email", "address", "contact_phone", "contact_email")
_MATCH_FIELDS = {
    ImportSet.MatchKey.NAME: "name_key",
    ImportSet.MatchKey.NUMBER: "number",
    ImportSet.MatchKey.CREDIT_CODE: "credit_code",
    ImportSet.MatchKey.PHONE: "phone",
    ImportSet.MatchKey.ID: "id",
}


class Found:
    """A customer as it stands, with owner_id and department_id for the question of reach."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.pk: int = values["id"]
        self.owner_id: int | None = values["owner_id"]
        self.department_id: int = values["department_id"]
        self.status: str = values["status"]
        self.contact_id: int | None = values["main_contact__id"]
        self.values = {name: values[name] for name in CUSTOMER_ATTRIBUTES}
        if self.values["next_follow_on"] is not None:
            self.values["next_follow_on"] = self.values["next_follow_on"].isoformat()
        self.values |= as_attributes(values["custom"], OWN)
        self.values |= as_attributes(values["main_contact__custom"] or {}, THEIRS)
        for name in CONTACT_ATTRIBUTES:
            self.values[name] = values[f"main_contact__{name.removeprefix('contact_')}"] or ""


class Importer:
    """What the person who imports may do with a customer."""

    def __init__(self, user: User) -> None:
        self.user = user
        self.reach: Reach = user.reach
        self.may_change_any = self.reach.has(ANY_OWNER)
        self._shared = set(self.reach.shared_ids(CustomerShare, "change")) if self.reach.has(CHANGE) else set()

    def may_change(self, customer: Found) -> bool:
        """Whether an import of this person may change the customer."""
        return self.may_change_any or self.reach.covers(CHANGE, customer) or customer.pk in self._shared

    def sees_details(self, customer: Found) -> bool:
        """Whether this person sees the contact details the customer has now."""
        return self.reach.covers(VIEW_RIGHT, customer)

    def comparable(self, ids: Iterable[int]) -> dict[int, Customer]:
        """Those of these customers whose values of now this person may be told, by id."""
        rows = Customer.objects.all() if self.may_change_any else Customer.objects.visible_to(self.user)
        return rows.filter(pk__in=ids).only("owner_id", "department_id", "status", "pool_id").in_bulk()

    def hides_written(self, row: ImportRow, customer: Customer | None) -> bool:
        """Whether the contact details a row wrote are its importer's no longer: out of reach, in a pool, or masked."""
        if not row.is_applied or row.customer_id is None:
            return False
        if customer is None or customer.status == Customer.Status.POOL:
            return True
        return not self.may_change_any and not may_know_contact_details(self.user, customer)


def customers_by(key: str, match_values: Collection[str]) -> dict[str, list[Found]]:
    """The live customers that a match key finds, by value."""
    name = _MATCH_FIELDS[ImportSet.MatchKey(key)]
    found: dict[str, list[Found]] = defaultdict(list)
    values: list[Any] = [value for value in set(match_values) if value]
    if key == ImportSet.MatchKey.ID:
        values = [int(value) for value in values if value.isdecimal()]
    for row in _snapshots(Customer.objects.live().filter(**{f"{name}__in": values}), name):
        found[str(row[name])].append(Found(row))
    if name in ("id", "number"):
        _follow_merges(name, [value for value in values if str(value) not in found], found)
    return found


def _follow_merges(name: str, values: list[Any], found: dict[str, list[Found]]) -> None:
    """The number or id of a customer that was merged finds the one it became part of."""
    merged = Customer.objects.filter(merged_into__isnull=False, **{f"{name}__in": values}) if values else None
    became = dict(merged.values_list(name, "merged_into_id")) if merged is not None else {}
    survivors = {row["id"]: row for row in _snapshots(Customer.objects.live().filter(pk__in=became.values()), "id")}
    for value, pk in became.items():
        if pk in survivors:
            found[str(value)].append(Found(survivors[pk]))


def same_company(credit_code: str, customer: Found) -> bool:
    """Whether a namesake may be the same company: two different codes say it is another one."""
    held = customer.values["credit_code"]
    return not credit_code or not held or held == credit_code


def customers_with_code(codes: Collection[str]) -> dict[str, int]:
    """Which live customer holds a unified social credit code."""
    wanted = [code for code in set(codes) if code]
    rows = Customer.objects.live().filter(credit_code__in=wanted) if wanted else Customer.objects.none()
    return dict(rows.values_list("credit_code", "id"))


def known_details(values: Collection[str]) -> set[str]:
    """Those of these phones and e-mails that a live customer or one of its contacts has."""
    wanted = list({value for value in values if value})
    if not wanted:
        return set()
    contacts = Contact.objects.live().filter(customer__archived_at=None)
    known: set[str] = set()
    for name in ("phone", "email"):
        for rows in (Customer.objects.live(), contacts):
            known.update(rows.filter(**{f"{name}__in": wanted}).values_list(name, flat=True))
    return known


def details_in(fields: dict[str, Any]) -> list[tuple[str, str]]:
    """The phones and e-mails a row brings, each with the kind it is."""
    found = [(kind, fields.get(f"{whose}{kind}") or "") for whose in ("", "contact_") for kind in ("phone", "email")]
    return [(kind, value) for kind, value in found if value]


def locked_customers(ids: Collection[int]) -> dict[int, Found]:
    """Live customers by id, locked until the transaction ends, in the order of their ids."""
    locked = Customer.objects.live().filter(pk__in=ids).order_by("pk").select_for_update(of=("self",), no_key=True)
    held = list(locked.values_list("pk", flat=True))
    return {row["id"]: Found(row) for row in _snapshots(Customer.objects.filter(pk__in=held), "id")}


def _snapshots(customers: Any, key: str) -> Any:
    contact = [f"main_contact__{name}" for name in ("id", "name", "job_title", "phone", "email", "custom")]
    names = dict.fromkeys(("id", "owner_id", "department_id", "status", "custom", key, *CUSTOMER_ATTRIBUTES, *contact))
    return CustomerResource.prepared(customers).values(*names)
