"""Pages of requirements."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from crm.access.gate import SignedInRequest, may, needs
from crm.api.once import made_once
from crm.approvals.models import ApprovalRequest
from crm.approvals.panels import approval_panel
from crm.people.models import User
from crm.records.forms import has_code, refused
from crm.records.stale import fingerprint
from crm.records.together import read_together
from crm.ui.formats import long_day, yuan2
from crm.ui.navigation import address
from customers.contacts.models import Contact
from customers.customers.models import Customer
from sales.documents.choosing import choose_customer, customer_named
from sales.documents.shown import number_text
from sales.documents.verb_forms import CommentForm, ReasonForm
from sales.documents.verb_pages import posted, submit_page, verb_page
from sales.opportunities.models import Opportunity
from sales.quotes.models import Quote
from sales.requirements import actions
from sales.requirements.filters import RequirementFilter
from sales.requirements.forms import CheckForm, RequirementForm
from sales.requirements.line_forms import NeedEditor
from sales.requirements.lines import estimate
from sales.requirements.models import Requirement, RequirementLine
from sales.requirements.querysets import CHECK_RIGHT
from sales.requirements.tables import check_mark, state_mark

VIEW, ADD, CHANGE = "sales.view_requirement", "sales.add_requirement", "sales.change_requirement"


@needs(VIEW, model=Requirement, rows="shown_to")
@require_safe
def requirement_detail(request: SignedInRequest, requirement: Requirement) -> HttpResponse:
    """One requirement: what is needed, what a technician says, how far its approval is."""
    user = request.user
    seen = read_together(
        {
            "customer": Customer.objects.visible_to(user).filter(pk=requirement.customer_id).values("pk"),
            "opportunity": Opportunity.objects.visible_to(user).filter(pk=requirement.opportunity_id).values("pk"),
            "contact": Contact.objects.visible_to(user).filter(pk=requirement.contact_id).values("pk"),
        }
    )
    customer = requirement.customer if seen["customer"] else None
    is_known = customer is not None and customer.status != Customer.Status.POOL
    lines = list(requirement.lines.select_related("product"))
    context = {
        "requirement": requirement,
        "customer": customer,
        "opportunity": requirement.opportunity if seen["opportunity"] else None,
        "contact": requirement.contact if is_known and seen["contact"] else None,
        "state": state_mark(requirement),
        "check": check_mark(requirement),
        "lines": shown_lines(lines),
        "estimate": yuan2(estimate(lines)),
        "quotes": Quote.objects.visible_to(user).filter(requirement=requirement, is_current=True).order_by("-pk")[:20],
        "approval": approval_panel(user, "sales.requirement", requirement),
        **_offered(user, requirement),
    }
    return render(request, "sales/requirements/detail.html", context)


@needs(ADD)
def requirement_add(request: SignedInRequest) -> HttpResponse:
    """A new requirement of the customer that `?customer=` (or `?opportunity=`) names; sent twice, written once."""
    user = request.user
    opportunity = _named(Opportunity.objects.visible_to(user).open(), request.GET.get("opportunity", ""))
    wanted = str(opportunity.customer_id) if opportunity else request.GET.get("customer", "")
    customer = customer_named(user, ADD, wanted)
    if customer is None:
        return choose_customer(
            request, ADD, add="sales:requirement_add", title=_("New requirement"), parent=_("Requirements"),
            listing="sales:requirement_list",
        )  # fmt: skip
    draft = Requirement(customer=customer, opportunity=opportunity)
    if opportunity is not None:
        draft.currency = opportunity.currency
    form = RequirementForm(
        request.POST or None, instance=draft, initial={"key": str(uuid.uuid4())}, customer=customer, user=user
    )
    editor = NeedEditor(request.POST or None, _currency(request, draft))

    def make() -> Requirement:
        return actions.add_requirement(customer, actor=user, values=form.values(), lines=editor.values())

    def keep() -> str:
        place, is_new = made_once(user, form.cleaned_data["key"], make)
        messages.success(request, _("Requirement added.") if is_new else _("This one was added already."))
        return place

    return _written(request, form, editor, keep, _("New requirement"), customer.get_absolute_url())


@needs(CHANGE, model=Requirement)
def requirement_edit(request: SignedInRequest, requirement: Requirement) -> HttpResponse:
    """Change a draft, returned or withdrawn requirement."""
    if not requirement.is_editable:
        messages.error(request, _("This requirement cannot be changed now."))
        return redirect(requirement)
    seen = fingerprint(requirement, actions.WATCHED)
    form = RequirementForm(
        request.POST or None, instance=requirement, initial={"seen": seen}, customer=requirement.customer,
        user=request.user,
    )  # fmt: skip
    lines = requirement.lines.select_related("product")
    editor = NeedEditor(request.POST or None, _currency(request, requirement), lines)

    def keep() -> str:
        actions.change_requirement(
            requirement, actor=request.user, values=form.values(), lines=editor.values(),
            seen=form.cleaned_data["seen"],
        )  # fmt: skip
        messages.success(request, _("Saved."))
        return requirement.get_absolute_url()

    return _written(request, form, editor, keep, _("Edit requirement"), requirement.get_absolute_url(), seen)


@needs(ADD)
@require_POST
def requirement_lines(request: SignedInRequest) -> HttpResponse:
    """What htmx gets for typed rows that are added, moved or removed."""
    currency = request.POST.get("currency", "")
    editor = NeedEditor(request.POST, currency if currency.isalpha() and len(currency) == 3 else "CNY")
    editor.change_rows()
    return render(request, "sales/requirements/_lines.html", {"editor": editor})


@needs(CHANGE, model=Requirement)
def requirement_submit(request: SignedInRequest, requirement: Requirement) -> HttpResponse:
    """Put it up for approval."""
    return submit_page(
        request, "sales.requirement", requirement, actions.submit_requirement, done=_("Submitted for approval."),
        title=_("Submit requirement"),
    )  # fmt: skip


@needs(CHANGE, model=Requirement)
def requirement_withdraw(request: SignedInRequest, requirement: Requirement) -> HttpResponse:
    """Take it back before the last decision."""
    form = CommentForm(posted(request))
    return verb_page(
        request, requirement, form,
        actions.withdraw_requirement,
        title=_("Withdraw requirement"), action_label=_("Withdraw"), done=_("Withdrawn."),
    )  # fmt: skip


@needs(CHANGE, model=Requirement)
def requirement_void(request: SignedInRequest, requirement: Requirement) -> HttpResponse:
    """Give it up, with a reason."""
    form = ReasonForm(posted(request))
    return verb_page(
        request, requirement, form,
        actions.void_requirement,
        title=_("Give requirement up"), action_label=_("Give up"), done=_("Given up."), danger=True,
        facts=[_("Its number stays taken."), _("A customer with no other open business becomes a lead again.")],
    )  # fmt: skip


@needs(CHECK_RIGHT, model=Requirement, rows="to_check_by")
def requirement_check(request: SignedInRequest, requirement: Requirement) -> HttpResponse:
    """Record whether it can be met; the decision itself follows on the page of the approval."""
    form = CheckForm(request.POST or None)
    row = ApprovalRequest.objects.of("sales.requirement", requirement.pk).filter(closed_at=None).first()
    place = row.get_absolute_url() if row else reverse("sales:requirement_list")
    if form.is_valid():
        try:
            actions.check_requirement(requirement, actor=request.user, **form.cleaned_data)
        except ValidationError as refusal:
            refused(form, refusal)
        else:
            messages.success(request, _("Check recorded. Decide on it now."))
            return HttpResponseRedirect(place)
    context = {
        "form": form, "requirement": requirement, "lines": shown_lines(requirement.lines.select_related("product")),
        "cancel_url": place,
    }  # fmt: skip
    return render(request, "sales/requirements/check.html", context, status=422 if form.errors else 200)


@needs(VIEW)
@require_safe
def requirement_filter(request: SignedInRequest) -> HttpResponse:
    """Every filter of the list with its choices."""
    filters = RequirementFilter(request.GET, Requirement.objects.visible_to(request.user).none(), request.user)
    kept = [(name, value) for name in ("q", "sort") if (value := request.GET.get(name))]
    context = {"form": filters.choice_form(), "title": _("Filter requirements"), "kept": kept}
    return render(request, "records/filter.html", {**context, "list_url": reverse("sales:requirement_list")})


# ── parts of the pages above ──


def shown_lines(lines: Any) -> list[dict[str, Any]]:
    """Lines in words."""
    return [_shown(line) for line in lines]


def _shown(line: RequirementLine) -> dict[str, Any]:
    price = line.target_price
    return {
        "position": line.position,
        "name": line.name,
        "about": " · ".join(text for text in (line.product.code if line.product else "", line.note) if text),
        "quantity": f"{number_text(line.quantity)} {line.unit}".strip(),
        "price": "" if price is None else number_text(price, 2),
    }


def _offered(user: User, requirement: Requirement) -> dict[str, Any]:
    """Which buttons belong on the page, by the gate of their pages and the state."""
    may_change = may(user, CHANGE, requirement)
    quote_url = address("sales:quote_add")
    is_approved = requirement.state == "approved"
    return {
        "may_edit": may_change and requirement.is_editable,
        "may_withdraw": may_change and requirement.is_waiting,
        "may_void": may_change and requirement.state != "void",
        "check_url": _check_url(user, requirement),
        "quote_url": f"{quote_url}?requirement={requirement.pk}"
        if quote_url and is_approved and may(user, "sales.add_quote", requirement)
        else "",
        "wanted": long_day(requirement.wanted_on) if requirement.wanted_on else "",
    }


def _check_url(user: User, requirement: Requirement) -> str:
    is_turn = requirement.state == "pending" and may(user, CHECK_RIGHT)
    if is_turn and Requirement.objects.to_check_by(user).filter(pk=requirement.pk).exists():
        return reverse("sales:requirement_check", args=[requirement.pk])
    return ""


def _named(rows: Any, text: str) -> Any:
    """The row in reach that an id of an address names."""
    return rows.filter(pk=int(text)).first() if text.isascii() and text.isdecimal() and len(text) < 19 else None


def _currency(request: SignedInRequest, requirement: Requirement) -> str:
    given = request.POST.get("currency", "")
    return given if given in dict(Requirement._meta.get_field("currency").flatchoices) else requirement.currency


def _written(
    request: SignedInRequest, form: RequirementForm, editor: NeedEditor, keep: Callable[[], str], title: str,
    cancel_url: str, seen: str = "",
) -> HttpResponse:  # fmt: skip
    """The page on which a requirement is written; `keep` writes it and says where to go."""
    status = 200
    if editor.asked:
        editor.change_rows()
        form.errors.clear()
    elif form.is_bound:
        is_read = editor.is_valid()
        status = 422
        if form.is_valid() and is_read:
            try:
                return HttpResponseRedirect(keep())
            except ValidationError as refusal:
                status = 409 if has_code(refusal, "stale") else 422
                if status == 409:
                    form.data = request.POST.copy()
                    form.data["seen"] = seen
                if rest := editor.take_refusal(refusal):
                    refused(form, rest)
    context = {"form": form, "editor": editor, "title": title, "cancel_url": cancel_url,
               "customer": form.instance.customer}  # fmt: skip
    return render(request, "sales/requirements/form.html", context, status=status)
