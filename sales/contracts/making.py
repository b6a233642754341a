"""Where contracts come from: approved quotes of one customer, and supplements to a contract that goes on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.history.operations import operation
from crm.people.models import User
from crm.records.promises import promised
from customers.customers.models import Customer
from sales.contracts.holding import hold_editable, hold_in, touch
from sales.contracts.models import Contract, ContractLine, ContractQuote
from sales.contracts.planning import follow_total, usual_plan
from sales.contracts.values import WATCHED, set_values
from sales.documents.holding import hold_owned, next_id
from sales.documents.lines import LineValues, Terms, checked_lines, keep_lines
from sales.documents.stale import refuse_stale
from sales.money import total_of
from sales.opportunities.models import Opportunity
from sales.quotes.models import Quote, QuoteLine

QUOTES_AT_MOST = 20
# what a line of a contract takes over from the line of a quote
_COPIED = (
    "product_id", "code", "name", "spec", "unit", "quantity", "price", "discount", "tax_rate", "net", "tax", "gross",
)  # fmt: skip


def make_contract(quotes: Sequence[Quote], *, actor: User, values: Mapping[str, Any]) -> Contract:
    """Draw up a contract from approved quotes of one customer; it says what they say, line by line.

    ValidationError where a quote is not approved, has expired, feeds another contract, or where they differ in
    customer, opportunity, currency or the way their prices are written.
    """
    if not quotes:
        raise ValidationError({"quotes": _("Choose the quotes the contract is made from.")})
    if len(quotes) > QUOTES_AT_MOST:
        raise ValidationError({"quotes": _("A contract is made from %(count)s quotes at most.") % {
            "count": QUOTES_AT_MOST}})  # fmt: skip
    contract = Contract(pk=next_id(Contract), customer_id=quotes[0].customer_id, created_by=actor)
    used = {"quotes": _("One of these quotes feeds another contract already.")}
    with (
        promised("contract_quote_used_once", used),
        operation(actor, "contract_made", contract, anchor_id=contract.customer_id),
    ):
        customer = hold_owned(quotes[0].customer)
        held = _hold_quotes([quote.pk for quote in quotes])
        _place(contract, customer)
        contract.opportunity = _one_opportunity(held)
        first = held[0]
        contract.currency, contract.is_tax_included = first.currency, first.is_tax_included
        total = total_of(held)
        contract.net, contract.tax, contract.gross = total.net, total.tax, total.gross
        contract.total = total.gross
        set_values(contract, _proposed(contract, first, values))
        touch(contract, actor, is_new=True)
        ContractQuote.objects.bulk_create(ContractQuote(contract=contract, quote=quote) for quote in held)
        _copy_lines(contract, held)
        usual_plan(contract)
    return contract


def add_supplement(main: Contract, *, actor: User, values: Mapping[str, Any], lines: Sequence[LineValues]) -> Contract:
    """Draw up a supplement to a contract that goes on; `direction` says whether it adds to it or takes away."""
    supplement = Contract(pk=next_id(Contract), customer_id=main.customer_id, created_by=actor, main_id=main.pk)
    with operation(actor, "contract_supplement_made", supplement, anchor_id=main.customer_id):
        customer = hold_owned(main.customer)
        held = hold_in(main, *Contract.RUNNING)
        if held.main_id:
            raise ValidationError(_("A supplement has no supplements. Add it to the main contract."), code="supplement")
        _place(supplement, customer)
        supplement.opportunity_id, supplement.type_id = held.opportunity_id, held.type_id
        supplement.contact_id = held.contact_id
        supplement.currency, supplement.is_tax_included = held.currency, held.is_tax_included
        set_values(supplement, values, may_set_direction=True)
        touch(supplement, actor, is_new=True)
        _keep_lines(supplement, lines)
        touch(supplement, actor)
    return supplement


def change_supplement(
    supplement: Contract, *, actor: User, values: Mapping[str, Any], lines: Sequence[LineValues], seen: str = ""
) -> Contract:
    """Change a supplement that may still be changed, with its lines; `seen` is the fingerprint a form was given."""
    with operation(actor, "contract_changed", supplement, anchor_id=supplement.customer_id):
        held = hold_editable(supplement)
        if not held.main_id:
            raise ValidationError(_("The lines of a contract are those of its quotes."), code="from_quotes")
        refuse_stale(held, seen, WATCHED)
        set_values(held, values, may_set_direction=True)
        _keep_lines(held, lines)
        touch(held, actor)
    return held


def line_terms(supplement: Contract) -> Terms:
    """What the lines of a supplement share."""
    return Terms(
        supplement.currency, supplement.is_tax_included, timezone.localdate(), customer=supplement.customer
    )  # fmt: skip


def why_not_good(quote: Quote) -> str:
    """Why a quote is not good for a contract today, "" where it is."""
    if not quote.is_released:
        return _("%(quote)s is %(state)s.") % {"quote": quote, "state": quote.get_state_display()}
    if quote.is_expired:
        return _("%(quote)s was valid until %(day)s. Make a new version.") % {"quote": quote, "day": quote.valid_until}
    return ""


def _hold_quotes(ids: list[int]) -> list[Quote]:
    held = list(Quote.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=ids).order_by("pk"))
    wrong = [reason for quote in held if (reason := why_not_good(quote))]
    feeding = ContractQuote.objects.filter(quote__in=held, ended_at=None).select_related("quote", "contract")
    wrong += [
        _("%(quote)s feeds the contract %(contract)s.") % {"quote": link.quote, "contract": link.contract}
        for link in feeding
    ]
    if wrong:
        raise ValidationError({"quotes": wrong})
    alike = {(quote.customer_id, quote.currency, quote.is_tax_included) for quote in held}
    if len(alike) > 1:
        raise ValidationError(
            {"quotes": _("Quotes of one contract have the same customer, currency and way of writing prices.")}
        )
    return held


def _one_opportunity(quotes: Sequence[Quote]) -> Opportunity | None:
    ids = {quote.opportunity_id for quote in quotes if quote.opportunity_id}
    if len(ids) > 1:
        raise ValidationError({"quotes": _("These quotes belong to different opportunities.")})
    found = Opportunity.objects.filter(pk__in=ids).first()
    refuse_lost(found)
    return found


def refuse_lost(opportunity: Opportunity | None) -> None:
    """ValidationError for a lost opportunity: no contract of it would ever be signed."""
    if opportunity is not None and opportunity.state == Opportunity.State.LOST:
        words = _("The opportunity “%(name)s” was lost. Open it again first.")
        raise ValidationError(words % {"name": opportunity}, code="lost")


def _place(contract: Contract, customer: Customer) -> None:
    contract.customer, contract.owner = customer, customer.owner
    contract.department_id = (customer.owner.department_id if customer.owner else None) or customer.department_id
    contract.party = {"name": customer.name, "credit_code": customer.credit_code, "address": customer.address}


def _proposed(contract: Contract, quote: Quote, values: Mapping[str, Any]) -> dict[str, Any]:
    """What was typed, and what the first quote says where nothing was."""
    taken = {name: getattr(quote, name) for name in ("title", "contact", "delivery_terms", "payment_terms")}
    found = {**taken, **values}
    if not found.get("clauses") and found.get("type"):
        found["clauses"] = "\n\n".join(text for text in (found["type"].clauses, quote.terms) if text)
    return found


def _copy_lines(contract: Contract, quotes: Sequence[Quote]) -> None:
    rows = QuoteLine.objects.filter(document__in=quotes).order_by("document_id", "position")
    ContractLine.objects.bulk_create(
        ContractLine(
            document=contract, quote_line=row, position=place, **{name: getattr(row, name) for name in _COPIED}
        )
        for place, row in enumerate(rows, 1)
    )


def _keep_lines(supplement: Contract, lines: Sequence[LineValues]) -> None:
    keep_lines(supplement, checked_lines(supplement, lines, line_terms(supplement)))
    if supplement.direction == Contract.Direction.TAKES:
        supplement.instalments.all().delete()
    else:
        follow_total(supplement)
