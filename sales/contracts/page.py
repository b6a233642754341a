"""What the page of a contract shows."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db.models import TextField
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from crm.access.gate import may
from crm.approvals.panels import approval_panel
from crm.attachments.models import Attachment
from crm.people.models import User
from crm.records.together import Rows, read_together
from sales.contracts.actions import PURPOSE
from sales.contracts.marks import part_mark, state_mark
from sales.contracts.models import Contract, Instalment
from sales.documents.shown import money, shown_lines
from sales.invoices.chain import chains_of
from sales.money import ZERO
from sales.orders.marks import order_mark
from sales.orders.models import Order

_ORDER = ("id", "number", "state", "due_on")
_PART = ("name", "basis", "days_after", "due_on", "voided_at", "amount_text", "received_text")
ADD, CHANGE, END, WAIVE = (f"sales.{word}" for word in ("add_contract", "change_contract", "end_contract",
                                                        "waive_contract_file"))  # fmt: skip


def contract_page(contract: Contract, user: User) -> dict[str, Any]:
    """The variables of the page of a contract that came by `shown_to`; five queries, eight with its approval."""
    found = _read(contract, user)
    plan = [_part(row) for row in found["plan"]]
    currency = contract.currency
    shown = shown_lines(list(contract.lines.all()), currency=currency, is_tax_included=contract.is_tax_included)
    return {
        "contract": contract,
        "state": state_mark(contract.state, is_discarded=contract.archived_at is not None),
        "shown": shown,
        "amount": money(contract.gross * contract.direction, currency),
        "parts": [(part, part_mark(part), due_words(part)) for part in plan],
        "sums": sums(contract, plan),
        "sources": found["sources"],
        "supplements": [
            {
                **one,
                "mark": state_mark(one["state"]),
                "amount": money(Decimal(one["text"]) * one["direction"], currency),
            }
            for one in found["supplements"]
        ],
        "orders": [{**one, "mark": order_mark(one["state"])} for one in found["orders"]],
        "files": found["files"],
        "chains": chains_of(user, contract_id=contract.pk) if found["reissues"] else [],
        "approval": approval_panel(user, PURPOSE, contract),
        "verbs": verbs(contract, user),
    }


def _read(contract: Contract, user: User) -> Rows:
    """What hangs on a contract, in one round trip; amounts come as text, so that no cent is lost."""
    files = Attachment.objects.visible_to(user).of(contract).live().order_by("-created_at", "-pk")
    plan = contract.instalments.annotate(amount_text=_text("amount"), received_text=_text("received"))
    supplements = Contract.objects.visible_to(user).filter(main=contract, archived_at=None).order_by("pk")
    return read_together(
        {
            "plan": plan.order_by("position").values(*_PART),
            "sources": contract.sources.annotate(text=_text("quote__gross"))
            .order_by("quote_id")
            .values("quote_id", "quote__number", "text"),
            "supplements": supplements.annotate(text=_text("gross")).values(
                "id", "number", "title", "state", "direction", "text"
            ),
            "orders": Order.objects.visible_to(user).filter(contract=contract).order_by("pk").values(*_ORDER),
            "files": files.values("id", "name"),
            "reissues": contract.reissues.filter(archived_at=None).values("id")[:1],
        }
    )


def _text(path: str) -> Cast:
    return Cast(path, TextField())


def _part(row: dict[str, Any]) -> Instalment:
    day = parse_date(row["due_on"]) if row["due_on"] else None
    return Instalment(
        name=row["name"], basis=row["basis"], days_after=row["days_after"], due_on=day, voided_at=row["voided_at"],
        amount=Decimal(row["amount_text"]), received=Decimal(row["received_text"]),
    )  # fmt: skip


def sums(contract: Contract, plan: list[Instalment]) -> list[tuple[str, str, str]]:
    """Label, amount and tone of what was contracted, is due, was paid and invoiced, and is still open."""
    if contract.main_id or not contract.signed_on:
        return []
    today = timezone.localdate()
    due = sum((part.open_amount for part in plan if part.due_on and part.due_on <= today), ZERO)
    left = contract.outstanding if contract.is_running else ZERO
    rows: list[tuple[str, Decimal, str]] = [
        (_("Contracted"), contract.total, ""),
        (pgettext("contract", "Due"), due, "t-red" if due else ""),
        (_("Paid"), contract.received, ""),
        (_("Invoiced"), contract.invoiced, ""),
        (_("To be paid"), left, ""),
    ]
    if beyond := contract.invoiced_unpaid:
        rows.append((_("Invoiced beyond what was paid"), beyond, "t-red"))
    return [(label, money(amount, contract.currency), tone) for label, amount, tone in rows]


def due_words(part: Instalment) -> str:
    """When a part is due that has no day yet: 30 days after delivery."""
    if part.basis == Instalment.Basis.DATE or part.due_on:
        return ""
    words = str(Instalment.Basis(part.basis).label)
    if not part.days_after:
        return words
    return _("%(days)s days %(milestone)s") % {"days": part.days_after, "milestone": words}


def verbs(contract: Contract, user: User) -> set[str]:
    """What this person may do with a contract now; the names are those of the templates."""
    state = contract.state
    found: set[str] = set()
    if contract.archived_at is not None:
        return found
    if may(user, CHANGE, contract):
        if contract.is_editable:
            found |= {"edit", "submit"} | ({"plan"} if contract.direction == Contract.Direction.ADDS else set())
        if contract.is_waiting:
            found.add("withdraw")
        if state in (Contract.State.APPROVED, Contract.State.REJECTED):
            found.add("revise")
        if state == Contract.State.APPROVED:
            found.add("sign")
        if not contract.is_waiting and state not in (*Contract.SIGNED_ONCE, Contract.State.VOID):
            found.add("void")
    if contract.is_running and not contract.main_id and may(user, ADD, contract):
        found.add("supplement")
    if not contract.main_id and may(user, END, contract):
        found |= {
            Contract.State.SIGNED: {"suspend", "terminate", "close"},
            Contract.State.SUSPENDED: {"resume", "terminate"},
        }.get(Contract.State(state), set())
    return found
