"""Dates and numbers as readers of both languages expect them."""

import datetime as dt
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.utils import translation

from crm.ui import formats

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOON = dt.datetime(2026, 3, 18, 12, 0, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("value", "chinese", "english"),
    [
        (dt.datetime(2026, 3, 18, 14, 0, tzinfo=SHANGHAI), "今天 14:00", "Today 14:00"),
        (dt.date(2026, 3, 18), "今天", "Today"),
        (dt.datetime(2026, 3, 17, 23, 59, tzinfo=SHANGHAI), "昨天", "Yesterday"),
        (dt.date(2026, 3, 16), "2 天前", "2 days ago"),
        (dt.date(2026, 2, 16), "30 天前", "30 days ago"),
        (dt.date(2026, 2, 15), "2月15日", "Feb 15"),
        (dt.date(2026, 3, 19), "3月19日", "Mar 19"),
        (dt.date(2025, 10, 21), "2025-10-21", "2025-10-21"),
        (None, "", ""),
    ],
)
def test_a_list_says_days_the_way_people_do(value, chinese, english):
    with time_machine.travel(NOON, tick=False):
        with translation.override("zh-hans"):
            assert formats.short_day(value) == chinese
        with translation.override("en"):
            assert formats.short_day(value) == english


def test_a_moment_belongs_to_the_day_it_has_in_shanghai():
    late_utc = dt.datetime(2026, 3, 17, 16, 30, tzinfo=dt.UTC)

    with time_machine.travel(NOON, tick=False), translation.override("zh-hans"):
        assert formats.short_day(late_utc) == "今天 00:30"


def test_a_time_element_carries_machine_form_and_full_form():
    moment = dt.datetime(2026, 3, 16, 9, 12, tzinfo=SHANGHAI)

    with time_machine.travel(NOON, tick=False), translation.override("zh-hans"):
        assert formats.day(moment) == (
            '<time datetime="2026-03-16T09:12:00+08:00" title="2026年3月16日 09:12">2 天前</time>'
        )


def test_nothing_is_a_muted_dash():
    assert formats.day(None) == '<span class="muted">—</span>'
    assert formats.cell("") == '<span class="muted">—</span>'
    assert formats.wan(None) == '<span class="muted">—</span>'


def test_a_cell_escapes_what_people_typed():
    assert formats.cell('<b>"x"') == "&lt;b&gt;&quot;x&quot;"


@pytest.mark.parametrize(
    ("value", "shown"),
    [(680000, "¥680,000"), (Decimal("680000.50"), "¥680,001"), (-12.4, "−¥12"), (0, "¥0"), ("", ""), (None, "")],
)
def test_lists_show_whole_yuan(value, shown):
    assert formats.yuan(value) == shown


def test_other_currencies_show_their_sign_or_code():
    assert formats.yuan(1234, "USD") == "US$1,234"
    assert formats.yuan(1234, "CHF") == "CHF 1,234"


def test_documents_show_two_decimals_rounded_half_up():
    assert formats.yuan2(Decimal("680000.005")) == "680,000.01"
    assert formats.yuan2(-0.5) == "−0.50"


@pytest.mark.parametrize(
    ("value", "chinese", "english"),
    [
        (864000, '¥86.4<span class="unit">万</span>', '¥864.0<span class="unit">K</span>'),
        (120_000_000, '¥1.20<span class="unit">亿</span>', '¥120.00<span class="unit">M</span>'),
        (9999, "¥9,999", '¥10.0<span class="unit">K</span>'),
        (-864000, '−¥86.4<span class="unit">万</span>', '−¥864.0<span class="unit">K</span>'),
        (0, "¥0", "¥0"),
    ],
)
def test_large_sums_take_the_unit_of_the_language(value, chinese, english):
    with translation.override("zh-hans"):
        assert formats.wan(value) == chinese
    with translation.override("en"):
        assert formats.wan(value) == english


@pytest.mark.parametrize(
    ("value", "least", "shown"),
    [
        ("33.3350", 2, "33.335"),
        (Decimal("6800.0000"), 2, "6,800.00"),
        (Decimal("1200"), 0, "1,200"),
        ("2.2500", 0, "2.25"),
        (Decimal("-0.5"), 0, "−0.5"),
        (Decimal("0.0000"), 0, "0"),
        (Decimal("0.0001"), 2, "0.0001"),
        (None, 2, ""),
        ("", 2, ""),
    ],
)
def test_exact_figures_lose_no_decimal(value, least, shown):
    assert formats.exact(value, least) == shown


@pytest.mark.parametrize(
    ("share", "chinese", "english"),
    [
        ("0.18", "8.2 折", "18% off"),
        ("0.1555", "8.445 折", "15.55% off"),
        ("0.000001", "9.99999 折", "0.0001% off"),
        ("0", "", ""),
        (None, "", ""),
    ],
)
def test_discounts_lose_no_decimal(share, chinese, english):
    with translation.override("zh-hans"):
        assert formats.discount(share) == chinese
    with translation.override("en"):
        assert formats.discount(share) == english


def test_counts_and_shares():
    assert formats.n0(2846) == "2,846"
    assert formats.percent(0.294) == "29.4%"
    assert formats.percent(-0.052) == "−5.2%"


@pytest.mark.parametrize(
    ("seconds", "chinese", "english"),
    [
        (20, "20 秒", "20 s"),
        (12_000, "3 小时 20 分", "3 h 20 min"),
        (187_200, "2 天 4 小时", "2 d 4 h"),
        (3600, "1 小时", "1 h"),
        (0, "0 秒", "0 s"),
        (-5, "0 秒", "0 s"),
    ],
)
def test_spans_of_time_take_at_most_two_words(seconds, chinese, english):
    with translation.override("zh-hans"):
        assert formats.duration(seconds) == chinese
    with translation.override("en"):
        assert formats.duration(seconds) == english
