"""What can be done with one version of a quote; versions and copies are made in versions.py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.history.operations import operation
from crm.people.models import User
from crm.records.stale import fingerprint
from customers.customers.actions import clean_text, hold_customer
from customers.customers.identity import clean_line
from customers.customers.models import Customer
from sales.contracts.models import ContractQuote
from sales.documents.holding import hold_owned, next_id
from sales.documents.lines import LineValues, Terms, checked_lines, keep_lines, line_refusals, refuse_unsellable
from sales.documents.models import WAITING_STATES
from sales.documents.submitting import end_approval, move, submit_document, withdraw_document
from sales.links.actions import end_links, make_link
from sales.links.models import CustomerLink
from sales.products.prices import counting_day, prices_for
from sales.quotes.measuring import measure_anew
from sales.quotes.models import Quote

EDITABLE = (
    "title", "opportunity", "requirement", "contact", "currency", "is_tax_included", "discount", "issued_on",
    "valid_until", "delivery_terms", "payment_terms", "terms", "internal_note",
)  # fmt: skip
# what a form watches for changes by others
WATCHED = (
    "title", "opportunity_id", "requirement_id", "contact_id", "currency", "is_tax_included", "discount", "issued_on",
    "valid_until", "delivery_terms", "payment_terms", "terms", "internal_note", "net", "tax", "gross", "state",
)  # fmt: skip
VALID_DAYS_AT_MOST = 3650


def add_quote(customer: Customer, *, actor: User, values: Mapping[str, Any], lines: Sequence[LineValues] = ()) -> Quote:
    """Write a quote for a customer somebody owns; that person and their department are responsible for it."""
    quote = Quote(pk=next_id(Quote), customer=customer, created_by=actor)
    quote.root_id = quote.pk
    with operation(actor, "quote_added", quote, anchor_id=customer.pk):
        held = hold_owned(customer)
        owner = held.owner
        assert owner is not None
        quote.owner, quote.department_id = owner, owner.department_id or held.department_id
        _take(quote, values)
        _write(quote, actor, lines, is_new=True)
    return quote


def change_quote(
    quote: Quote,
    *,
    actor: User,
    values: Mapping[str, Any],
    lines: Sequence[LineValues] | None = None,
    seen: str = "",
) -> Quote:
    """Change a draft, returned or withdrawn quote, its lines too where they are given.

    `seen` is the fingerprint of what the form showed; ValidationError with code `stale` where it was changed since.
    """
    with operation(actor, "quote_changed", quote, anchor_id=quote.customer_id):
        hold_customer(quote.customer)
        locked = hold_quote(quote)
        if seen and seen != fingerprint(locked, WATCHED):
            raise ValidationError(_("This quote has changed since you opened the form."), code="stale")
        if not locked.is_editable:
            raise ValidationError(
                _("“%(quote)s” is %(state)s and cannot be changed. Make a new version.")
                % {"quote": locked, "state": locked.get_state_display()},
                code="closed",
            )
        _take(locked, values)
        given = lines if lines is not None else kept_values(locked)
        _write(locked, actor, given)
    quote.refresh_from_db()
    return quote


def submit_quote(
    quote: Quote, *, actor: User, chosen: Mapping[str, Sequence[int]] | None = None, comment: str = ""
) -> Quote:
    """Put a quote up for approval; it gets its number now, once."""
    submit_document(
        quote, actor=actor, kind="quote", chosen=chosen, comment=comment, check=lambda row: _refuse_unready(row, actor)
    )
    return quote


def withdraw_quote(quote: Quote, *, actor: User, comment: str = "") -> Quote:
    """Take a waiting quote back before the last decision."""
    withdraw_document(quote, actor=actor, kind="quote", comment=comment)
    return quote


def void_quote(quote: Quote, *, actor: User, reason: str) -> Quote:
    """Take a quote out of the world, with a reason; the newest version that is left stands in its place."""
    if not clean_line(reason):
        raise ValidationError({"reason": _("Say why.")})
    with operation(actor, "quote_voided", quote, anchor_id=quote.customer_id, reason=clean_line(reason)):
        hold_customer(quote.customer)
        locked = hold_quote(quote)
        if locked.state in (Quote.State.VOID, Quote.State.SUPERSEDED):
            raise ValidationError(_("“%(quote)s” does not count any more.") % {"quote": locked}, code="state")
        refuse_contracted(locked)
        if locked.state in WAITING_STATES or locked.state == Quote.State.RETURNED:
            end_approval(locked, actor=actor, kind="quote", reason=clean_line(reason))
        end_links(locked)
        was_current = locked.is_current
        move(locked, Quote.State.VOID, actor=actor, is_current=False)
        if was_current:
            _newest_left(locked).update(is_current=True)
    quote.refresh_from_db()
    return quote


def send_quote(quote: Quote, *, actor: User, until: date | None = None) -> tuple[CustomerLink, str]:
    """Mark an approved quote as sent and make the link under which the customer answers; the secret is told once.

    Earlier links end. `until` is the last day of the link, the last day of the quote where none is named.
    """
    with operation(actor, "quote_sent", quote, anchor_id=quote.customer_id):
        hold_customer(quote.customer)
        locked = hold_quote(quote)
        if locked.state not in (Quote.State.APPROVED, Quote.State.SENT):
            raise ValidationError(
                _("“%(quote)s” is %(state)s: only an approved quote is sent.")
                % {"quote": locked, "state": locked.get_state_display()},
                code="state",
            )
        refuse_expired(locked)
        refuse_contracted(locked)
        until = until or locked.valid_until
        if not timezone.localdate() <= until <= locked.valid_until:
            raise ValidationError({"until": _("Between today and the last day of the quote.")})
        made = make_link(locked, actor=actor, until=until)
        move(locked, Quote.State.SENT, actor=actor, sent_at=timezone.now())
    quote.refresh_from_db()
    return made


def revoke_links(quote: Quote, *, actor: User) -> int:
    """Take the links of a quote back; how many were still alive."""
    with operation(actor, "quote_link_revoked", quote, anchor_id=quote.customer_id):
        locked = hold_quote(quote)
        ended = end_links(locked)
        if not ended:
            raise ValidationError(_("No link of this quote is open."), code="state")
    return ended


# ── what the other verbs of quotes share ──


def hold_quote(quote: Quote) -> Quote:
    """A quote, fresh, locked together with its other versions in order of their ids."""
    return hold_versions(quote.pk)[quote.pk]


def hold_versions(pk: int) -> dict[int, Quote]:
    """All versions of the quote with this id, locked in order of their ids."""
    root = Quote.objects.filter(pk=pk).values("root_id")
    rows = Quote.objects.select_for_update(of=("self",), no_key=True).filter(root_id__in=root).order_by("pk")
    return {row.pk: row for row in rows.select_related("customer", "owner", "department")}


def terms_of(quote: Quote) -> Terms:
    """What the lines of a quote share."""
    return Terms(quote.currency, quote.is_tax_included, quote.issued_on, quote.discount, quote.customer)


def kept_values(quote: Quote) -> list[LineValues]:
    """The lines of a quote as if they had been typed again."""
    return [
        LineValues(
            id=line.pk, quantity=line.quantity, price=line.price, tax_rate=line.tax_rate, name=line.name,
            product_id=line.product_id, spec=line.spec, unit=line.unit, discount=line.own_discount,
        )
        for line in quote.lines.all()
    ]  # fmt: skip


def contract_fed_by(quote: Quote) -> ContractQuote | None:
    """The living contract that any version of the quote feeds."""
    links = ContractQuote.objects.filter(quote__root_id=quote.root_id, ended_at=None)
    return links.select_related("contract").first()


def refuse_contracted(quote: Quote) -> None:
    """ValidationError where any version of the quote feeds a living contract."""
    link = contract_fed_by(quote)
    if link is not None:
        words = {"quote": quote, "contract": link.contract}
        raise ValidationError(_("“%(quote)s” feeds the contract %(contract)s.") % words, code="contracted")


def refuse_expired(quote: Quote) -> None:
    """ValidationError for a quote whose last day is over."""
    if quote.is_expired:
        words = {"quote": quote, "day": quote.valid_until.isoformat()}
        raise ValidationError(
            _("“%(quote)s” was good until %(day)s. Make a new version.") % words, code="expired"
        )  # fmt: skip


def _take(quote: Quote, values: Mapping[str, Any]) -> None:
    """Put tidied values on a quote; ValidationError by field."""
    if unknown := set(values) - set(EDITABLE):
        raise ValidationError({name: _("This field cannot be set here.") for name in unknown})
    for name, value in values.items():
        if name in ("terms", "internal_note"):
            value = clean_text(value or "")
        elif isinstance(value, str):
            value = clean_line(value)
        setattr(quote, name, value)
    if wrong := _refusals(quote) | _refused_sources(quote, values):
        raise ValidationError(wrong)
    quote.clean_fields(exclude=["root", "owner", "department", "customer", "opportunity", "requirement", "contact",
                                "price_list", "created_by", "changed_by", "edited_by"])  # fmt: skip


def _refusals(quote: Quote) -> dict[str, str]:
    wrong = {}
    if not quote.title:
        wrong["title"] = _("A quote needs a title.")
    if quote.valid_until is None:
        wrong["valid_until"] = _("Until when is it good?")
    elif quote.valid_until < quote.issued_on:
        wrong["valid_until"] = _("A quote is good at least on its own day.")
    elif (quote.valid_until - quote.issued_on).days > VALID_DAYS_AT_MOST:
        wrong["valid_until"] = _("At most ten years.")
    if not Decimal(quote.discount).is_finite() or not 0 <= quote.discount <= 1:
        wrong["discount"] = _("A discount is between 0 and 100 percent.")
    for name in ("opportunity", "requirement", "contact"):
        related = getattr(quote, name)
        if related is not None and related.customer_id != quote.customer_id:
            wrong[name] = _("This belongs to another customer.")
        elif related is not None and related.archived_at is not None:
            wrong[name] = _("This is archived.")
    for name in ("opportunity", "requirement"):
        related = getattr(quote, name)
        if name not in wrong and related is not None and related.currency != quote.currency:
            wrong["currency"] = _("“%(name)s” is in %(currency)s.") % {"name": related, "currency": related.currency}
    return wrong


def _refused_sources(quote: Quote, values: Mapping[str, Any]) -> dict[str, str]:
    """What is wrong with the opportunity and requirement a quote is now made for."""
    wrong = {}
    if values.get("requirement") is not None and quote.requirement and quote.requirement.state != "approved":
        wrong["requirement"] = _("Only an approved requirement is quoted.")
    if values.get("opportunity") is not None and quote.opportunity and quote.opportunity.state == "lost":
        wrong["opportunity"] = _("This opportunity was lost.")
    return wrong


def _write(quote: Quote, actor: User, lines: Sequence[LineValues], *, is_new: bool = False) -> None:
    """Save a quote with its lines, its totals and who changed it."""
    terms = terms_of(quote)
    if is_new:
        quote.save(force_insert=True)
    ready = checked_lines(quote, lines, terms)
    keep_lines(quote, ready)
    products = [line.product for line in ready if line.product]
    prices = prices_for(products, terms.customer, counting_day(terms.day)) if products else {}
    sources = {price.source for price in prices.values()}
    quote.price_list = sources.pop() if len(sources) == 1 else None
    quote.changed_at, quote.changed_by, quote.edited_by = timezone.now(), actor, actor
    quote.save()


def _refuse_unready(quote: Quote, actor: User) -> dict[str, Any]:
    """ValidationError for a quote that cannot be put up for approval; asked under its lock, its lines measured anew."""
    lines = list(quote.lines.all())
    try:
        refuse_unsellable(lines, quote.issued_on)
    except ValidationError as refusal:
        raise ValidationError(line_refusals(refusal), code="lines") from refusal
    refuse_expired(quote)
    refuse_contracted(quote)
    measure_anew(quote, lines, actor=actor)
    return {}


def _newest_left(quote: Quote) -> Any:
    """The newest other version that is not void, as a query."""
    rows = Quote.objects.filter(root_id=quote.root_id).exclude(state=Quote.State.VOID).exclude(pk=quote.pk)
    return Quote.objects.filter(pk__in=rows.order_by("-version").values("pk")[:1])
