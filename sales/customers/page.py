"""What the page of a customer's transactions shows: where it stands, contract by contract, and all its records."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from crm.access.gate import may
from crm.people.models import User
from crm.records.together import Rows, read_together
from customers.customers.additions import figure_parts, figures_beside, tabs_beside
from customers.customers.models import Customer
from customers.customers.names import look_up, wanted_by
from customers.customers.summary import heading, key_figures, status_path
from customers.pool.hiding import conceal
from sales.contracts.marks import part_mark
from sales.contracts.models import Contract, Instalment
from sales.customers.figures import MONEY_RIGHT
from sales.customers.sections import SHOWN, Section, section_parts, sections_of
from sales.documents.shown import money
from sales.money import ZERO
from sales.payments.balances import Balance, balance_of
from sales.payments.models import Payment

NAMED_FIELDS = ("owner_id", "stage_id", "level_id", "industry_id", "region_id", "tag_ids")
PARTS_SHOWN = 6
# right to write → kind of record, as the addresses call it
OFFERED = ("opportunity", "requirement", "quote")


@dataclass(frozen=True)
class Standing:
    """A running contract: its sums (label, amount, tone), its instalments (name, amount, day, mark), how many more."""

    title: str
    number: str
    url: str
    sums: list[tuple[str, str, str]]
    parts: list[tuple[str, str, Any, str]]
    more: int


def transactions_page(customer: Customer, user: User) -> dict[str, Any]:
    """The variables of the page; three queries, whatever the customer bought."""
    conceal(user, [customer])
    read = read_together({**figure_parts(customer, user), **section_parts(customer, user), **_money(customer, user)})
    names = look_up(wanted_by([customer], NAMED_FIELDS))
    sections = sections_of(read, customer)
    return {
        "customer": customer,
        **heading(customer, names),
        "figures": [*figures_beside(read), *key_figures(customer, names)],
        "path": status_path(customer),
        "tabs_beside": tabs_beside(user),
        "may_see_history": may(user, "customers.view_history", customer),
        "balances": _balances(customer, read) if user.reach.has(MONEY_RIGHT) else [],
        "is_cut": bool(read.get("unseen")),
        "standings": _standings(read, sections),
        "sections": sections,
        "may_print": not read.get("unseen") and may(user, MONEY_RIGHT, customer),
        "offered": offered(customer, user),
    }


def offered(customer: Customer, user: User) -> frozenset[str]:
    """The kinds of records this person may write for a customer: one that somebody owns."""
    if customer.archived_at is not None or customer.owner_id is None or customer.status == Customer.Status.POOL:
        return frozenset()
    return frozenset(kind for kind in OFFERED if user.reach.covers(f"sales.add_{kind}", customer))


def _money(customer: Customer, user: User) -> dict[str, QuerySet[Any]]:
    """Contracts and payments that count for this person, whether others do not, instalments of running contracts."""
    signed = Contract.objects.signed_once().filter(customer=customer)
    counted = signed.within(user, MONEY_RIGHT)
    confirmed = Payment.objects.confirmed().filter(customer=customer)
    paid = confirmed.visible_to(user)
    unseen = signed.exclude(pk__in=counted.values("pk")).order_by().values("pk")
    unseen = unseen.union(confirmed.exclude(pk__in=paid.values("pk")).order_by().values("pk"))
    running = Contract.objects.within(user, MONEY_RIGHT).running().main_ones().filter(customer=customer)
    plan = Instalment.objects.filter(contract__in=running.order_by("-pk").values("pk")[:SHOWN])
    exact = {"amount_text": Cast("amount", TextField()), "received_text": Cast("received", TextField())}
    return {
        "counted": counted.order_by().values("pk"),
        "paid": paid.order_by().values("pk"),
        **({"unseen": unseen[:1]} if user.reach.has(MONEY_RIGHT) else {}),
        "plan": plan.order_by("contract_id", "position")
        .annotate(**exact)
        .values("contract_id", "name", "due_on", "voided_at", *exact),
    }


def _balances(customer: Customer, read: Rows) -> list[dict[str, Any]]:
    contracts, payments = ([row["pk"] for row in read[name]] for name in ("counted", "paid"))
    if not contracts and not payments:
        return []
    found = balance_of([customer.pk], contracts=contracts, payments=payments)[customer.pk]
    return [{"currency": one.currency, "sums": _sums(one)} for one in found]


def _sums(one: Balance) -> list[tuple[str, str, str]]:
    rows: list[tuple[str, Decimal, str]] = [
        (_("Contracted"), one.contracted, ""),
        (_("Due by today"), one.due, ""),
        (_("Paid"), one.paid, ""),
        (_("Invoiced"), one.invoiced, ""),
        (_("To be paid"), one.open, ""),
        (_("Overdue"), one.overdue, "red" if one.overdue else ""),
    ]
    if one.prepaid:
        rows.append((pgettext("customer", "Prepaid"), one.prepaid, ""))
    return [(label, money(amount, one.currency), tone) for label, amount, tone in rows]


def _standings(read: Rows, sections: list[Section]) -> list[Standing]:
    """The running contracts among those the page lists, each with its plan."""
    listed = next((section.rows for section in sections if section.key == "contract"), [])
    counted = {row["pk"] for row in read["counted"]}
    plans: dict[int, list[Instalment]] = {}
    for values in read["plan"]:
        plans.setdefault(values["contract_id"], []).append(_part(values))
    return [
        _standing(shown.row, shown.url, plans.get(shown.pk, []))
        for shown in listed
        if shown.pk in counted and shown.row.is_running and shown.row.main_id is None
    ]


def _standing(contract: Contract, url: str, plan: list[Instalment]) -> Standing:
    today, currency = timezone.localdate(), contract.currency
    living = [part for part in plan if not part.voided_at]
    asked = [part for part in living if part.due_on and part.due_on <= today]
    balance = Balance(
        contract.customer_id or 0,
        currency,
        contracted=contract.total,
        due=sum((part.amount for part in asked), ZERO),
        paid=contract.received,
        invoiced=contract.invoiced,
        open=sum((part.open_amount for part in living), ZERO),
        overdue=sum((part.open_amount for part in asked if part.due_on and part.due_on < today), ZERO),
    )
    first = next((place for place, part in enumerate(plan) if part.open_amount), 0)
    start = max(min(first, len(plan) - PARTS_SHOWN), 0)  # what is paid already goes first where not all fit
    near = plan[start : start + PARTS_SHOWN]
    parts = [(part.name, money(part.amount, currency), part.due_on, part_mark(part)) for part in near]
    return Standing(contract.title, contract.number, url, _sums(balance), parts, len(plan) - len(near))


def _part(values: dict[str, Any]) -> Instalment:
    return Instalment(
        name=values["name"], due_on=parse_date(values["due_on"]) if values["due_on"] else None,
        voided_at=values["voided_at"], amount=Decimal(values["amount_text"]),
        received=Decimal(values["received_text"]),
    )  # fmt: skip
