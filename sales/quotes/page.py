"""What the page of a quote shows, read in few queries; secrets only for those who see them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils import timezone

from crm.access.gate import may
from crm.approvals.panels import approval_panel
from crm.people.models import User
from customers.customers.models import Customer
from sales.contracts.models import Contract
from sales.documents import content
from sales.documents.content import AMOUNTS, Content, Difference, plain_value
from sales.documents.lines import with_tax
from sales.documents.models import WAITING_STATES
from sales.documents.shown import money, number_text, shown_lines
from sales.products.secrets import sees_cost, sees_floor
from sales.quotes.content import FIELDS, differences
from sales.quotes.figures import is_below_floor, margin
from sales.quotes.marks import state_flag
from sales.quotes.models import Quote, QuoteLine

CHANGE = "sales.change_quote"


@dataclass(frozen=True)
class FloorLine:
    """A line that costs less than its minimum price."""

    name: str
    price: str
    floor: str


def page_of(quote: Quote, user: User) -> dict[str, Any]:
    """The variables of `sales/quotes/detail.html` for a quote that came by `shown_to`."""
    versions = list(Quote.objects.visible_to(user).filter(root_id=quote.root_id).order_by("-version"))
    before = next((one for one in versions if one.version < quote.version and one.state != Quote.State.VOID), None)
    lines = _lines_by_document([quote.pk, *([before.pk] if before else [])])
    own = lines.get(quote.pk, [])
    contract = _contract(quote)
    return {
        "quote": quote,
        "state": state_flag(quote, is_contracted=contract is not None),
        "contract": contract if contract is not None and may(user, "sales.view_contract", contract) else None,
        "is_expired": quote.is_released and quote.is_expired and contract is None,
        "is_customer_seen": may(user, "customers.view_customer", quote.customer),
        "shown": shown_lines(own, currency=quote.currency, is_tax_included=quote.is_tax_included),
        "total": money(quote.gross, quote.currency),
        "valid_days": (quote.valid_until - quote.issued_on).days,
        "versions": versions if len(versions) > 1 else [],
        "before": before,
        "changes": changes_between(before, lines.get(before.pk, []), quote, own) if before else [],
        "floor_lines": _floor_lines(quote, own) if sees_floor(user) else [],
        "margin": margin(own) if sees_cost(user) else None,
        "sees_cost": sees_cost(user),
        "approval": approval_panel(user, "sales.quote", quote),
        "link": _link(quote) if quote.state == Quote.State.SENT else None,
        **_verbs(quote, user, is_contracted=contract is not None),
    }


def changes_between(
    before: Quote, before_lines: list[QuoteLine], after: Quote, after_lines: list[QuoteLine]
) -> list[Difference]:
    """What one version says otherwise than another; both are of one quote."""
    return differences(_content(before, before_lines), _content(after, after_lines))


def versions_compared(quote: Quote, older: Quote) -> list[Difference]:
    """What two versions say differently, with their lines read in one query."""
    lines = _lines_by_document([quote.pk, older.pk])
    return changes_between(older, lines.get(older.pk, []), quote, lines.get(quote.pk, []))


def _content(quote: Quote, lines: list[QuoteLine]) -> Content:
    taken = {name: plain_value(quote, name) for name in (*FIELDS.fields, *AMOUNTS)}
    taken["lines"] = [{name: plain_value(line, name) for name in content.LINE_FIELDS} for line in lines]
    return taken


def _lines_by_document(ids: list[int]) -> dict[int, list[QuoteLine]]:
    found: dict[int, list[QuoteLine]] = {}
    for line in QuoteLine.objects.filter(document__in=ids).order_by("document_id", "position"):
        found.setdefault(line.document_id, []).append(line)
    return found


def _floor_lines(quote: Quote, lines: list[QuoteLine]) -> list[FloorLine]:
    is_included = quote.is_tax_included
    return [
        FloorLine(
            line.name,
            number_text((line.price * (1 - line.discount)).quantize(Decimal("0.0001")), 2),
            number_text(with_tax(line.floor_price or Decimal(0), line.tax_rate, is_tax_included=is_included), 2),
        )
        for line in lines
        if is_below_floor(line, is_tax_included=is_included)
    ]


def _link(quote: Quote) -> Any:
    """The link the customer has now."""
    return quote.links.filter(revoked_at=None, answered_at=None, expires_at__gt=timezone.now()).first()


def _contract(quote: Quote) -> Contract | None:
    """The living contract this version was made into."""
    if not quote.is_released:
        return None
    return Contract.objects.filter(sources__quote=quote, sources__ended_at=None).first()


def _verbs(quote: Quote, user: User, *, is_contracted: bool) -> dict[str, bool]:
    """What this person may do with the quote as it stands; the actions ask again."""
    customer: Customer = quote.customer
    may_change = may(user, CHANGE, quote) and customer.archived_at is None and customer.status != Customer.Status.POOL
    states = Quote.State
    is_open = quote.state in WAITING_STATES or (quote.is_editable and quote.state != states.RETURNED)
    may_version = quote.is_current and not is_open and quote.state != states.VOID
    return {
        "may_edit": may_change and quote.is_editable,
        "may_withdraw": may_change and quote.state in WAITING_STATES,
        "may_version": may_change and may_version and not is_contracted,
        "may_send": may_change
        and quote.state in (states.APPROVED, states.SENT)
        and not quote.is_expired
        and not is_contracted,
        "may_revoke": may_change and quote.state == states.SENT,
        "may_void": may_change and quote.state not in (states.VOID, states.SUPERSEDED) and not is_contracted,
        "may_contract": quote.is_released
        and not quote.is_expired
        and not is_contracted
        and may(user, "sales.add_contract", customer),
        "may_copy": may(user, "sales.add_quote", customer) and customer.archived_at is None,
    }
