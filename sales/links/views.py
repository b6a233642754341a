"""The page a customer opens by their link, without signing in: read, accept or ask for changes, once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from crm.access.gate import public
from crm.operations.pace import counted_this_minute
from crm.operations.requests import client_address
from crm.records.forms import has_code, refused
from sales.documents.shown import money, shown_lines
from sales.links.actions import find_link, note_opening
from sales.links.forms import AnswerForm
from sales.links.models import CustomerLink
from sales.orders import acceptance
from sales.orders.links import why_over as delivery_over
from sales.orders.models import Delivery
from sales.printing.models import LANGUAGES, PrintTemplate
from sales.printing.rendering import print_for_customer
from sales.printing.templates import template_for
from sales.printing.views import pdf_answer
from sales.quotes.answering import answer_quote, why_over
from sales.quotes.models import Quote

# what one address may ask in a minute: a person reads, a program guesses
REQUESTS_A_MINUTE = 30
PDFS_A_MINUTE = 5


@public
@require_http_methods(["GET", "HEAD", "POST"])
def customer_link(request: HttpRequest, token: str) -> HttpResponse:
    """A quote or a delivery as its customer sees it; 404 for an unknown link, 410 for one that is over."""
    if counted_this_minute(f"customer-link:{client_address(request)}") > REQUESTS_A_MINUTE:
        return _closed(request, _("Too many requests. Wait a minute."), 429)
    link = find_link(token)
    if link is None:
        raise Http404
    if link.delivery is not None:
        return _delivery_page(request, link, link.delivery)
    assert link.quote is not None
    return _quote_page(request, link, link.quote)


@public
@require_safe
def customer_link_pdf(request: HttpRequest, token: str) -> HttpResponse:
    """The quote of a link on paper, as long as the link shows it; 404 for what is no quote, 410 for what is over."""
    if counted_this_minute(f"customer-link-pdf:{client_address(request)}") > PDFS_A_MINUTE:
        return _closed(request, _("Too many requests. Wait a minute."), 429)
    link = find_link(token)
    if link is None or link.quote is None:
        raise Http404
    if reason := why_over(link, link.quote):
        return _closed(request, reason, 410)
    spoken = get_language() or ""
    language = spoken if spoken in dict(LANGUAGES) else LANGUAGES[0][0]
    try:
        made = print_for_customer(link.quote, template_for(PrintTemplate.Kind.QUOTE, language))
    except ValidationError as refusal:
        return _closed(request, " ".join(refusal.messages), 422)
    answer = pdf_answer(made)
    answer["X-Robots-Tag"] = "noindex, nofollow"
    return answer


def _quote_page(request: HttpRequest, link: CustomerLink, quote: Quote) -> HttpResponse:
    if reason := why_over(link, quote):
        return _closed(request, reason, 410)

    def answer(**given: Any) -> Any:
        return answer_quote(link, **given)

    assert request.resolver_match is not None
    return _asked(request, link, answer, "sales/links/quote.html", {
        "quote": quote,
        "pdf_url": reverse("links:customer_link_pdf", kwargs=request.resolver_match.kwargs),
        "shown": shown_lines(
            list(quote.lines.all()), currency=quote.currency, is_tax_included=quote.is_tax_included
        ),
        "total": money(quote.gross, quote.currency),
    })  # fmt: skip


def _delivery_page(request: HttpRequest, link: CustomerLink, delivery: Delivery) -> HttpResponse:
    if reason := delivery_over(link, delivery):
        return _closed(request, reason, 410)

    def answer(*, is_accepted: bool, **given: Any) -> Any:
        act = acceptance.accept_delivery if is_accepted else acceptance.refuse_delivery
        return act(delivery, actor=None, link=link, **given)

    lines = delivery.lines.select_related("order_line")
    return _asked(request, link, answer, "sales/links/delivery.html", {"delivery": delivery, "lines": lines})


def _asked(
    request: HttpRequest, link: CustomerLink, answer: Callable[..., Any], template: str, context: dict[str, Any]
) -> HttpResponse:
    """The page with its form; what was answered is thanked for on the same address."""
    form = AnswerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        is_accepted = form.cleaned_data["answer"] == "accept"
        try:
            answer(
                name=form.cleaned_data["name"], is_accepted=is_accepted, note=form.cleaned_data["note"],
                address=client_address(request),
            )  # fmt: skip
        except ValidationError as refusal:
            if has_code(refusal, "over"):
                return _closed(request, " ".join(refusal.messages), 410)
            refused(form, refusal)
        else:
            return _plain(request, "sales/links/thanks.html", {"is_accepted": is_accepted, **context}, 200)
    elif request.method == "GET":
        note_opening(link)
    context = {"form": form, "company": settings.COMPANY_NAME, **context}
    return _plain(request, template, context, 422 if form.errors else 200)


def _closed(request: HttpRequest, reason: str, status: int) -> HttpResponse:
    return _plain(request, "sales/links/over.html", {"reason": reason}, status)


def _plain(request: HttpRequest, template: str, context: dict[str, Any], status: int) -> HttpResponse:
    """A page for a stranger: kept by nobody, found by no search engine, telling no other site where it lay.

    The policy for referrers is that of all pages, same-origin: with none at all browsers would hide where the form of
    an answer comes from, and it would be refused.
    """
    answer = render(request, template, context, status=status)
    answer["X-Robots-Tag"] = "noindex, nofollow"
    answer["Cache-Control"] = "no-store"
    return answer
