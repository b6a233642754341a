"""The small reads of the workbench; all of them take one round trip."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery, Sum, TextField, Window
from django.db.models.functions import Cast, TruncDate
from django.utils import timezone

from crm.approvals.inbox import waiting_tasks
from crm.approvals.models import ApprovalRequest, ApprovalTask
from crm.notifications.models import Notice
from crm.operations.moments import midnight
from customers.activities.models import Activity
from customers.customers.models import Customer
from customers.duplicates.models import AccessRequest
from customers.pool.models import RecycleExtension
from customers.tasks.models import Task
from customers.tasks.querysets import overdue_at
from customers.tasks.seen import with_seen_customer
from reports.figures.new_business import new_customers
from reports.figures.periods import Period, Unit
from sales.contracts.models import Instalment
from sales.opportunities.models import Opportunity
from sales.payments.models import BankLine

if TYPE_CHECKING:
    from crm.people.models import User
    from customers.customers.querysets import CustomerQuerySet

SHOWN = 8
FEW = 5
_DUE_FIELDS = ("pk", "name", "status", "stage__name", "owner__name", "next_follow_on", "last_followed_at")
_ASKED_FIELDS = ("pk", "customer__name", "asked_by__name", "asked_at")
_TASK_FIELDS = ("pk", "title", "priority", "due_at", "is_all_day", "customer_id", "seen_customer")
_TURN_FIELDS = (
    "request_id", "request__title", "request__purpose", "request__amount", "request__currency",
    "request__submitted_by__name", "on_behalf_of__name", "due_at", "total",
)  # fmt: skip
_PUT_UP_FIELDS = ("pk", "title", "purpose", "state", "amount", "currency", "submitted_at", "waits_for")
# amounts of other currencies are not added to these
CURRENCY = "CNY"
Parts = dict[str, QuerySet[Any]]


def notice_parts(user: User) -> Parts:
    """The newest sentences a person has not read, each with how many there are."""
    unread = Notice.objects.visible_to(user).unread().annotate(total=Window(Count("pk"))).with_seen(user)
    return {"notices": unread.values("pk", "text", "url", "created_at", "total", "is_seen")[:FEW]}


def approval_parts(user: User) -> Parts:
    """Documents that wait for the person's decision, the soonest due first, each with how many there are."""
    turns = waiting_tasks(user).annotate(total=Window(Count("pk"))).order_by(F("due_at").asc(nulls_last=True), "pk")
    return {"approvals": turns.values(*_TURN_FIELDS)[:FEW]}


def bank_parts(user: User) -> Parts:
    """Credits of the bank nobody dealt with, the oldest first, each with how many there are."""
    lines = (
        BankLine.objects.visible_to(user).open().annotate(total=Window(Count("pk")), sum=Cast("amount", TextField()))
    )
    return {
        "bank_lines": lines.order_by("booked_on", "pk").values(
            "pk", "payer_name", "booked_on", "sum", "currency", "total"
        )[:FEW]
    }


def put_up_parts(user: User) -> Parts:
    """What the person put up and nobody decided on to the end, or came back; what came back first."""
    turns = ApprovalTask.objects.filter(request=OuterRef("pk"), state=ApprovalTask.State.PENDING)
    rows = ApprovalRequest.objects.visible_to(user).filter(submitted_by=user, closed_at=None)
    waits_for = Subquery(turns.order_by("position", "pk").values("approver__name")[:1])
    # "returned" is the last of the open states by name
    return {
        "put_up": rows.annotate(waits_for=waits_for).order_by("-state", "-submitted_at").values(*_PUT_UP_FIELDS)[:FEW]
    }


