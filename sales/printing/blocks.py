"""The blocks a printed document is made of: which kinds there are, how they are checked, and the standard ones.

A block is {"kind": "terms", "title": "Terms", "text": ""}; `text` belongs to blocks of the kind `text` alone.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from customers.customers.actions import clean_text
from customers.customers.identity import clean_line
from sales.printing.models import PrintTemplate
from sales.printing.placeholders import refuse_unknown

Block = dict[str, str]
MOST_BLOCKS, LONGEST_TITLE, LONGEST_TEXT = 20, 60, 4000
KINDS: dict[str, Any] = {
    "parties": gettext_lazy("Customer and company"),
    "lines": gettext_lazy("Lines with totals"),
    "goods": gettext_lazy("Goods"),
    "conditions": gettext_lazy("Delivery and payment terms"),
    "instalments": gettext_lazy("Instalments"),
    "terms": gettext_lazy("Terms or clauses of the document"),
    "balance": gettext_lazy("Balance"),
    "open": gettext_lazy("Open instalments"),
    "payments": gettext_lazy("Payments received"),
    "text": gettext_lazy("Text"),
    "signatures": gettext_lazy("Signatures and seal"),
    "page": gettext_lazy("New page"),
}
Kind = PrintTemplate.Kind
KINDS_OF: dict[str, tuple[str, ...]] = {
    Kind.QUOTE: ("parties", "lines", "conditions", "terms", "text", "signatures", "page"),
    Kind.CONTRACT: ("parties", "lines", "instalments", "conditions", "terms", "text", "signatures", "page"),
    Kind.DELIVERY_NOTE: ("parties", "goods", "text", "signatures", "page"),
    Kind.STATEMENT: ("parties", "balance", "open", "payments", "text", "signatures", "page"),
}
_REQUIRED = {Kind.QUOTE: "lines", Kind.CONTRACT: "lines", Kind.DELIVERY_NOTE: "goods", Kind.STATEMENT: "balance"}


def checked_blocks(kind: str, given: Any) -> list[Block]:
    """The blocks as they are kept; ValidationError by `blocks.<place>.<field>` or by `blocks`."""
    if not isinstance(given, list) or not 0 < len(given) <= MOST_BLOCKS:
        raise ValidationError({"blocks": _("A template has 1 to %(most)s blocks.") % {"most": MOST_BLOCKS}})
    ready: list[Block] = []
    wrong: dict[str, Any] = {}
    for place, one in enumerate(given):
        block = {
            "kind": str(one.get("kind", "")), "title": clean_line(str(one.get("title", ""))),
            "text": clean_text(str(one.get("text", ""))),
        }  # fmt: skip
        wrong |= {f"blocks.{place}.{name}": text for name, text in _refusals(kind, block).items()}
        ready.append(block)
    if wrong:
        raise ValidationError(wrong)
    needed = _REQUIRED[Kind(kind)]
    if needed not in {block["kind"] for block in ready}:
        raise ValidationError({"blocks": _("The block “%(name)s” is missing.") % {"name": KINDS[needed]}})
    return ready


def _refusals(kind: str, block: Block) -> dict[str, Any]:
    wrong: dict[str, Any] = {}
    if block["kind"] not in KINDS_OF[kind]:
        wrong["kind"] = _("This block does not belong to such a document.")
    if len(block["title"]) > LONGEST_TITLE:
        wrong["title"] = _("At most %(most)s characters.") % {"most": LONGEST_TITLE}
    if len(block["text"]) > LONGEST_TEXT:
        wrong["text"] = _("At most %(most)s characters.") % {"most": LONGEST_TEXT}
    if block["kind"] == "text" and not block["text"]:
        wrong["text"] = _("Write the text, or take the block away.")
    for name in ("title", "text"):
        try:
            refuse_unknown(block[name], kind)
        except ValidationError as refusal:
            wrong.setdefault(name, refusal.messages[0])
    if block["kind"] != "text":
        block["text"] = ""
    return wrong


def standard_blocks(kind: str, language: str) -> list[Block]:
    """What a document looks like while nobody made a template for it."""
    with translation.override(language):
        titled = {
            Kind.QUOTE: [
                ("parties", ""), ("lines", pgettext("print", "What we offer")),
                ("conditions", pgettext("print", "Delivery and payment")), ("terms", pgettext("print", "Terms")),
                ("signatures", ""),
            ],
            Kind.CONTRACT: [
                ("parties", ""), ("lines", pgettext("print", "Subject of the contract")),
                ("instalments", pgettext("print", "Payment in instalments")),
                ("conditions", pgettext("print", "Delivery and payment")), ("terms", pgettext("print", "Clauses")),
                ("signatures", ""),
            ],
            Kind.DELIVERY_NOTE: [
                ("parties", ""), ("goods", pgettext("print", "Delivered goods")), ("signatures", ""),
            ],
            Kind.STATEMENT: [
                ("parties", ""), ("balance", pgettext("print", "Balance")),
                ("open", pgettext("print", "Open instalments")),
                ("payments", pgettext("print", "Payments received")), ("signatures", ""),
            ],
        }  # fmt: skip
        return [{"kind": one, "title": title, "text": ""} for one, title in titled[Kind(kind)]]
