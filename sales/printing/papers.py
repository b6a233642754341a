"""What stands on a printed document: frozen values, made once from a row its reader may see.

Only what a customer may read gets in here: no minimum price, cost, margin or internal note.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils.translation import pgettext

from crm.ui.formats import is_chinese, long_day, percent, yuan2
from sales.contracts.models import Contract, Instalment
from sales.documents.models import EDITABLE_STATES, WAITING_STATES, Document
from sales.documents.shown import ShownLines, money, number_text, shown_lines
from sales.orders.models import Delivery
from sales.printing.models import Letterhead
from sales.quotes.models import Quote

Fact = tuple[str, str]
_DEAD = ("rejected", "void", "superseded")
_NUMBERED = re.compile(r"(\d+|[一二三四五六七八九十]+|第.{1,3}条)\s*[.、．)）:： ]")


@dataclass(frozen=True)
class Party:
    """One side of a document."""

    role: str
    name: str
    facts: Sequence[Fact] = ()


@dataclass(frozen=True)
class Signature:
    """A box to sign in; `has_seal` prints our seal, `seal_words` stand in the empty circle."""

    role: str
    name: str
    seal_words: str
    has_seal: bool = False


@dataclass(frozen=True)
class Sheet:
    """A table on paper: heads, rows of texts, and whether the columns from `numbers_from` hold numbers."""

    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    numbers_from: int
    empty: str = ""


@dataclass(frozen=True)
class Paper:
    """A document for a customer as it is printed; `mark` is written across pages of what does not count."""

    heading: str
    title: str
    number: str
    facts: Sequence[Fact]
    parties: Sequence[Party]
    signatures: Sequence[Signature]
    values: Mapping[str, str]
    mark: str = ""
    version: int = 0
    lines: ShownLines | None = None
    currency: str = "CNY"
    terms: Sequence[str] = ()
    conditions: Sequence[Fact] = ()
    sheets: Mapping[str, Sheet] = field(default_factory=dict)

    @property
    def terms_are_numbered(self) -> bool:
        """Whether whoever wrote the terms numbered them."""
        return bool(self.terms and _NUMBERED.match(self.terms[0]))


def company_name(head: Letterhead) -> str:
    """What our company is called in the language of the document."""
    return (head.name if is_chinese() else head.english_name or head.name) or settings.COMPANY_NAME


def quote_paper(quote: Quote, lines: Sequence[Any], head: Letterhead, *, contact: str = "", address: str = "") -> Paper:
    """A quote; `contact` and `address` are left empty for readers who may not know them."""
    shown = shown_lines(lines, currency=quote.currency, is_tax_included=quote.is_tax_included)
    customer = quote.customer.name
    valid = long_day(quote.valid_until)
    return Paper(
        heading=pgettext("print", "Quote"),
        title=quote.title,
        number=quote.number,
        version=quote.version,
        facts=filled_facts(
            (pgettext("print", "Number"), _numbered(quote)),
            (pgettext("print", "Date"), long_day(quote.issued_on)),
            (pgettext("print", "Valid until"), valid),
        ),
        parties=[
            _theirs(pgettext("print", "To"), customer, contact=contact, address=address),
            our_party(pgettext("print", "From"), head, quote.owner),
        ],
        signatures=signature_boxes(
            pgettext("print", "Confirmed by the customer"), customer, head, is_final=quote.is_released
        ),
        mark=_mark(quote.state),
        lines=shown,
        currency=quote.currency,
        terms=_paragraphs(quote.terms),
        conditions=_conditions(quote),
        values={
            **_values(quote, shown, customer, contact, head),
            "date": long_day(quote.issued_on),
            "valid_until": valid,
        },
    )


def contract_paper(
    contract: Contract, lines: Sequence[Any], instalments: Sequence[Instalment], head: Letterhead, *, contact: str = ""
) -> Paper:
    """A contract or supplement, with the customer as the party it was drawn up with."""
    shown = shown_lines(lines, currency=contract.currency, is_tax_included=contract.is_tax_included)
    party = contract.party
    customer = party.get("name") or contract.customer.name
    code, address = party.get("credit_code", ""), party.get("address", "")
    is_final = contract.state == Contract.State.APPROVED or contract.state in Contract.SIGNED_ONCE
    is_supplement = contract.main_id is not None
    main = [(pgettext("print", "Supplement to"), str(contract.main))] if is_supplement else []
    return Paper(
        heading=pgettext("print", "Supplement") if is_supplement else pgettext("print", "Contract"),
        title=contract.title,
        number=contract.number,
        version=contract.version,
        facts=filled_facts(
            (pgettext("print", "Number"), _numbered(contract)),
            *main,
            (pgettext("print", "In force from"), long_day(contract.starts_on)),
            (pgettext("print", "Until"), long_day(contract.ends_on)),
            (pgettext("print", "Signed on"), long_day(contract.signed_on)),
        ),
        parties=[
            _theirs(
                pgettext("print", "Party A (customer)"),
                customer,
                contact=contract.signer_theirs or contact,
                code=code,
                address=address,
            ),
            our_party(pgettext("print", "Party B (supplier)"), head, contract.signer_ours or contract.owner),
        ],
        signatures=signature_boxes(
            pgettext("print", "Party A"), customer, head, is_final=is_final, ours=pgettext("print", "Party B")
        ),
        mark=_mark(contract.state),
        lines=shown,
        currency=contract.currency,
        terms=_paragraphs(contract.clauses),
        conditions=_conditions(contract),
        sheets={"instalments": _instalments(instalments)},
        values={
            **_values(contract, shown, customer, contact, head),
            "date": long_day(contract.starts_on),
            "starts_on": long_day(contract.starts_on),
            "ends_on": long_day(contract.ends_on),
            "signed_on": long_day(contract.signed_on),
            "credit_code": code,
        },
    )


def delivery_paper(delivery: Delivery, goods: Sequence[tuple[Any, Decimal]], head: Letterhead) -> Paper:
    """A delivery note: `goods` are order lines with the quantity that goes along."""
    order = delivery.order
    customer = order.contract.party.get("name") or order.customer.name
    day = long_day(delivery.delivered_on or delivery.planned_on)
    rows = [
        (
            str(place),
            " · ".join(text for text in (line.code, line.name) if text),
            f"{number_text(quantity)} {line.unit}".strip(),
        )
        for place, (line, quantity) in enumerate(goods, 1)
    ]
    theirs = [
        (pgettext("print", "Place"), delivery.place),
        (pgettext("print", "Carrier"), delivery.carrier),
        (pgettext("print", "Tracking number"), delivery.tracking_number),
    ]
    is_dead = delivery.state in (Delivery.State.CANCELLED, Delivery.State.REFUSED)
    return Paper(
        heading=pgettext("print", "Delivery note"),
        title=order.contract.title,
        number=delivery.number,
        facts=filled_facts(
            (pgettext("print", "Number"), delivery.number),
            (pgettext("print", "Order"), order.number),
            (pgettext("print", "Contract"), order.contract.number),
            (pgettext("print", "Delivery on"), day),
        ),
        parties=[
            Party(pgettext("print", "Recipient"), customer, filled_facts(*theirs)),
            our_party(pgettext("print", "From"), head, order.owner),
        ],
        signatures=signature_boxes(
            pgettext("print", "Received complete and undamaged"),
            customer,
            head,
            is_final=False,
            ours=pgettext("print", "Handed over by"),
        ),
        mark=pgettext("print", "VOID") if is_dead else "",
        sheets={
            "goods": Sheet(
                (pgettext("print", "No."), pgettext("print", "Product"), pgettext("print", "Quantity")), rows, 2
            )
        },
        values={
            "customer": customer,
            "company": company_name(head),
            "owner": person_name(order.owner),
            "number": delivery.number,
            "title": order.contract.title,
            "date": day,
            "order": order.number,
            "contract": order.contract.number,
            "place": delivery.place,
        },
    )


# ── what papers share ──


def _mark(state: str) -> str:
    if state in (*EDITABLE_STATES, *WAITING_STATES):
        return pgettext("print", "DRAFT")
    return pgettext("print", "VOID") if state in _DEAD else ""


def _numbered(document: Document) -> str:
    if not document.number:
        return pgettext("print", "none yet")
    if document.version > 1:
        return pgettext("print", "%(number)s (version %(version)s)") % {
            "number": document.number,
            "version": document.version,
        }
    return document.number


def _theirs(role: str, name: str, *, contact: str = "", code: str = "", address: str = "") -> Party:
    return Party(
        role,
        name,
        filled_facts(
            (pgettext("print", "Contact"), contact),
            (pgettext("print", "Credit code"), code),
            (pgettext("print", "Address"), address),
        ),
    )


def our_party(role: str, head: Letterhead, owner: Any) -> Party:
    """Our side of a document."""
    bank = " ".join(text for text in (head.bank, head.account) if text)
    reach = " · ".join(text for text in (person_name(owner), head.phone) if text)
    return Party(
        role,
        company_name(head),
        filled_facts(
            (pgettext("print", "Sales"), reach),
            (pgettext("print", "Tax number"), head.tax_number),
            (pgettext("print", "Bank"), bank),
            (pgettext("print", "Address"), head.address),
        ),
    )


def signature_boxes(role: str, customer: str, head: Letterhead, *, is_final: bool, ours: str = "") -> list[Signature]:
    """A box for the customer and one for us."""
    return [
        Signature(role, customer, pgettext("print", "Company seal or contract seal")),
        Signature(
            ours or pgettext("print", "Supplier"),
            company_name(head),
            pgettext("print", "Company seal"),
            is_final and head.seal is not None,
        ),
    ]


def filled_facts(*facts: Fact) -> list[Fact]:
    """The facts that say something."""
    return [fact for fact in facts if fact[1]]


def _paragraphs(text: str) -> list[str]:
    return [line.strip() for line in text.split("\n") if line.strip()]


def _conditions(document: Any) -> list[Fact]:
    return filled_facts(
        (pgettext("print", "Delivery"), document.delivery_terms), (pgettext("print", "Payment"), document.payment_terms)
    )


def _instalments(instalments: Sequence[Instalment]) -> Sheet:
    living = [part for part in instalments if part.voided_at is None]
    whole = sum((part.amount for part in living), Decimal(0))
    rows = [
        (part.name, _due(part), percent(part.amount / whole) if whole else "", yuan2(part.amount)) for part in living
    ]
    return Sheet(
        (
            pgettext("print", "Instalment"),
            pgettext("print", "Due"),
            pgettext("print", "Share"),
            pgettext("print", "Amount"),
        ),
        rows,
        2,
    )


def _due(part: Instalment) -> str:
    if part.due_on is not None:
        return long_day(part.due_on)
    if not part.days_after:
        return str(part.get_basis_display())
    words = {"milestone": part.get_basis_display(), "days": part.days_after}
    return pgettext("print", "%(milestone)s, %(days)s days") % words


def _values(document: Any, shown: ShownLines, customer: str, contact: str, head: Letterhead) -> dict[str, str]:
    return {
        "customer": customer,
        "company": company_name(head),
        "owner": person_name(document.owner),
        "number": document.number,
        "title": document.title,
        "currency": document.currency,
        "total": money(document.gross, document.currency),
        "total_in_words": shown.words,
        "net": shown.net,
        "tax": shown.tax,
        "contact": contact,
        "version": str(document.version),
        "delivery_terms": document.delivery_terms,
        "payment_terms": document.payment_terms,
    }


def person_name(user: Any) -> str:
    """The name of somebody of ours, empty for nobody."""
    return str(user.name or "") if user is not None else ""
