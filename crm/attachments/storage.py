"""Where contents lie: one file per content under MEDIA_ROOT/attachments, named by its hash, never by people."""

from __future__ import annotations

import os
import re
import secrets
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction

from crm.attachments.models import Attachment

LARGE, SMALL = "large", "small"
KEPT_SECONDS = 24 * 3600
CHUNK = 1000
_HASH = re.compile("[0-9a-f]{64}")


def root() -> Path:
    """The folder of all contents."""
    return Path(settings.MEDIA_ROOT) / "attachments"


def path_of(sha256: str, picture: str = "") -> Path:
    """The file of a content, or of its picture."""
    if not _HASH.fullmatch(sha256):
        raise ValueError(sha256)
    return root() / sha256[:2] / sha256[2:4] / (f"{sha256}.{picture}.webp" if picture else sha256)


def incoming_path() -> Path:
    """A new file nobody knows of, for what is being received."""
    folder = root() / "incoming"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / secrets.token_hex(16)


def keep(sha256: str, content: Path, pictures: dict[str, Path]) -> None:
    """Move a received content and its pictures to their place, whole or not at all; safe to do twice.

    Runs in the transaction that writes the row: the lock keeps the sweeper from taking the content in between.
    """
    lock_content(sha256)
    target = path_of(sha256)
    target.parent.mkdir(parents=True, exist_ok=True)
    for name, picture in pictures.items():
        if picture.exists():
            _move(picture, path_of(sha256, name))
    _move(content, target)
    _flush(target.parent)


def lock_content(sha256: str) -> None:
    """Until the end of the transaction nobody else keeps or removes this content."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [int(sha256[:16], 16) - 2**63])


def remove_orphans() -> int:
    """Remove contents no row names, a day after they came, and what uploads broken off left behind; how many."""
    now, removed = time.time(), 0
    for path in list((root() / "incoming").glob("*")):
        if _age(path, now) > KEPT_SECONDS:
            path.unlink(missing_ok=True)
            removed += 1
    contents = _contents()
    while chunk := list(islice(contents, CHUNK)):
        named = set(Attachment.objects.filter(sha256__in=chunk).values_list("sha256", flat=True))
        old = [sha256 for sha256 in chunk if sha256 not in named and _age(path_of(sha256), now) > KEPT_SECONDS]
        removed += sum(remove_content(sha256) for sha256 in old)
    return removed


@transaction.atomic
def remove_content(sha256: str, *, at_once: bool = False) -> bool:
    """Remove one content unless a row names it, or it came anew (`at_once`: however new it is)."""
    lock_content(sha256)
    if Attachment.objects.filter(sha256=sha256).exists():
        return False
    if not at_once and _age(path_of(sha256), time.time()) <= KEPT_SECONDS:
        return False
    for path in (path_of(sha256), path_of(sha256, LARGE), path_of(sha256, SMALL)):
        path.unlink(missing_ok=True)
    return True


def _contents() -> Iterator[str]:
    for folder in root().glob("[0-9a-f][0-9a-f]/[0-9a-f][0-9a-f]"):
        for path in folder.iterdir():
            if _HASH.fullmatch(path.name):
                yield path.name


def _age(path: Path, now: float) -> float:
    try:
        return now - path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _move(path: Path, target: Path) -> None:
    _flush(path)
    os.replace(path, target)


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
