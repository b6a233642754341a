"""Keeping files with records: attach, rename, archive, put back, erase."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.attachments.models import Attachment
from crm.attachments.names import clean_name, extension
from crm.attachments.policies import AttachPolicy, policy_of
from crm.attachments.querysets import AttachmentQuerySet
from crm.attachments.receiving import CheckedFile
from crm.attachments.storage import keep, remove_content
from crm.history.operations import operation
from crm.people.models import User

KEPT_WITH_ONE = 500
LONGEST_NOTE = 200


@transaction.atomic
def attach_files(
    record: Model, files: Sequence[CheckedFile], *, actor: User, note: str = "", ids: Sequence[int] = ()
) -> list[Attachment]:
    """Keep checked files with a record, all or none; ValidationError where the record takes none now.

    `ids` are those promised to the files before (`next_id`).
    """
    if not files:
        return []
    policy = policy_of(type(record))
    policy.hold(record, actor)
    held = Attachment.objects.of(record).live().count()
    if held + len(files) > KEPT_WITH_ONE:
        raise ValidationError(_("One record keeps at most %(count)s files.") % {"count": KEPT_WITH_ONE})
    promised = dict(zip(map(id, files), ids, strict=True)) if ids else {}
    kept = {}
    for file in sorted(files, key=lambda one: one.sha256):  # one order of locks for everybody
        kept[id(file)] = _attach(record, policy, file, actor, note, promised.get(id(file)))
    return [kept[id(file)] for file in files]


def next_id() -> int:
    """An id for a file that is still to be kept, so that its record may name it first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('crm_attachment', 'id'))")
        return int(cursor.fetchone()[0])


def _attach(
    record: Model, policy: AttachPolicy, file: CheckedFile, actor: User, note: str, pk: int | None
) -> Attachment:
    row = Attachment(
        pk=pk, content_type=ContentType.objects.get_for_model(record), object_id=record.pk,
        anchor_id=policy.anchor(record), name=file.name, media_type=file.media_type, size=file.size,
        sha256=file.sha256, width=file.width, height=file.height, note=_tidy_note(note), uploaded_by=actor,
    )  # fmt: skip
    with operation(actor, "attachment_added", row, anchor_id=row.anchor_id, facts=_facts(row)):
        keep(file.sha256, file.path, file.pictures if file.width else {})
        row.save(force_insert=True)
    return row


def rename_attachment(attachment: Attachment, *, actor: User, name: str, note: str) -> Attachment:
    """Give a file another name or note; its ending stays, because it says what the content is."""
    name = clean_name(name)
    if not name:
        raise ValidationError({"name": _("Write a name.")})
    if extension(name) != attachment.extension:
        name = clean_name(f"{name}.{attachment.extension}")
    with operation(actor, "attachment_renamed", attachment, anchor_id=attachment.anchor_id):
        locked = _held(attachment, actor)
        locked.name, locked.note = name, _tidy_note(note)
        locked.save(update_fields=["name", "note"])
    return locked


def archive_attachment(attachment: Attachment, *, actor: User) -> None:
    """Move a file into the recycle bin; its content stays."""
    with operation(actor, "attachment_archived", attachment, anchor_id=attachment.anchor_id):
        locked = _held(attachment, actor)
        locked.archived_at = timezone.now()
        locked.save(update_fields=["archived_at"])


def put_back_attachment(attachment: Attachment, *, actor: User) -> None:
    """Take a file out of the recycle bin."""
    with operation(actor, "attachment_put_back", attachment, anchor_id=attachment.anchor_id):
        locked = _held(attachment, actor, is_archived=True)
        locked.archived_at = None
        locked.save(update_fields=["archived_at"])


def erase_attachments(rows: AttachmentQuerySet, *, actor: User | None, reason: str) -> int:
    """Remove files for good, content and pictures too unless another record keeps the same; how many.

    For a person's right to deletion; contents go when the transaction is through.
    """
    with transaction.atomic():
        held = dict(rows.select_for_update().order_by("pk").values_list("pk", "sha256"))
        with operation(actor, "attachments_erased", reason=reason, row_count=len(held)):
            Attachment.objects.filter(pk__in=held).delete()
        contents = sorted(set(held.values()))
        transaction.on_commit(lambda: [remove_content(sha256, at_once=True) for sha256 in contents])
    return len(held)


def _held(attachment: Attachment, actor: User, *, is_archived: bool = False) -> Attachment:
    record = attachment.record
    if record is None:
        raise ValidationError(_("The record of this file is gone."), code="gone")
    policy = policy_of(type(record))
    policy.hold(record, actor)
    if not is_archived and policy.why_kept and (why := policy.why_kept(record, attachment.pk)):
        raise ValidationError(why, code="held")
    locked = Attachment.objects.select_for_update().get(pk=attachment.pk)
    if (locked.archived_at is not None) != is_archived:
        raise ValidationError(_("Somebody else did this already."), code="archived")
    return locked


def _tidy_note(note: str) -> str:
    text = " ".join("".join(c for c in note if c.isprintable() or c.isspace()).split())
    if len(text) > LONGEST_NOTE:
        raise ValidationError({"note": _("The note is longer than %(limit)s characters.") % {"limit": LONGEST_NOTE}})
    return text


def _facts(row: Attachment) -> dict[str, str | int]:
    return {"sha256": row.sha256, "size": row.size, "type": row.media_type}
