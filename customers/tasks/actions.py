"""What can be done with tasks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Case, DateTimeField, F, Func, QuerySet, Value, When
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from crm.history.models import Operation
from crm.history.operations import operation
from crm.notifications.actions import new_notice, notify, notify_many
from crm.notifications.models import Notice
from crm.operations.moments import midnight
from crm.people.models import User
from customers.customers.identity import clean_line
from customers.customers.models import Customer
from customers.tasks.models import Task
from customers.tasks.people import colleagues_of
from customers.tasks.querysets import TaskQuerySet

EDITABLE = ("title", "note", "customer", "owner", "priority", "due_at", "is_all_day", "remind_at")
PLANNED_DAYS_AT_MOST = 730
ROWS_AT_MOST = 10_000
CHUNK = 1000


def add_task(*, actor: User, values: Mapping[str, Any]) -> Task:
    """Plan a task, for oneself unless `owner` names a colleague, who is told."""
    task = Task(created_by=actor, owner=actor)
    for name, value in _tidy(values, task).items():
        setattr(task, name, value)
    _refuse_values(task, actor, {"customer", "owner", "due_at", "remind_at"})
    with operation(actor, "task_added", task, anchor_id=task.customer_id):
        task.save(force_insert=True)
        _tell_owner(task, actor)
    return task


def change_task(task: Task, *, actor: User, values: Mapping[str, Any]) -> Task:
    """Change an open task; whoever it is given to is told."""
    with operation(actor, "task_changed", task, anchor_id=task.customer_id):
        locked = _open(task)
        ready = _tidy(values, locked)
        changed = {name for name, value in ready.items() if getattr(locked, name) != value}
        for name in changed:
            setattr(locked, name, ready[name])
        _refuse_values(locked, actor, changed)
        if "remind_at" in changed:
            locked.reminded_at = None
        _save(locked)
        if "owner" in changed:
            _tell_owner(locked, actor)
    return locked


def give_task(task: Task, *, actor: User, owner: User) -> Task:
    """Give an open task to a colleague, who is told."""
    with operation(actor, "task_given", task, anchor_id=task.customer_id, facts={"to": owner.pk}):
        locked = _open(task)
        if locked.owner_id == owner.pk:
            raise ValidationError({"owner": _("%(name)s has this task already.") % {"name": owner}})
        locked.owner = owner
        _refuse_values(locked, actor, {"owner"})
        _save(locked)
        _tell_owner(locked, actor)
    return locked


def postpone_task(task: Task, *, actor: User, to: date) -> Task:
    """Move an open task to another day; its time of day stays, and a reminder moves along."""
    _refuse_day(to)
    with operation(actor, "task_postponed", task, anchor_id=task.customer_id):
        locked = _open(task)
        if locked.due_at is None:
            locked.due_at, locked.is_all_day = midnight(to), True
        else:
            before = timezone.localdate(locked.due_at)
            locked.due_at = _same_time(locked.due_at, to)
            if locked.remind_at:
                locked.remind_at = _same_time(locked.remind_at, timezone.localdate(locked.remind_at) + (to - before))
                locked.reminded_at = None
        _save(locked)
    return locked


def finish_task(task: Task, *, actor: User) -> Task:
    """Mark an open task done; whoever gave it is told."""
    with operation(actor, "task_done", task, anchor_id=task.customer_id):
        locked = _open(task)
        locked.done_at = timezone.now()
        _save(locked)
        _tell_giver(locked, actor)
    return locked


def cancel_task(task: Task, *, actor: User, reason: str = "") -> Task:
    """Give an open task up."""
    with operation(actor, "task_cancelled", task, anchor_id=task.customer_id, reason=clean_line(reason)):
        locked = _open(task)
        locked.cancelled_at = timezone.now()
        _save(locked)
    return locked


def reopen_task(task: Task, *, actor: User) -> Task:
    """Open a finished or cancelled task again."""
    with operation(actor, "task_reopened", task, anchor_id=task.customer_id):
        locked = Task.objects.select_for_update(of=("self",), no_key=True).get(pk=task.pk)
        if locked.is_open:
            raise ValidationError(_("This task is open."), code="open")
        locked.done_at = locked.cancelled_at = None
        _save(locked)
    return locked


def finish_tasks(rows: QuerySet[Any], *, actor: User) -> Operation:
    """Mark these open tasks done."""
    now = timezone.now()
    return _update(rows, actor, "tasks_done", {"done_at": now, "changed_at": now})


def postpone_tasks(rows: QuerySet[Any], *, actor: User, to: date) -> Operation:
    """Move these open tasks to another day; times of day stay, and reminders move by as many days."""
    _refuse_day(to)
    zone = timezone.get_current_timezone_name()
    day = Func(Value("day"), F("due_at"), Value(zone), function="date_trunc", output_field=DateTimeField())
    later = Value(midnight(to), DateTimeField()) - day
    values = {
        "due_at": Case(When(due_at=None, then=midnight(to)), default=F("due_at") + later),
        "remind_at": Case(When(due_at=None, then=F("remind_at")), default=F("remind_at") + later),
        "reminded_at": Case(When(due_at=None, then=F("reminded_at")), default=None),
        "changed_at": timezone.now(),
    }
    return _update(rows, actor, "tasks_postponed", values)


def remind_of_tasks() -> int:
    """Tell people about the tasks whose reminder is due, once each; how many. Safe to run twice, late or together."""
    told = 0
    while True:
        with transaction.atomic():
            waiting = Task.objects.open().filter(remind_at__lte=timezone.now(), reminded_at=None, owner__is_active=True)
            rows = list(
                waiting.select_related("owner")
                .select_for_update(of=("self",), skip_locked=True, no_key=True)
                .order_by("pk")[:CHUNK]
            )
            if not rows:
                return told
            with operation(None, "tasks_reminded", via="system", row_count=len(rows)):
                notify_many([_reminder(row) for row in rows])
                Task.objects.filter(pk__in=[row.pk for row in rows]).update(reminded_at=timezone.now())
            told += len(rows)


# ── checks ──


def _tidy(values: Mapping[str, Any], task: Task) -> dict[str, Any]:
    """The values as a task keeps them: one without a time of day is due at the midnight its day begins with."""
    if unknown := set(values) - set(EDITABLE):
        raise ValidationError({name: _("This field cannot be set here.") for name in unknown})
    ready = dict(values)
    if "title" in ready:
        ready["title"] = clean_line(ready["title"] or "")
    if "note" in ready:
        ready["note"] = "\n".join(clean_line(line) for line in (ready["note"] or "").splitlines()).strip()
    due_at = ready.get("due_at", task.due_at)
    if due_at and ready.get("is_all_day", task.is_all_day):
        ready["due_at"] = midnight(timezone.localdate(due_at))
    return ready


def _refuse_values(task: Task, actor: User, changed: Iterable[str]) -> None:
    wrong: dict[str, Any] = {}
    if not task.title:
        wrong["title"] = _("Write what is to be done.")
    for name, most in (("title", 120), ("note", 2000)):
        if len(getattr(task, name)) > most:
            wrong[name] = _("%(count)s characters are too many; %(limit)s fit.") % {
                "count": len(getattr(task, name)), "limit": most,
            }  # fmt: skip
    if task.priority not in Task.Priority.values:
        wrong["priority"] = _("Choose one of the values offered.")
    if not task.is_all_day and task.due_at is None:
        wrong["due_at"] = _("A time of day needs a day.")
    for name in ({"due_at", "remind_at"} & set(changed)) - wrong.keys():
        if refusal := _wrong_moment(getattr(task, name)):
            wrong[name] = refusal
    wrong |= _wrong_people(task, actor, set(changed))
    if wrong:
        raise ValidationError(wrong)


def _wrong_moment(moment: datetime | None) -> str:
    today = timezone.localdate()
    day = timezone.localdate(moment) if moment else today
    if day < today:
        return _("This day is over.")
    return _("Plan at most two years ahead.") if day > today + timedelta(days=PLANNED_DAYS_AT_MOST) else ""


def _wrong_people(task: Task, actor: User, changed: set[str]) -> dict[str, str]:
    """Tasks go only to people in reach, and only to those who see the customer they are about."""
    owner, customer = task.owner, task.customer
    if "owner" in changed and not colleagues_of(actor).filter(pk=owner.pk).exists():
        return {"owner": _("You cannot give tasks to %(name)s.") % {"name": owner}}
    if customer is None or not {"owner", "customer"} & changed:
        return {}
    if "customer" in changed and not _sees(actor, customer):
        return {"customer": _("This customer does not exist.")}
    if owner.pk != actor.pk and not _sees(owner, customer):
        return {"owner": _("%(name)s does not see this customer. Share it first.") % {"name": owner}}
    return {}


def _sees(user: User, customer: Customer) -> bool:
    return bool(Customer.objects.visible_to(user).live().filter(pk=customer.pk).exists())


def _refuse_day(day: date) -> None:
    if refusal := _wrong_moment(midnight(day)):
        raise ValidationError({"day": refusal})


def _open(task: Task) -> Task:
    locked = (
        Task.objects.select_for_update(of=("self",), no_key=True).select_related("owner", "customer").get(pk=task.pk)
    )
    if not locked.is_open:
        raise ValidationError(_("This task is finished. Open it again first."), code="closed")
    return locked


# ── writing and telling ──


def _save(task: Task) -> None:
    task.changed_at = timezone.now()
    task.save()


def _same_time(moment: datetime, day: date) -> datetime:
    return timezone.localtime(moment).replace(year=day.year, month=day.month, day=day.day)


def _update(rows: QuerySet[Any], actor: User, verb: str, values: dict[str, Any]) -> Operation:
    chosen = list(rows.order_by("pk").values_list("pk", flat=True)[: ROWS_AT_MOST + 1])
    if len(chosen) > ROWS_AT_MOST:
        raise ValidationError(
            _("These are more than %(limit)s tasks. Narrow the list down first.") % {"limit": ROWS_AT_MOST},
            code="too_many",
        )
    with transaction.atomic():
        locked: TaskQuerySet = Task.objects.open().filter(pk__in=chosen).order_by("pk")
        ids = list(locked.select_for_update(no_key=True).values_list("pk", flat=True))
        if not ids:
            raise ValidationError(_("None of the chosen tasks is open."), code="nothing")
        with operation(actor, verb, row_count=len(ids)) as entry:
            Task.objects.filter(pk__in=ids).update(**values)
    return entry


def _tell_owner(task: Task, actor: User) -> None:
    if task.owner_id == actor.pk:
        return
    with translation.override(task.owner.language):
        text = _("%(name)s gave you a task: %(title)s") % {"name": actor, "title": task.title}
    key = f"task-given:{task.pk}:{timezone.now():%Y%m%d%H%M%S%f}"
    notify(task.owner, "task_given", text, about=task, url=task.get_absolute_url(), dedupe_key=key)


def _tell_giver(task: Task, actor: User) -> None:
    giver = task.created_by
    if giver is None or giver.pk in (actor.pk, task.owner_id):
        return
    with translation.override(giver.language):
        text = _("%(name)s finished the task: %(title)s") % {"name": actor, "title": task.title}
    key = f"task-done:{task.pk}:{timezone.now():%Y%m%d%H%M%S%f}"
    notify(giver, "task_done", text, about=task, url=task.get_absolute_url(), dedupe_key=key)


def _reminder(task: Task) -> Notice:
    with translation.override(task.owner.language):
        text = _("Task: %(title)s") % {"title": task.title}
    key = f"task:{task.pk}:{task.remind_at:%Y%m%d%H%M}"
    return new_notice(task.owner, "task_due", text, about=task, url=task.get_absolute_url(), dedupe_key=key)
