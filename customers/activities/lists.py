"""The list of follow-ups as a declaration."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.access.gate import SignedInRequest
from crm.records.lists import BuiltInView, RecordListView
from crm.records.tables import Column
from customers.activities.filters import ActivityFilter
from customers.activities.models import Activity
from customers.activities.tables import ACTIVITY_TABLE
from customers.contacts.models import Contact
from customers.customers.names import look_up, merged, wanted_by
from customers.tasks.seen import seen_names


class ActivityListView(RecordListView):
    """All follow-ups one may see."""

    model = Activity
    filterset = ActivityFilter
    table = ACTIVITY_TABLE
    template = "customers/activities/_list.html"
    page = "activities"

    def built_in_views(self) -> Sequence[BuiltInView]:
        """One's own, and those of the week."""
        today = timezone.localdate()
        monday = today - timedelta(days=today.weekday())
        return [
            BuiltInView("", _("All"), ""),
            BuiltInView("mine", _("Written by me"), "author=me", "customers.add_activity"),
            BuiltInView("week", _("This week"), f"happened_from={monday}"),
        ]

    def names(self, columns: Sequence[Column], rows: Sequence[Any], wanted: dict[str, set[int]]) -> dict[str, Any]:
        """One query for all names; a customer that is filtered by is named to those who see it."""
        fields = [field for column in columns for field in column.fields]
        chosen = wanted.pop("customer", set())
        found: dict[str, Any] = dict(look_up(merged(wanted_by(rows, fields), wanted)))
        found["customer"] |= seen_names(self.request.user, chosen)
        if found["contact"]:  # a pool hides its people
            seen = Contact.objects.visible_to(self.request.user).filter(pk__in=found["contact"])
            found["contact"] = {contact.pk: contact for contact in seen.only("name")}
        return found

    def more(self, request: SignedInRequest) -> dict[str, Any]:
        """The title of the page."""
        return {"list_title": _("Follow-ups")}
