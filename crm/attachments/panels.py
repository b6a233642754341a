"""What pages show of files: the rows of a record or of a whole customer, ready for the templates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from django.urls import reverse

from crm.attachments.models import Attachment
from crm.attachments.policies import policies, policy_of
from crm.attachments.receiving import ACCEPT, FILES_AT_MOST, MAX_BYTES
from crm.attachments.timeline import shown_files

if TYPE_CHECKING:
    from crm.people.models import User

SHOWN = 200
ICONS = {
    "docx": "file-text", "doc": "file-text", "pdf": "file-text", "txt": "file-text", "md": "file-text",
    "xlsx": "file-spreadsheet", "xls": "file-spreadsheet", "csv": "file-spreadsheet", "zip": "file-archive",
    "eml": "mail", "heic": "image", "heif": "image",
}  # fmt: skip


def files_around(anchor_id: int, user: User, at_most: int = SHOWN) -> list[Attachment]:
    """The newest files of a customer and of all that belongs to it, within the person's reach. One query."""
    rows = Attachment.objects.visible_to(user).live().around(anchor_id).select_related("uploaded_by")
    found = dressed(rows.order_by("-created_at", "-pk")[:at_most])
    for row in found:
        row.is_elsewhere = row.object_id != anchor_id or row.content_type_id != _anchor_kind()
    return found


def files_of(record: Model, user: User, *, is_archived: bool = False) -> list[Attachment]:
    """The newest files of one record, or those of it in the recycle bin. One query."""
    rows = Attachment.objects.visible_to(user).of(record).select_related("uploaded_by")
    rows = rows.exclude(archived_at=None) if is_archived else rows.live()
    return dressed(rows.order_by("-created_at", "-pk")[:SHOWN])


def strips_of(model: type[Model], ids: Sequence[int], user: User) -> dict[int, list[tuple[str, str, str]]]:
    """The files of several records of one kind as their strips show them. One query."""
    rows = Attachment.objects.visible_to(user).live().by_record(model, ids)
    return {
        pk: shown_files([{"pk": row.pk, "name": row.name, "width": row.width} for row in found])
        for pk, found in rows.items()
    }


def upload_panel(record: Model) -> dict[str, Any]:
    """What the upload form of a record needs."""
    code = policy_of(type(record)).code
    return {
        "upload_url": reverse("attachments:record", args=[code, record.pk]),
        "accept": ACCEPT, "files_at_most": FILES_AT_MOST, "limit": MAX_BYTES // 1024**2,
    }  # fmt: skip


def _anchor_kind() -> int:
    return next(ContentType.objects.get_for_model(model).pk for model, one in policies().items() if one.gathers)


def dressed(rows: Any) -> list[Any]:
    """The rows with an icon each, and the words for the kind of record they hang on."""
    kinds = {ContentType.objects.get_for_model(model).pk: model for model in policies()}
    found = list(rows)
    for row in found:
        row.icon = ICONS.get(row.extension, "paperclip")
        row.kept_with = kinds[row.content_type_id]._meta.verbose_name
    return found
