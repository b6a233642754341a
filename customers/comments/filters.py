"""The filters of comments."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from crm.records.filters import IdsFilter, RecordFilterSet, day_filter


class CommentFilter(RecordFilterSet):
    """What comments can be narrowed down by."""

    customer = IdsFilter("customer", kind="customer", label=_("Customer"))
    activity = IdsFilter("activity", kind="activity", label=_("Follow-up"))
    author = IdsFilter("author", kind="person", words=("me",), label=_("By"))
    created_from = day_filter("created_at", "date__gte", _("Created from"))
    created_until = day_filter("created_at", "date__lte", _("Created until"))

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The rows; archived ones and those of archived customers never."""
        rows: Any = super().filter_queryset(queryset)
        found: QuerySet[Any] = rows.live().filter(customer__archived_at=None)
        return found
