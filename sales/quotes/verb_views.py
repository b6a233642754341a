"""What is done with one quote: submitting, withdrawing, new versions, copies, sending, declaring void."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from crm.access.gate import SignedInRequest, needs
from sales.documents.choosing import customer_named
from sales.documents.verb_forms import CommentForm, ReasonForm
from sales.documents.verb_pages import posted, submit_page, verb_page
from sales.links.pages import link_page, revoke_page
from sales.quotes import actions, versions
from sales.quotes.models import Quote

ADD, CHANGE = "sales.add_quote", "sales.change_quote"


@needs(CHANGE, model=Quote)
def quote_submit(request: SignedInRequest, quote: Quote) -> HttpResponse:
    """Put a quote up for approval, after showing who will decide and why."""
    return submit_page(request, "sales.quote", quote, actions.submit_quote, done=_("Submitted."))


@needs(CHANGE, model=Quote)
def quote_withdraw(request: SignedInRequest, quote: Quote) -> HttpResponse:
    """Take a waiting quote back."""
    return verb_page(
        request, quote, CommentForm(posted(request)), actions.withdraw_quote,
        title=_("Withdraw the quote"), action_label=_("Withdraw"), done=_("Withdrawn."),
        facts=[_("It can be changed and submitted again; its number stays.")],
    )  # fmt: skip


@needs(CHANGE, model=Quote)
def quote_void(request: SignedInRequest, quote: Quote) -> HttpResponse:
    """Declare a quote void."""
    return verb_page(
        request, quote, ReasonForm(posted(request)), actions.void_quote,
        title=_("Declare void"), action_label=_("Declare void"), done=_("The quote is void."), danger=True,
        facts=[_("It does not count any more, and links to it end."), _("Its number is not given again.")],
    )  # fmt: skip


@needs(CHANGE, model=Quote)
@require_POST
def quote_new_version(request: SignedInRequest, quote: Quote) -> HttpResponse:
    """Begin the next version, which has to be approved anew."""
    try:
        made = versions.new_version(quote, actor=request.user)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
        return redirect(quote)
    words = {"number": made.version}
    text = _("Version %(number)s is a draft. The one before stays in force until this is approved.") % words
    if quote.state == Quote.State.RETURNED:
        text = _("Version %(number)s is a draft. It takes the place of the one that was returned.") % words
    messages.success(request, text)
    return redirect("sales:quote_edit", made.pk)


@needs(ADD, model=Quote, rows="visible_to")
@require_POST
def quote_copy(request: SignedInRequest, quote: Quote) -> HttpResponse:
    """Write a new quote with what this one says."""
    if customer_named(request.user, ADD, str(quote.customer_id)) is None:
        raise PermissionDenied(_("This customer is not in your reach for new quotes."))
    try:
        made, left_out = versions.copy_quote(quote, actor=request.user)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
        return redirect(quote)
    if left_out:
        words = {"names": ", ".join(left_out)[:200]}
        messages.warning(request, _("Left out, because it is not sold any more: %(names)s") % words)
    return redirect("sales:quote_edit", made.pk)


@needs(CHANGE, model=Quote)
def quote_send(request: SignedInRequest, quote: Quote) -> HttpResponse:
    """Mark it as sent, and show the customer's link."""
    return link_page(
        request, quote, actions.send_quote, until=quote.valid_until, said=_("The quote is marked as sent."),
        back=_("Back to the quote"), title=_("Send to the customer"), action_label=_("Mark as sent, make a link"),
        facts=[
            _("The quote is marked as sent, and a link is made under which the customer accepts or asks for changes."),
            _("Earlier links to this quote end."),
        ],
    )  # fmt: skip


@needs(CHANGE, model=Quote)
@require_POST
def quote_revoke_link(request: SignedInRequest, quote: Quote) -> HttpResponse:
    """Take the customer's link back."""
    return revoke_page(request, quote, actions.revoke_links)
