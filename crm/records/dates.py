"""Days and moments as people and programs write them into spreadsheets."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from django.utils import timezone

_YEAR_FIRST = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*[日号]?")
_COMPACT = re.compile(r"((?:19|20)\d\d)(\d\d)(\d\d)")
_YEAR_LAST = re.compile(r"(\d{1,2})\s*([/.-])\s*(\d{1,2})\s*\2\s*(\d{4})")
_MONTH_NAME = re.compile(r"([A-Za-z]{3,9})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})")
_DAY_MONTH_NAME = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?[\s-]+([A-Za-z]{3,9})\.?[\s,-]+(\d{4})")
_TIME = re.compile(
    r"[\sT,]*(上午|下午|[AaPp][Mm])?\s*(\d{1,2})[:时点](\d{1,2})(?:[:分](\d{1,2})(?:\.\d+)?秒?)?分?\s*([AaPp]\.?[Mm]\.?)?"
    r"\s*(Z|UTC|[+-]\d\d:?\d\d)?"
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_SERIAL_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - Excel knows no zones
_SERIALS = (20_000, 80_000)  # 1954 to 2119
_FIRST_YEAR, _LAST_YEAR = 1900, 2100


def parse_day(text: str) -> date | None:
    """The day a text means, None where it means none: 2026-03-18, 2026年3月18日, 3/18/2026, a serial number."""
    moment = parse_moment(text)
    return timezone.localtime(moment).date() if moment else None


def parse_moment(text: str) -> datetime | None:
    """The moment a text means, in the company's zone unless it names one; None where it means none."""
    typed = unicodedata.normalize("NFKC", text).strip()
    try:
        moment = _from_number(typed) or _from_words(typed)
    except (ValueError, OverflowError):
        return None
    return moment if moment and _FIRST_YEAR <= moment.year <= _LAST_YEAR else None


def _from_number(typed: str) -> datetime | None:
    if not re.fullmatch(r"\d{5,13}(\.\d+)?", typed) or _COMPACT.fullmatch(typed):
        return None
    value = Decimal(typed)
    if _SERIALS[0] <= value < _SERIALS[1]:
        return timezone.make_aware(_SERIAL_EPOCH + timedelta(seconds=int(round(value * 86400))))
    if 10**8 <= value < 10**11:
        return datetime.fromtimestamp(int(value), UTC)
    return datetime.fromtimestamp(int(value) // 1000, UTC) if value >= 10**11 else None


def _from_words(typed: str) -> datetime | None:
    for pattern, order in ((_YEAR_FIRST, "ymd"), (_COMPACT, "ymd"), (_MONTH_NAME, "bdy"), (_DAY_MONTH_NAME, "dby")):
        if found := pattern.match(typed):
            parts = dict(zip(order, found.groups(), strict=True))
            month = int(parts["m"]) if "m" in parts else _month(parts["b"])
            return _with_time(int(parts["y"]), month, int(parts["d"]), typed[found.end() :])
    if found := _YEAR_LAST.match(typed):
        first, second = int(found[1]), int(found[3])
        if first <= 12 and second <= 12 and first != second:
            return None  # March or December? nobody can tell
        month, day = (first, second) if first <= 12 else (second, first)
        return _with_time(int(found[4]), month, day, typed[found.end() :])
    return None


def _month(name: str) -> int:
    return _MONTHS.index(name[:3].lower()) + 1


def _with_time(year: int, month: int, day: int, rest: str) -> datetime | None:
    if not rest.strip():
        return timezone.make_aware(datetime(year, month, day))  # noqa: DTZ001 - made aware at once
    found = _TIME.fullmatch(rest)
    if not found:
        return None
    before, hour, minute, second, after, zone = found.groups()
    half = {"上午": "am", "下午": "pm"}.get(before or "", (before or after or "").lower().replace(".", ""))
    hours = int(hour) % 12 + (12 if half == "pm" else 0) if half else int(hour)
    naive = datetime(year, month, day, hours, int(minute), int(second or 0))  # noqa: DTZ001 - made aware below
    if not zone:
        return timezone.make_aware(naive)
    offset = "+0000" if zone in ("Z", "UTC") else zone.replace(":", "")
    return datetime.strptime(naive.strftime("%Y%m%d%H%M%S") + offset, "%Y%m%d%H%M%S%z")
