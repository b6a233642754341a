"""One spelling for equal things; different facts stay different."""

import pytest

from crm.records.sheets import AMBIGUOUS
from customers.quality import spelling


class Known:
    """Lists as the base data would give them."""

    def ids(self, kind):
        regions = {
            "江苏省苏州市": 5,
            "江苏苏州": 5,
            "苏州市": 5,
            "苏州": 5,
            "朝阳": 9,
            "鼓楼区": AMBIGUOUS,
            "上海": 2,
            "上海市": 2,
        }
        return regions if kind == "regions" else {"通用设备制造业": 34, "34": 34}


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("ＡＢＣ１２３", "ABC123"),
        ("苏州 恒曜　有限 公司", "苏州恒曜有限公司"),
        ("恒曜(苏州)有限公司", "恒曜（苏州）有限公司"),
        ("恒曜（ 苏州 ）有限公司", "恒曜（苏州）有限公司"),
        ("ABC 科技有限公司", "ABC 科技有限公司"),
        ("苏州恒曜有限责任公司", "苏州恒曜有限责任公司"),
        ("Acme （China）  co.,ltd", "Acme (China) Co., Ltd."),
        ("Acme Co., Ltd.", "Acme Co., Ltd."),
        ("Acme\u200b Tools", "Acme Tools"),
        ("Costco Ltd", "Costco Ltd"),
    ],
)
def test_names_lose_odd_blanks_widths_and_brackets_and_keep_their_legal_form(typed, kept):
    assert (spelling.uniform_name(typed), spelling.uniform_name(kept)) == (kept, kept)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("１３８ 1234 5678", "+8613812345678"),
        ("0512-88886666", "+8651288886666"),
        ("call us", "call us"),
        ("+8613812345678", "+8613812345678"),
    ],
)
def test_phones_take_the_stored_form_where_they_are_numbers(typed, kept):
    assert spelling.uniform_phone(typed) == kept


@pytest.mark.parametrize(
    ("typed", "kept"), [("Office＠Example.COM", "office@example.com"), ("nobody@", "nobody@"), ("a b@c.d", "a b@c.d")]
)
def test_e_mails_are_small_where_they_are_addresses(typed, kept):
    assert spelling.uniform_email(typed) == kept


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("WWW.Example.COM/Path", "https://www.example.com/Path"),
        ("HTTP://Example.com:8080/?Q=A", "http://example.com:8080/?Q=A"),
        ("https://example.com", "https://example.com"),
        ("javascript:alert(1)", "javascript:alert(1)"),
        ("http://user:secret@example.com", "http://user:secret@example.com"),
        ("none", "none"),
        ("http://[::1", "http://[::1"),
        ("//example.com", "https://example.com"),
    ],
)
def test_websites_get_a_scheme_and_a_small_host(typed, kept):
    assert spelling.uniform_website(typed) == kept


@pytest.mark.parametrize(
    ("address", "region"),
    [
        ("江苏省 苏州市工业园区1号", 5),
        ("江苏苏州园区", 5),
        ("苏州市吴中区", 5),
        ("苏州路1号", None),
        ("江苏苏州路1号", None),
        ("朝阳路5号", None),
        ("鼓楼区1号", None),
        ("1 Main Street", None),
        ("", None),
    ],
)
def test_a_region_is_read_only_where_the_address_begins_with_it_clearly(address, region):
    assert spelling.region_in(address, Known()) == region


@pytest.mark.parametrize(
    ("remark", "industry"), [("老客户\n行业：通用设备制造业，大", 34), ("行业: 造船", None), ("通用设备制造业", None)]
)
def test_an_industry_is_read_where_a_remark_names_it_as_one(remark, industry):
    assert spelling.industry_in(remark, Known()) == industry
