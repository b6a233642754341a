"""Receiving files: bounded, checked in a child process, drawn; nothing is kept before an action says so."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from django.core.exceptions import RequestDataTooBig, ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.attachments import content_child
from crm.attachments.names import clean_name, extension, hidden_ends
from crm.attachments.storage import LARGE, SMALL, incoming_path

FILES_AT_MOST = 10
MAX_BYTES = 20 * 1024 * 1024
REQUEST_BYTES = 24 * 1024 * 1024  # the proxy lets 25 MB through
LARGEST_REQUEST = 52 * 1024 * 1024  # a spreadsheet of 50 MB and the fields around it
WALL_SECONDS = 25
ALL_SECONDS = 60
EXTENSIONS = tuple(content_child.KINDS)
ACCEPT = ",".join(f".{one}" for one in EXTENSIONS)
_HIDING = frozenset(content_child.PROGRAMS) - {"com", "sh", "js"}
_REFUSALS = {
    "forbidden": gettext_lazy("Files of this kind are not kept here."),
    "no_name": gettext_lazy("The file has no name with an ending such as .pdf."),
    "double_ending": gettext_lazy("The name hides the ending of a program."),
    "empty": gettext_lazy("The file is empty."),
    "size": gettext_lazy("The file is larger than %(limit)s MB."),
    "mismatch": gettext_lazy("The content is not what the ending of the name says."),
    "two_in_one": gettext_lazy("The file is two things at once, for instance a picture and a web page."),
    "web_page": gettext_lazy("This is a web page or a script, not a text."),
    "macros": gettext_lazy("The document holds macros. Save it without them and upload it again."),
    "program_inside": gettext_lazy("There is a program inside this file."),
    "loads_more": gettext_lazy("The document loads parts from elsewhere. Save it anew and upload it again."),
    "encrypted": gettext_lazy("The document is protected by a password. Save it without one and upload it again."),
    "outside_path": gettext_lazy("The archive would write outside its own folder."),
    "unknown_packing": gettext_lazy("The archive is packed in a way that cannot be checked. Pack it again as .zip."),
    "broken": gettext_lazy("The file is damaged and cannot be opened."),
    "too_many_pixels": gettext_lazy("The picture has too many pixels. Make it smaller and upload it again."),
    "too_heavy": gettext_lazy("The file unpacks to more than can be checked safely."),
    "busy": gettext_lazy("Checking took too long. Upload fewer files at once."),
}


@dataclass(frozen=True)
class CheckedFile:
    """A received file that passed every check, lying where nobody finds it until it is kept."""

    name: str
    media_type: str
    size: int
    sha256: str
    path: Path
    pictures: dict[str, Path] = field(default_factory=dict)
    width: int | None = None
    height: int | None = None


class LargestUpload(FileUploadHandler):
    """Refuses a request with files by its announced length before a byte of it is stored."""

    def handle_raw_input(
        self, input_data: IO[bytes], META: dict[str, Any], content_length: int, boundary: str,
        encoding: str | None = None,
    ) -> None:  # fmt: skip
        """RequestDataTooBig beyond the largest upload of any page."""
        if content_length > LARGEST_REQUEST:
            raise RequestDataTooBig

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        """Passed on."""
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """Left to the handlers that keep files."""


@contextmanager
def received(uploads: Sequence[UploadedFile[Any]], field_name: str = "files") -> Iterator[list[CheckedFile]]:
    """The uploads as checked files for the block; one ValidationError names every file that is refused, and then none
    is given. Whatever the block did not keep is gone after it.
    """
    files: list[CheckedFile] = []
    wrong: list[str] = []
    until = time.monotonic() + ALL_SECONDS
    try:
        _refuse_many(uploads, field_name)
        for upload in uploads:
            try:
                files.append(_checked(upload, until))
            except ValidationError as refusal:
                wrong.append(_("%(name)s: %(reason)s") % {"name": _shown(upload), "reason": refusal.messages[0]})
        if wrong:
            raise ValidationError({field_name: wrong})
        yield files
    finally:
        for file in files:
            for path in (file.path, *file.pictures.values()):
                path.unlink(missing_ok=True)


def _refuse_many(uploads: Sequence[UploadedFile[Any]], field_name: str) -> None:
    if len(uploads) > FILES_AT_MOST:
        raise ValidationError(
            {field_name: _("Choose at most %(count)s files at once.") % {"count": FILES_AT_MOST}}, code="too_many"
        )
    if sum(upload.size or 0 for upload in uploads) > REQUEST_BYTES:
        limit = REQUEST_BYTES // 1024**2
        raise ValidationError({field_name: _("Together the files are larger than %(limit)s MB.") % {"limit": limit}})


def _checked(upload: UploadedFile[Any], until: float) -> CheckedFile:
    name = clean_name(upload.name or "")
    _refuse_name(name)
    size = upload.size or 0
    if not size:
        raise _refusal("empty")
    if size > MAX_BYTES:
        raise _refusal("size", limit=MAX_BYTES // 1024**2)
    path = incoming_path()
    pictures = {picture: path.with_name(f"{path.name}.{picture}") for picture in (LARGE, SMALL)}
    try:
        sha256 = _write(upload, path)
        answer = _look_into(path, extension(name), pictures, until)
    except BaseException:
        for left in (path, *pictures.values()):
            left.unlink(missing_ok=True)
        raise
    width, height = answer.get("size") or (None, None)
    return CheckedFile(name, answer["media_type"], size, sha256, path, pictures, width, height)


def _refuse_name(name: str) -> None:
    if not extension(name):
        raise _refusal("no_name")
    if extension(name) not in EXTENSIONS:
        raise _refusal("forbidden")
    if _HIDING.intersection(hidden_ends(name)):
        raise _refusal("double_ending")


def _write(upload: UploadedFile[Any], path: Path) -> str:
    digest, written = hashlib.sha256(), 0
    with path.open("xb") as file:
        path.chmod(0o600)
        for part in upload.chunks():
            written += len(part)
            if written > MAX_BYTES:
                raise _refusal("size", limit=MAX_BYTES // 1024**2)
            digest.update(part)
            file.write(part)
    return digest.hexdigest()


def _look_into(path: Path, ending: str, pictures: dict[str, Path], until: float) -> dict[str, Any]:
    """What the child says: 512 MB, 20 s of processor, 25 s of time. A document it dies over while drawing is kept
    without a picture; whatever else it dies of, the file is refused.
    """
    seconds = min(WALL_SECONDS, until - time.monotonic())
    if seconds <= 0:
        raise _refusal("busy")
    order = {"path": str(path), "extension": ending, "pictures": {name: str(one) for name, one in pictures.items()}}
    try:
        ended = subprocess.run(
            [sys.executable, "-I", "-X", "utf8", content_child.__file__],
            input=json.dumps(order).encode(), capture_output=True, timeout=seconds, env={}, check=False,
        )  # fmt: skip
        said, is_whole = ended.stdout, ended.returncode == 0
    except subprocess.TimeoutExpired as late:
        said, is_whole = late.stdout or b"", False
    answers = [json.loads(line) for line in said.splitlines(keepends=True) if line.endswith(b"\n")]
    if not answers:
        raise _refusal("too_heavy")
    answer = answers[-1]
    if "refused" in answer and not (answer["refused"] == "too_heavy" and len(answers) > 1):
        raise _refusal(answer["refused"], **answer["params"])
    if not is_whole or "size" not in answer:
        return answers[0]
    return dict(answer)


def _refusal(code: str, **params: Any) -> ValidationError:
    text = str(_REFUSALS[code])
    return ValidationError(text % params if params else text, code=code)


def _shown(upload: UploadedFile[Any]) -> str:
    return clean_name(upload.name or "")[:80] or "?"
