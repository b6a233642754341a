"""Uniform spelling: which customers it would change, what it would make of each, and the set-based write.

The customers are marked each night with the fields that would change; the values are worked out anew whenever they are
shown or applied, so nothing is kept twice and nothing old is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.access.masks import REVEAL_RIGHT, VIEW_RIGHT, may_know_contact_details, shown
from crm.history.models import Operation
from crm.history.operations import operation, tied_to
from crm.jobs.actions import start_job
from crm.jobs.models import Job
from crm.people.models import User
from crm.records.selection import Selection
from customers.base_data.lookups import Lookups
from customers.customers.identity import name_key
from customers.customers.models import Customer
from customers.customers.querysets import CustomerQuerySet
from customers.customers.search import refresh_search
from customers.quality import spelling

RIGHT = "customers.change_customer"
KIND, VERB = "normalise", "customers_normalised"
AT_MOST, CHUNK = 10_000, 1000
_WIDE = "[０-９Ａ-Ｚａ-ｚ　＆\u200b-\u200f\ufeff]"
_BLANKS = r"^\s|\s$|\s\s"


@dataclass(frozen=True)
class Field:
    """A field that has a uniform spelling: the column written, and whether it tells a contact detail."""

    code: str
    label: str | Promise
    column: str
    suspicious: Q
    uniform: Callable[[Any, Lookups], Any]
    is_personal: bool = False


def _text(column: str, uniform: Callable[[str], str]) -> Callable[[Any, Lookups], Any]:
    def read(row: Any, lookups: Lookups) -> Any:
        value = getattr(row, column)
        ready = uniform(value) if value else value
        fits = len(ready) <= (Customer._meta.get_field(column).max_length or 0)  # type: ignore[union-attr]
        return ready if ready and fits else value

    return read


def _region(row: Any, lookups: Lookups) -> Any:
    return row.region_id or (spelling.region_in(row.address, lookups) if row.address else None)


def _industry(row: Any, lookups: Lookups) -> Any:
    return row.industry_id or (spelling.industry_in(row.remark, lookups) if row.remark else None)


def _odd_name(column: str) -> Q:
    odd = Q(**{f"{column}__regex": f"{_WIDE}|{_BLANKS}|[()]|[\u3400-\u9fff] | [\u3400-\u9fff]"})
    latin = ~Q(**{f"{column}__regex": "[\u3400-\u9fff]"})
    return odd | latin & Q(**{f"{column}__regex": "[（）]"}) | latin & Q(**{f"{column}__iregex": r"co\.? ?,? ?ltd"})


FIELDS = {
    field.code: field
    for field in [
        Field("name", gettext_lazy("name"), "name", _odd_name("name"), _text("name", spelling.uniform_name)),
        Field(
            "short_name",
            gettext_lazy("short name"),
            "short_name",
            _odd_name("short_name"),
            _text("short_name", spelling.uniform_name),
        ),
        Field(
            "credit_code",
            gettext_lazy("credit code"),
            "credit_code",
            ~Q(credit_code="") & ~Q(credit_code__regex="^[0-9A-Z]{18}$"),
            _text("credit_code", spelling.uniform_code),
        ),
        Field(
            "website",
            gettext_lazy("website"),
            "website",
            ~Q(website="") & ~Q(website__regex=r"^https?://[a-z0-9.-]+(:[0-9]+)?([/?#]|$)"),
            _text("website", spelling.uniform_website),
        ),
        Field(
            "industry",
            gettext_lazy("industry"),
            "industry_id",
            Q(industry=None, remark__iregex=r"(行业|industry)\s*[:：]"),
            _industry,
        ),
        Field(
            "phone",
            gettext_lazy("phone"),
            "phone",
            ~Q(phone="") & ~Q(phone__regex=r"^\+[1-9][0-9]{6,14}$"),
            _text("phone", spelling.uniform_phone),
            is_personal=True,
        ),
        Field(
            "email",
            gettext_lazy("e-mail"),
            "email",
            Q(email__regex="[^!-@\\[-~]"),
            _text("email", spelling.uniform_email),
            is_personal=True,
        ),
        Field(
            "address",
            gettext_lazy("address"),
            "address",
            Q(address__regex=f"{_WIDE}|{_BLANKS}"),
            _text("address", spelling.uniform_line),
            is_personal=True,
        ),
        Field(
            "region",
            gettext_lazy("region"),
            "region_id",
            Q(region=None) & ~Q(address=""),
            _region,
            is_personal=True,
        ),
    ]
}
# a column may be read by several fields and is written once
_COLUMNS = ("name", "short_name", "credit_code", "website", "phone", "email", "address", "region_id", "industry_id")
_READ = ("id", "status", "owner_id", "department_id", "pool_id", "archived_at", "changed_at", "remark", *_COLUMNS)


class Change(NamedTuple):
    """What one field of a customer would read."""

    field: Field
    before: Any
    after: Any


@dataclass(frozen=True)
class Outcome:
    """What became of chosen customers: those changed, and how many stayed as they are."""

    changed: list[int]
    skipped: int


# ── marking ──


def mark_range(first: int, last: int, lookups: Lookups | None = None) -> int:
    """Note for a range of customers which fields would change; how many notes changed."""
    return _mark(Q(pk__range=(first, last)), "q.customer_id BETWEEN %s AND %s", [first, last], lookups)


def mark(ids: Sequence[int], lookups: Lookups | None = None) -> int:
    """The same for single customers."""
    return _mark(Q(pk__in=ids), "q.customer_id = ANY(%s)", [list(ids)], lookups)


def _mark(condition: Q, where: str, params: list[Any], lookups: Lookups | None) -> int:
    odd = Q()
    for field in FIELDS.values():
        odd |= field.suspicious
    known = lookups or Lookups()
    rows: CustomerQuerySet = Customer.objects.filter(condition)
    found: list[tuple[int, str]] = []
    for row in rows.live().outside_pools().filter(odd).only(*_READ).iterator(chunk_size=5000):
        if codes := [change.field.code for change in changes_of(row, FIELDS, known)]:
            found.append((row.pk, ",".join(codes)))
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE customers_customerquality q SET proposals = w.codes FROM (SELECT q.customer_id, "  # noqa: S608 - constants
            "coalesce(string_to_array(n.codes, ','), '{}')::varchar[] AS codes FROM customers_customerquality q "
            f"LEFT JOIN unnest(%s::bigint[], %s::text[]) AS n (id, codes) ON n.id = q.customer_id WHERE {where}) w "
            "WHERE w.customer_id = q.customer_id AND w.codes <> q.proposals",
            [[pk for pk, _codes in found], [codes for _pk, codes in found], *params],
        )
        return int(cursor.rowcount)


# ── what is offered to whom ──


def offered(user: User, codes: Iterable[str] = ()) -> CustomerQuerySet:
    """The customers a person may change and whose marks they may know, narrowed to some fields."""
    rows: CustomerQuerySet = Customer.objects.editable_by(user)
    return rows.live().outside_pools().filter(_marked(user, list(codes) or list(FIELDS)))


def counts_of(user: User) -> dict[str, int]:
    """How many customers each field would change; one query."""
    each: dict[str, Any] = {code: Count("pk", filter=_marked(user, [code])) for code in FIELDS}
    return offered(user).order_by().aggregate(**each)


def _marked(user: User, codes: list[str]) -> Q:
    plain = [code for code in codes if not FIELDS[code].is_personal]
    personal = [code for code in codes if FIELDS[code].is_personal]
    return Q(quality__proposals__overlap=plain) | Q(quality__proposals__overlap=personal) & entitled(user)


def entitled(user: User) -> Q:
    """The condition for customers whose contact details the person may know; who has them all knows all."""
    scopes = [user.reach.rows(right) for right in (VIEW_RIGHT, REVEAL_RIGHT)]
    return Q() if None in scopes else scopes[0] | scopes[1]  # type: ignore[operator]


def changes_of(row: Any, codes: Iterable[str], lookups: Lookups) -> list[Change]:
    """What these fields of a customer would read."""
    found = []
    for code in codes:
        field = FIELDS[code]
        before, after = getattr(row, field.column), field.uniform(row, lookups)
        if after != before:
            found.append(Change(field, before, after))
    return found


def changes_for(user: User, row: Any, codes: Iterable[str], lookups: Lookups) -> list[Change]:
    """The same without what the person may not know."""
    is_entitled = may_know_contact_details(user, row)
    return changes_of(row, [code for code in codes if is_entitled or not FIELDS[code].is_personal], lookups)


def told(user: User, row: Any, change: Change, lookups: Lookups) -> tuple[str, str]:
    """Before and after as this person may see them: entries by name, contact details masked as on any page."""
    if change.field.column == "region_id":
        return "", lookups.name("regions", change.after)
    if change.field.column == "industry_id":
        return "", lookups.name("industries", change.after)
    column = change.field.column
    if change.field.is_personal:
        return shown(user, row, column, change.before), shown(user, row, column, change.after)
    return change.before, change.after


def readable(rows: QuerySet[Any]) -> QuerySet[Any]:
    """With the columns that proposals are made of."""
    return rows.only(*_READ)


# ── writing ──


def chosen_ids(selection: Selection, user: User, codes: Sequence[str]) -> list[int]:
    """The chosen customers among those offered, ten thousand at a time."""
    rows = offered(user, codes)
    if not selection.is_all:
        rows = rows.filter(pk__in=selection.ids)
    return list(rows.order_by("pk").values_list("pk", flat=True)[:AT_MOST])


def normalise(
    selection: Selection, *, actor: User, codes: Sequence[str], seen: datetime
) -> tuple[Operation, Outcome | Job]:
    """Write the uniform spelling of these fields: at once for up to a thousand customers, as a job above.

    `seen` is when the person looked: a customer changed after that stays as it is, and is counted. ValidationError
    where nothing is left to change.
    """
    codes = list(codes) or list(FIELDS)
    ids = chosen_ids(selection, actor, codes)
    facts = {"fields": codes}
    if len(ids) > CHUNK:
        with operation(actor, VERB, row_count=len(ids), facts=facts) as entry:
            asked = {**selection.as_params(), "fields": codes, "seen": seen.isoformat()}
            return entry, start_job(KIND, _("Uniform spelling"), requested_by=actor, params=asked, operation=entry)
    with transaction.atomic():
        going, skipped = _held(ids, actor, codes, seen, Lookups())
        if not going:
            raise ValidationError(_("None of the chosen customers would change now."), code="nothing")
        with operation(actor, VERB, row_count=len(going), facts=facts) as entry:
            _write(going, actor)
    return entry, Outcome(list(going), skipped)


def normalise_part(ids: list[int], *, actor: User, codes: Sequence[str], seen: datetime, entry: Operation) -> Outcome:
    """One part of a job, under the operation it belongs to."""
    with tied_to(entry):
        going, skipped = _held(ids, actor, codes, seen, Lookups())
        if going:
            _write(going, actor)
    return Outcome(list(going), skipped)


def after_undo(ids: list[int]) -> None:
    """What follows from names that were put back: keys, search rows, marks."""
    if not ids:
        return
    names = dict(Customer.objects.filter(pk__in=ids).values_list("pk", "name"))
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE customers_customer c SET name_key = n.key FROM unnest(%s::bigint[], %s::text[]) AS n (id, key) "
            "WHERE c.id = n.id AND c.name_key <> n.key",
            [list(names), [name_key(name) for name in names.values()]],
        )
    refresh_search(list(names))
    mark(list(names))


_Going = dict[int, tuple[Any, list[Change]]]


def _held(ids: list[int], actor: User, codes: Sequence[str], seen: datetime, lookups: Lookups) -> tuple[_Going, int]:
    """Lock the customers and answer those that still are as they were seen and would change, and how many stay."""
    rows = offered(actor, codes).filter(pk__in=ids).order_by("pk").select_for_update(of=("self",), no_key=True)
    going: _Going = {}
    for row in readable(rows):
        if row.changed_at <= seen and (changes := changes_for(actor, row, codes, lookups)):
            going[row.pk] = (row, changes)
    _drop_known_codes(going)
    return going, len(ids) - len(going)


def _drop_known_codes(going: _Going) -> None:
    """A credit code another live customer has cannot be written; the customer keeps its own, with all its details."""
    codes = {pk: change.after for pk, (_row, changes) in going.items() for change in changes
             if change.field.code == "credit_code"}  # fmt: skip
    if not codes:
        return
    known = list(Customer.objects.live().filter(credit_code__in=codes.values()).values_list("credit_code", flat=True))
    for pk, code in codes.items():
        if code in known:
            del going[pk]
        known.append(code)


_WRITE = """
UPDATE customers_customer c SET name = n.name, short_name = n.short_name, credit_code = n.credit_code,
    website = n.website, phone = n.phone, email = n.email, address = n.address, region_id = n.region_id,
    industry_id = n.industry_id, name_key = n.name_key, changed_at = %s, changed_by_id = %s
FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[],
    %s::bigint[], %s::bigint[], %s::text[])
    AS n (id, name, short_name, credit_code, website, phone, email, address, region_id, industry_id, name_key)
WHERE c.id = n.id
"""


def _write(going: _Going, actor: User) -> None:
    for row, changes in going.values():
        for change in changes:
            setattr(row, change.field.column, change.after)
    rows = [row for row, _changes in going.values()]
    columns = [[getattr(row, column) for row in rows] for column in ("id", *_COLUMNS)]
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, [timezone.now(), actor.pk, *columns, [name_key(row.name) for row in rows]])
    ids = list(going)
    refresh_search(ids)
    mark(ids)
