"""The chain a document of a reissue belongs to, as one line of links: blue → reissue → red → new."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from crm.people.models import User
from sales.invoices.marks import invoice_mark, reissue_mark
from sales.invoices.models import Invoice, Reissue

# before the red letter a reissue has made nothing
_HAVING = (Reissue.State.RED_ISSUED, Reissue.State.CLOSED)


@dataclass(frozen=True)
class Link:
    """One document of a chain; without address where the person does not see it."""

    label: str
    number: str
    mark: str
    url: str
    is_here: bool


def chains_of(user: User, *, invoice: Invoice | None = None, reissue: Reissue | None = None,
              contract_id: int | None = None) -> list[list[Link]]:  # fmt: skip
    """The chains an invoice, a reissue or a contract is part of, oldest first. Two queries, one where there is none."""
    if reissue is not None:
        asked = Q(invoice_id=reissue.invoice_id)
    elif invoice is not None:
        asked = Q(invoice=invoice) | Q(pk=invoice.reissue_id or 0)
    else:
        asked = Q(contract_id=contract_id)
    rows = list(
        Reissue.objects.visible_to(user).filter(asked, archived_at=None).select_related("invoice").order_by("pk")[:50]
    )
    if not rows:
        return []
    having = [row for row in rows if row.state in _HAVING]
    parts = (
        Invoice.objects.visible_to(user).filter(reissue__in=having, archived_at=None).order_by("pk") if having else ()
    )
    made: dict[int, list[Invoice]] = {}
    for part in parts:
        made.setdefault(part.reissue_id or 0, []).append(part)
    here = invoice or reissue
    return [_chain(row, made.get(row.pk, []), here) for row in rows]


def _chain(reissue: Reissue, made: list[Invoice], here: Any) -> list[Link]:
    reds = [_invoice_link(row, _("Red letter"), here) for row in made if row.kind == Invoice.Kind.RED]
    news = [_invoice_link(row, _("New invoice"), here) for row in made if row.kind == Invoice.Kind.BLUE]
    asked = Link(
        _("Reissue"), reissue.number or _("draft"), reissue_mark(reissue.state), reissue.get_absolute_url(),
        reissue == here,
    )  # fmt: skip
    return [_invoice_link(reissue.invoice, _("Invoice"), here), asked, *reds, *news]


def _invoice_link(invoice: Invoice, label: str, here: Any) -> Link:
    number = invoice.invoice_number or invoice.number or _("draft")
    return Link(label, number, invoice_mark(invoice.state), invoice.get_absolute_url(), invoice == here)
