"""What the customer says about a quote, through their link: accepted, or changes wished; once."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from crm.history.operations import operation
from crm.notifications.actions import notify
from crm.people.models import User
from customers.customers.actions import clean_text
from customers.customers.identity import clean_line
from sales.documents.submitting import move
from sales.links.models import CustomerLink
from sales.quotes.actions import contract_fed_by, hold_quote
from sales.quotes.models import Quote

LONGEST_NOTE = 2000


def answer_quote(link: CustomerLink, *, name: str, is_accepted: bool, note: str = "", address: str = "") -> Quote:
    """Record the customer's answer with name, time and address, end the link and tell the owner.

    ValidationError with code `over` where the link or the quote does not hold any more; by field where words miss.
    """
    who, said = clean_line(name), clean_text(note)
    _refuse_words(who, said, is_accepted)
    assert link.quote is not None
    verb = "quote_accepted" if is_accepted else "quote_declined"
    with operation(None, verb, link.quote, anchor_id=link.quote.customer_id, via="link", facts={"name": who}):
        quote = hold_quote(link.quote)
        held = CustomerLink.objects.select_for_update(of=("self",), no_key=True).get(pk=link.pk)
        refuse_over(held, quote)
        now = timezone.now()
        CustomerLink.objects.filter(pk=held.pk).update(answered_at=now)
        state = Quote.State.ACCEPTED if is_accepted else Quote.State.DECLINED
        move(
            quote, state, actor=None, answered_at=now, answered_by=who, answer_address=address or None, answer_note=said
        )
        _tell_owner(quote, who, is_accepted)
    return quote


def why_over(link: CustomerLink, quote: Quote) -> str:
    """Why nothing can be answered any more under a link, in words for the customer; "" where it can."""
    if link.answered_at is not None:
        return _("This quote has been answered.")
    if link.revoked_at is not None:
        return _("This link was taken back. Ask for a new one.")
    if quote.is_expired:
        return _("This quote was good until %(day)s. Ask for a new one.") % {"day": quote.valid_until.isoformat()}
    if not link.is_alive:
        return _("This link is no longer valid. Ask for a new one.")
    if quote.state != Quote.State.SENT:
        return _("This quote does not hold any more. Ask for a new one.")
    if contract_fed_by(quote) is not None:
        return _("A contract is being drawn up from this quote. Tell your contact what should be different.")
    return ""


def refuse_over(link: CustomerLink, quote: Quote) -> None:
    """ValidationError where nothing can be answered any more under a link."""
    if reason := why_over(link, quote):
        raise ValidationError(reason, code="over")


def _refuse_words(who: str, said: str, is_accepted: bool) -> None:
    wrong = {}
    if not who:
        wrong["name"] = _("Write your name.")
    elif len(who) > 80:
        wrong["name"] = _("At most %(count)s characters.") % {"count": 80}
    if len(said) > LONGEST_NOTE:
        wrong["note"] = _("At most %(count)s characters.") % {"count": LONGEST_NOTE}
    elif not is_accepted and not said:
        wrong["note"] = _("Write what should be different.")
    if wrong:
        raise ValidationError(wrong)


def _tell_owner(quote: Quote, who: str, is_accepted: bool) -> None:
    owner: User | None = quote.owner
    if owner is None or not owner.is_active:
        return
    with translation.override(owner.language):
        words = {"name": who, "quote": quote}
        text = (
            _("%(name)s accepted the quote %(quote)s") % words
            if is_accepted
            else _("%(name)s wishes changes of the quote %(quote)s") % words
        )
    notify(
        owner, "quote_answered", text, about=quote, url=quote.get_absolute_url(),
        dedupe_key=f"quote-answered:{quote.pk}",
    )  # fmt: skip
