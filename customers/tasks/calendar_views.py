"""The week of a person."""

from __future__ import annotations

from datetime import date, timedelta

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from crm.access.gate import SignedInRequest, needs
from crm.people.models import User
from customers.base_data.working_days import unannounced_years
from customers.tasks.calendar import days_of
from customers.tasks.forms import QuickTaskForm
from customers.tasks.people import VIEW, overseen_by
from customers.tasks.views import parse_day

_WEEK = timedelta(days=7)
_FIRST, _LAST = date(2000, 1, 1), date(2100, 1, 1)


@needs(VIEW)
@require_safe
def week(request: SignedInRequest) -> HttpResponse:
    """Tasks, planned follow-ups, visits and holidays of a week: one's own, or those of somebody one leads."""
    today = timezone.localdate()
    asked = parse_day(request.GET.get("week", "")) or today
    day = min(max(asked, _FIRST), _LAST)
    monday = day - timedelta(days=day.weekday())
    people = list(overseen_by(request.user))
    person = _person(request, people)
    days = days_of(person, request.user, monday)
    context = {
        "days": days,
        "person": person,
        "people": people,
        "monday": monday,
        "sunday": days[-1].day,
        "is_this_week": monday <= today < monday + _WEEK,
        "before_url": _address(request, person, monday - _WEEK),
        "after_url": _address(request, person, monday + _WEEK),
        "today_url": f"{_address(request, person, today)}#today",
        "own_url": request.get_full_path(),
        "is_own": person == request.user,
        "unannounced": sorted({shown.day.year for shown in days} & set(unannounced_years(today))),
        "quick": QuickTaskForm(),
        "quick_day": max(today, monday),
    }
    return render(request, "customers/tasks/week.html", context)


def _person(request: SignedInRequest, people: list[User]) -> User:
    asked = request.GET.get("person", "")
    if asked in ("", str(request.user.pk)):
        return request.user
    found = next((person for person in people if str(person.pk) == asked), None)
    if found is None:
        raise Http404
    return found


def _address(request: SignedInRequest, person: User, day: date) -> str:
    own = "" if person == request.user else f"&person={person.pk}"
    return f"{reverse('customers:calendar')}?week={day}{own}"
