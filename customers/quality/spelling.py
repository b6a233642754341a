"""One spelling for equal things: what the details of a customer would read, written the way we keep them.

有限责任公司 and 有限公司 are different facts and stay; only blanks, widths, brackets and prefixes are touched.
"""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import urlsplit, urlunsplit

from django.core.exceptions import ValidationError

from crm.records.sheets import AMBIGUOUS, header_key
from customers.base_data.lookups import Lookups
from customers.customers.identity import clean_credit_code, clean_line, clean_phone

_HALF = {code: code - 0xFEE0 for code in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))}
_HALF |= {0x3000: ord(" "), ord("＆"): ord("&")}
_HAN = re.compile(r"[\u3400-\u9fff]")
_BLANK_IN_CHINESE = re.compile(r"(?<=[\u3400-\u9fff（）]) +(?=[\u3400-\u9fff（）])")
_BLANK_IN_BRACKETS = re.compile(r"(?<=[(（]) +| +(?=[)）])")
_LIMITED = re.compile(r"[ ,]*\bco\.? ?,? ?ltd\.?$", re.IGNORECASE)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_HOST = re.compile(r"(?=.{4,253}$)([a-z0-9-]+\.)+[a-z][a-z0-9-]+")
_PLACE_END = tuple("省市区县旗盟")
_STREET = tuple("路街道巷弄")
_INDUSTRY_NOTE = re.compile(r"(?:行业|industry)\s*[:：]\s*([^\n,，;；。]{2,40})", re.IGNORECASE)
_LONGEST_PLACE = 24


def half_width(text: str) -> str:
    """Latin letters, digits, blanks and & in ordinary width."""
    return text.translate(_HALF)


def uniform_name(name: str) -> str:
    """A name without odd blanks and widths; brackets as its script writes them, Co., Ltd. in one way."""
    line = clean_line(half_width(name))
    is_chinese = bool(_HAN.search(line))
    opening, closing = "（）" if is_chinese else "()"
    line = re.sub(r"[(（]", opening, re.sub(r"[)）]", closing, line))
    line = _BLANK_IN_BRACKETS.sub("", line)
    if is_chinese:
        return _BLANK_IN_CHINESE.sub("", line)
    return _LIMITED.sub(" Co., Ltd.", line)


def uniform_person(name: str) -> str:
    """The name of a person without odd blanks and widths; Chinese ones without any blank in between."""
    return _BLANK_IN_CHINESE.sub("", clean_line(half_width(name)))


def uniform_line(text: str) -> str:
    """A line with letters and digits in ordinary width and single blanks."""
    return clean_line(half_width(text))


def uniform_phone(phone: str) -> str:
    """The phone as it is kept where it is a number at all, else as it was."""
    ready = clean_phone(phone)
    return ready if ready.startswith("+") else phone


def uniform_email(email: str) -> str:
    """The address in small letters of ordinary width where it is one, else as it was."""
    ready = clean_line(unicodedata.normalize("NFKC", email)).lower()
    return ready if _EMAIL.fullmatch(ready) else email


def uniform_website(website: str) -> str:
    """The address with its scheme and the host in small letters where it is one, else as it was."""
    line = clean_line(unicodedata.normalize("NFKC", website))
    try:
        parts = urlsplit(line if "://" in line else f"https://{line.lstrip('/')}")
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return website
    if parts.scheme.lower() not in ("http", "https") or parts.username or not _HOST.fullmatch(host):
        return website
    place = f"{host}:{port}" if port else host
    return urlunsplit((parts.scheme.lower(), place, parts.path, parts.query, parts.fragment))


def uniform_code(code: str) -> str:
    """The credit code in capitals without blanks where it is one, else as it was."""
    try:
        return clean_credit_code(code)
    except ValidationError:
        return code


def region_in(address: str, lookups: Lookups) -> int | None:
    """The smallest division an address begins with, None where that is not clear."""
    known = lookups.ids("regions")
    text = re.sub(r"\s+", "", unicodedata.normalize("NFKC", address)).casefold().removeprefix("中国")
    for size in range(min(_LONGEST_PLACE, len(text)), 1, -1):
        place = text[:size]
        found = known.get(place)
        if found is None or found == AMBIGUOUS or place.isascii() or text.startswith(_STREET, size):
            continue
        if place.endswith(_PLACE_END) or size >= 4:
            return int(found)
    return None


def industry_in(remark: str, lookups: Lookups) -> int | None:
    """The industry a remark names after “行业：”, None where it names none we know."""
    noted = _INDUSTRY_NOTE.search(remark)
    found = lookups.ids("industries").get(header_key(noted[1])) if noted else None
    return None if found is None or found == AMBIGUOUS else int(found)
