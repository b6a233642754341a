"""What people hold in the kernel itself: tokens, views, absences they stand in for, departments they head."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, F, OuterRef, QuerySet, Value
from django.db.models.functions import Concat, Left
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.leaving.models import Departure
from crm.people.belongings import Belonging, Params
from crm.people.models import Absence, Department, User
from crm.records.models import SavedView
from crm.records.saved_views import NAME_AT_MOST


def renamed_for_heir(rows: QuerySet[Any], departure: Departure, name_at_most: int, **same: Any) -> int:
    """Give named rows to the heir; where the heir has one of that name, the leaver's name is added to it."""
    theirs = rows.model._default_manager.filter(owner=departure.heir, name=OuterRef("name"), **same)
    suffix = f" · {departure.user}"[:20]
    taken = rows.filter(Exists(theirs))
    taken.update(name=Concat(Left(F("name"), name_at_most - len(suffix)), Value(suffix)))
    return int(rows.update(owner=departure.heir))


# ── tokens: the account being closed has revoked them ──


def _tokens(user: User) -> QuerySet[Any]:
    return user.api_tokens.filter(revoked_at=None)


TOKENS = Belonging(
    "tokens",
    _("API tokens"),
    _("are revoked"),
    "key",
    lambda user: _tokens(user).count(),
    lambda departure, params: (params["count"], 0),
    place=lambda user: reverse("settings:token_list"),
    right="crm.manage_api_token",
)


# ── views offered to everyone ──


def _shared_views(user: User) -> QuerySet[SavedView]:
    return SavedView.objects.filter(owner=user, is_shared=True)


def _hand_over_views(departure: Departure, params: Params) -> tuple[int, int]:
    renamed_for_heir(_shared_views(departure.user), departure, NAME_AT_MOST, page=OuterRef("page"))
    return params["count"], 0


VIEWS = Belonging(
    "saved_views",
    _("Views offered to everyone"),
    _("go to the successor"),
    "bookmark",
    lambda user: _shared_views(user).count(),
    _hand_over_views,
)


# ── absences in which they stand in for somebody ──


def _deputy_days(user: User) -> QuerySet[Absence]:
    return Absence.objects.filter(deputy=user, ends_on__gte=timezone.localdate())


def _hand_over_absences(departure: Departure, params: Params) -> tuple[int, int]:
    rows = _deputy_days(departure.user)
    rows.filter(user=departure.heir).delete()  # nobody stands in for themselves
    rows.update(deputy=departure.heir)
    return params["count"], 0


DEPUTY = Belonging(
    "deputy",
    _("Absences they stand in for"),
    _("go to the successor"),
    "calendar-x",
    lambda user: _deputy_days(user).count(),
    _hand_over_absences,
    place=lambda user: reverse("settings:absence_list"),
    right="crm.view_user",
)


# ── departures they planned ──


def _planned_departures(user: User) -> QuerySet[Departure]:
    return Departure.objects.filter(requested_by=user, state=Departure.State.SCHEDULED)


def _hand_over_departures(departure: Departure, params: Params) -> tuple[int, int]:
    rows = _planned_departures(departure.user)
    keeper = departure.requested_by  # nobody lets themselves leave
    rows.filter(user=keeper).update(state=Departure.State.CANCELLED, finished_at=timezone.now())
    rows.update(requested_by=keeper)
    return params["count"], 0


DEPARTURES = Belonging(
    "departures",
    _("Departures they planned"),
    _("go to whoever lets them leave"),
    "log-out",
    lambda user: _planned_departures(user).count(),
    _hand_over_departures,
)


# ── departments ──


def _headed(user: User) -> QuerySet[Department]:
    return Department.objects.filter(head=user)


def _leave_departments(departure: Departure, params: Params) -> tuple[int, int]:
    _headed(departure.user).update(head=None)
    return params["count"], 0


HEADED = Belonging(
    "departments",
    _("Departments they head"),
    _("have no head until you appoint one"),
    "git-branch",
    lambda user: _headed(user).count(),
    _leave_departments,
    place=lambda user: reverse("settings:department_list"),
    right="crm.view_user",
)
