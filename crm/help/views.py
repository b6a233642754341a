"""Help: one short page per area, written once in each language (templates/help/<language>/<slug>.html)."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from crm.access.gate import SignedInRequest, signed_in

# slug → title, one sentence, icon
PAGES: dict[str, tuple[Any, Any, str]] = {
    "customers": (_("Customers and follow-ups"), _("Find, add and look after customers."), "building-2"),
    "people": (
        _("People, team and companies"),
        _("Decision map, group, team, comments, check-in, mail."),
        "users",
    ),
    "files": (_("Files"), _("Keep files with a customer, a follow-up or a comment."), "paperclip"),
    "leads": (
        _("Leads and handing out"),
        _("The inbox, rules that hand out, files, the alarm."),
        "inbox",
    ),
    "tasks": (_("Tasks and calendar"), _("Plan, give away, be reminded, see the week."), "list-checks"),
    "duplicates": (_("Duplicates and search"), _("Find, compare and merge customers that are one."), "git-merge"),
    "quality": (_("Data quality"), _("Scores, faults, uniform spelling, archive, retention."), "list-checks"),
    "pool": (_("Public pool"), _("Claim, release and assign."), "waves"),
    "segments": (_("Segments"), _("Customers by conditions, scores, rules for levels and tags."), "filter"),
    "contracts": (_("Contracts and orders"), _("Draw up, sign, supplement, deliver."), "file-pen-line"),
    "invoices": (_("Invoices and reissues"), _("Apply, issue, take back, issue again."), "receipt-text"),
    "payments": (_("Payments and receivables"), _("Claim, confirm, match, allocate, reverse."), "banknote"),
    "requirements": (_("Requirements"), _("Write down, check, approve what customers need."), "clipboard-list"),
    "printing": (_("Printed documents"), _("PDFs, letterhead, templates."), "printer"),
    "quotes": (_("Quotes"), _("Write, submit, compare versions, send, let the customer answer."), "file-text"),
    "approvals": (_("Approvals"), _("Decide, hand on, delegations, flows."), "stamp"),
    "opportunities": (_("Opportunities"), _("Talks about amounts: open, move, lose, win."), "target"),
    "products": (
        _("Products and prices"),
        _("Catalogue, price lists, two people for each price, import."),
        "package",
    ),
    "transfer": (_("Bulk transfer"), _("Hand over many customers, and take it back."), "arrow-left-right"),
    "import": (_("Import from a spreadsheet"), _("Upload, map, check, apply, undo."), "file-up"),
    "export": (_("Export"), _("Take lists out as a spreadsheet."), "file-down"),
    "custom-fields": (_("Your own fields"), _("Fields of your own: kinds, rules, imports."), "text-cursor-input"),
    "reports": (_("Reports"), _("Figures as page, spreadsheet and PDF."), "chart-column"),
    "roles": (_("Roles and what you see"), _("Why somebody sees more or less than you."), "shield"),
    "shortcuts": (_("Keyboard"), _("Work without the mouse."), "keyboard"),
    "privacy": (_("Personal data"), _("Masking, revealing, and what is recorded."), "lock"),
}


@signed_in
@require_safe
def index(request: SignedInRequest) -> HttpResponse:
    """All pages, or those whose title fits a text."""
    text = request.GET.get("q", "").strip()[:60]
    pages = [
        (slug, title, about, icon)
        for slug, (title, about, icon) in PAGES.items()
        if text.lower() in f"{title} {about}".lower()
    ]
    return render(request, "help/index.html", {"pages": pages, "text": text})


@signed_in
@require_safe
def page(request: SignedInRequest, slug: str) -> HttpResponse:
    """One page in the language of the reader."""
    if slug not in PAGES:
        raise Http404
    language = "zh" if (get_language() or "zh").startswith("zh") else "en"
    others = [(other, title) for other, (title, _about, _icon) in PAGES.items() if other != slug]
    context = {"title": PAGES[slug][0], "part": f"help/{language}/{slug}.html", "others": others}
    return render(request, "help/page.html", context)
