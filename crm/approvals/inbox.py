"""The inbox: what waits for a person, what they submitted, decided or got a copy of, a page at a time.

A page costs the same whether 20 or 2,000 wait: rows by keyset, counts in one read, people and customers by id.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from crm.approvals.models import ApprovalRequest, ApprovalTask
from crm.approvals.purposes import Purpose, purpose_named, purposes
from crm.operations.moments import midnight
from crm.records.keyset import Order, Page, keyset_page, read_cursor
from crm.records.together import Rows, read_together

if TYPE_CHECKING:
    from crm.people.models import User

PAGE_SIZE = 30
COUNTED_AT_MOST = 1000
VIEW, DECIDE = "crm.view_approval", "crm.decide_approval"
WAITING, SUBMITTED, COPIES, DECIDED, ALL = "waiting", "submitted", "copies", "decided", "all"
TABS = {
    WAITING: gettext_lazy("Waiting for me"),
    SUBMITTED: gettext_lazy("Submitted by me"),
    DECIDED: gettext_lazy("Decided by me"),
    COPIES: gettext_lazy("Copies to me"),
    ALL: pgettext_lazy("approvals", "All in my reach"),
}
# the heavy columns a list does not show
HEAVY = ("definition", "facts", "snapshot")
_BY_DUE = Order("due", gettext_lazy("soonest due first"), "due_at", is_nullable=True)
_NEWEST = Order("newest", gettext_lazy("newest first"), "id", is_descending=True)


@dataclass(frozen=True)
class InboxTab:
    """One of the lists, with how many lie in it where that is worth knowing."""

    label: Any
    query: str
    is_current: bool
    count: int | None = None


@dataclass
class InboxRow:
    """One line: the document, whose it is, who decides, until when."""

    request: ApprovalRequest
    purpose: Purpose
    query: str
    customer: str = ""
    task: ApprovalTask | None = None
    deciders: list[str] = field(default_factory=list)
    is_current: bool = False

    @property
    def url(self) -> str:
        """The approval beside the list it is in."""
        return f"{self.request.get_absolute_url()}?{self.query}"

    @property
    def due_at(self) -> datetime | None:
        """Until when it is to be decided."""
        return self.task.due_at if self.task else None

    @property
    def is_late(self) -> bool:
        """Whether that has passed."""
        return self.due_at is not None and self.due_at < timezone.now()

    @property
    def seconds_left(self) -> int | None:
        """How long it is until then, or since."""
        return None if self.due_at is None else abs(int((self.due_at - timezone.now()).total_seconds()))

    @property
    def is_soon(self) -> bool:
        """Whether it is due within a day."""
        return self.due_at is not None and self.due_at < timezone.now() + timedelta(days=1)


@dataclass
class Inbox:
    """A page of one of the lists."""

    tab: str
    purpose: str
    rows: list[InboxRow]
    tabs: list[InboxTab]
    kinds: list[InboxTab]
    waiting: int
    late: int
    today: int
    query: str
    next_query: str
    previous_query: str

    @property
    def is_waiting(self) -> bool:
        """Whether this is the list of what one may decide."""
        return self.tab == WAITING


def inbox(user: User, params: QueryDict, current: ApprovalRequest | None = None) -> Inbox:
    """The list an address asks for, with `current` marked. Two queries.

    ValidationError where the address makes no sense.
    """
    tab, purpose = _asked_tab(user, params), params.get("purpose", "")
    if purpose and purpose not in purposes():
        raise ValidationError(_("There are no approvals of this kind."))
    kept = {name: value for name, value in (("tab", tab), ("purpose", purpose)) if value}
    cursor = params.get("cursor", "")
    page, tasks = _page(user, tab, purpose, cursor)
    place = {**kept, "cursor": cursor} if cursor else kept
    rows = [_row(one, place, is_task=tasks) for one in page.rows]
    for row in rows:
        row.is_current = current is not None and row.request.pk == current.pk
    counted = read_together({**_counts(user), **_names(rows)})
    _name(rows, counted)
    waiting = counted["waiting"]
    return Inbox(
        tab=tab,
        purpose=purpose,
        rows=rows,
        tabs=_tabs(user, tab, counted),
        kinds=_kinds(tab, purpose, waiting),
        waiting=sum(row["n"] for row in waiting),
        late=sum(row["late"] for row in waiting),
        today=sum(row["today"] for row in waiting),
        query=urlencode(place),
        next_query=urlencode({**kept, "cursor": str(page.next)}) if page.next else "",
        previous_query=urlencode({**kept, "cursor": str(page.previous)}) if page.previous else "",
    )


def waiting_tasks(user: User) -> QuerySet[Any]:
    """The turns this person may decide now."""
    if not user.reach.has(VIEW) or not user.reach.has(DECIDE):
        return ApprovalTask.objects.none()
    return ApprovalTask.objects.of(user).waiting().at_turn()


def waiting_count(user: User) -> QuerySet[Any]:
    """What waits for a person's decision, for the navigation: as many as are counted."""
    return ApprovalTask.objects.of(user).waiting().at_turn()[:COUNTED_AT_MOST]


def with_customers(requests: Iterable[ApprovalRequest]) -> dict[int, str]:
    """The names of the customers these requests are about. One query."""
    rows = customer_names(request.customer_id for request in requests)
    return {row["pk"]: row["name"] for row in rows}


