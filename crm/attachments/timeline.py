"""Files in the story of a customer: entries of their own, or shown by the record they are kept with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, Model, OuterRef, QuerySet
from django.db.models.functions import JSONObject
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.attachments.models import Attachment
from crm.history.timeline import Entry, TimelineSource

SHOWN = 12


class FileSource(TimelineSource):
    """Files of a customer and of everything that belongs to it."""

    tab, label, mark = "files", gettext_lazy("Files"), "f"
    right, moment = "customers.view_customer", "created_at"
    fields = ("author_id", "name", "width", "note")
    verbs = ("attachment_added",)

    def rows(self, customer: Any, user: Any) -> QuerySet[Any]:
        """The files in reach."""
        rows: QuerySet[Any] = Attachment.objects.visible_to(user).live().around(customer.pk)
        return rows.annotate(author_id=F("uploaded_by_id"))

    def rows_beside(self, customer: Any, user: Any) -> QuerySet[Any]:
        """Without those a follow-up or comment shows itself."""
        return self.rows(customer, user).filter(content_type=ContentType.objects.get_for_model(customer))

    def tell(self, entry: Entry, customer: Any, user: Any, names: Mapping[str, Mapping[int, Any]]) -> None:
        """Who kept which file."""
        row = entry.row
        entry.icon, entry.is_small, entry.anchor = "paperclip", False, f"file-{row.pk}"
        entry.actor = str(names["person"].get(row.author_id, f"#{row.author_id}"))
        entry.text, entry.remark = _("added the file %(name)s") % {"name": row.name}, row.note
        entry.files = shown_files([{"pk": row.pk, "name": row.name, "width": row.width}])


def files_column(model: type[Model]) -> ArraySubquery:
    """The first files of each row of a kind of record, for `shown_files`; a column, so it costs no query."""
    kind = ContentType.objects.get_for_model(model)
    rows = Attachment.objects.live().filter(content_type=kind, object_id=OuterRef("pk")).order_by("pk")
    return ArraySubquery(rows.values(file=JSONObject(pk="pk", name="name", width="width"))[:SHOWN])


def shown_files(rows: Sequence[Mapping[str, Any]]) -> list[tuple[str, str, str]]:
    """Name, page and small picture ("" without one) of files read by `files_column`."""
    return [
        (
            row["name"],
            reverse("attachments:detail", args=[row["pk"]]),
            reverse("attachments:picture", args=[row["pk"], "small"]) if row["width"] else "",
        )
        for row in rows
    ]
