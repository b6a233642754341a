"""What a segment may ask about the business of customers: what was agreed, paid, owed and talked about.

Sums are those of the pages (sales/payments/balances.py), in yuan: amounts in other currencies are not added up with
them. A person asks only about what their right reaches; each field is one grouped pass over its rows.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Count, F, Max, Q, QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.segments.fields import DAY, DECIMAL, NUMBER, SegmentField
from sales.contracts.models import Contract, Instalment
from sales.opportunities.models import Opportunity
from sales.payments.models import Payment
from sales.quotes.models import Quote

YUAN = "CNY"
AMOUNT_AT_MOST = Decimal(10) ** 16
_GROUP = gettext_lazy("Sales")
_HINT = gettext_lazy("In yuan; amounts in other currencies do not count.")
_CONTRACTS, _PAYMENTS, _QUOTES, _OPPORTUNITIES = (
    "sales.view_contract", "sales.view_payment", "sales.view_quote", "sales.view_opportunity",
)  # fmt: skip

# (rows, the path to their customer): made when it is asked, because some depend on the day
Source = Callable[[], tuple[QuerySet[Any, Any], str]]


def sales_fields() -> Iterable[SegmentField]:
    """Sums, days and numbers of what customers and we have agreed, paid and offered."""
    yield _sum("contracted", gettext_lazy("Contracted"), _agreed, Sum("total"), _CONTRACTS)
    yield _sum("received", gettext_lazy("Amount received"), _paid, Sum("amount"), _PAYMENTS)
    yield _sum("receivable", gettext_lazy("Open receivables"), _owed, Sum(F("amount") - F("received")), _PAYMENTS)
    yield _sum("overdue", gettext_lazy("Overdue amount"), _overdue, Sum(F("amount") - F("received")), _PAYMENTS)
    yield _sum(
        "opportunity_amount", gettext_lazy("Amount of open opportunities"), _talked, Sum("amount"), _OPPORTUNITIES
    )
    yield _day("last_signed", gettext_lazy("Last contract signed"), _signed, "signed_on", _CONTRACTS)
    yield _day("last_paid", gettext_lazy("Last payment"), _all_paid, "paid_on", _PAYMENTS)
    yield SegmentField(
        "quotes", gettext_lazy("Number of quotes"), NUMBER, _GROUP, matching=_quote_count, is_empty=_no_quote,
        right=_QUOTES, hint=gettext_lazy("Those that were submitted once; all versions count as one."),
    )  # fmt: skip


def contracted_amounts() -> str:
    """The statement by which customers get their value: what they signed, in yuan (RFM)."""
    states = ", ".join(f"'{state}'" for state in Contract.SIGNED_ONCE)
    return (
        "SELECT customer_id, sum(total) AS amount FROM sales_contract "  # noqa: S608 - constants of this file only
        f"WHERE main_id IS NULL AND currency = '{YUAN}' AND state IN ({states}) GROUP BY customer_id"
    )


# ── which rows ──


def _signed() -> tuple[QuerySet[Any, Any], str]:
    return Contract.objects.main_ones().signed_once(), "customer"


def _agreed() -> tuple[QuerySet[Any, Any], str]:
    return Contract.objects.main_ones().signed_once().filter(currency=YUAN), "customer"


def _all_paid() -> tuple[QuerySet[Any, Any], str]:
    return Payment.objects.confirmed(), "customer"


def _paid() -> tuple[QuerySet[Any, Any], str]:
    return Payment.objects.confirmed().filter(currency=YUAN), "customer"


def _owed() -> tuple[QuerySet[Any, Any], str]:
    return Instalment.objects.of_running().open().filter(contract__currency=YUAN), "contract__customer"


def _overdue() -> tuple[QuerySet[Any, Any], str]:
    rows = Instalment.objects.overdue_on(timezone.localdate()).filter(contract__currency=YUAN)
    return rows, "contract__customer"


def _talked() -> tuple[QuerySet[Any, Any], str]:
    return Opportunity.objects.open().filter(currency=YUAN, amount__isnull=False), "customer"


def _offered() -> tuple[QuerySet[Any, Any], str]:
    return Quote.objects.current().exclude(number="").filter(archived_at=None), "customer"


# ── how they are asked ──


def _sum(code: str, label: Any, source: Source, total: Sum, right: str) -> SegmentField:
    return SegmentField(
        code, label, DECIMAL, _GROUP, matching=partial(_sums, source, total), is_empty=partial(_nothing, source),
        reading=_amount, right=right, hint=_HINT,
    )  # fmt: skip


def _day(code: str, label: Any, source: Source, column: str, right: str) -> SegmentField:
    return SegmentField(
        code,
        label,
        DAY,
        _GROUP,
        matching=partial(_days, source, column),
        is_empty=partial(_nothing, source),
        right=right,
    )


def _among(source: Source, condition: Q, **figures: Any) -> Q:
    """Customers whose rows, taken together, meet a condition."""
    rows, path = source()
    grouped = rows.order_by().values(path).annotate(**figures).filter(condition)
    return Q(pk__in=grouped.values(path))


def _nothing(source: Source) -> Q:
    rows, path = source()
    return ~Q(pk__in=rows.order_by().values(path))


def _sums(source: Source, total: Sum, operator: str, value: Any) -> Q:
    """At least or at most so much; whoever has nothing has at most anything."""
    amount = Decimal(str(value))  # the digits of JSON, not the nearest binary fraction
    if operator == "at_least":
        return _among(source, Q(figure__gte=amount), figure=total)
    return ~_among(source, Q(figure__gt=amount), figure=total)


def _quote_count(operator: str, value: int) -> Q:
    least = value if operator == "at_least" else value + 1
    condition = _among(_offered, Q(figure__gte=least), figure=Count("pk")) if least else Q()
    return condition if operator == "at_least" else ~condition


def _no_quote() -> Q:
    return _nothing(_offered)


def _days(source: Source, column: str, operator: str, value: Any) -> Q:
    today = timezone.localdate()
    if operator in ("from", "until"):
        lookup, day = "gte" if operator == "from" else "lte", date.fromisoformat(value)
        return _among(source, Q(**{f"figure__{lookup}": day}), figure=Max(column))
    if operator == "next_days":
        return _among(source, Q(figure__gte=today, figure__lte=today + timedelta(days=value)), figure=Max(column))
    past = today - timedelta(days=value)
    condition = Q(figure__gte=past, figure__lte=today) if operator == "last_days" else Q(figure__lt=past)
    return _among(source, condition, figure=Max(column))


def _amount(value: Any) -> Any:
    """What somebody typed as an amount, as a number of JSON; ValidationError in words."""
    text = str(value).strip().replace(",", "") if isinstance(value, int | float | str) else ""
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal("NaN")
    if isinstance(value, bool) or not amount.is_finite() or not 0 <= amount < AMOUNT_AT_MOST:
        raise ValidationError(_("Type an amount of 0 or more."))
    return json.loads(f"{amount.quantize(Decimal('0.01')).normalize():f}")