def customer_names(ids: Iterable[int | None]) -> QuerySet[Any]:
    """Ids and names of customers, as a query."""
    model = _customer_model()
    if model is None:
        return ApprovalRequest.objects.none().values("pk", "title")
    rows: QuerySet[Any] = model._base_manager.filter(pk__in={pk for pk in ids if pk})
    return rows.values("pk", "name")


# ── parts ──


def _asked_tab(user: User, params: QueryDict) -> str:
    tab = params.get("tab", "")
    if not tab:
        return WAITING if user.reach.has(DECIDE) else SUBMITTED
    if tab not in TABS:
        raise ValidationError(_("There is no such list of approvals."))
    return tab


def _page(user: User, tab: str, purpose: str, cursor: str) -> tuple[Page, bool]:
    """The rows of a list, and whether they are turns (or else requests)."""
    rows: QuerySet[Any]
    if tab == WAITING:
        rows = waiting_tasks(user).select_related("request__submitted_by", "on_behalf_of")
        rows = rows.defer(*(f"request__{name}" for name in HEAVY))
        rows = rows.filter(request__purpose=purpose) if purpose else rows
        return keyset_page(rows, _BY_DUE, read_cursor(cursor, rows, _BY_DUE), PAGE_SIZE), True
    rows = _requests(user, tab).select_related("submitted_by").defer(*HEAVY)
    rows = rows.filter(purpose=purpose) if purpose else rows
    return keyset_page(rows, _NEWEST, read_cursor(cursor, rows, _NEWEST), PAGE_SIZE), False


def _requests(user: User, tab: str) -> QuerySet[Any]:
    rows = ApprovalRequest.objects.visible_to(user)
    if tab == SUBMITTED:
        return rows.filter(submitted_by=user)
    if tab == COPIES:
        return rows.filter(copies__user=user)
    if tab == DECIDED:
        mine = ApprovalTask.objects.of(user).filter(request=OuterRef("pk"), state=ApprovalTask.State.DONE)
        return rows.filter(Exists(mine))
    return rows


def _row(one: Any, place: dict[str, str], *, is_task: bool) -> InboxRow:
    request: ApprovalRequest = one.request if is_task else one
    return InboxRow(request, purpose_named(request.purpose), urlencode(place), task=one if is_task else None)


def _names(rows: Sequence[InboxRow]) -> dict[str, QuerySet[Any]]:
    """The customers of rows, and who decides next on those that are not one's own turn."""
    open_ids = [row.request.pk for row in rows if row.task is None and row.request.is_open]
    turns = ApprovalTask.objects.filter(request__in=open_ids).waiting().at_turn().order_by("pk")
    customers = customer_names(row.request.customer_id for row in rows)
    return {"customers": customers, "deciders": turns.values("request_id", "approver__name")}


def _name(rows: Sequence[InboxRow], found: Rows) -> None:
    """Give rows the names that were read for them."""
    names = {row["pk"]: row["name"] for row in found["customers"]}
    deciders: dict[int, list[str]] = {}
    for one in found["deciders"]:
        deciders.setdefault(one["request_id"], []).append(one["approver__name"])
    for row in rows:
        row.customer = names.get(row.request.customer_id or 0, "")
        row.deciders = deciders.get(row.request.pk, [])


def _counts(user: User) -> dict[str, QuerySet[Any]]:
    """What waits by kind, what one submitted and is open, how many copies one did not read."""
    now, tomorrow = timezone.now(), midnight(timezone.localdate() + timedelta(days=1))
    counts = {
        "n": Count("pk"),
        "late": Count("pk", filter=Q(due_at__lt=now)),
        "today": Count("pk", filter=Q(due_at__gte=now, due_at__lt=tomorrow)),
    }
    submitted = ApprovalRequest.objects.filter(submitted_by=user, closed_at=None)
    copies = user.approval_copies.filter(read_at=None)
    return {
        "waiting": waiting_tasks(user).values("request__purpose").annotate(**counts).order_by("request__purpose"),
        "submitted": submitted.order_by().values("submitted_by_id").annotate(n=Count("pk")),
        "copies": copies.order_by().values("user_id").annotate(n=Count("pk")),
    }


def _tabs(user: User, current: str, counted: Rows) -> list[InboxTab]:
    numbers = {tab: sum(row["n"] for row in counted.get(tab, [])) for tab in (WAITING, SUBMITTED, COPIES)}
    decides, sees_more = user.reach.has(DECIDE), user.reach.scopes.get(VIEW) != "own"
    hidden = {tab for tab in (WAITING, DECIDED) if not decides} | ({ALL} if not sees_more else set())
    return [
        InboxTab(label, urlencode({"tab": tab}), tab == current, numbers.get(tab))
        for tab, label in TABS.items()
        if tab not in hidden or tab == current
    ]


def _kinds(tab: str, current: str, waiting: list[dict[str, Any]]) -> list[InboxTab]:
    """The kinds of documents to narrow a list by, with their counts where one has to decide."""
    numbers = {row["request__purpose"]: row["n"] for row in waiting} if tab == WAITING else {}
    kinds = [InboxTab(_("All"), urlencode({"tab": tab}), not current)]
    for code, purpose in purposes().items():
        if tab != WAITING or code in numbers or code == current:
            query = urlencode({"tab": tab, "purpose": code})
            kinds.append(InboxTab(purpose.label, query, code == current, numbers.get(code)))
    return kinds


def _customer_model() -> Any:
    """What the `customer` of the documents refers to: the kernel names no app above it."""
    for purpose in purposes().values():
        try:
            return apps.get_model(purpose.model)._meta.get_field("customer").related_model
        except FieldDoesNotExist:
            continue
    return None
