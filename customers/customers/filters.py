"""The filters of the customer list; pages, bulk work, export and API share them."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.access.masks import may_match_contact_details, where_known
from crm.records.custom import CustomRecordFilterSet
from crm.records.filters import IdsFilter, SeveralChecks, SeveralSelect, WordsFilter, day_filter
from customers.base_data.models import Region
from customers.customers.custom import CUSTOMER
from customers.customers.models import Customer, Star
from customers.customers.search import search_condition
from customers.pool.hiding import HIDEABLE, where_shown
from customers.quality.findings import FINDINGS
from customers.segments.conditions import condition_of
from customers.segments.models import CustomerScore, Segment

DAYS_AT_MOST = 3650


class RegionFilter(IdsFilter):
    """Customers of a region and of all below it."""

    def filter(self, rows: QuerySet[Any], value: list[int | str]) -> QuerySet[Any]:
        """The rows; a province stands for its cities and districts."""
        if not value:
            return rows
        inside = Q(pk__in=value) | Q(parent__in=value) | Q(parent__parent__in=value)
        return rows.filter(region__in=list(Region.objects.filter(inside).values_list("pk", flat=True)))


class TagFilter(IdsFilter):
    """Customers with at least one of the tags."""

    def filter(self, rows: QuerySet[Any], value: list[int | str]) -> QuerySet[Any]:
        """The rows."""
        return rows.filter(tag_ids__overlap=value) if value else rows


def _days(label: Any, method: str) -> django_filters.Filter:
    found = django_filters.Filter(label=label, method=method, min_value=0, max_value=DAYS_AT_MOST)
    found.field_class = forms.IntegerField
    return found


def _score(label: Any, method: str) -> django_filters.Filter:
    found = django_filters.Filter(label=label, method=method, min_value=0, max_value=100)
    found.field_class = forms.IntegerField
    return found


_PROBLEMS = [("", ""), *((code, finding.label) for code, finding in FINDINGS.items())]
_SCORES = [
    ("", ""),
    *CustomerScore.Group.choices,
    *((f"{recency}-{frequency}", f"R{recency} F{frequency}") for recency in "54321" for frequency in "54321"),
]


class CustomerFilter(CustomRecordFilterSet):
    """What customers can be narrowed down by."""

    masked_filters = ("phone", "email", "problem", "quality_until")
    custom_label = CUSTOMER

    q = django_filters.CharFilter(method="matching", label=gettext_lazy("Search"), max_length=100)
    owner = IdsFilter("owner", kind="person", words=("me", "none"), label=gettext_lazy("Owner"))
    status = WordsFilter("status", choices=Customer.Status.choices, label=gettext_lazy("Status"))
    stage = IdsFilter("stage", kind="stage", words=("none",), widget=SeveralChecks, label=gettext_lazy("Stage"))
    level = IdsFilter("level", kind="level", words=("none",), widget=SeveralChecks, label=gettext_lazy("Level"))
    industry = IdsFilter("industry", kind="industry", label=gettext_lazy("Industry"))
    region = RegionFilter("region", kind="region", label=gettext_lazy("Region"))
    source = IdsFilter("source", kind="source", words=("none",), label=gettext_lazy("Source"))
    tags = TagFilter("tag_ids", kind="tag", widget=SeveralChecks, label=gettext_lazy("Tags"))
    department = IdsFilter("department", kind="department", label=gettext_lazy("Department"))
    pool = IdsFilter("pool", kind="pool", label=gettext_lazy("Public pool"))
    created_from = day_filter("created_at", "date__gte", gettext_lazy("Created from"))
    created_until = day_filter("created_at", "date__lte", gettext_lazy("Created until"))
    unworked = django_filters.BooleanFilter(
        method="not_followed_since_receipt",
        label=gettext_lazy("Received, not followed up yet"),
        widget=forms.CheckboxInput,
    )
    followed_within = _days(gettext_lazy("Followed within days"), "followed_lately")
    not_followed_for = _days(gettext_lazy("Not followed for days"), "not_followed_lately")
    next_follow_until = day_filter("next_follow_on", "lte", gettext_lazy("Next follow-up until"))
    segment = IdsFilter("segment", kind="segment", method="of_segment", label=gettext_lazy("Segment"))
    rfm = WordsFilter(
        "rfm", choices=_SCORES, method="with_scores", widget=SeveralSelect, label=gettext_lazy("Recency and frequency")
    )
    problem = WordsFilter(
        "problem",
        choices=_PROBLEMS,
        method="with_problems",
        widget=SeveralSelect,
        label=gettext_lazy("To fix"),
    )
    quality_until = _score(gettext_lazy("Data quality at most"), "with_quality")
    phone = django_filters.CharFilter(method="with_phone", label=gettext_lazy("Phone"), max_length=40)
    email = django_filters.CharFilter(method="with_email", label=gettext_lazy("E-mail"), max_length=120)
    followed = django_filters.BooleanFilter(
        method="followed_by_me", label=gettext_lazy("Followed by me"), widget=forms.CheckboxInput
    )
    archived = django_filters.BooleanFilter(method="as_is", label=gettext_lazy("Archived"), widget=forms.CheckboxInput)

    def __init__(self, params: Any, queryset: QuerySet[Any], user: Any) -> None:
        super().__init__(params, queryset, user)
        if not may_match_contact_details(user):
            for name in self.masked_filters:
                if self.data.get(name):
                    self.filters[name].method = "refuse_masked"
                else:
                    del self.filters[name]

    def may_match_personal(self) -> bool:
        """As with phone and e-mail."""
        return may_match_contact_details(self.user)

    def where_personal(self) -> Q:
        """Where phone and e-mail may be known."""
        return where_known(self.user)

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The rows; those in the recycle bin only where they are asked for."""
        rows: Any = super().filter_queryset(queryset)
        for name in HIDEABLE:
            if self.form.cleaned_data.get(name):
                rows = rows.filter(where_shown(self.user, name))
        found: QuerySet[Any] = rows.archived() if self.form.cleaned_data.get("archived") else rows.live()
        return found

    def matching(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Name, pinyin, initials, number, code or phone digits."""
        return rows.filter(search_condition(value, self.user))

    def not_followed_since_receipt(self, rows: QuerySet[Any], name: str, value: bool) -> QuerySet[Any]:
        """Leads their owner has not followed up since receiving them."""
        found: QuerySet[Any] = rows.unworked() if value else rows  # type: ignore[attr-defined]
        return found

    def followed_lately(self, rows: QuerySet[Any], name: str, value: int) -> QuerySet[Any]:
        """Followed at least once in the last N days."""
        return rows.filter(last_followed_at__gte=timezone.now() - timedelta(days=value))

    def not_followed_lately(self, rows: QuerySet[Any], name: str, value: int) -> QuerySet[Any]:
        """Not followed in the last N days, or never."""
        return rows.filter(
            Q(last_followed_at__lt=timezone.now() - timedelta(days=value)) | Q(last_followed_at__isnull=True)
        )

    def of_segment(self, rows: QuerySet[Any], name: str, value: list[int]) -> QuerySet[Any]:
        """The customers of a segment the person may open."""
        segments = list(Segment.objects.visible_to(self.user).filter(pk__in=value))
        if len(segments) != len(set(value)):
            raise ValidationError(_("There is no such segment, or it is not yours to open."), code="bad_filter")
        for segment in segments:
            rows = rows.filter(condition_of(segment.conditions, self.user))
        return rows

    def with_scores(self, rows: QuerySet[Any], name: str, value: list[str]) -> QuerySet[Any]:
        """With one of these pairs of scores (`5-1`: recency, frequency), or of one of these groups."""
        condition = Q(score__group__in=[word for word in value if "-" not in word])
        for recency, _dash, frequency in (word.partition("-") for word in value if "-" in word):
            condition |= Q(score__recency=recency, score__frequency=frequency)
        return rows.filter(condition)

    def with_problems(self, rows: QuerySet[Any], name: str, value: list[str]) -> QuerySet[Any]:
        """With one of these faults in their details."""
        return rows.filter(where_known(self.user), quality__problems__overlap=value)

    def with_quality(self, rows: QuerySet[Any], name: str, value: int) -> QuerySet[Any]:
        """With at most this score."""
        return rows.filter(where_known(self.user), quality__score__lte=value)

    def with_phone(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """With these digits in the phone of the company or of a contact."""
        digits = re.sub(r"\D", "", value.removeprefix("+86"))
        if len(digits) < 3:
            raise ValidationError(_("Type at least three digits."), code="bad_filter")
        return rows.filter(where_known(self.user), search_row__digits__contains=digits)

    def with_email(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """With this e-mail, or this part of one."""
        wanted = value.strip().lower()
        return rows.filter(where_known(self.user), search_row__digits__contains=wanted)

    def refuse_masked(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Who does not see a field may not find out by matching."""
        raise ValidationError(_("You do not see this field, so you cannot filter by it."), code="bad_filter")

    def followed_by_me(self, rows: QuerySet[Any], name: str, value: bool) -> QuerySet[Any]:
        """Those with a star of the person who looks."""
        stars = list(Star.objects.filter(user=self.user).values_list("customer_id", flat=True)) if value else []
        return rows.filter(pk__in=stars) if value else rows

    def as_is(self, rows: QuerySet[Any], name: str, value: bool) -> QuerySet[Any]:
        """The recycle bin is chosen for the whole list at once."""
        return rows
