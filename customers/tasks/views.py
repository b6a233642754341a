"""Pages of tasks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms import BaseForm
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from crm.access.gate import SignedInRequest, needs
from crm.api.once import made_once
from crm.people.models import User
from crm.records.forms import refused
from crm.records.selection import Selection
from crm.records.views import next_address, offer_undo
from customers.customers.models import Customer
from customers.tasks import actions
from customers.tasks.filters import TaskFilter
from customers.tasks.forms import (
    CancelForm,
    GiveForm,
    PostponeForm,
    QuickTaskForm,
    TaskForm,
    initial_of,
    offered_days,
)
from customers.tasks.models import Task
from customers.tasks.people import CHANGE, VIEW
from customers.tasks.tables import state_mark

ADD = "customers.add_task"


@needs(VIEW, model=Task)
@require_safe
def task_detail(request: SignedInRequest, task: Task) -> HttpResponse:
    """One task, and what can be done with it."""
    user: User = request.user
    may_change = Task.objects.editable_by(user).filter(pk=task.pk).exists()
    context = {
        "task": task,
        "customer": _seen_customer(task, user),
        "state": state_mark(task),
        "may_change": may_change,
        "days": offered_days(timezone.localdate()) if may_change and task.is_open else [],
    }
    return render(request, "customers/tasks/detail.html", context)


@needs(ADD)
def task_add(request: SignedInRequest) -> HttpResponse:
    """Plan a task; sent twice, it is planned once. `?customer=` and `?due=` fill the form."""
    user: User = request.user
    customer = _customer(user, request.GET.get("customer", ""))
    initial = {
        "owner": user.pk,
        "due_on": parse_day(request.GET.get("due", "")),
        "customer": customer.number if customer else "",
    }
    form = TaskForm(request.POST or None, initial=initial, user=user)
    if form.is_valid():
        try:
            place = _made(request, form)
        except ValidationError as refusal:
            form.take_refusal(refusal)
        else:
            return HttpResponseRedirect(place)
    cancel_url = customer.get_absolute_url() if customer else reverse("customers:task_list")
    return _form_page(request, form, _("New task"), cancel_url)


@needs(ADD)
@require_POST
def task_quick(request: SignedInRequest) -> HttpResponse:
    """A task of one line for oneself, from the workbench, the calendar or the page of a customer."""
    form = QuickTaskForm(request.POST)
    try:
        if not form.is_valid():
            raise ValidationError([text for texts in form.errors.values() for text in texts])
        _made(request, form, customer=_customer(request.user, request.POST.get("customer", "")))
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    return HttpResponseRedirect(next_address(request, reverse("customers:task_list")))


@needs(CHANGE, model=Task)
def task_edit(request: SignedInRequest, task: Task) -> HttpResponse:
    """Change an open task."""
    user: User = request.user
    customer = _seen_customer(task, user)
    initial = initial_of(task, customer.name if customer else "")
    form = TaskForm(request.POST or None, initial=initial, user=user, task=task)
    if task.customer_id and customer is None:
        del form.fields["customer"]
    if form.is_valid():
        try:
            actions.change_task(task, actor=user, values=form.values())
        except ValidationError as refusal:
            form.take_refusal(refusal)
        else:
            messages.success(request, _("Saved."))
            return redirect(task)
    return _form_page(request, form, _("Edit task"), task.get_absolute_url())


@needs(CHANGE, model=Task)
@require_POST
def task_finish(request: SignedInRequest, task: Task) -> HttpResponse:
    """Mark a task done."""
    return _done(request, task, lambda: actions.finish_task(task, actor=request.user), _("Task done."))


@needs(CHANGE, model=Task)
@require_POST
def task_reopen(request: SignedInRequest, task: Task) -> HttpResponse:
    """Open a finished or cancelled task again."""
    return _done(request, task, lambda: actions.reopen_task(task, actor=request.user), _("Task open again."))


@needs(CHANGE, model=Task)
def task_postpone(request: SignedInRequest, task: Task) -> HttpResponse:
    """Move a task to another day."""
    form = PostponeForm(request.POST or None, initial={"day": timezone.localdate() + timedelta(days=1)})
    return _verb(
        request, task, form, lambda day, **_selection: actions.postpone_task(task, actor=request.user, to=day),
        {"title": _("Move to another day"), "action_label": _("Move"), "done": _("Task moved.")},
    )  # fmt: skip


@needs(CHANGE, model=Task)
def task_give(request: SignedInRequest, task: Task) -> HttpResponse:
    """Give a task to a colleague."""
    form = GiveForm(request.POST or None, user=request.user)
    return _verb(
        request, task, form, lambda owner: actions.give_task(task, actor=request.user, owner=owner),
        {"title": _("Give to a colleague"), "action_label": _("Give"), "done": _("Task given to your colleague.")},
    )  # fmt: skip


@needs(CHANGE, model=Task)
def task_cancel(request: SignedInRequest, task: Task) -> HttpResponse:
    """Give a task up."""
    form = CancelForm(request.POST or None)
    return _verb(
        request, task, form, lambda reason: actions.cancel_task(task, actor=request.user, reason=reason),
        {"title": _("Cancel task"), "action_label": _("Cancel task"), "done": _("Task cancelled.")},
    )  # fmt: skip


@needs(CHANGE)
@require_POST
def tasks_finish(request: SignedInRequest) -> HttpResponse:
    """Mark many tasks done, with undo."""
    try:
        _selection, rows = _chosen(request)
        entry = actions.finish_tasks(rows, actor=request.user)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        count = entry.row_count
        text = ngettext("%(count)s task done.", "%(count)s tasks done.", count) % {"count": count}
        offer_undo(request, text, entry)
    return HttpResponseRedirect(_back_to_list(request))


@needs(CHANGE)
@require_POST
def tasks_postpone(request: SignedInRequest) -> HttpResponse:
    """Many tasks to another day, with undo."""
    form = PostponeForm(request.POST if "day" in request.POST else None)
    try:
        selection, rows = _chosen(request)
        if form.is_bound and form.is_valid():
            entry = actions.postpone_tasks(rows, actor=request.user, to=form.cleaned_data["day"])
            count = entry.row_count
            offer_undo(
                request, ngettext("%(count)s task moved.", "%(count)s tasks moved.", count) % {"count": count}, entry
            )
            return HttpResponseRedirect(_back_to_list(request))
        count = rows.count()
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
        return HttpResponseRedirect(_back_to_list(request))
    form.initial = {"day": timezone.localdate() + timedelta(days=1), "ids": ",".join(map(str, selection.ids)),
                    "all": "1" if selection.is_all else "", "query": selection.query}  # fmt: skip
    context = {
        "title": _("Move to another day"), "action_label": _("Move"), "form": form,
        "text": ngettext("%(count)s task is meant.", "%(count)s tasks are meant.", count) % {"count": count},
        "facts": [_("Times of day stay; reminders move along.")],
        "parent": _("Tasks"), "parent_url": reverse("customers:task_list"), "cancel_url": _back_to_list(request),
    }  # fmt: skip
    return render(request, "records/confirm.html", context, status=422 if form.is_bound else 200)


@needs(VIEW)
@require_safe
def task_filter(request: SignedInRequest) -> HttpResponse:
    """Every filter of the list with its choices."""
    filters = TaskFilter(request.GET, Task.objects.visible_to(request.user).none(), request.user)
    kept = [(name, value) for name in ("q", "sort") if (value := request.GET.get(name))]
    context = {"form": filters.choice_form(), "title": _("Filter tasks"), "kept": kept}
    return render(request, "records/filter.html", {**context, "list_url": reverse("customers:task_list")})


# ── parts of the pages above ──


def parse_day(text: str) -> date | None:
    """A day of an address, None where it is none."""
    try:
        return parse_date(text[:10])
    except ValueError:
        return None


def _customer(user: User, text: str) -> Customer | None:
    """The live customer in reach that an id of an address names."""
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        return None
    return Customer.objects.visible_to(user).live().filter(pk=int(text)).first()


def _seen_customer(task: Task, user: User) -> Customer | None:
    """The customer of a task, for those who see it."""
    return Customer.objects.visible_to(user).filter(pk=task.customer_id).first() if task.customer_id else None


def _made(request: SignedInRequest, form: QuickTaskForm, **more: Any) -> str:
    actor: User = request.user
    values = {**form.values(), **more}
    place, is_new = made_once(actor, form.cleaned_data["key"], lambda: actions.add_task(actor=actor, values=values))
    messages.success(request, _("Task added.") if is_new else _("This task was added already."))
    return place


def _form_page(request: SignedInRequest, form: TaskForm, title: str, cancel_url: str) -> HttpResponse:
    context = {"form": form, "title": title, "cancel_url": cancel_url}
    return render(request, "customers/tasks/form.html", context, status=422 if form.is_bound else 200)


def _done(request: SignedInRequest, task: Task, act: Callable[[], Any], text: str) -> HttpResponse:
    try:
        act()
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        messages.success(request, text)
    fallback = _back_to_list(request) if "query" in request.POST else task.get_absolute_url()
    return HttpResponseRedirect(next_address(request, fallback))


def _verb(
    request: SignedInRequest, task: Task, form: BaseForm, act: Callable[..., Any], words: dict[str, Any]
) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        try:
            act(**form.cleaned_data)
        except ValidationError as refusal:
            refused(form, refusal)
        else:
            messages.success(request, words["done"])
            return HttpResponseRedirect(next_address(request, task.get_absolute_url()))
    place = {"parent": task.title, "parent_url": task.get_absolute_url(), "cancel_url": task.get_absolute_url()}
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "records/confirm.html", {**words, **place, "form": form}, status=status)


def _chosen(request: SignedInRequest) -> tuple[Selection, QuerySet[Any]]:
    selection = Selection.from_request(request)
    if not selection.ids and not selection.is_all:
        raise ValidationError(_("Choose tasks on the list first."))
    return selection, selection.rows(Task.objects.within(request.user, CHANGE), TaskFilter, request.user)


def _back_to_list(request: SignedInRequest) -> str:
    query = request.POST.get("query", "")[:2000]
    return reverse("customers:task_list") + (f"?{query}" if query else "")
