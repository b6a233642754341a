"""What the page of an invoice shows."""

from __future__ import annotations

from typing import Any

from crm.access.gate import may
from crm.approvals.panels import approval_panel
from crm.people.models import User
from crm.ui.formats import yuan2
from sales.documents.shown import money, number_text, rate_text
from sales.invoices.actions import PURPOSE
from sales.invoices.chain import chains_of
from sales.invoices.content import buyer_rows
from sales.invoices.files import files_with
from sales.invoices.issuing import ISSUABLE
from sales.invoices.marks import invoice_mark
from sales.invoices.models import Invoice, InvoiceLine
from sales.invoices.providers import provider

VIEW, ADD, CHANGE, ISSUE = (
    "sales.view_invoice", "sales.add_invoice", "sales.change_invoice", "sales.issue_invoice",
)  # fmt: skip


def invoice_page(invoice: Invoice, user: User) -> dict[str, Any]:
    """The variables of the page of an invoice that came by `shown_to`."""
    lines = list(invoice.lines.all())
    return {
        "invoice": invoice,
        "state": invoice_mark(invoice.state, is_discarded=invoice.archived_at is not None),
        "lines": [shown_line(line) for line in lines],
        "amount": money(invoice.gross, invoice.currency),
        "net": yuan2(invoice.net),
        "tax": yuan2(invoice.tax),
        "taken_back": money(invoice.red_gross, invoice.currency) if invoice.red_gross else "",
        "left": money(invoice.left, invoice.currency) if invoice.red_gross else "",
        "buyer": buyer_rows(invoice.buyer),
        "chains": chains_of(user, invoice=invoice),
        "files": files_with(invoice),
        "approval": approval_panel(user, PURPOSE, invoice) if invoice.kind == Invoice.Kind.BLUE else {},
        "verbs": verbs(invoice, user),
    }


def shown_line(line: InvoiceLine) -> dict[str, str]:
    """A line of an invoice in words."""
    return {
        "position": str(line.position),
        "name": line.name,
        "about": line.spec,
        "quantity": f"{number_text(line.quantity)} {line.unit}".strip() if line.quantity is not None else "",
        "price": number_text(line.price, 2) if line.price is not None else "",
        "tax_rate": rate_text(line.tax_rate),
        "net": yuan2(line.net),
        "tax": yuan2(line.tax),
        "gross": yuan2(line.gross),
    }


def verbs(invoice: Invoice, user: User) -> set[str]:
    """What this person may do with an invoice now; the names are those of the templates."""
    found: set[str] = set()
    if invoice.archived_at is not None:
        return found
    state, is_blue = invoice.state, invoice.kind == Invoice.Kind.BLUE
    if is_blue and may(user, CHANGE, invoice):
        if invoice.is_editable:
            found |= {"edit", "submit", "void"}
        if invoice.is_waiting:
            found.add("withdraw")
        if state in ISSUABLE and not invoice.provider_id:
            found.add("void")
    if may(user, ISSUE, invoice):
        if is_blue and state in ISSUABLE and not invoice.provider_id:
            found |= {"issue"} | ({"order"} if provider() else set())
        if state in Invoice.ISSUED_ONCE and invoice.sent_at is None:
            found.add("sent")
    if is_blue and state in ("issued", "part_red") and may(user, "sales.add_reissue", invoice):
        found.add("reissue")
    return found
