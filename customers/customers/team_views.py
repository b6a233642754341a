"""Pages of the team of a customer."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from crm.access.gate import SignedInRequest, may, needs
from crm.people.models import User
from crm.records.forms import refused
from customers.customers import sharing, team
from customers.customers.models import Customer
from customers.customers.team_forms import MemberForm, TeamForm

SHARE = "customers.share_customer"
COLLEAGUES_SHOWN, COLLEAGUES_TRIED = 8, 24


@needs("customers.view_customer", model=Customer)
@require_safe
def customer_team(request: SignedInRequest, customer: Customer) -> HttpResponse:
    """Who works on a customer, with part, right and last day."""
    is_open = customer.archived_at is None and customer.owner_id is not None
    context = {
        "customer": customer,
        "members": team.members_of(customer),
        "may_share": is_open and may(request.user, SHARE, customer),
    }
    return render(request, "customers/customers/team.html", context)


@needs(SHARE, model=Customer)
def customer_share(request: SignedInRequest, customer: Customer) -> HttpResponse:
    """Take colleagues into the team, several at once."""
    until = timezone.localdate() + timedelta(days=sharing.SHARE_DAYS)
    form = TeamForm(request.POST or None, customer=customer, initial={"ends_on": until})
    if form.is_valid():
        try:
            team.add_members(customer, actor=request.user, **form.cleaned_data)
        except ValidationError as refusal:
            refused(form, refusal)
        else:
            names = ", ".join(str(person) for person in form.cleaned_data["colleagues"])
            messages.success(request, _("In the team now: %(names)s.") % {"names": names})
            return redirect("customers:customer_team", customer.pk)
    text = _("Members see “%(name)s” with its contacts and follow-ups until the day you choose.") % {"name": customer}
    return _form_page(request, customer, form, _("Add to the team"), _("Add"), text)


@needs(SHARE, model=Customer)
def customer_member(request: SignedInRequest, customer: Customer, colleague: int) -> HttpResponse:
    """Change the part, right or last day of a member."""
    share = next((one for one in team.members_of(customer) if one.user_id == colleague), None)
    if share is None:
        raise Http404
    initial = {
        "role": share.role,
        "may_change": share.permission.codename == "change_customer",
        "ends_on": share.ends_on or timezone.localdate() + timedelta(days=sharing.SHARE_DAYS),
    }
    form = MemberForm(request.POST or None, initial=initial)
    if form.is_valid():
        try:
            team.change_member(customer, actor=request.user, colleague=share.user, **form.cleaned_data)
        except ValidationError as refusal:
            refused(form, refusal)
        else:
            messages.success(request, _("Saved."))
            return redirect("customers:customer_team", customer.pk)
    return _form_page(request, customer, form, _("%(name)s in the team") % {"name": share.user}, _("Save"), "")


@needs(SHARE, model=Customer)
@require_POST
def customer_unshare(request: SignedInRequest, customer: Customer, colleague: int) -> HttpResponse:
    """End the part of a member at once."""
    try:
        sharing.end_share(customer, actor=request.user, colleague_id=colleague)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        messages.success(request, _("No longer in the team."))
    return redirect("customers:customer_team", customer.pk)


@needs("customers.view_customer", model=Customer)
@require_safe
def customer_colleagues(request: SignedInRequest, customer: Customer) -> HttpResponse:
    """Colleagues who see this customer and whose name holds a text; a part for the list behind @."""
    text = request.GET.get("q", "").replace("\x00", "").strip()[:60]
    tried = User.objects.active().matching(text).exclude(pk=request.user.pk).order_by("name", "pk")[:COLLEAGUES_TRIED]
    seeing = [one for one in tried if Customer.objects.visible_to(one).filter(pk=customer.pk).exists()]
    return render(request, "customers/comments/_colleagues.html", {"people": seeing[:COLLEAGUES_SHOWN]})


def _form_page(
    request: SignedInRequest, customer: Customer, form: TeamForm | MemberForm, title: str, label: str, text: str
) -> HttpResponse:
    context = {
        "form": form, "title": title, "action_label": label, "text": text, "parent": customer,
        "parent_url": customer.get_absolute_url(), "cancel_url": customer.get_absolute_url(),
        "facts": [_("It ends when the customer gets another owner, unless a transfer takes the team along.")],
    }  # fmt: skip
    return render(request, "records/confirm.html", context, status=422 if form.errors else 200)
