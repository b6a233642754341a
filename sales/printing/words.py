"""Amounts in words 大写金额, as Chinese documents carry them."""

from __future__ import annotations

from decimal import Decimal

from sales.money import cents

_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
_NAMES = {"CNY": "人民币", "USD": "美元", "EUR": "欧元", "HKD": "港币", "JPY": "日元"}


def in_words(amount: Decimal, currency: str = "CNY") -> str:
    """An amount in capital Chinese figures: 706580 gives 人民币柒拾万陆仟伍佰捌拾元整."""
    rounded = cents(abs(amount))
    whole, part = divmod(int(rounded * 100), 100)
    sign = "负" if amount < 0 and rounded else ""
    return _NAMES.get(currency, currency) + sign + _joined(whole, part)


def _joined(whole: int, part: int) -> str:
    tenths, hundredths = divmod(part, 10)
    words = _number(whole) + "元" if whole or not part else ""
    if tenths:
        words += _DIGITS[tenths] + "角"
    elif hundredths and whole:
        words += "零"
    return words + (_DIGITS[hundredths] + "分" if hundredths else "整")


def _number(whole: int) -> str:
    """A whole number up to sixteen digits, read in 亿 and 万."""
    if whole == 0:
        return "零"
    high, low = divmod(whole, 10**8)
    if high:
        return _number(high) + "亿" + _rest(low, 10**7)
    high, low = divmod(whole, 10**4)
    if high:
        return _group(high) + "万" + _rest(low, 10**3)
    return _group(low)


def _rest(low: int, first: int) -> str:
    """What follows 亿 or 万; one 零 stands where its first places are empty."""
    if low == 0:
        return ""
    return ("零" if low < first else "") + _number(low)


def _group(number: int) -> str:
    """A number below ten thousand; inner zeros are read once, final ones not at all."""
    words, has_gap = "", False
    for place in (3, 2, 1, 0):
        digit = number // 10**place % 10
        if digit:
            words += ("零" if has_gap and words else "") + _DIGITS[digit] + _PLACES[place]
        has_gap = digit == 0 if digit or words else has_gap
    return words
