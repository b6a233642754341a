"""Dates, money and counts as a reader of Chinese or English expects them (DESIGN §10); all plain functions, all fast.

The two languages differ in grammar, not only in words (86.4 万 is not 86.4 of anything in English), so both are
written here side by side instead of passing through the message catalogue.
"""

import datetime as dt
from decimal import ROUND_HALF_UP, Decimal

from django.utils import timezone
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

NOTHING = mark_safe('<span class="muted">—</span>')
SYMBOLS = {"CNY": "¥", "USD": "US$", "EUR": "€", "HKD": "HK$", "JPY": "JP¥", "GBP": "£", "TWD": "NT$"}
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
Number = Decimal | int | float
Day = dt.date | dt.datetime


def is_chinese() -> bool:
    """Whether the current reader reads Chinese."""
    return (get_language() or "zh-hans").startswith("zh")


# ── numbers ──


def _exact(value: Number | str, digits: int) -> Decimal:
    return Decimal(str(value)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)


def _signed(text: str) -> str:
    return text.replace("-", "−", 1)


def n0(value: Number | None) -> str:
    """A whole number with thousands separators: 2,846."""
    return "" if value is None else _signed(f"{_exact(value, 0):,}")


def exact(value: Number | str | None, least: int = 0) -> str:
    """A quantity or price to its last decimal, and at least so many: 1,200, 6,800.00, 33.335."""
    if value is None or value == "":
        return ""
    number = Decimal(str(value))
    whole, _dot, part = f"{abs(number).normalize():f}".partition(".")
    part = part.ljust(int(least), "0")
    return ("−" if number < 0 else "") + f"{int(whole):,}" + (f".{part}" if part else "")


def percent(share: Number | None, digits: int = 1) -> str:
    """A share of one as a percentage: 0.294 gives 29.4%."""
    return "" if share is None else _signed(f"{_exact(Decimal(str(share)) * 100, digits):,}%")


def yuan(value: Number | str | None, currency: str = "CNY") -> str:
    """Money in whole units for lists: ¥680,000."""
    if value is None or value == "":
        return ""
    amount = _exact(value, 0)
    sign = "−" if amount < 0 else ""
    return f"{sign}{SYMBOLS.get(currency, currency + ' ')}{abs(amount):,}"


def yuan2(value: Number | str | None) -> str:
    """Money with two decimals for documents: 680,000.00."""
    return "" if value is None or value == "" else _signed(f"{_exact(value, 2):,}")


def money(value: Number | str | None, currency: str = "CNY") -> str:
    """Money of a document with its currency: ¥706,580.00."""
    text = yuan2(value)
    sign, text = ("−", text[1:]) if text.startswith("−") else ("", text)
    return f"{sign}{SYMBOLS.get(currency, currency + ' ')}{text}" if text else ""


def discount(share: Number | str | None) -> str:
    """A discount as people say it, to its last decimal: 0.18 gives 8.2 折, in English 18% off; "" for none."""
    off = Decimal(str(share or 0))
    if not off:
        return ""
    text = exact((1 - off) * 10 if is_chinese() else off * 100)
    return f"{text} 折" if is_chinese() else f"{text}% off"


def scaled(value: Number, digits: int = 1) -> tuple[str, str]:
    """A figure for cards and its unit: ("86.4", "万"), ("1.20", "亿"), in English ("864.0", "K"), ("1.20", "M")."""
    amount = Decimal(str(value))
    size = abs(amount)
    steps = ((10**8, "亿", 2), (10**4, "万", digits)) if is_chinese() else ((10**6, "M", 2), (10**3, "K", digits))
    for step, unit, places in steps:
        if size >= step:
            return _signed(f"{_exact(amount / step, places):,}"), unit
    return n0(amount), ""


def wan(value: Number | str | None, digits: int = 1) -> SafeString:
    """A large sum for cards and charts with a lighter unit: ¥86.4 万."""
    if value is None or value == "":
        return NOTHING
    figure, unit = scaled(Decimal(str(value)), int(digits))
    sign, figure = ("−", figure[1:]) if figure.startswith("−") else ("", figure)
    mark = f'<span class="unit">{unit}</span>' if unit else ""
    return mark_safe(f"{sign}¥{figure}{mark}")  # noqa: S308 - digits and own units only


# ── days ──


def _local(value: Day) -> tuple[dt.date, str]:
    """The calendar day where the reader is, and the time of day where the value has one."""
    if isinstance(value, dt.datetime):
        if timezone.is_aware(value):
            value = timezone.localtime(value)
        return value.date(), f"{value:%H:%M}"
    return value, ""


def long_day(value: Day | None) -> str:
    """A day for documents and titles, with its time if it has one: 2026年3月18日 14:00."""
    if value is None:
        return ""
    day, clock = _local(value)
    words = f"{day.year}年{day.month}月{day.day}日" if is_chinese() else f"{day.day} {MONTHS[day.month - 1]} {day.year}"
    return f"{words} {clock}" if clock else words


def short_day(value: Day | None, today: dt.date | None = None) -> str:
    """A day for lists: 今天 14:00, 昨天, 2 天前 (up to 30 days), 3月18日, 2025-10-21."""
    if value is None:
        return ""
    day, clock = _local(value)
    today = today or timezone.localdate()
    age = (today - day).days
    chinese = is_chinese()
    if age == 0:
        return " ".join(filter(None, ("今天" if chinese else "Today", clock)))
    if age == 1:
        return "昨天" if chinese else "Yesterday"
    if 1 < age <= 30:
        return f"{age} 天前" if chinese else f"{age} days ago"
    if day.year != today.year:
        return day.isoformat()
    return f"{day.month}月{day.day}日" if chinese else f"{MONTHS[day.month - 1]} {day.day}"


def day(value: Day | None) -> SafeString:
    """A `<time>` for lists: the short form shown, the machine form in `datetime`, the full form in `title`."""
    if value is None:
        return NOTHING
    machine = timezone.localtime(value) if isinstance(value, dt.datetime) and timezone.is_aware(value) else value
    stamp = machine.isoformat(timespec="seconds") if isinstance(machine, dt.datetime) else machine.isoformat()
    return mark_safe(  # noqa: S308 - all three parts are made here from a date
        f'<time datetime="{stamp}" title="{long_day(value)}">{short_day(value)}</time>'
    )


def duration(seconds: Number | None) -> str:
    """A span of time in its two largest words at most: 20 秒, 3 小时 20 分, 2 天 4 小时."""
    if seconds is None:
        return ""
    left = max(int(seconds), 0)
    words = (("天", "d"), ("小时", "h"), ("分", "min"), ("秒", "s"))
    parts: list[tuple[int, str]] = []
    for size, (chinese, english) in zip((86400, 3600, 60, 1), words, strict=True):
        count, left = divmod(left, size)
        if count or parts:
            parts.append((count, chinese if is_chinese() else english))
    shown = [f"{count} {unit}" for count, unit in parts[:2] if count]
    return " ".join(shown) or ("0 秒" if is_chinese() else "0 s")


def cell(text: object) -> str:
    """Escaped text for a table cell, or the muted dash where there is nothing."""
    return NOTHING if text is None or text == "" else escape(text)
