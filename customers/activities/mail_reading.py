"""Reading one mail that may be hostile: bounded before it is parsed, its text only, nothing of it opened or shown."""

from __future__ import annotations

import hashlib
import html
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from email import policy
from email.errors import MessageError
from email.header import decode_header
from email.message import Message
from email.parser import BytesParser
from email.utils import getaddresses, parsedate_to_datetime

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone
from django.utils.translation import gettext as _

BYTES_AT_MOST = 10 * 1024 * 1024
_HEAD_AT_MOST = 256 * 1024
_LINES_AT_MOST = 400_000
_LONGEST_LINE = 1_000_000
_MULTIPARTS_AT_MOST, _PARTS_AT_MOST, _ADDRESSES_AT_MOST = 20, 200, 200
_TEXT_READ = 200_000
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]")
_TAG = re.compile(r"(<!--.{0,5000}?-->|<[^<>]{0,2000}>)", re.DOTALL)
_HIDDEN_TAGS = ("script", "style", "head", "title", "template", "noscript")
_BREAKING_TAGS = ("br", "p", "div", "tr", "li", "h1", "h2", "h3", "table", "ul", "ol", "blockquote")
# what mail programs use; a codec outside, such as punycode, could be slow or do something else than reading letters
_CHARSETS = {
    "utf-8", "us-ascii", "ascii", "gb2312", "gbk", "gb18030", "big5", "utf-16", "utf-16le", "utf-16be", "iso-2022-jp",
    "shift_jis", "euc-jp", "euc-kr", "koi8-r", *(f"iso-8859-{number}" for number in range(1, 17)),
    *(f"windows-{number}" for number in range(1250, 1259)), *(f"cp{number}" for number in range(1250, 1259)),
}  # fmt: skip


@dataclass(frozen=True)
class Mail:
    """What a mail says: addresses in lower case, text without markup; `answers` are ids of mails it replies to."""

    message_id: str
    sender: str
    recipients: list[str]
    subject: str
    text: str
    sent_at: datetime | None
    answers: list[str]
    is_automatic: bool


def read_mail(raw: bytes) -> Mail:
    """A mail as far as a follow-up needs it; ValidationError in words for what is too large, too deep or malformed."""
    _refuse_shape(raw)
    try:
        message = BytesParser(policy=policy.compat32).parsebytes(raw)
        return _mail(message, raw)
    except (RecursionError, MessageError, LookupError, ValueError, TypeError, AttributeError):
        raise _refused()


