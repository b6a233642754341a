"""What the page of a contract shows."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from crm.access.gate import may
from crm.approvals.panels import approval_panel
from crm.attachments.panels import files_of
from crm.people.models import User
from sales.contracts.actions import PURPOSE
from sales.contracts.marks import part_mark, state_mark
from sales.contracts.models import Contract, Instalment
from sales.documents.shown import money, shown_lines
from sales.money import ZERO
from sales.orders.marks import order_mark

CHANGE, END, WAIVE = "sales.change_contract", "sales.end_contract", "sales.waive_contract_file"


def contract_page(contract: Contract, user: User) -> dict[str, Any]:
    """The variables of the page of a contract."""
    row = Contract.objects.select_related(
        "customer", "type", "main", "opportunity", "owner", "contact", "signer_ours", "signed_file", "waived_by",
        "signed_recorded_by",
    ).get(pk=contract.pk)  # fmt: skip
    lines = list(row.lines.all())
    plan = list(row.instalments.all())
    orders = list(row.orders.order_by("pk")) if row.signed_on and not row.main_id else []
    supplements = list(row.supplements.filter(archived_at=None).order_by("pk")) if not row.main_id else []
    return {
        "contract": row,
        "state": state_mark(row.state, is_discarded=row.archived_at is not None),
        "shown": shown_lines(lines, currency=row.currency, is_tax_included=row.is_tax_included),
        "amount": money(row.gross * row.direction, row.currency),
        "parts": [(part, part_mark(part), due_words(part)) for part in plan],
        "sums": sums(row, plan),
        "sources": [link.quote for link in row.sources.select_related("quote").order_by("quote_id")],
        "supplements": [(one, state_mark(one.state), money(one.gross * one.direction, one.currency))
                        for one in supplements],
        "orders": [(order, order_mark(order.state)) for order in orders],
        "files": files_of(row, user),
        "approval": approval_panel(user, PURPOSE, row),
        "verbs": verbs(row, user),
    }  # fmt: skip


def sums(contract: Contract, plan: list[Instalment]) -> list[tuple[str, str, str]]:
    """Label, amount and tone of what was contracted, is due, was paid and invoiced, and is still open."""
    if contract.main_id or not contract.signed_on:
        return []
    today = timezone.localdate()
    due = sum((part.open_amount for part in plan if part.due_on and part.due_on <= today), ZERO)
    left = contract.outstanding if contract.is_running else ZERO
    rows: list[tuple[str, Decimal, str]] = [
        (_("Contracted"), contract.total, ""),
        (_("Due"), due, "t-red" if due else ""),
        (_("Paid"), contract.received, ""),
        (_("Invoiced"), contract.invoiced, ""),
        (_("To be paid"), left, ""),
    ]
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
    state, found = contract.state, set()
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
        if contract.is_running and not contract.main_id and user.reach.has("sales.add_contract"):
            found.add("supplement")
    if not contract.main_id and may(user, END, contract):
        found |= {
            Contract.State.SIGNED: {"suspend", "terminate", "close"},
            Contract.State.SUSPENDED: {"resume", "terminate"},
        }.get(Contract.State(state), set())
    return found
