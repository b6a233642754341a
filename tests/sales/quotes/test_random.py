"""Many random quotes, typed as on the page: lines, header, API and paper hold what whole numbers say, to the cent.

`HARBOUR_RANDOM_QUOTES` sets how many (300 in the suite). What is right is computed here from whole numbers alone, by
the rules of rounding and not by the functions under test. A few are printed and their PDFs read again.
"""

import io
import os
from collections import Counter
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN
from decimal import Decimal as D
from random import Random

import pytest
from django.db import connection, transaction
from django.utils import timezone
from pypdf import PdfReader

from crm.operations.invariants import broken
from sales.documents.line_forms import LineEditor
from sales.documents.lines import checked_lines, set_totals
from sales.documents.shown import shown_lines
from sales.printing.letterhead import letterhead
from sales.printing.models import PrintTemplate
from sales.printing.papers import quote_paper
from sales.printing.rendering import print_row
from sales.printing.templates import template_for
from sales.quotes.actions import terms_of
from sales.quotes.api import QuoteSerializer, QuoteViewSet
from sales.quotes.invariants import RULES
from sales.quotes.models import Quote, QuoteLine
from tests.factories.sales import make_tax_rate

HOW_MANY = int(os.environ.get("HARBOUR_RANDOM_QUOTES", "300"))
AT_ONCE, PRINTED = 200, max(3, min(HOW_MANY // 2000, 30))
RATES = (130_000, 90_000, 60_000, 30_000, 0)  # millionths
SUMS = ("net", "tax", "gross")


@dataclass(frozen=True)
class Typed:
    """A line in whole numbers: ten-thousandths of pieces and yuan, millionths of the discount and of the tax rate."""

    quantity: int
    price: int
    discount: int
    rate: int


def half_up(number, divisor):
    return (2 * number + divisor) // (2 * divisor)


def right_sums(line, whole, is_tax_included):
    """Net, tax and gross of a line in cents, and whether its amount lay exactly between two cents."""
    million = 10**6
    left = million - half_up(million**2 - (million - line.discount) * (million - whole), million)
    exact = line.quantity * line.price * left
    amount = half_up(exact, 10**12)
    if is_tax_included:
        net = half_up(amount * million, million + line.rate)
        sums = (net, amount - net, amount)
    else:
        tax = half_up(amount * line.rate, million)
        sums = (amount, tax, amount + tax)
    return sums, exact % 10**12 == 10**12 // 2


def typed_at_random(random):
    """Up to four lines, the discount on the whole, whether prices include tax; many amounts lie between two cents."""
    discounts = (0, 0, 120_000, 180_000, 500_000, random.randrange(10**6 + 1))
    lines = [
        Typed(
            random.choice((10**4 * random.randint(1, 300), 5000 * random.randint(1, 99), random.randint(1, 10**9))),
            random.choice((100 * random.randint(0, 10**7), 50 * random.randint(1, 10**6), random.randint(0, 10**10))),
            random.choice(discounts),
            random.choice(RATES),
        )
        for _place in range(random.randint(1, 4))
    ]
    return lines, random.choice(discounts), random.random() < 0.5


def as_typed(lines):
    """What a browser sends for these lines."""
    fields = {"lines-count": str(len(lines))}
    for place, line in enumerate(lines):
        texts = {"name": f"Thing {place}", "quantity": D(line.quantity).scaleb(-4), "price": D(line.price).scaleb(-4),
                 "discount": D(line.discount).scaleb(-4), "tax_rate": D(line.rate).scaleb(-6)}  # fmt: skip
        fields |= {f"lines-{place}-{name}": str(text) for name, text in texts.items()}
    return fields


def cents(text):
    """The cents of an amount as people or programs read it."""
    return int(D(str(text).lstrip("¥").replace(",", "")).scaleb(2))


def written(people, lines, whole, is_tax_included):
    """An unsaved quote with its lines, as the page writes it; a live total shown meanwhile is the one it will have."""
    today = timezone.localdate()
    quote = Quote(
        customer=people.customer, owner=people.rep, department=people.rep.department, created_by=people.rep,
        title="Random", issued_on=today, valid_until=today, discount=D(whole).scaleb(-6),
        is_tax_included=is_tax_included, state="approved",
    )  # fmt: skip
    editor = LineEditor(as_typed(lines), quote, terms_of(quote))
    assert editor.is_valid(), [row.errors for row in editor.rows]
    rows = checked_lines(quote, editor.values(), terms_of(quote))
    set_totals(quote, rows)
    if len(lines) == 3:
        editor.preview()
        assert editor.totals == quote.totals
    return quote, rows


def keep(made, first):
    """Write quotes and lines with as few statements as there are tables."""
    for place, (quote, _rows) in enumerate(made):
        quote.number = f"R-{first + place:07d}"
    Quote.objects.bulk_create([quote for quote, _rows in made])
    for quote, rows in made:
        for row in rows:
            row.document = quote
    QuoteLine.objects.bulk_create([row for _quote, rows in made for row in rows])
    return [quote.pk for quote, _rows in made]


def refuse_difference(quote, told, right, is_tax_included, head):
    """Every place that tells amounts of a kept quote tells the right ones; `told` is what the API says."""
    rows = list(quote.lines.all())
    whole = tuple(map(sum, zip(*right, strict=True)))
    shown = shown_lines(rows, currency=quote.currency, is_tax_included=is_tax_included)
    paper = quote_paper(quote, rows, head).lines
    assert [tuple(cents(getattr(row, name)) for name in SUMS) for row in rows] == right
    assert [tuple(cents(row[name]) for name in SUMS) for row in told["lines"]] == right
    assert tuple(cents(getattr(quote, name)) for name in SUMS) == whole
    assert tuple(cents(told[name]) for name in SUMS) == whole
    for page in (shown, paper):
        assert tuple(cents(getattr(page, name)) for name in SUMS) == whole
        assert [cents(line.amount) for line in page.lines] == [sums[2 if is_tax_included else 0] for sums in right]


def refuse_misprint(quote, right, people):
    """The PDF holds every amount of the lines and the totals."""
    content = print_row(PrintTemplate.Kind.QUOTE, quote, people.rep, template_for(PrintTemplate.Kind.QUOTE, "zh-hans"))
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(content.content)).pages)
    for number in (*map(sum, zip(*right, strict=True)), *(sums[2 if quote.is_tax_included else 0] for sums in right)):
        assert f"{number // 100:,}.{number % 100:02d}" in text, (quote.pk, number)


