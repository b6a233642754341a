"""What a segment may ask of a customer: fields, each with its kind, and the operators of each kind."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db.models import Count, Exists, OuterRef, Q
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from crm.access.masks import may_match_contact_details
from crm.people.models import Department, User
from customers.activities.models import Activity
from customers.base_data.models import CustomerLevel, CustomerStage, Industry, LeadSource, Region, Tag
from customers.customers.models import Customer
from customers.pool.models import ClaimRecord, Pool
from customers.segments.models import CustomerScore
from customers.tasks.models import Task

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    Words = str | _StrPromise

Pairs = list[tuple[Any, Any]]
TEXT, CHOICE, TAGS, NUMBER, DAY, YES_NO, TIMES = "text", "choice", "tags", "number", "day", "yes_no", "times"
# a number with decimals, and something that is there or not
DECIMAL, HELD = "decimal", "held"

OPERATORS: dict[str, dict[str, Words]] = {
    TEXT: {
        "contains": _("contains"), "is": _("is"), "starts": _("begins with"), "empty": _("is empty"),
        "filled": _("is filled in"),
    },
    CHOICE: {
        "any": _("is one of"), "none": _("is none of"), "empty": _("is empty"), "filled": _("is filled in"),
    },
    TAGS: {
        "any": _("has one of"), "all": _("has all of"), "none": _("has none of"), "empty": _("is empty"),
    },
    NUMBER: {"at_least": _("is at least"), "at_most": _("is at most"), "empty": _("is empty")},
    DAY: {
        "last_days": _("lies in the last … days"), "older_days": _("is more than … days ago"),
        "next_days": _("lies in the next … days"), "from": _("is on or after"), "until": _("is on or before"),
        "empty": _("is empty"), "filled": _("is filled in"),
    },
    DECIMAL: {
        "at_least": _("is at least"), "at_most": _("is at most"), "empty": _("is empty"),
        "filled": _("is filled in"),
    },
    HELD: {"filled": _("is filled in"), "empty": _("is empty")},
    YES_NO: {"yes": _("yes"), "no": _("no")},
    TIMES: {"at_least": _("at least"), "at_most": _("at most")},
}  # fmt: skip
# operators that ask for no value
BARE = frozenset({"empty", "filled", "yes", "no"})
_FIELDS, _RESPONSIBLE, _BEHAVIOUR = _("Customer"), _("Responsible"), _("Behaviour")


@dataclass(frozen=True)
class SegmentField:
    """One thing a condition may ask.

    `column` is what the database compares; `offered` lists the choices (value, label); `matching(operator, value)`
    replaces the comparison where a column is not enough. A field `is_personal` only for those who may match by
    contact details; one with a `right` only for its holders, and it answers for the customers in its reach.
    `never_counts`: a day that is not set counts as long ago. `holds_words`: the choices are words, not ids, and an
    empty word is no choice. `is_empty()` replaces the question for nothing, `reading(value)` the reading of a value as
    it was typed.
    """

    code: str
    label: Words
    kind: str
    group: Words = _FIELDS
    column: str = ""
    offered: Callable[[], Pairs] | None = None
    matching: Callable[[str, Any], Q] | None = None
    is_personal: bool = False
    right: str = ""
    is_moment: bool = False
    never_counts: bool = False
    holds_words: bool = False
    is_empty: Callable[[], Q] | None = None
    reading: Callable[[Any], Any] | None = None
    hint: Words = ""

    @property
    def operators(self) -> dict[str, Words]:
        """The operators of its kind."""
        return OPERATORS[self.kind]


def fields_for(user: Any) -> dict[str, SegmentField]:
    """Every field the person may ask about, by code, in the order of settings.HARBOUR_SEGMENT_FIELDS."""
    found: dict[str, SegmentField] = {}
    for name in settings.HARBOUR_SEGMENT_FIELDS:
        source: Callable[[], Iterable[SegmentField]] = import_string(name)
        found |= {field.code: field for field in source()}
    if not may_match_contact_details(user):
        found = {code: field for code, field in found.items() if not field.is_personal}
    return {code: field for code, field in found.items() if not field.right or user.reach.has(field.right)}


def customer_fields() -> Iterable[SegmentField]:
    """The columns of a customer."""
    yield SegmentField("name", _("Name"), TEXT, column="name")
    yield SegmentField("credit_code", _("Credit code"), TEXT, column="credit_code")
    yield SegmentField(
        "status", _("Status"), CHOICE, column="status", offered=lambda: list(Customer.Status.choices), holds_words=True
    )
    yield SegmentField("stage", _("Stage"), CHOICE, column="stage", offered=lambda: _rows(CustomerStage))
    yield SegmentField("level", _("Level"), CHOICE, column="level", offered=lambda: _rows(CustomerLevel))
    yield SegmentField("tags", _("Tags"), TAGS, column="tag_ids", offered=lambda: _rows(Tag))
    yield SegmentField(
        "industry", _("Industry"), CHOICE, column="industry", offered=lambda: _rows(Industry), matching=_in_industries,
        hint=_("A section stands for all its divisions."),
    )  # fmt: skip
    yield SegmentField(
        "region", _("Region"), CHOICE, column="region",
        offered=lambda: list(Region.objects.filter(rank__lte=2).values_list("pk", "path_name")), matching=_in_regions,
        hint=_("A province stands for its cities and districts."),
    )  # fmt: skip
    yield SegmentField("source", _("Source"), CHOICE, column="source", offered=lambda: _rows(LeadSource))
    yield SegmentField(
        "size", _("Size"), CHOICE, column="size", offered=lambda: list(Customer.Size.choices), holds_words=True
    )
    yield SegmentField("phone", _("Phone"), TEXT, column="phone", is_personal=True)
    yield SegmentField("email", _("E-mail"), TEXT, column="email", is_personal=True)
    yield SegmentField("website", _("Website"), TEXT, column="website")
    yield SegmentField("created", _("Created"), DAY, column="created_at", is_moment=True)
    yield SegmentField("owner", _("Owner"), CHOICE, _RESPONSIBLE, column="owner", offered=_people)
    yield SegmentField(
        "department", _("Department"), CHOICE, _RESPONSIBLE, column="department", offered=lambda: _rows(Department)
    )
    yield SegmentField("pool", _("Public pool"), CHOICE, _RESPONSIBLE, column="pool", offered=lambda: _rows(Pool))
    yield SegmentField("received", _("With the owner since"), DAY, _RESPONSIBLE, column="received_at", is_moment=True)
    yield SegmentField("pooled", _("In the pool since"), DAY, _RESPONSIBLE, column="pooled_at", is_moment=True)


def behaviour_fields() -> Iterable[SegmentField]:
    """What was done with a customer."""
    yield SegmentField(
        "last_followed", _("Last follow-up"), DAY, _BEHAVIOUR, column="last_followed_at", is_moment=True,
        never_counts=True, hint=_("Never followed counts as long ago."),
    )  # fmt: skip
    yield SegmentField("next_follow", _("Next follow-up"), DAY, _BEHAVIOUR, column="next_follow_on")
    yield SegmentField(
        "activities", _("Follow-ups"), TIMES, _BEHAVIOUR, offered=lambda: list(Activity.Kind.choices),
        matching=_activity_times,
    )  # fmt: skip
    yield SegmentField("claims", _("Taken out of a pool"), TIMES, _BEHAVIOUR, matching=_claim_times)
    yield SegmentField(
        "open_tasks", _("Has open tasks"), YES_NO, _BEHAVIOUR,
        matching=lambda operator, _value: _whether(
            operator, Exists(Task.objects.open().filter(customer=OuterRef("pk")))
        ),
    )  # fmt: skip
    scores = [("recency", _("Recency")), ("frequency", _("Frequency"))]
    if settings.HARBOUR_MONETARY:
        scores.append(("monetary", _("Value")))
    for name, label in scores:
        right = settings.HARBOUR_MONETARY_RIGHT if name == "monetary" else ""
        hint = _("1 low to 5 high.")
        yield SegmentField(name, label, NUMBER, _BEHAVIOUR, column=f"score__{name}", hint=hint, right=right)
    yield SegmentField(
        "rfm", _("RFM group"), CHOICE, _BEHAVIOUR, column="score__group",
        offered=lambda: list(CustomerScore.Group.choices), holds_words=True,
    )  # fmt: skip
    yield SegmentField(
        "quality", _("Data quality"), NUMBER, _BEHAVIOUR, column="quality__score", is_personal=True, hint=_("0 to 100.")
    )


def _rows(model: Any) -> Pairs:
    return [(row.pk, str(row)) for row in model.objects.all()]


def _people() -> Pairs:
    return [(user.pk, str(user)) for user in User.objects.active().able_to_own()]


def _in_regions(operator: str, ids: list[int]) -> Q:
    below = Q(pk__in=ids) | Q(parent__in=ids) | Q(parent__parent__in=ids)
    return chosen("region", operator, list(Region.objects.filter(below).values_list("pk", flat=True)))


def _in_industries(operator: str, ids: list[int]) -> Q:
    below = Q(pk__in=ids) | Q(parent__in=ids) | Q(parent__parent__in=ids)
    return chosen("industry", operator, list(Industry.objects.filter(below).values_list("pk", flat=True)))


def chosen(column: str, operator: str, values: list[Any]) -> Q:
    """Whether a column is one of some values, or none of them (an empty one is none of them)."""
    condition = Q(**{f"{column}__in": values})
    return condition if operator == "any" else ~condition | Q(**{f"{column}__isnull": True})


def _activity_times(operator: str, value: dict[str, Any]) -> Q:
    rows = Activity.objects.live().filter(happened_at__gte=_days_ago(value["days"]))
    if value.get("kinds"):
        rows = rows.filter(kind__in=value["kinds"])
    return _times(rows, operator, value["count"])


def _claim_times(operator: str, value: dict[str, Any]) -> Q:
    return _times(ClaimRecord.objects.filter(claimed_at__gte=_days_ago(value["days"])), operator, value["count"])


def _times(rows: Any, operator: str, count: int) -> Q:
    """Customers with at least or at most so many of these rows; one pass over the rows, grouped."""
    if operator == "at_least" and count == 1:
        return Q(Exists(rows.filter(customer=OuterRef("pk"))))
    least = count if operator == "at_least" else count + 1
    grouped = rows.order_by().values("customer").annotate(times=Count("pk")).filter(times__gte=least)
    condition = Q(pk__in=grouped.values("customer"))
    return condition if operator == "at_least" else ~condition


def _whether(operator: str, found: Any) -> Q:
    return Q(found) if operator == "yes" else ~Q(found)


def _days_ago(days: int) -> Any:
    return timezone.now() - timedelta(days=days)
