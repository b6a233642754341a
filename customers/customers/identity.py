"""What makes two customers the same: normalised names, phones in E.164, checked credit codes, web domains."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import urlsplit

import phonenumbers
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from stdnum.cn import uscc
from stdnum.exceptions import InvalidChecksum, InvalidLength
from stdnum.exceptions import ValidationError as StdnumError

_LEGAL_FORMS = re.compile(
    r"(股份有限公司|有限责任公司|集团有限公司|有限公司|集团公司|集团|公司"
    r"|co\.?,?ltd\.?|company,?limited|limited|incorporated|inc\.?|corp(oration)?\.?|llc|gmbh|ltd\.?)+$"
)
# the places company names begin with most often, as PostgreSQL reads them too
PLACES = (
    r"^((中国|北京|天津|上海|重庆|河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|海南|四川|贵州|云南|"
    r"陕西|甘肃|青海|广西|内蒙古|西藏|宁夏|新疆|香港|澳门|台湾|苏州|无锡|常州|南京|南通|扬州|镇江|徐州|昆山|太仓|杭州|宁波|温州|"
    r"嘉兴|绍兴|金华|台州|湖州|合肥|芜湖|福州|厦门|泉州|广州|深圳|东莞|佛山|珠海|中山|惠州|青岛|济南|烟台|武汉|长沙|成都|西安|"
    r"郑州|沈阳|大连|哈尔滨|长春|石家庄|太原|南昌|昆明|贵阳|南宁|海口|兰州|银川|西宁|乌鲁木齐|呼和浩特|拉萨)(省|市)?){1,2}"
)
_PLACES = re.compile(PLACES)
_PLACE_END = re.compile(r"(?<=..)[省市]")
_INSIDE = re.compile(r"[(\[【〔]([^()\[\]【】〔〕]+)[)\]】〕]")
_BRACKETS = re.compile(r"[()\[\]【】〔〕]")
# shops, mailboxes and profiles of many companies
SHARED_HOSTS = (
    "1688.com", "alibaba.com", "taobao.com", "tmall.com", "jd.com", "pinduoduo.com", "made-in-china.com", "hc360.com",
    "weixin.qq.com", "qq.com", "163.com", "126.com", "weibo.com", "weibo.cn", "baidu.com", "qcc.com", "tianyancha.com",
    "douyin.com", "xiaohongshu.com", "linkedin.com", "facebook.com", "github.io", "wordpress.com",
)  # fmt: skip
_NOISE = re.compile(r"[\s\-–—_·•・.,，。、'\"“”‘’&]+")
_NO_DIGIT = re.compile(r"\D")
_LANDLINE = re.compile(r"\(?0(?:10|2\d)\)?[- ]?[2-8]\d{7}|\(?0[3-9]\d\d\)?[- ]?[2-8]\d{6,7}")
_INVISIBLE = {"Cc", "Cf", "Cs", "Co"}


def clean_line(text: str) -> str:
    """A line as people mean it: NFC, no control or zero-width characters, single spaces."""
    if text.isprintable() and "  " not in text and unicodedata.is_normalized("NFC", text):
        return text.strip()  # nearly every line, ten times faster
    kept = "".join(c for c in text if c == "\t" or c == "\n" or unicodedata.category(c) not in _INVISIBLE)
    return " ".join(unicodedata.normalize("NFC", kept).split())


def name_key(name: str) -> str:
    """The name without width, case, brackets, punctuation and legal form; equal keys, probably one company.

    A place in brackets stands in front, and a place has no 省 or 市: 恒曜（苏州）有限公司 and 苏州市恒曜 are 苏州恒曜.
    """
    key = unicodedata.normalize("NFKC", name).casefold()
    key = re.sub(r"\s+", "", _BRACKETS.sub("", _place_first(key)))
    shorter = _LEGAL_FORMS.sub("", key)
    key = _NOISE.sub("", shorter if len(shorter) >= 2 else key)
    if place := _PLACES.match(key):
        key = _PLACE_END.sub("", place[0]) + key[place.end() :]
    return key[:200]


def _place_first(key: str) -> str:
    for inside in _INSIDE.finditer(key):
        if _PLACES.fullmatch(inside[1]):
            return inside[1] + key[: inside.start()] + key[inside.end() :]
    return key


def name_core(key: str) -> str:
    """A normalised name without the places it begins with; the whole where it is nothing but a place."""
    return _PLACES.sub("", key) or key


def picture_letter(name: str) -> str:
    """The part of a name whose first letter tells companies apart: without the place it begins with."""
    return _PLACES.sub("", name) or name


def website_domain(website: str) -> str:
    """The domain of a website that belongs to one company, without `www.`; "" for addresses many companies share."""
    address = website.strip().lower()
    try:
        host = urlsplit(address if "//" in address else f"//{address}").hostname or ""
    except ValueError:
        return ""
    host = host.removeprefix("www.").strip(".")
    is_shared = any(host == shared or host.endswith(f".{shared}") for shared in SHARED_HOSTS)
    return "" if is_shared or "." not in host else host


def clean_phone(text: str, *, is_strict: bool = False) -> str:
    """A phone in E.164 where it is a valid number (China assumed), otherwise as typed.

    With `is_strict`, a number that cannot be one raises ValidationError saying what fits.
    """
    typed = clean_line(unicodedata.normalize("NFKC", text))
    if not typed:
        return ""
    digits = _NO_DIGIT.sub("", typed)
    if len(digits) == 11 and digits[0] == "1" and digits[1] in "3456789" and not typed.startswith("+"):
        return f"+86{digits}"  # the common cases, a hundred times faster than the library
    if _LANDLINE.fullmatch(typed):
        return f"+86{digits[1:]}"
    try:
        number = phonenumbers.parse(typed, "CN")
    except phonenumbers.NumberParseException:
        number = None
    if number is not None and phonenumbers.is_valid_number(number):
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    if is_strict and not 3 <= len(digits) <= 20:
        raise ValidationError(
            _("%(value)s has %(count)s digits; a mobile has 11, a landline 10 to 12 with its area code.")
            % {"value": typed, "count": len(digits)},
            code="bad_phone",
        )
    return typed[:32]


def display_phone(phone: str) -> str:
    """A stored phone as people write it: Chinese mobiles 3-4-4, landlines with area code, others international."""
    if not phone.startswith("+"):
        return phone
    if phone.startswith("+861") and len(phone) == 14:
        return f"{phone[3:6]} {phone[6:10]} {phone[10:]}"
    try:
        number = phonenumbers.parse(phone)
    except phonenumbers.NumberParseException:
        return phone
    style = phonenumbers.PhoneNumberFormat
    return phonenumbers.format_number(number, style.NATIONAL if number.country_code == 86 else style.INTERNATIONAL)


def clean_credit_code(text: str) -> str:
    """A unified social credit code, checked; ValidationError says what is wrong with it."""
    code = re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", text)).upper()
    if not code:
        return ""
    try:
        return uscc.validate(code)
    except InvalidLength:
        message = _("%(value)s has %(count)s characters; a unified social credit code has 18.")
    except InvalidChecksum:
        message = _("%(value)s: the check digit does not fit. Look for a mistyped character.")
    except StdnumError:
        message = _("%(value)s contains a character that a unified social credit code cannot have.")
    raise ValidationError(message % {"value": code[:40], "count": len(code)}, code="bad_credit_code")
