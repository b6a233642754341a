"""From a row to its PDF: the paper, the blocks of a template, our fonts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import translation
from django.utils.text import get_valid_filename
from django.utils.translation import gettext_lazy as _

from crm.access.masks import may_know_contact_details
from crm.people.models import User
from crm.records.pdf import render_pdf
from customers.contacts.models import Contact
from customers.customers.models import Customer
from sales.contracts.models import Contract
from sales.orders.models import Delivery
from sales.printing.letterhead import letterhead
from sales.printing.models import Letterhead, PrintTemplate
from sales.printing.papers import Paper, company_name, contract_paper, delivery_paper, quote_paper
from sales.printing.placeholders import filled
from sales.printing.statements import sees_whole, statement_paper
from sales.quotes.models import Quote

Kind = PrintTemplate.Kind
# kind → model of what is printed, the right to see it
PRINTED: Mapping[str, tuple[Any, str]] = {
    Kind.QUOTE: (Quote, "sales.view_quote"),
    Kind.CONTRACT: (Contract, "sales.view_contract"),
    Kind.DELIVERY_NOTE: (Delivery, "sales.view_order"),
    Kind.STATEMENT: (Customer, "sales.view_payment"),
}


@dataclass(frozen=True)
class Printed:
    """A PDF and what its file is called."""

    content: bytes
    file_name: str


def print_row(kind: str, row: Any, user: User, template: PrintTemplate) -> Printed:
    """The PDF of a row in the user's reach, in the language of the template.

    PermissionDenied where the user does not see its customer any more; ValidationError where it is too large.
    """
    with translation.override(template.language):
        head = letterhead()
        return print_paper(paper_of(kind, row, user, head), head, template)


def print_for_customer(quote: Quote, template: PrintTemplate) -> Printed:
    """The PDF of a quote for whoever holds its link: it names no person and no address of the customer.

    ValidationError where it is too large.
    """
    with translation.override(template.language):
        head = letterhead()
        return print_paper(quote_paper(quote, list(quote.lines.all()), head), head, template)


def print_paper(paper: Paper, head: Letterhead, template: PrintTemplate) -> Printed:
    """The PDF of a paper, in the language that is switched on."""
    pictures = {name: bytes(content) for name in ("logo", "seal") if (content := getattr(head, name))}
    content = render_pdf("sales/printing/paper.html", context_of(paper, head, template), _png(pictures))
    words = "-".join(text for text in (paper.heading, paper.number or paper.title) if text)
    version = f"-v{paper.version}" if paper.version > 1 else ""
    return Printed(content, f"{get_valid_filename(words)[:100]}{version}.pdf")


def context_of(paper: Paper, head: Letterhead, template: PrintTemplate) -> dict[str, Any]:
    """What the print template of all documents is given: values only."""
    foot = head.footer or " · ".join(text for text in (head.address, head.phone, head.email, head.website) if text)
    return {
        "paper": paper,
        "blocks": [_block(block, paper) for block in template.blocks],
        "document_title": " ".join(text for text in (paper.heading, paper.number) if text),
        "company_name": company_name(head),
        "version": f"v{paper.version}" if paper.version > 1 else "",
        "has_logo": head.logo is not None,
        "foot": foot,
    }


def paper_of(kind: str, row: Any, user: User, head: Letterhead) -> Paper:
    """What stands on the document of a row; PermissionDenied where the user does not see its customer."""
    customer = row.order.customer if kind == Kind.DELIVERY_NOTE else row if kind == Kind.STATEMENT else row.customer
    if not Customer.objects.visible_to(user).filter(pk=customer.pk).exists():
        raise PermissionDenied(_("You do not see the customer of this document any more."))
    if kind == Kind.QUOTE:
        address = customer.address if may_know_contact_details(user, customer) else ""
        return quote_paper(row, list(row.lines.all()), head, contact=_contact(row, user), address=address)
    if kind == Kind.CONTRACT:
        parts = list(row.instalments.all())
        return contract_paper(row, list(row.lines.all()), parts, head, contact=_contact(row, user))
    if kind == Kind.DELIVERY_NOTE:
        goods = row.lines.select_related("order_line").order_by("order_line__position")
        return delivery_paper(row, [(one.order_line, one.quantity) for one in goods], head)
    if not sees_whole(customer, user):
        words = _("Contracts or payments of this customer are out of your reach, so the statement would not be whole.")
        raise ValidationError(words, code="reach")
    return statement_paper(row, head)


def line_count(kind: str, row: Any) -> int:
    """How many lines a document has, which says how long its PDF takes."""
    return 0 if kind == Kind.STATEMENT else int(row.lines.count())


def _contact(row: Any, user: User) -> str:
    person = Contact.objects.visible_to(user).filter(pk=row.contact_id).first() if row.contact_id else None
    if person is None or row.customer.status == Customer.Status.POOL:
        return ""
    return " ".join(text for text in (person.name, person.job_title) if text)


def _block(block: Mapping[str, str], paper: Paper) -> dict[str, Any]:
    kind = block["kind"]
    part = kind if kind in ("parties", "lines", "conditions", "terms", "text", "signatures", "page") else "sheet"
    return {
        "part": f"sales/printing/_{part}.html",
        "title": filled(block.get("title", ""), paper.values),
        "paragraphs": [line for line in filled(block.get("text", ""), paper.values).split("\n") if line.strip()],
        "sheet": paper.sheets.get(kind),
    }


def _png(pictures: Mapping[str, bytes]) -> dict[str, bytes]:
    return {f"{name}.png": content for name, content in pictures.items()}
