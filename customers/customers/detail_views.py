"""The page of one customer, its story, and what is uncovered on it."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from crm.access.gate import SignedInRequest, may, needs
from crm.history.timeline import by_day, read_place
from crm.people.models import User
from crm.records.forms import has_code
from crm.records.together import read_together
from customers.activities.forms import ActivityForm
from customers.comments.forms import CommentForm
from customers.contacts.models import Contact
from customers.customers import reveals
from customers.customers.additions import figure_parts, figures_beside, tabs_beside
from customers.customers.custom import CONTACT, CUSTOMER, custom_facts, people_named
from customers.customers.models import Customer
from customers.customers.names import wanted_by
from customers.customers.recent import remember
from customers.customers.summary import (
    companies_of,
    contacts_of,
    facts_of,
    heading,
    key_figures,
    quality_of,
    status_path,
    surroundings,
    team_of,
)
from customers.customers.timeline import CHANGES, CustomerStory, tabs_for
from customers.duplicates.following import became
from customers.pool.hiding import conceal
from customers.tasks.panel import task_panel

CHANGE = "customers.change_customer"
RELEASE = "customers.release_customer"
NAMED_FIELDS = ("owner_id", "stage_id", "level_id", "industry_id", "region_id", "source_id", "department_id", "pool_id",
                "tag_ids", "created_by_id", "previous_owner_id")  # fmt: skip


@needs("customers.view_customer", model=Customer)
def customer_detail(request: SignedInRequest, customer: Customer) -> HttpResponse:
    """Everything about a customer on one page; one that was merged leads to the customer it became part of."""
    if customer.merged_into_id is not None and (survivor := became(customer.pk, request.user)):
        return redirect(survivor)
    remember(request.user, customer)
    return customer_page(request, customer, ActivityForm(customer=customer))


@needs("customers.view_customer", model=Customer)
def customer_timeline(request: SignedInRequest, customer: Customer) -> HttpResponse:
    """Older entries of the timeline: alone for htmx, else the page itself from there on."""
    if not getattr(request, "htmx", False):
        return customer_page(request, customer, ActivityForm(customer=customer))
    try:
        place, tab = read_place(request.GET.get("before", "")), read_tab(request)
    except ValidationError as refusal:
        return render(request, "records/refused.html", {"refusals": refusal.messages}, status=400)
    page = CustomerStory(customer, request.user, tab=tab).page(place)
    return render(request, "customers/customers/_timeline.html", _timeline(customer, page, tab))


@needs("customers.view_history", model=Customer)
def customer_history(request: SignedInRequest, customer: Customer) -> HttpResponse:
    """Every change of a customer, follow-ups included as changes of the clock."""
    try:
        place = read_place(request.GET.get("before", ""))
    except ValidationError as refusal:
        return render(request, "records/refused.html", {"refusals": refusal.messages}, status=400)
    page = CustomerStory(customer, request.user, tab=CHANGES, hidden=()).page(place, 50)
    context = {"customer": customer, "days": by_day(page.entries), "older": page.older}
    context["tabs_beside"] = tabs_beside(request.user)
    return render(request, "customers/customers/history.html", context)


@needs(reveals.RIGHT, model=Customer)
@require_POST
def customer_reveal(request: SignedInRequest, customer: Customer) -> HttpResponse:
    """The full phone or e-mail of the company."""
    return revealed(request, customer, request.POST.get("field", ""))


# ── parts of the pages above, and of pages that lead back to them ──


def customer_page(request: SignedInRequest, customer: Customer, form: ActivityForm, status: int = 200) -> HttpResponse:
    """The page of a customer with the form for a follow-up."""
    user: User = request.user
    conceal(user, [customer])
    try:
        place, tab = read_place(request.GET.get("before", "")), read_tab(request)
    except ValidationError as refusal:
        return render(request, "records/refused.html", {"refusals": refusal.messages}, status=400)
    story = CustomerStory(customer, user, tab=tab)
    read = read_together({**surroundings(customer, user), **figure_parts(customer, user), **story.parts(place)})
    wanted = wanted_by([customer], NAMED_FIELDS)
    wanted.setdefault("person", set()).update(share["user_id"] for share in read["shares"])
    wanted["person"] |= people_named(CUSTOMER, [customer.custom])
    wanted["person"] |= people_named(CONTACT, [contact["custom"] for contact in read["contacts"]])
    page = story.page(place, also=wanted, read=read)
    names = page.names
    contacts = contacts_of(customer, user, read["contacts"], names["person"])
    form.offer([(row.pk, row.name) for row in contacts])
    context = {
        **_timeline(customer, page, tab),
        **customer_rights(customer, user),
        **heading(customer, names),
        "facts": facts_of(customer, user, names),
        "custom_facts": custom_facts(CUSTOMER, customer.custom, customer, user, names["person"]),
        "figures": [*figures_beside(read), *key_figures(customer, names)],
        "path": status_path(customer),
        "contacts": contacts,
        "has_masked": any(contact.masked for contact in contacts),
        "team": team_of(read, names),
        "companies": companies_of(customer, read),
        "is_starred": bool(read["star"]),
        "quality": quality_of(customer, user, read) if may(user, CHANGE, customer) else None,
        "tabs": tabs_for(user),
        "tabs_beside": tabs_beside(user),
        "form": form,
        "comment_form": CommentForm(),
        **task_panel(customer, user),
    }
    return render(request, "customers/customers/detail.html", context, status=status)


def customer_rights(customer: Customer, user: User) -> dict[str, Any]:
    """What the person may do on the page of a customer, by the gates of those pages."""
    is_open = customer.archived_at is None and customer.status != Customer.Status.POOL
    has_owner = is_open and customer.owner_id is not None
    may_release = has_owner and may(user, RELEASE, customer)
    is_pooled = customer.status == Customer.Status.POOL and customer.archived_at is None
    return {
        "may_write": is_open and may(user, "customers.add_activity", customer),
        "may_reveal": is_open and may(user, reveals.RIGHT, customer),
        "may_comment": is_open and may(user, "customers.add_comment", customer),
        "may_relate": is_open and may(user, CHANGE, customer),
        "may_share": has_owner and may(user, "customers.share_customer", customer),
        "may_add_contact": is_open and may(user, "customers.add_contact", customer),
        "may_change_contacts": is_open and may(user, "customers.change_contact", customer),
        "may_see_history": may(user, "customers.view_history", customer),
        "reveal_url": reverse("customers:customer_reveal", args=[customer.pk]),
        "reveal_reasons": reveals.Reason.choices,
        "release_url": reverse("customers:customer_release", args=[customer.pk]) if may_release else "",
        "claim_url": reverse("customers:customer_claim", args=[customer.pk]) if is_pooled else "",
        "customer_key": str(customer.pk),
    }


def revealed(request: SignedInRequest, subject: Customer | Contact, field: str) -> HttpResponse:
    """The part that shows an uncovered value for a minute, or says why not."""
    try:
        value = reveals.reveal(subject, field, actor=request.user, reason=request.POST.get("reason", ""))
    except ValidationError as refusal:
        status = 200 if _is_htmx(request) else 429 if has_code(refusal, "limit") else 400
        if has_code(refusal, "no_reason"):
            status = 422
        said = {"refusal": " ".join(refusal.messages)}
        return render(request, "customers/customers/_revealed.html", said, status=status)
    customer = subject if isinstance(subject, Customer) else subject.customer
    if _is_htmx(request):
        answer = render(request, "customers/customers/_revealed.html", {"value": value})
    else:
        context: dict[str, Any] = {"value": value, "customer": customer, "subject": subject}
        answer = render(request, "customers/customers/revealed.html", context)
    answer["Cache-Control"] = "no-store"
    return answer


def read_tab(request: SignedInRequest) -> str:
    """Which kind of entries the address asks for; ValidationError where there is no such tab."""
    tab = request.GET.get("show", "")
    if tab not in dict(tabs_for(request.user)):
        raise ValidationError(_("There is no tab “%(value)s” here.") % {"value": tab[:40]}, code="bad_tab")
    return tab


def _timeline(customer: Customer, page: Any, tab: str) -> dict[str, Any]:
    return {"customer": customer, "days": by_day(page.entries), "older": page.older, "tab": tab}


def _is_htmx(request: SignedInRequest) -> bool:
    return bool(getattr(request, "htmx", False))
