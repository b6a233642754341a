"""Comments in the story of a customer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db.models import F, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.attachments.timeline import files_column, shown_files
from crm.history.timeline import Entry, TimelineSource
from customers.activities.timeline import KIND_LABELS
from customers.comments.actions import EDIT_HOURS
from customers.comments.models import Comment


class CommentSource(TimelineSource):
    """What colleagues said about the customer."""

    tab, label, mark = "comments", gettext_lazy("Comments"), "c"
    right, moment = "customers.view_comment", "created_at"
    fields = ("author_id", "content", "activity_id", "activity_kind", "files")
    verbs = ("comment_added",)

    def rows(self, customer: Any, user: Any) -> QuerySet[Any]:
        """The comments that were not taken away."""
        rows: QuerySet[Any] = Comment.objects.visible_to(user).live().filter(customer=customer)
        return rows.annotate(activity_kind=F("activity__kind"), files=files_column(Comment))

    def tell(self, entry: Entry, customer: Any, user: Any, names: Mapping[str, Mapping[int, Any]]) -> None:
        """Who said what, and about which follow-up."""
        row = entry.row
        entry.icon, entry.tone, entry.is_small, entry.anchor = "message-circle", "violet", False, f"comment-{row.pk}"
        entry.actor = str(names["person"].get(row.author_id, f"#{row.author_id}"))
        kind = row.activity_kind
        entry.text = _("commented on: %(kind)s") % {"kind": KIND_LABELS[kind]} if kind else _("commented")
        entry.content = row.content
        entry.files = shown_files(row.files) if customer.status != "pool" else []
        said_at = parse_datetime(row.created_at)
        is_young = said_at is not None and said_at > timezone.now() - timedelta(hours=EDIT_HOURS)
        if is_young and row.author_id == user.pk and customer.status != "pool":
            entry.links.append((_("Correct"), reverse("customers:comment_edit", args=[row.pk])))
        if row.activity_id:
            talk = reverse("customers:activity_talk", args=[row.activity_id])
            entry.links.append((_("Follow-up and its comments"), talk))
