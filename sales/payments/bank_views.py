"""Pages of bank lines: taking in statements, matching lines with payments, setting lines aside."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from crm.access.gate import SignedInRequest, needs
from crm.records.forms import refused
from crm.records.selection import Selection
from sales.documents.shown import money
from sales.documents.verb_forms import ReasonForm
from sales.documents.verb_pages import posted, verb_page
from sales.payments import matching
from sales.payments.filters import BankLineFilter
from sales.payments.forms import BookForm, NoteForm, StatementForm
from sales.payments.models import BankImport, BankLine, Payment
from sales.payments.shown import line_mark
from sales.payments.statements import import_statement

IMPORT = "sales.import_bank_line"
STATEMENTS_SHOWN, AT_ONCE = 10, 200


@needs(IMPORT)
def bank_line_import(request: SignedInRequest) -> HttpResponse:
    """Take in a statement of the bank."""
    is_post = request.method == "POST"
    form = StatementForm(request.POST if is_post else None, request.FILES if is_post else None)
    if form.is_valid():
        try:
            done = import_statement(form.cleaned_data["file"], actor=request.user, account=form.cleaned_data["account"])
        except ValidationError as refusal:
            form.add_error("file", refusal.messages)
        else:
            messages.success(request, _told(done))
            return HttpResponseRedirect(reverse("sales:bank_line_statement", args=[done.pk]))
    statements = BankImport.objects.select_related("imported_by")[:STATEMENTS_SHOWN]
    context = {"form": form, "statements": statements}
    return render(request, "sales/payments/import.html", context, status=422 if form.errors else 200)


@needs(IMPORT, model=BankImport)
@require_safe
def bank_line_statement(request: SignedInRequest, statement: BankImport) -> HttpResponse:
    """What a statement held, and what of it could not be read."""
    context = {"statement": statement, "told": _told(statement)}
    return render(request, "sales/payments/statement.html", context)


@needs(IMPORT, model=BankLine)
@require_safe
def bank_line_detail(request: SignedInRequest, line: BankLine) -> HttpResponse:
    """One line of the bank: what it may be, and what became of it."""
    return _line_page(request, line, None)


@needs(IMPORT, model=BankLine)
@require_POST
def bank_line_match(request: SignedInRequest, line: BankLine) -> HttpResponse:
    """Tie a line to the payment that is named."""
    pk = request.POST.get("payment", "")
    payment = None
    if pk.isascii() and pk.isdecimal() and len(pk) < 19:
        payment = Payment.objects.visible_to(request.user).filter(pk=int(pk)).first()
    try:
        if payment is None:
            raise ValidationError(_("Choose a payment."))
        matching.match_line(line, payment, actor=request.user)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        messages.success(request, _("Matched with %(name)s.") % {"name": payment})
    return HttpResponseRedirect(_back(request))


@needs(IMPORT, model=BankLine)
@require_POST
def bank_line_book(request: SignedInRequest, line: BankLine) -> HttpResponse:
    """Claim the payment a line tells of, for a customer."""
    form = BookForm(request.POST, user=request.user)
    if form.is_valid():
        given = form.cleaned_data
        values = {"contract": given["contract"], "overpayment_reason": given["overpayment_reason"]}
        try:
            payment = matching.book_line(line, given["customer"], actor=request.user, values=values)
        except ValidationError as refusal:
            refused(form, refusal)
        else:
            messages.success(request, _("Payment submitted; somebody else confirms it."))
            return HttpResponseRedirect(payment.get_absolute_url())
    return _line_page(request, line, form, status=422)


@needs(IMPORT, model=BankLine)
def bank_line_ignore(request: SignedInRequest, line: BankLine) -> HttpResponse:
    """Say that a line is no payment of a customer."""
    form = NoteForm(posted(request))
    for name in ("ids", "all", "query"):
        del form.fields[name]
    return verb_page(
        request, line, form, matching.ignore_line,
        title=_("Set the line aside"), action_label=_("Set aside"), done=_("Line set aside."),
    )  # fmt: skip


@needs(IMPORT, model=BankLine)
def bank_line_release(request: SignedInRequest, line: BankLine) -> HttpResponse:
    """Untie a line from its payment."""
    return verb_page(
        request, line, ReasonForm(posted(request)), matching.release_line,
        title=_("Untie the line"), action_label=_("Untie"), done=_("The line can be matched again."),
        facts=[_("The payment stays as it is. While it waits or is confirmed, this money counts for no other.")],
    )  # fmt: skip


@needs(IMPORT, model=BankLine)
@require_POST
def bank_line_reopen(request: SignedInRequest, line: BankLine) -> HttpResponse:
    """Let a line that was set aside be matched after all."""
    try:
        matching.reopen_line(line, actor=request.user)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    return HttpResponseRedirect(line.get_absolute_url())


@needs(IMPORT)
@require_POST
def bank_lines_ignore(request: SignedInRequest) -> HttpResponse:
    """Set several lines aside with one note."""
    list_url = reverse("sales:bank_line_list")
    form = NoteForm(request.POST if "note" in request.POST else None)
    try:
        selection = Selection.from_request(request)
        if not selection.ids and not selection.is_all:
            raise ValidationError(_("Choose bank lines on the list first."))
        found = selection.rows(BankLine.objects.visible_to(request.user), BankLineFilter, request.user)
        rows = list(found.filter(state=BankLine.State.OPEN).order_by("pk")[: AT_ONCE + 1])
        if len(rows) > AT_ONCE:
            raise ValidationError(_("Set at most %(count)s aside at once.") % {"count": AT_ONCE})
        if form.is_valid():
            for row in rows:
                matching.ignore_line(row, actor=request.user, note=form.cleaned_data["note"])
            text = ngettext("%(count)s line set aside.", "%(count)s lines set aside.", len(rows))
            messages.success(request, text % {"count": len(rows)})
            return HttpResponseRedirect(list_url)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
        return HttpResponseRedirect(list_url)
    form.initial = {"ids": ",".join(map(str, selection.ids)), "all": "1" if selection.is_all else "",
                    "query": selection.query}  # fmt: skip
    count = len(rows)
    context = {
        "title": _("Set lines aside"), "action_label": _("Set aside"), "form": form, "cancel_url": list_url,
        "text": ngettext("%(count)s open line is meant.", "%(count)s open lines are meant.", count) % {"count": count},
        "parent": _("Bank lines"), "parent_url": list_url,
    }  # fmt: skip
    return render(request, "records/confirm.html", context, status=422 if form.is_bound else 200)


@needs(IMPORT)
@require_safe
def bank_line_filter(request: SignedInRequest) -> HttpResponse:
    """Every filter of the list with its choices."""
    filters = BankLineFilter(request.GET, BankLine.objects.none(), request.user)
    kept = [(name, value) for name in ("q", "sort") if (value := request.GET.get(name))]
    context = {"form": filters.choice_form(), "title": _("Filter bank lines"), "kept": kept}
    return render(request, "records/filter.html", {**context, "list_url": reverse("sales:bank_line_list")})


def _line_page(request: SignedInRequest, line: BankLine, form: BookForm | None, status: int = 200) -> HttpResponse:
    row = BankLine.objects.select_related("source", "payment__customer", "released_from", "matched_by").get(pk=line.pk)
    found = matching.proposals([row], request.user).get(row.pk)
    customer = found.customer if found else None
    context = {
        "line": row, "state": line_mark(row), "amount": money(row.amount, row.currency), "proposal": found,
        "form": form or BookForm(initial={"customer": customer.number if customer else ""}, user=request.user),
    }  # fmt: skip
    return render(request, "sales/payments/bank_line.html", context, status=status)


def _told(statement: BankImport) -> str:
    return _("%(new)s new lines, %(known)s known before, %(refused)s rows could not be read.") % {
        "new": statement.line_count, "known": statement.known_count, "refused": len(statement.refused),
    }  # fmt: skip


def _back(request: SignedInRequest) -> str:
    query = request.POST.get("query", "")[:2000]
    return reverse("sales:bank_line_list") + (f"?{query}" if query else "")
