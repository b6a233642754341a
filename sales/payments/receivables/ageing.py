"""How old what is owed is, by customer or by contract."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Case, CharField, F, QuerySet, Sum, Value, When
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from sales.money import ZERO

# name, words, last day of the bucket counted in days overdue (None = without end)
BUCKETS: tuple[tuple[str, Any, int | None], ...] = (
    ("not_due", pgettext_lazy("ageing", "not due"), 0),
    ("to_30", _("0–30 days"), 30),
    ("to_60", _("31–60 days"), 60),
    ("to_90", _("61–90 days"), 90),
    ("above_90", _("above 90 days"), None),
)
BY = {"customer": "contract__customer", "contract": "contract"}
ROWS_SHOWN = 200


@dataclass(frozen=True)
class AgeingRow:
    """What one customer or contract owes in one currency, by age."""

    name: str
    detail: str
    pk: int
    currency: str
    amounts: tuple[Decimal, ...]

    @property
    def total(self) -> Decimal:
        """Everything it owes."""
        return sum(self.amounts, ZERO)

    @property
    def overdue(self) -> Decimal:
        """What of it is overdue."""
        return sum(self.amounts[1:], ZERO)


def bucket_of(days: int | None) -> str:
    """The name of the bucket of something overdue for so many days; None = without a day."""
    if days is None or days <= 0:
        return "not_due"
    return next(name for name, _words, last in BUCKETS[1:] if last is None or days <= last)


def with_bucket(rows: QuerySet[Any], today: date) -> QuerySet[Any]:
    """Instalments with `bucket`, the name of their age today."""
    whens = [When(due_on=None, then=Value("not_due")), When(due_on__gte=today, then=Value("not_due"))]
    for name, _words, last in BUCKETS[1:-1]:
        whens.append(When(due_on__gte=date.fromordinal(today.toordinal() - (last or 0)), then=Value(name)))
    return rows.annotate(bucket=Case(*whens, default=Value(BUCKETS[-1][0]), output_field=CharField()))


def ageing(rows: QuerySet[Any], by: str, today: date) -> list[AgeingRow]:
    """Who owes how much for how long, the largest overdue sum first; one query."""
    names = {"customer": ("contract__customer__name", "contract__customer__number"),
             "contract": ("contract__number", "contract__title")}[by]  # fmt: skip
    sums = with_bucket(rows, today).order_by().values(BY[by], *names, "contract__currency", "bucket")
    found: dict[tuple[int, str], dict[str, Any]] = {}
    for row in sums.annotate(open=Sum(F("amount") - F("received"))):
        one = found.setdefault((row[BY[by]], row["contract__currency"]), {"names": [row[name] for name in names]})
        one[row["bucket"]] = row["open"]
    told = [
        AgeingRow(
            one["names"][0], one["names"][1], pk, currency,
            tuple(one.get(name, ZERO) for name, _words, _last in BUCKETS),
        )
        for (pk, currency), one in found.items()
    ]  # fmt: skip
    return sorted(told, key=lambda row: (-row.overdue, -row.total, row.pk))


def totals(rows: list[AgeingRow]) -> dict[str, AgeingRow]:
    """The sums of rows by currency."""
    found: dict[str, AgeingRow] = {}
    for row in rows:
        before = found.get(row.currency)
        amounts = (
            row.amounts if before is None else tuple(a + b for a, b in zip(before.amounts, row.amounts, strict=True))
        )
        found[row.currency] = AgeingRow("", "", 0, row.currency, amounts)
    return dict(sorted(found.items()))
