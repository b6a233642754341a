from decimal import Decimal

import pytest

from sales.printing.words import in_words


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("0", "人民币零元整"),
        ("0.05", "人民币伍分"),
        ("0.50", "人民币伍角整"),
        ("1.05", "人民币壹元零伍分"),
        ("10.50", "人民币壹拾元伍角整"),
        ("1409.50", "人民币壹仟肆佰零玖元伍角整"),
        ("6007.14", "人民币陆仟零柒元壹角肆分"),
        ("10010", "人民币壹万零壹拾元整"),
        ("100700", "人民币壹拾万零柒佰元整"),
        ("706580", "人民币柒拾万陆仟伍佰捌拾元整"),
        ("100000001", "人民币壹亿零壹元整"),
        ("1000000000", "人民币壹拾亿元整"),
        ("20000005000", "人民币贰佰亿零伍仟元整"),
        (
            "1234567890123456.78",
            "人民币壹仟贰佰叁拾肆万伍仟陆佰柒拾捌亿玖仟零壹拾贰万叁仟肆佰伍拾陆元柒角捌分",
        ),
    ],
)
def test_an_amount_is_read_as_documents_write_it(amount, words):
    assert in_words(Decimal(amount)) == words


def test_a_negative_amount_says_so():
    assert in_words(Decimal("-5.10")) == "人民币负伍元壹角整"


def test_other_currencies_are_named():
    assert in_words(Decimal("20"), "USD") == "美元贰拾元整"


def test_half_a_cent_is_rounded_up():
    assert in_words(Decimal("0.005")) == "人民币壹分"