@pytest.mark.django_db
def test_lines_header_api_and_paper_hold_what_whole_numbers_say(people, record_property):
    found = compared(people, HOW_MANY)
    for name, count in found.items():
        record_property(name, count)
    assert found["quotes"] == HOW_MANY and found["printed"] == PRINTED
    assert found["between_two_cents"] > 0 and found["taxed_otherwise_as_a_whole"] > 0


@pytest.mark.django_db
def test_rounding_half_to_even_would_be_noticed(people, monkeypatch):
    monkeypatch.setattr("sales.money.ROUND_HALF_UP", ROUND_HALF_EVEN)
    with pytest.raises(AssertionError):
        compared(people, 100)


def compared(people, how_many):
    """Write, keep and read quotes some hundreds at a time; how many were hard ones."""
    for rate in RATES:
        make_tax_rate(str(D(rate).scaleb(-6).normalize()))
    random, head, found = Random("quotes"), letterhead(), Counter()
    for first in range(0, how_many, AT_ONCE):
        typed = [typed_at_random(random) for _place in range(min(AT_ONCE, how_many - first))]
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")  # a busy machine compares slowly
            ids = keep([written(people, *one) for one in typed], first)
            assert [rule.sentence for rule in RULES if rule.number in (1, 2, 3) and broken(rule)] == []
            rows = list(QuoteViewSet().with_relations(Quote.objects.filter(pk__in=ids)).order_by("pk"))
            answers = QuoteSerializer(rows, many=True).data
            for quote, told, (lines, whole, is_included) in zip(rows, answers, typed, strict=True):
                sums = [right_sums(line, whole, is_included) for line in lines]
                right = [one for one, _is_between in sums]
                refuse_difference(quote, told, right, is_included, head)
                if found["printed"] * how_many <= found["quotes"] * PRINTED:
                    refuse_misprint(quote, right, people)
                    found["printed"] += 1
                found["quotes"] += 1
                found["between_two_cents"] += sum(is_between for _one, is_between in sums)
                found["taxed_otherwise_as_a_whole"] += is_otherwise(right, lines, is_included)
            transaction.set_rollback(True)
    return found


def is_otherwise(right, lines, is_included):
    """Whether tax computed from the sum of the lines of one rate would be another amount."""
    for rate in RATES:
        same = [sums for sums, line in zip(right, lines, strict=True) if line.rate == rate]
        net, tax, gross = (sum(sums[place] for sums in same) for place in range(3))
        anew = gross - half_up(gross * 10**6, 10**6 + rate) if is_included else half_up(net * rate, 10**6)
        if anew != tax:
            return True
    return False
