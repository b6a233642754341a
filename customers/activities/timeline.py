"""Follow-ups in the story of a customer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from crm.attachments.timeline import files_column, shown_files
from crm.history.timeline import Entry, TimelineSource
from crm.ui.formats import short_day
from customers.activities.actions import is_young
from customers.activities.models import Activity
from customers.comments.models import Comment

KIND_LABELS: dict[str, Any] = dict(Activity.Kind.choices)
KIND_LOOKS = {
    "visit": ("map-pin", "teal"),
    "call": ("phone", "green"),
    "email": ("mail", "blue"),
    "meeting": ("users", "violet"),
    "message": ("message-square-text", "blue"),
    "note": ("pencil", "amber"),
}


class ActivitySource(TimelineSource):
    """What happened between us and the customer."""

    tab, label, mark = "follow-ups", gettext_lazy("Follow-ups"), "a"
    right, moment = "customers.view_activity", "happened_at"
    fields = (
        "author_id", "contact_id", "kind", "content", "place", "next_follow_on", "is_valid_follow_up", "checked_in_at",
        "latitude", "longitude", "created_at", "archived_at", "comment_count", "files",
    )  # fmt: skip
    verbs = ("activity_logged",)

    def rows(self, customer: Any, user: Any) -> QuerySet[Any]:
        """The follow-ups that still count, with the number of their comments."""
        rows: QuerySet[Any] = Activity.objects.visible_to(user).live().filter(customer=customer)
        said = Comment.objects.live().filter(activity=OuterRef("pk")).order_by().values("activity")
        return rows.annotate(
            files=files_column(Activity), comment_count=Coalesce(Subquery(said.annotate(n=Count("pk")).values("n")), 0)
        )

    def tell(self, entry: Entry, customer: Any, user: Any, names: Mapping[str, Mapping[int, Any]]) -> None:
        """Who did what with whom, where, and what comes next."""
        row = entry.row
        entry.icon, entry.tone = KIND_LOOKS[row.kind]
        entry.is_small, entry.anchor = False, f"activity-{row.pk}"
        entry.actor = str(names["person"].get(row.author_id, f"#{row.author_id}"))
        entry.text = str(KIND_LABELS[row.kind])
        if row.contact_id and customer.status != "pool" and user.reach.has("customers.view_contact"):
            entry.text += f" · {names['contact'].get(row.contact_id, '')}"
        entry.remark = _("counts as follow-up") if row.is_valid_follow_up else ""
        entry.content = row.content
        entry.marks = _marks(row, customer, user)
        entry.files = shown_files(row.files) if customer.status != "pool" else []
        entry.links = _links(row, customer, user)


def _marks(row: Any, customer: Any, user: Any) -> list[tuple[str, str]]:
    marks = []
    if row.place:
        marks.append(("map-pin", row.place))
    if row.checked_in_at and (at := parse_datetime(row.checked_in_at)):
        marks.append(("map-pin", _("Checked in %(time)s") % {"time": short_day(at)}))
        if user.pk in (row.author_id, customer.owner_id):
            marks.append(("locate", f"{row.latitude:.5f}, {row.longitude:.5f}"))
    if row.next_follow_on and (day := parse_date(row.next_follow_on)):
        marks.append(("calendar-clock", _("Next: %(day)s") % {"day": short_day(day)}))
    return marks


def _links(row: Any, customer: Any, user: Any) -> list[tuple[str, str]]:
    links = []
    if is_young(parse_datetime(row.created_at)) and row.author_id == user.pk and customer.status != "pool":
        links.append((_("Correct"), reverse("customers:activity_edit", args=[row.pk])))
    if user.reach.has("customers.view_comment"):
        said = ngettext("%(count)s comment", "%(count)s comments", row.comment_count) % {"count": row.comment_count}
        links.append((said if row.comment_count else _("Comment"), reverse("customers:activity_talk", args=[row.pk])))
    return links
