"""What the page of a reissue shows."""

from __future__ import annotations

from typing import Any

from crm.access.gate import may
from crm.approvals.panels import approval_panel
from crm.people.models import User
from crm.ui.formats import yuan2
from sales.documents.shown import money, rate_text
from sales.invoices.chain import chains_of
from sales.invoices.content import buyer_rows
from sales.invoices.files import files_with
from sales.invoices.marks import reissue_mark
from sales.invoices.models import Invoice, Reissue
from sales.reissues.actions import PURPOSE
from sales.reissues.confirmation import CONFIRMED, lapses_at, next_states

VIEW, ADD, CHANGE, ISSUE = (
    "sales.view_reissue", "sales.add_reissue", "sales.change_reissue", "sales.issue_invoice",
)  # fmt: skip
_DEAD = (Invoice.State.VOID, Invoice.State.REJECTED)


def reissue_page(reissue: Reissue, user: User) -> dict[str, Any]:
    """The variables of the page of a reissue that came by `shown_to`."""
    lines = reissue.lines.select_related("invoice_line").order_by("position")
    return {
        "reissue": reissue,
        "state": reissue_mark(reissue.state, is_discarded=reissue.archived_at is not None),
        "amount": money(-reissue.gross, reissue.currency),
        "net": yuan2(-reissue.net),
        "tax": yuan2(-reissue.tax),
        "lines": [
            {
                "name": one.invoice_line.name, "tax_rate": rate_text(one.invoice_line.tax_rate),
                "net": yuan2(-one.net), "tax": yuan2(-one.tax), "gross": yuan2(-one.gross),
            }
            for one in lines
        ],
        "buyer": buyer_rows(reissue.invoice.buyer),
        "lapses_at": lapses_at(reissue),
        "chains": [chain for chain in chains_of(user, reissue=reissue) if any(link.is_here for link in chain)],
        "files": files_with(reissue),
        "approval": approval_panel(user, PURPOSE, reissue),
        "verbs": verbs(reissue, user),
    }  # fmt: skip


def verbs(reissue: Reissue, user: User) -> set[str]:
    """What this person may do with a reissue now; the names are those of the templates."""
    found: set[str] = set()
    if reissue.archived_at is not None:
        return found
    is_changer, is_issuer = may(user, CHANGE, reissue), may(user, ISSUE, reissue)
    if is_changer:
        if reissue.is_editable:
            found |= {"edit", "submit", "void"}
        if reissue.is_waiting:
            found.add("withdraw")
        if reissue.state == Reissue.State.APPROVED and reissue.confirmation not in ("01", "02", "03", "04"):
            found.add("void")
        if reissue.state == Reissue.State.RED_ISSUED and not _has_living(reissue):
            found |= {"again", "settle"}
    if is_issuer and next_states(reissue):
        found.add("confirm")
    if is_issuer and reissue.state == Reissue.State.APPROVED and reissue.confirmation in CONFIRMED:
        found.add("red")
    return found


def _has_living(reissue: Reissue) -> bool:
    rows = Invoice.objects.filter(reissue=reissue, kind=Invoice.Kind.BLUE, archived_at=None)
    return rows.exclude(state__in=_DEAD).exists()
