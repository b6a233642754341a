"""Random quotes: the lines are the header, in Python, in the database and in the API, to the cent."""

from decimal import Decimal as D

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sales.quotes.actions import add_quote
from sales.quotes.api import QuoteSerializer
from sales.quotes.models import Quote
from tests.sales.quotes.stories import contradictions, line, values

quantities = st.decimals("0.0001", "99999", places=4)
prices = st.decimals("0", "999999", places=4)
shares = st.decimals("0", "1", places=6)
lines = st.builds(lambda **fields: line(**fields), quantity=quantities, price=prices, discount=shares)


@pytest.mark.django_db
def test_lines_header_and_api_agree_to_the_cent(people):
    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(lines, min_size=1, max_size=8), shares, st.booleans())
    def agree(typed, discount, is_tax_included):
        more = {"discount": discount, "is_tax_included": is_tax_included}
        quote = add_quote(people.customer, actor=people.rep, values=values(**more), lines=typed)
        kept = Quote.objects.get(pk=quote.pk)
        told = QuoteSerializer(kept).data
        for name in ("net", "tax", "gross"):
            whole = sum((getattr(row, name) for row in kept.lines.all()), D("0.00"))
            assert getattr(kept, name) == whole == D(told[name]) == sum(D(row[name]) for row in told["lines"])
        assert contradictions() == []

    agree()
