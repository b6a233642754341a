"""Pages of customers."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.forms import BaseForm
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from crm.access.gate import SignedInRequest, may, needs
from crm.api.once import made_once
from crm.history.timeline import by_day, read_place
from crm.people.models import User
from crm.records.forms import has_code, refused
from crm.records.selection import Selection
from crm.records.stale import fingerprint
from crm.records.together import read_together
from customers.activities.forms import ActivityForm
from customers.comments.forms import CommentForm
from customers.contacts.models import Contact
from customers.customers import actions, bulk, reveals
from customers.customers.custom import CONTACT, CUSTOMER, custom_facts, people_named
from customers.customers.filter_choices import filter_form
from customers.customers.filters import CustomerFilter
from customers.customers.forms import (
    BulkArchiveForm,
    BulkStageForm,
    BulkTagForm,
    CustomerForm,
    NewCustomerForm,
    ReasonForm,
)
from customers.customers.identity import clean_phone
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
from customers.duplicates.checking import find_duplicates
from customers.duplicates.following import became
from customers.duplicates.lookups import asks_too_often
from customers.pool.hiding import conceal
from customers.tasks.panel import task_panel

CHANGE = "customers.change_customer"
ARCHIVE = "customers.archive_customer"
RELEASE = "customers.release_customer"
NAMED_FIELDS = ("owner_id", "stage_id", "level_id", "industry_id", "region_id", "source_id", "department_id", "pool_id",
                "tag_ids", "created_by_id", "previous_owner_id")  # fmt: skip


@needs("customers.view_customer")
def customer_filter(request: SignedInRequest) -> HttpResponse:
    """Every filter of the list with its choices: a page, or the dialog for htmx."""
    filters = CustomerFilter(request.GET, Customer.objects.visible_to(request.user).none(), request.user)
    kept = [(name, value) for name in ("q", "sort") if (value := request.GET.get(name))]
    context = {"form": filter_form(filters, request.user), "title": _("Filter customers"), "kept": kept}
    return render(request, "records/filter.html", {**context, "list_url": reverse("customers:customer_list")})


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
    return render(request, "customers/customers/history.html", context)


@needs("customers.add_customer")
def customer_add(request: SignedInRequest) -> HttpResponse:
    """A new customer with its main contact; sent twice, it is made once."""
    actor: User = request.user
    initial = {"key": str(uuid.uuid4()), "owner": actor.pk, "name": request.GET.get("name", "")[:200]}
    form = NewCustomerForm(request.POST or None, request.FILES or None, initial=initial, owners=_possible_owners(actor))
    if form.is_valid():
        owner = form.cleaned_data["owner"] if "owner" in form.fields else _own(actor)
        reason = form.cleaned_data["duplicate_reason"]
        try:
            with form.checked_files():
                values = {**form.values(), "custom": form.custom_values()}
                place, is_new = made_once(
                    actor,
                    form.cleaned_data["key"],
                    lambda: actions.create_customer(
                        actor=actor, owner=owner, values=values, contact=form.contact(), duplicate_reason=reason
                    ),
                )
        except ValidationError as refusal:
            refused(form, refusal)
        else:
            messages.success(request, _("Customer added.") if is_new else _("This customer was added already."))
            return HttpResponseRedirect(place)
    return _form_page(request, form, _("New customer"), reverse("customers:customer_list"))


@needs(CHANGE, model=Customer)
def customer_edit(request: SignedInRequest, customer: Customer) -> HttpResponse:
    """Change the details; what somebody else changed meanwhile is said, and what was typed is kept."""
    seen = fingerprint(customer, actions.WATCHED)
    form = CustomerForm(request.POST or None, request.FILES or None, instance=customer, initial={"seen": seen})
    form.cover(request.user, customer)
    status = 200
    if form.is_valid():
        changes = {name: value for name, value in form.values().items() if name in form.changed_data}
        try:
            with form.checked_files():
                actions.update_customer(
                    customer, actor=request.user, values=changes | form.custom_changes(),
                    seen=form.cleaned_data["seen"], duplicate_reason=form.cleaned_data["duplicate_reason"],
                )  # fmt: skip
        except ValidationError as refusal:
            refused(form, refusal)
            if "stale" in {error.code for error in getattr(refusal, "error_list", [])}:
                status = 409
                form.data = request.POST.copy()
                form.data["seen"] = seen
        else:
            messages.success(request, _("Saved."))
            return redirect(customer)
    return _form_page(request, form, _("Edit customer"), customer.get_absolute_url(), customer, status)


@needs("customers.add_customer")
def customer_duplicates(request: SignedInRequest) -> HttpResponse:
    """What is known that looks like the customer being typed; a part for the form, only as often as one types."""
    if asks_too_often(request.user):
        return HttpResponse(status=429, headers={"Retry-After": "60"})
    asked = request.GET
    phones = [clean_phone(asked.get(name, "")[:40]) for name in ("phone", "contact_phone")]
    emails = [asked.get(name, "").strip()[:120] for name in ("email", "contact_email")]
    without = asked.get("without", "")
    found = find_duplicates(
        request.user, name=asked.get("name", "")[:200], credit_code=asked.get("credit_code", "").strip().upper()[:18],
        website=asked.get("website", "")[:200], phones=phones, emails=emails,
        without=int(without) if without.isdecimal() and len(without) < 19 else None,
    )  # fmt: skip
    return render(request, "customers/customers/_duplicates.html", {"duplicates": found.matches})


@needs(ARCHIVE, model=Customer)
def customer_archive(request: SignedInRequest, customer: Customer) -> HttpResponse:
    """Into the recycle bin, with undo."""
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            entry = actions.archive_customer(customer, actor=request.user, reason=form.cleaned_data["reason"])
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            _offer_undo(request, _("“%(name)s” is in the recycle bin.") % {"name": customer}, entry)
            return redirect("customers:customer_list")
    context = {
        "title": _("Archive customer"), "text": _("“%(name)s” goes into the recycle bin.") % {"name": customer},
        "facts": [_("It leaves every list, search and report."), _("It can be put back from the recycle bin.")],
        "action_label": _("Archive"), "danger": True,
    }  # fmt: skip
    return _confirm_page(request, form, context, customer)


@needs(ARCHIVE, model=Customer)
@require_POST
def customer_unarchive(request: SignedInRequest, customer: Customer) -> HttpResponse:
    """Out of the recycle bin."""
    try:
        actions.unarchive_customer(customer, actor=request.user)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        messages.success(request, _("“%(name)s” is back.") % {"name": customer})
    return redirect(customer)


@needs(reveals.RIGHT, model=Customer)
@require_POST
def customer_reveal(request: SignedInRequest, customer: Customer) -> HttpResponse:
    """The full phone or e-mail of the company."""
    return revealed(request, customer, request.POST.get("field", ""))


@needs(CHANGE)
@require_POST
def customer_tag(request: SignedInRequest) -> HttpResponse:
    """One tag on or off many customers."""
    form = BulkTagForm(request.POST if "tag" in request.POST else None, initial=request.POST.dict())

    def act(rows: Any, values: dict[str, Any]) -> Any:
        return bulk.tag_customers(rows, actor=request.user, tag=values["tag"], takes_off=values["takes_off"])

    return _bulk_page(request, form, CHANGE, act, {"title": _("Tag customers"), "action_label": _("Tag customers")})


@needs(CHANGE)
@require_POST
def customer_stage(request: SignedInRequest) -> HttpResponse:
    """One stage for many customers."""
    form = BulkStageForm(request.POST if "stage" in request.POST else None, initial=request.POST.dict())

    def act(rows: Any, values: dict[str, Any]) -> Any:
        return bulk.stage_customers(rows, actor=request.user, stage=values["stage"])

    return _bulk_page(request, form, CHANGE, act, {"title": _("Set stage"), "action_label": _("Set stage")})


@needs(ARCHIVE)
@require_POST
def customers_archive(request: SignedInRequest) -> HttpResponse:
    """Many customers into the recycle bin."""
    form = BulkArchiveForm(request.POST if "reason" in request.POST else None, initial=request.POST.dict())

    def act(rows: Any, values: dict[str, Any]) -> Any:
        return bulk.archive_customers(rows, actor=request.user, reason=values["reason"])

    context = {
        "title": _("Archive customers"), "action_label": _("Archive"), "danger": True,
        "facts": [_("They leave every list, search and report."), _("They can be put back from the recycle bin.")],
    }  # fmt: skip
    return _bulk_page(request, form, ARCHIVE, act, context)


# ── parts of the pages above ──


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


def _is_htmx(request: SignedInRequest) -> bool:
    return bool(getattr(request, "htmx", False))


def read_tab(request: SignedInRequest) -> str:
    """Which kind of entries the address asks for; ValidationError where there is no such tab."""
    tab = request.GET.get("show", "")
    if tab not in dict(tabs_for(request.user)):
        raise ValidationError(_("There is no tab “%(value)s” here.") % {"value": tab[:40]}, code="bad_tab")
    return tab


def _timeline(customer: Customer, page: Any, tab: str) -> dict[str, Any]:
    return {"customer": customer, "days": by_day(page.entries), "older": page.older, "tab": tab}


def customer_page(request: SignedInRequest, customer: Customer, form: ActivityForm, status: int = 200) -> HttpResponse:
    """The page of a customer with the form for a follow-up."""
    user: User = request.user
    conceal(user, [customer])
    try:
        place, tab = read_place(request.GET.get("before", "")), read_tab(request)
    except ValidationError as refusal:
        return render(request, "records/refused.html", {"refusals": refusal.messages}, status=400)
    story = CustomerStory(customer, user, tab=tab)
    read = read_together({**surroundings(customer, user), **story.parts(place)})
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
        "figures": key_figures(customer, names),
        "path": status_path(customer),
        "contacts": contacts,
        "has_masked": any(contact.masked for contact in contacts),
        "team": team_of(read, names),
        "companies": companies_of(customer, read),
        "is_starred": bool(read["star"]),
        "quality": quality_of(customer, user, read) if may(user, CHANGE, customer) else None,
        "tabs": tabs_for(user),
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


def _form_page(
    request: SignedInRequest,
    form: BaseForm,
    title: str,
    cancel_url: str,
    customer: Customer | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {"form": form, "title": title, "cancel_url": cancel_url, "customer": customer}
    if form.is_bound and form.errors and status == 200:
        status = 422
    return render(request, "customers/customers/form.html", context, status=status)


def _confirm_page(
    request: SignedInRequest, form: BaseForm, context: dict[str, Any], customer: Customer
) -> HttpResponse:
    place = {"parent": customer, "parent_url": customer.get_absolute_url(), "cancel_url": customer.get_absolute_url()}
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "records/confirm.html", {**context, **place, "form": form}, status=status)


def _bulk_page(request: SignedInRequest, form: BaseForm, right: str, act: Any, context: dict[str, Any]) -> HttpResponse:
    list_url = reverse("customers:customer_list")
    try:
        selection = Selection.from_request(request)
        if not selection.ids and not selection.is_all:
            raise ValidationError(_("Choose customers on the list first."))
        rows = selection.rows(Customer.objects.within(request.user, right).live(), CustomerFilter, request.user)
        if form.is_bound and form.is_valid():
            entry = act(rows, form.cleaned_data)
            count = entry.row_count
            text = ngettext("%(count)s customer changed.", "%(count)s customers changed.", count) % {"count": count}
            _offer_undo(request, text, entry)
            return HttpResponseRedirect(f"{list_url}?{selection.query}" if selection.query else list_url)
        count = rows.count()
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
        return HttpResponseRedirect(list_url)
    form.initial = {**form.initial, "ids": ",".join(map(str, selection.ids)), "all": "1" if selection.is_all else "",
                    "query": selection.query}  # fmt: skip
    text = ngettext("%(count)s customer is meant.", "%(count)s customers are meant.", count) % {"count": count}
    place = {"parent": _("Customers"), "parent_url": list_url, "cancel_url": list_url, "text": text}
    status = 422 if form.is_bound else 200
    return render(request, "records/confirm.html", {**place, **context, "form": form}, status=status)


def _offer_undo(request: SignedInRequest, text: str, entry: Any) -> None:
    messages.success(request, text, extra_tags=f"undo:{reverse('records:undo', args=[entry.pk])}")


def _own(actor: User) -> User | None:
    return actor if actor.reach.has(actions.OWN_RIGHT) else None


def _possible_owners(actor: User) -> Any:
    """Whom the actor may add customers for; None where there is no choice."""
    if not actor.reach.has("customers.assign_customer"):
        return None
    people = User.objects.able_to_own()
    if actor.reach.scopes["customers.assign_customer"] == "all":
        return people
    own: list[Any] = [actor.department_id]
    return people.filter(department_id__in=actor.reach.below_ids or own)
