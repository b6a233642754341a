"""Input about tasks."""

from __future__ import annotations

import uuid
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from crm.operations.moments import midnight
from crm.people.models import User
from crm.records.forms import refused
from crm.ui.widgets import DayInput, MomentInput, SearchSelect
from customers.base_data.working_days import working_calendar
from customers.customers.models import Customer
from customers.customers.search import search_condition
from customers.tasks.models import Task
from customers.tasks.people import colleagues_of

FITTING_SHOWN = 5


class TimeInput(forms.TimeInput):
    """A native time field."""

    input_type = "time"


class QuickTaskForm(forms.Form):
    """A task in one line: what, and on which day."""

    title = forms.CharField(label=gettext_lazy("Task"), max_length=120)
    due_on = forms.DateField(label=gettext_lazy("Due"), required=False, widget=DayInput)
    key = forms.CharField(required=False, widget=forms.HiddenInput, max_length=60)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.is_bound:
            self.initial.setdefault("key", str(uuid.uuid4()))

    def values(self) -> dict[str, Any]:
        """What the action takes."""
        day = self.cleaned_data["due_on"]
        return {"title": self.cleaned_data["title"], "due_at": midnight(day) if day else None}


class TaskForm(QuickTaskForm):
    """A task with everything there is to say about it."""

    due_time = forms.TimeField(
        label=gettext_lazy("Time of day"), required=False, widget=TimeInput, help_text=gettext_lazy("Empty = all day.")
    )
    owner = forms.ModelChoiceField(label=gettext_lazy("For"), queryset=User.objects.none(), widget=SearchSelect)
    customer = forms.CharField(
        label=gettext_lazy("Customer"), required=False, max_length=200,
        help_text=gettext_lazy("Name or number of the customer."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip
    priority = forms.ChoiceField(
        label=gettext_lazy("Priority"), choices=Task.Priority, initial=Task.Priority.NORMAL, widget=forms.RadioSelect
    )
    remind_at = forms.DateTimeField(label=gettext_lazy("Remind at"), required=False, widget=MomentInput)
    note = forms.CharField(
        label=pgettext_lazy("task", "Note"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, user: User, task: Task | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user, self.task = user, task
        present = [user.pk, task.owner_id if task else user.pk]
        owners = User.objects.filter(Q(pk__in=colleagues_of(user).values("pk")) | Q(pk__in=present))
        self.fields["owner"].queryset = owners  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """A time of day needs a day."""
        found = super().clean() or self.cleaned_data
        if found.get("due_time") and not found.get("due_on") and "due_on" not in self.errors:
            self.add_error("due_on", _("A time of day needs a day."))
        return found

    def clean_customer(self) -> Customer | None:
        """The one customer in reach that the text means."""
        text = self.cleaned_data["customer"].strip()
        if not text:
            return None
        if self.task and self.task.customer and text == self.initial.get("customer"):
            return self.task.customer
        rows = Customer.objects.visible_to(self.user).live()
        exact = list(rows.filter(number__iexact=text)[:1]) or list(rows.filter(name=text)[:2])
        found = exact or list(rows.filter(search_condition(text, self.user)).order_by("-pk")[: FITTING_SHOWN + 1])
        if not found:
            raise ValidationError(_("No customer of yours fits “%(text)s”.") % {"text": text[:60]})
        if len(found) > 1:
            words = "; ".join(f"{row.name} ({row.number})" for row in found[:FITTING_SHOWN])
            raise ValidationError(_("Several customers fit. Type the number of the one you mean: %(names)s") % {
                "names": words,
            })  # fmt: skip
        return found[0]

    def values(self) -> dict[str, Any]:
        """What the actions take."""
        given = self.cleaned_data
        names = ("title", "note", "customer", "owner", "priority", "remind_at")
        day, clock = given["due_on"], given["due_time"]
        due = timezone.make_aware(datetime.combine(day, clock or time.min)) if day else None
        return {**{name: given[name] for name in names if name in given}, "due_at": due, "is_all_day": clock is None}

    def take_refusal(self, refusal: ValidationError) -> None:
        """Put what the action refused at the fields of this form."""
        if hasattr(refusal, "error_dict"):
            named = {"due_on" if name == "due_at" else name: errors for name, errors in refusal.error_dict.items()}
            refusal = ValidationError(named)
        refused(self, refusal)


def initial_of(task: Task, customer_name: str) -> dict[str, Any]:
    """What the form of an existing task starts with."""
    moment = None if task.is_all_day or task.due_at is None else timezone.localtime(task.due_at)
    return {
        "title": task.title, "note": task.note, "customer": customer_name, "owner": task.owner_id,
        "priority": task.priority, "due_on": task.due_on, "due_time": moment.time() if moment else None,
        "remind_at": task.remind_at,
    }  # fmt: skip


class PostponeForm(forms.Form):
    """To which day."""

    day = forms.DateField(label=gettext_lazy("To the day"), widget=DayInput)
    ids = forms.CharField(required=False, widget=forms.HiddenInput)
    all = forms.CharField(required=False, widget=forms.HiddenInput)
    query = forms.CharField(required=False, widget=forms.HiddenInput)


class GiveForm(forms.Form):
    """To whom."""

    owner = forms.ModelChoiceField(label=gettext_lazy("Colleague"), queryset=User.objects.none(), widget=SearchSelect)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = colleagues_of(user)  # type: ignore[attr-defined]


class CancelForm(forms.Form):
    """Why a task is given up."""

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200, required=False)


def offered_days(today: date) -> list[tuple[date, str]]:
    """The days a task is mostly moved to: tomorrow, the next working day after it, Monday."""
    calendar = working_calendar()
    tomorrow, monday = today + timedelta(days=1), today + timedelta(days=7 - today.weekday())
    days = {monday: _("Next Monday"), calendar.after(today, 1): _("Next working day"), tomorrow: _("Tomorrow")}
    return sorted(days.items())
