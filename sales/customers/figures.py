"""What a customer is worth at a glance: open business, what was contracted, what is still to be paid."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Min, Q, QuerySet, Sum, TextField
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from crm.people.models import User
from crm.records.together import Rows
from crm.ui.formats import short_day, yuan
from customers.customers.additions import CustomerFigures
from customers.customers.models import Customer
from customers.customers.summary import Figure
from sales.contracts.models import Contract, Instalment
from sales.opportunities.models import Opportunity

MONEY_RIGHT = "sales.view_payment"


def figure_parts(customer: Customer, user: User) -> dict[str, QuerySet[Any]]:
    """Sums by currency of what the person sees."""
    talks = Opportunity.objects.visible_to(user).open().filter(customer=customer)
    signed = Contract.objects.within(user, MONEY_RIGHT).signed_once().main_ones().filter(customer=customer)
    owed = Instalment.objects.within(user, MONEY_RIGHT).of_running().open().filter(contract__customer=customer)
    late = Q(due_on__lt=timezone.localdate())
    return {
        "sales_talks": _summed(talks, "currency", "amount", first_on=Min("expected_close_on")),
        "sales_signed": _summed(signed, "currency", "total"),
        "sales_owed": _summed(owed, "contract__currency", F("amount") - F("received"), late=Count("pk", filter=late)),
    }


def told_figures(read: Rows) -> list[Figure]:
    """The figures there is something to say about."""
    figures = []
    if talks := read["sales_talks"]:
        days = sorted(row["first_on"] for row in talks if row["first_on"])
        words = _counted(talks)
        if days:
            day = {"day": short_day(parse_date(days[0]))}
            words += " · " + pgettext("opportunity", "expected %(day)s") % day
        figures.append(Figure(_("Open opportunities"), _amounts(talks), words))
    if signed := read["sales_signed"]:
        count = sum(row["count"] for row in signed)
        words = ngettext("%(count)s contract", "%(count)s contracts", count) % {"count": count}
        figures.append(Figure(_("Contracted"), _amounts(signed), words))
    if owed := read["sales_owed"]:
        late = sum(row["late"] for row in owed)
        words = ngettext("%(count)s instalment overdue", "%(count)s instalments overdue", late) % {"count": late}
        figures.append(Figure(_("To be paid"), _amounts(owed), words if late else "", "red"))
    return figures


FIGURES = CustomerFigures(figure_parts, told_figures)


def _summed(rows: Any, currency: str, amount: Any, **more: Any) -> QuerySet[Any]:
    sums = {"total": Cast(Sum(amount), TextField()), "count": Count("pk"), **more}
    found: QuerySet[Any] = rows.order_by().values(unit=F(currency)).annotate(**sums)
    return found.order_by("unit").values("unit", *sums)


def _counted(rows: list[dict[str, Any]]) -> str:
    count = sum(row["count"] for row in rows)
    return ngettext("%(count)s opportunity", "%(count)s opportunities", count) % {"count": count}


def _amounts(rows: list[dict[str, Any]]) -> str:
    told = [yuan(Decimal(row["total"]), row["unit"]) for row in rows if row["total"] is not None]
    return " · ".join(told) or "—"