def _refuse_shape(raw: bytes) -> None:
    if len(raw) > BYTES_AT_MOST:
        raise ValidationError(
            _("This mail is larger than %(size)s MB.") % {"size": BYTES_AT_MOST // 1024 // 1024}, code="size"
        )
    head = re.split(rb"\r?\n\r?\n", raw[: _HEAD_AT_MOST + 4], maxsplit=1)[0]
    is_deep = raw.lower().count(b"multipart/") > _MULTIPARTS_AT_MOST
    is_long = len(head) > _HEAD_AT_MOST or raw.count(b"\n") > _LINES_AT_MOST or _has_endless_line(raw)
    if is_deep or is_long or raw.count(b"\n--") > 50 * _PARTS_AT_MOST:
        raise ValidationError(_("This mail has too many parts, headers or lines."), code="bad_mail")
    if b"\x00" in head or not re.match(rb"[!-9;-~]+:", head):
        raise _refused()


def _has_endless_line(raw: bytes) -> bool:
    start = 0
    while len(raw) - start > _LONGEST_LINE:
        end = raw.rfind(b"\n", start, start + _LONGEST_LINE)
        if end < 0:
            return True
        start = end + 1
    return False


def _mail(message: Message, raw: bytes) -> Mail:
    sender = _addresses(message, "From")[:1]
    if not sender:
        raise ValidationError(_("This mail names no sender."), code="bad_mail")
    subject = " ".join(_header(message, "Subject").split())
    told_id = " ".join(_header(message, "Message-ID").split())[:200]
    answers = re.findall(r"<[^<>\s]{1,198}>", f"{_header(message, 'In-Reply-To')} {_header(message, 'References')}")
    automatic = _header(message, "Auto-Submitted").strip().lower()
    return Mail(
        message_id=told_id or f"sha256:{hashlib.sha256(raw).hexdigest()}",
        sender=sender[0],
        recipients=_addresses(message, "To", "Cc", "Delivered-To", "X-Original-To"),
        subject=subject[:200],
        text=_text_of(message),
        sent_at=_moment(_header(message, "Date")),
        answers=answers[-20:],
        is_automatic=automatic not in ("", "no"),
    )


def _header(message: Message, name: str) -> str:
    """A header decoded; ValidationError for control characters, which belong into no header."""
    value = str(message.get(name, ""))[:4000]
    words = []
    for part, charset in decode_header(value):
        words.append(part if isinstance(part, str) else _decoded(part, charset))
    text = re.sub(r"\r?\n[ \t]+", " ", "".join(words)).strip()
    if _CONTROL.search(text) or "\n" in text or "\r" in text:
        raise ValidationError(_("A header of this mail holds control characters."), code="bad_mail")
    return text


def _addresses(message: Message, *names: str) -> list[str]:
    found: dict[str, None] = {}
    given = [str(value)[:20_000] for name in names for value in message.get_all(name, [])[:20]]
    for _name, address in getaddresses(given)[:_ADDRESSES_AT_MOST]:
        try:
            validate_email(address)
        except ValidationError:
            continue
        found[address.lower()] = None
    return list(found)


def _text_of(message: Message) -> str:
    """The plain text, else the text of the HTML; empty where there is neither."""
    plain, marked, seen = "", "", 0
    for part in message.walk():
        seen += 1
        if seen > _PARTS_AT_MOST:
            raise ValidationError(_("This mail has too many parts, headers or lines."), code="bad_mail")
        if part.is_multipart() or part.get_filename() or part.get_content_disposition() == "attachment":
            continue
        if part.get_content_type() == "text/plain" and not plain:
            plain = _body(part)
        elif part.get_content_type() == "text/html" and not marked:
            marked = _without_markup(_body(part))
    text = plain.strip() or marked.strip()
    return re.sub(r"\n{3,}", "\n\n", _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))).strip()


def _body(part: Message) -> str:
    payload = part.get_payload(decode=True)
    return _decoded(payload[:_TEXT_READ], part.get_content_charset()) if isinstance(payload, bytes) else ""


def _decoded(data: bytes, charset: str | None) -> str:
    name = (charset or "utf-8").strip().lower()
    if name in ("unknown-8bit", "8bit", "default"):
        name = "utf-8"
    if name not in _CHARSETS:
        raise ValidationError(_("This mail is written in the unknown encoding “%(name)s”.") % {"name": name[:40]},
                              code="bad_mail")  # fmt: skip
    return data.decode("gb18030" if name in ("gb2312", "gbk") else name, errors="replace")


def _without_markup(text: str) -> str:
    words: list[str] = []
    hidden = ""
    for piece in _TAG.split(text):
        if not piece.startswith("<"):
            words += [] if hidden else [" ".join(piece.split())] if piece.strip() else []
            continue
        name = re.match(r"</?\s*([a-zA-Z][a-zA-Z0-9]*)", piece)
        tag = name[1].lower() if name else ""
        if hidden:
            hidden = "" if piece.startswith("</") and tag == hidden else hidden
        elif tag in _HIDDEN_TAGS and not piece.startswith("</"):
            hidden = tag
        elif tag in _BREAKING_TAGS:
            words.append("\n")
    lines = html.unescape(" ".join(words)).split("\n")
    return "\n".join(line.strip() for line in lines)


def _moment(text: str) -> datetime | None:
    """When a mail was sent, as far as that can be: neither to come nor years ago."""
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    now = timezone.now()
    aware = moment if timezone.is_aware(moment) else timezone.make_aware(moment)
    try:
        return aware if now - timedelta(days=3650) < aware <= now else None
    except OverflowError:
        return None


def _refused() -> ValidationError:
    return ValidationError(_("This is not a mail that can be read."), code="bad_mail")
