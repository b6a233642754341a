"""The log of tombstones: kept beside the database, so that a restored backup forgets again whom it must not know.

A line for each erasure and each withdrawal, with numbers only. It is written by the outbox shortly after the fact and
completed by each later writing, so nothing is lost when one fails.
"""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.db import transaction

from crm.jobs.actions import put_in_outbox
from customers.contacts.models import Contact
from customers.privacy.models import Tombstone

LOG_TOPIC = "customers.log_tombstones"
_FIELDS = ("key", "what", "contact_id", "made_at", "purpose", "channel", "because", "at")


def log_path() -> Path:
    """The file of the log."""
    return Path(settings.TOMBSTONE_LOG)


def log_tombstones() -> int:
    """Add the tombstones the log does not have yet; how many. Two writers wait for each other."""
    log_path().parent.mkdir(parents=True, exist_ok=True)
    with log_path().open("a+", encoding="utf-8") as log:
        fcntl.flock(log, fcntl.LOCK_EX)
        log_path().chmod(0o600)
        known = {line["key"] for line in _lines(log)}
        missing = [row for row in Tombstone.objects.order_by("pk").values(*_FIELDS) if str(row["key"]) not in known]
        if missing and not _ends_whole():
            log.write("\n")
        for row in missing:
            told = {**row, "key": str(row["key"]), "made_at": row["made_at"].isoformat(), "at": row["at"].isoformat()}
            log.write(json.dumps(told, ensure_ascii=False) + "\n")
    return len(missing)


def logged_tombstones(path: Path) -> list[dict[str, Any]]:
    """The lines of a log, each once, in order; a line cut off by a crash is left out."""
    with path.open(encoding="utf-8") as log:
        found = {line["key"]: line for line in _lines(log)}
    for line in found.values():
        line["made_at"], line["at"] = datetime.fromisoformat(line["made_at"]), datetime.fromisoformat(line["at"])
    return list(found.values())


@transaction.atomic
def note_withdrawal(contact: Contact, purpose: str, channel: str) -> None:
    """Remember a withdrawal outside the database as well, in the transaction that records it."""
    row = Tombstone.objects.create(
        what=Tombstone.What.WITHDRAWN,
        contact_id=contact.pk,
        made_at=contact.created_at,
        purpose=purpose,
        channel=channel,
    )
    put_in_outbox(LOG_TOPIC, f"tombstones:{row.pk}", {})


def _lines(log: IO[str]) -> Iterator[dict[str, Any]]:
    log.seek(0)
    for line in log:
        with suppress(json.JSONDecodeError):  # a line cut off by a crash
            yield json.loads(line)


def _ends_whole() -> bool:
    return log_path().read_bytes()[-1:] in (b"", b"\n")
