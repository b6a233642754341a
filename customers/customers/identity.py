"""What makes two customers the same: normalised names, phones in E.164, checked credit codes."""

from __future__ import annotations

import re
import unicodedata

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
_BRACKETS = re.compile(r"[()\[\]【】〔〕]")
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
    """The name without width, case, brackets, punctuation and legal form; equal keys, probably one company."""
    key = unicodedata.normalize("NFKC", name).casefold()
    key = _BRACKETS.sub("", key)
    key = re.sub(r"\s+", "", key)
    shorter = _LEGAL_FORMS.sub("", key)
    key = _NOISE.sub("", shorter if len(shorter) >= 2 else key)
    return key[:200]


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