def sales_parts(user: User, today: date, *, is_team: bool) -> Parts:
    """Open opportunities by stage, and what customers still have to pay."""
    talks = Opportunity.objects.visible_to(user).open().filter(currency=CURRENCY)
    owed = Instalment.objects.visible_to(user).of_running().open().filter(contract__currency=CURRENCY)
    if not is_team:
        talks, owed = talks.filter(owner=user), owed.filter(contract__owner=user)
    left, late = F("amount") - F("received"), Q(due_on__lt=today)
    return {
        "talks": _grouped(
            talks, "stage_id", "stage__name", "stage__position", "stage__tone", count=Count("pk"), amount=Sum("amount")
        ).order_by("stage__position"),
        "owed": _grouped(
            owed, "contract__currency", unpaid=Sum(left), late=Sum(left, filter=late),
            late_count=Count("pk", filter=late),
        ),
    }  # fmt: skip


def task_parts(user: User, today: date) -> Parts:
    """One's own open tasks that are late, those due today, and how many there are."""
    due = Task.objects.visible_to(user).open().owned_by(user).due_before(midnight(today + timedelta(days=1)))
    late, named = overdue_at(timezone.now()), with_seen_customer(due.in_order(), user)
    return {
        "tasks_late": named.filter(late).values(*_TASK_FIELDS)[:SHOWN],
        "tasks_today": named.exclude(late).values(*_TASK_FIELDS)[:SHOWN],
        "task_counts": _grouped(due, "owner_id", total=Count("pk"), late=Count("pk", filter=late)),
    }


def customer_parts(scope: CustomerQuerySet, today: date) -> Parts:
    """Customers to follow up, leads nobody worked on, and the counts of each owner."""
    owned = scope.filter(owner__isnull=False)
    untouched = Q(last_followed_at=None) | Q(last_followed_at__lt=F("received_at"))
    counts = {
        "due": Count("pk", filter=Q(next_follow_on=today)),
        "late": Count("pk", filter=Q(next_follow_on__lt=today)),
        "unworked": Count("pk", filter=untouched & Q(status=Customer.Status.LEAD)),
        **{status: Count("pk", filter=Q(status=status)) for status in Customer.Status.values},
    }
    unworked = scope.unworked().order_by("received_at", "pk")
    return {
        "late": _latest(owned.filter(next_follow_on__lt=today))[:FEW],
        "today": _latest(owned.filter(next_follow_on=today)),
        "unworked": unworked.values("pk", "name", "received_at", "owner__name")[:FEW],
        "owners": _grouped(scope, "owner_id", "owner__name", **counts),
    }


def request_parts(user: User) -> Parts:
    """What waits for the person's answer."""
    found = {
        "extension": RecycleExtension.objects.within(user, "customers.decide_extension").open(),
        "access": AccessRequest.objects.within(user, "customers.decide_access").open(),
    }
    return {
        kind: rows.exclude(asked_by=user).order_by("asked_at", "pk").values(*_ASKED_FIELDS)[:FEW]
        for kind, rows in found.items()
    }


def result_parts(user: User, today: date, *, is_team: bool) -> Parts:
    """Follow-ups by day and author since Monday of last week, and new customers of this month and the one before."""
    monday = today - timedelta(days=today.weekday() + 7)
    written = Activity.objects.visible_to(user).live().filter(happened_at__gte=midnight(monday))
    if not is_team:
        written = written.by(user)
    month = Period.current(Unit.MONTH, today)
    return {
        "written": _grouped(written.annotate(day=TruncDate("happened_at")), "day", "author_id", count=Count("pk")),
        "month": _grouped(new_customers(user, month), "status", count=Count("pk")),
        "month_before": _grouped(new_customers(user, month.previous()), "status", count=Count("pk")),
        "late_tasks": _grouped(Task.objects.visible_to(user).overdue(), "owner_id", count=Count("pk")),
    }


def _latest(rows: CustomerQuerySet) -> QuerySet[Any]:
    return rows.order_by("-next_follow_on", "-pk").values(*_DUE_FIELDS)[:SHOWN]


def _grouped(rows: QuerySet[Any], *names: str, **counts: Count | Sum) -> QuerySet[Any]:
    return rows.order_by().values(*names).annotate(**counts).values(*names, *counts)
