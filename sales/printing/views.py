"""The PDFs of documents."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.http import content_disposition_header
from django.utils.text import get_valid_filename
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from crm.access.gate import SignedInRequest, needs
from crm.jobs.actions import start_job
from crm.operations.pace import counted_this_minute
from customers.customers.models import Customer
from sales.contracts.models import Contract
from sales.orders.models import Delivery
from sales.printing.models import LANGUAGES, PrintTemplate
from sales.printing.rendering import Printed, line_count, print_row
from sales.printing.templates import template_for
from sales.quotes.models import Quote

Kind = PrintTemplate.Kind
# longer ones are printed by a worker: a line takes about 10 ms, the first page a second
LINES_AT_ONCE = 60
PRINTS_A_MINUTE = 20


@needs("sales.view_quote", model=Quote)
@require_safe
def quote_pdf(request: SignedInRequest, quote: Quote) -> HttpResponse:
    """A quote on paper."""
    return _printed(request, Kind.QUOTE, quote)


@needs("sales.view_contract", model=Contract)
@require_safe
def contract_pdf(request: SignedInRequest, contract: Contract) -> HttpResponse:
    """A contract on paper."""
    return _printed(request, Kind.CONTRACT, contract)


@needs("sales.view_order", model=Delivery)
@require_safe
def delivery_pdf(request: SignedInRequest, delivery: Delivery) -> HttpResponse:
    """A delivery note."""
    return _printed(request, Kind.DELIVERY_NOTE, delivery)


@needs("sales.view_payment", model=Customer)
@require_safe
def statement_pdf(request: SignedInRequest, customer: Customer) -> HttpResponse:
    """Where a customer stands with us, to be sent to them."""
    return _printed(request, Kind.STATEMENT, customer)


def pdf_answer(made: Printed) -> HttpResponse:
    """A PDF to keep."""
    headers = {
        "Content-Disposition": content_disposition_header(True, made.file_name) or "",
        "Cache-Control": "private, no-store",
    }
    return HttpResponse(made.content, content_type="application/pdf", headers=headers)


def _printed(request: SignedInRequest, kind: str, row: Any) -> HttpResponse:
    """The PDF, or a job that makes it where it is long; `?language=` and `?template=` choose how it looks."""
    language = request.GET.get("language", LANGUAGES[0][0])
    if language not in dict(LANGUAGES):
        language = LANGUAGES[0][0]
    wanted = request.GET.get("template", "")
    chosen = int(wanted) if wanted.isascii() and wanted.isdecimal() and len(wanted) < 19 else None
    if counted_this_minute(f"prints:{request.user.pk}") > PRINTS_A_MINUTE:
        messages.error(request, _("That was a lot of printing. Wait a minute."))
        return redirect(row)
    if line_count(kind, row) > LINES_AT_ONCE:
        params = {"kind": str(kind), "pk": row.pk, "language": language, "template": chosen}
        return redirect(
            start_job("document-print", get_valid_filename(str(row))[:100], requested_by=request.user, params=params)
        )
    try:
        return pdf_answer(print_row(kind, row, request.user, template_for(kind, language, chosen)))
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
        return redirect(row)
