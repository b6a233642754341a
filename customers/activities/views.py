"""Pages of follow-ups."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateformat import format as date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from crm.access.gate import SignedInRequest, needs
from crm.api.once import made_once
from crm.attachments.receiving import received
from crm.records.forms import refused
from customers.activities import actions
from customers.activities.checkin import stamp_position
from customers.activities.filters import ActivityFilter
from customers.activities.forms import ActivityForm, FindCustomerForm
from customers.activities.models import Activity
from customers.customers.models import Customer
from customers.customers.search import search_condition

ADD = "customers.add_activity"
FOUND_AT_MOST = 20


@needs(ADD)
def activity_add(request: SignedInRequest) -> HttpResponse:
    """Which customer is meant; the follow-up itself is written on the customer's page."""
    form = FindCustomerForm(request.GET or None)
    found = None
    if form.is_valid():
        try:
            rows = Customer.objects.within(request.user, ADD).live().outside_pools()
            found = rows.filter(search_condition(form.cleaned_data["q"], request.user)).order_by("-pk")[:FOUND_AT_MOST]
        except ValidationError as refusal:
            refused(form, refusal)
    return render(request, "customers/activities/add.html", {"form": form, "found": found})


@needs(ADD, model=Customer)
@require_POST
def activity_log(request: SignedInRequest, customer: Customer) -> HttpResponse:
    """Write a follow-up; sent twice, it is written once."""
    form = ActivityForm(request.POST, customer=customer, user=request.user)
    if form.is_valid():
        try:
            with received(request.FILES.getlist("files")) as files:
                _place, is_new = made_once(
                    request.user,
                    form.cleaned_data["key"],
                    lambda: actions.log_activity(customer, actor=request.user, files=files, **form.values()),
                )
        except ValidationError as refusal:
            refused(form, refusal)
        else:
            messages.success(request, _("Follow-up saved.") if is_new else _("This follow-up was saved already."))
            return _back_to(request, customer)
    context = {"customer": customer, "form": form}
    is_part = getattr(request, "htmx", False)
    template = "customers/activities/_composer.html" if is_part else "customers/activities/write.html"
    return render(request, template, context, status=422)


@needs(ADD, model=Customer)
@require_POST
def activity_check_in(request: SignedInRequest, customer: Customer) -> HttpResponse:
    """Seal the position the browser sent with the time of now, for the visit that is being written."""
    latitude, longitude = (request.POST.get(name, "")[:40] for name in ("latitude", "longitude"))
    try:
        stamp = stamp_position(customer, actor=request.user, latitude=latitude, longitude=longitude)
    except ValidationError as refusal:
        return JsonResponse({"refusal": " ".join(refusal.messages)}, status=422)
    said = _("Checked in %(time)s") % {"time": date_format(timezone.localtime(), "H:i")}
    return JsonResponse({"stamp": stamp, "said": said})


@needs("customers.change_activity", model=Activity)
def activity_edit(request: SignedInRequest, activity: Activity) -> HttpResponse:
    """Correct a follow-up of one's own."""
    initial = {name: getattr(activity, name) for name in ("kind", "content", "happened_at", "next_follow_on", "place")}
    initial["contact"] = activity.contact_id
    form = ActivityForm(request.POST or None, initial=initial, customer=activity.customer, user=request.user)
    if not form.is_bound:
        form.offer_contacts_of(activity.customer, request.user)
    if form.is_valid():
        try:
            given = form.values()
            given["happened_at"] = given["happened_at"] or activity.happened_at
            actions.update_activity(activity, actor=request.user, values=given)
        except ValidationError as refusal:
            refused(form, refusal)
        else:
            messages.success(request, _("Follow-up corrected."))
            return redirect(activity)
    status = 422 if form.is_bound else 200
    context = {"form": form, "activity": activity, "customer": activity.customer}
    return render(request, "customers/activities/edit.html", context, status=status)


@needs("customers.change_activity", model=Activity)
@require_POST
def activity_archive(request: SignedInRequest, activity: Activity) -> HttpResponse:
    """Take a follow-up off the timeline."""
    try:
        actions.archive_activity(activity, actor=request.user)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        messages.success(request, _("Follow-up archived."))
    return redirect(activity.customer)


@needs("customers.view_activity")
def activity_filter(request: SignedInRequest) -> HttpResponse:
    """Every filter of the list with its choices."""
    filters = ActivityFilter(request.GET, Activity.objects.visible_to(request.user).none(), request.user)
    kept = [(name, value) for name in ("q", "sort") if (value := request.GET.get(name))]
    context = {"form": filters.choice_form(), "title": _("Filter follow-ups"), "kept": kept}
    return render(request, "records/filter.html", {**context, "list_url": reverse("customers:activity_list")})


def _back_to(request: SignedInRequest, customer: Customer) -> HttpResponse:
    if getattr(request, "htmx", False):
        answer = HttpResponse(status=204)
        answer["HX-Redirect"] = customer.get_absolute_url()
        return answer
    return HttpResponseRedirect(customer.get_absolute_url())
