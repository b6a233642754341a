"""New versions of a quote, and copies of it.

A new version is current as soon as it is written, because it is the one people work on; the one before stays in force
(a customer may still accept it) until the new one is approved, and is replaced in that very transaction. A version that
was returned is not mended then but replaced at once, so that what was decided on stays as it was.
"""

from __future__ import annotations

from datetime import timedelta

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.history.operations import operation
from crm.people.models import User
from sales.documents.holding import hold_owned, next_id
from sales.documents.lines import LineValues
from sales.documents.models import EDITABLE_STATES, WAITING_STATES
from sales.documents.submitting import end_approval, move
from sales.products.models import Product, TaxRate
from sales.quotes.actions import add_quote, hold_quote, kept_values, refuse_contracted
from sales.quotes.measuring import measured_anew
from sales.quotes.models import Quote, QuoteLine

_CARRIED = (
    "number", "customer_id", "opportunity_id", "requirement_id", "contact_id", "price_list_id", "title", "currency",
    "is_tax_included", "discount", "delivery_terms", "payment_terms", "terms", "internal_note", "net", "tax", "gross",
)  # fmt: skip
_COPIED = ("title", "contact", "opportunity", "requirement", "currency", "is_tax_included", "discount",
           "delivery_terms", "payment_terms", "terms", "internal_note")  # fmt: skip


def new_version(quote: Quote, *, actor: User) -> Quote:
    """Write the next version of a quote that was submitted, line by line as the last one, measured by today's prices.

    ValidationError where the last version is a draft or withdrawn, waits for a decision or feeds a contract.
    """
    made = Quote(pk=next_id(Quote), created_by=actor, changed_by=actor, edited_by=actor, root_id=quote.root_id)
    with operation(actor, "quote_version_made", quote, anchor_id=quote.customer_id):
        customer = hold_owned(quote.customer)
        last = hold_quote(quote)
        _refuse_new_version(last)
        for name in _CARRIED:
            setattr(made, name, getattr(last, name))
        made.owner = customer.owner
        made.department_id = (customer.owner and customer.owner.department_id) or customer.department_id
        made.version = 1 + max(Quote.objects.filter(root_id=last.root_id).values_list("version", flat=True))
        made.issued_on = timezone.localdate()
        made.valid_until = made.issued_on + max(last.valid_until - last.issued_on, timedelta(0))
        Quote.objects.filter(root_id=last.root_id, is_current=True).update(is_current=False)
        if last.state == Quote.State.RETURNED:
            end_approval(last, actor=actor, kind="quote", reason=_("A new version takes its place."))
            move(last, Quote.State.SUPERSEDED, actor=actor)
        made.save(force_insert=True)
        lines = _copies(last, made)
        measured_anew(made, lines)
        QuoteLine.objects.bulk_create(lines)
    return made


def copy_quote(quote: Quote, *, actor: User) -> tuple[Quote, list[str]]:
    """Write a new quote with what this one says, measured by the prices of today; and the names of what was left out.

    Products off sale are left out; a tax rate that is no longer in force gives way to that of the product.
    """
    lines, left_out = _lines_of_today(quote)
    today = timezone.localdate()
    values = {name: getattr(quote, name) for name in _COPIED}
    values |= {"issued_on": today, "valid_until": today + max(quote.valid_until - quote.issued_on, timedelta(0))}
    for name in ("contact", "opportunity", "requirement"):
        if values[name] is not None and values[name].archived_at is not None:
            values[name] = None
    return add_quote(quote.customer, actor=actor, values=values, lines=lines), left_out


def _refuse_new_version(last: Quote) -> None:
    if not last.is_current:
        raise ValidationError(_("There is a newer version already."), code="state")
    if last.state in EDITABLE_STATES and last.state != Quote.State.RETURNED:
        raise ValidationError(_("This version can still be changed."), code="state")
    if last.state in WAITING_STATES:
        raise ValidationError(_("This version waits for a decision. Withdraw it first."), code="state")
    if last.state == Quote.State.VOID:
        raise ValidationError(_("“%(quote)s” does not count any more.") % {"quote": last}, code="state")
    refuse_contracted(last)


def _copies(last: Quote, made: Quote) -> list[QuoteLine]:
    lines = list(last.lines.select_related("product"))
    for line in lines:
        line.pk, line.document = None, made
        line._state.adding = True
    return lines


def _lines_of_today(quote: Quote) -> tuple[list[LineValues], list[str]]:
    sold = Product.objects.on_sale().in_bulk([line.product_id for line in quote.lines.all() if line.product_id])
    rates = set(TaxRate.objects.valid_on(timezone.localdate()).values_list("rate", flat=True))
    lines, left_out = [], []
    for line in kept_values(quote):
        product = sold.get(line.product_id) if line.product_id else None
        rate = line.tax_rate if line.tax_rate in rates or product is None else product.tax_rate
        is_sold = line.product_id is None or (product is not None and product.currency == quote.currency)
        if not is_sold or rate not in rates:
            left_out.append(line.name)
            continue
        lines.append(
            LineValues(
                quantity=line.quantity, price=line.price, tax_rate=rate, name=line.name, product_id=line.product_id,
                spec=line.spec, unit=line.unit, discount=line.discount,
            )
        )  # fmt: skip
    return lines, left_out
