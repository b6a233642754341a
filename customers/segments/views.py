"""Pages of segments."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from crm.access.gate import SignedInRequest, needs
from crm.records.forms import refused
from customers.segments import actions
from customers.segments.building import builder_for, count_words, empty_conditions, read_builder, stepped
from customers.segments.conditions import clean_conditions, in_words
from customers.segments.counting import count_of
from customers.segments.forms import SegmentForm
from customers.segments.grid import grid_of
from customers.segments.models import Segment
from customers.segments.reading import Conditions

VIEW, CHANGE = "customers.view_segment", "customers.change_segment"


@needs(VIEW)
@require_safe
def segment_list(request: SignedInRequest) -> HttpResponse:
    """One's own segments and those offered to everyone."""
    rows = Segment.objects.visible_to(request.user).select_related("owner")
    mine = [row for row in rows if row.owner_id == request.user.pk]
    shared = [row for row in rows if row.owner_id != request.user.pk]
    return render(request, "customers/segments/list.html", {"mine": mine, "shared": shared})


@needs(VIEW, model=Segment)
@require_safe
def segment_detail(request: SignedInRequest, segment: Segment) -> HttpResponse:
    """What a segment asks, in words, and how many customers in the person's reach meet it."""
    context: dict[str, Any] = {"segment": segment, "is_own": segment.owner_id == request.user.pk, "status": 200}
    try:
        context["groups"] = in_words(segment.conditions, request.user)
        context["count"] = count_of(segment.conditions, request.user)
    except ValidationError as refusal:
        context["refusal"] = " ".join(refusal.messages)
    context["list_url"] = f"{reverse('customers:customer_list')}?segment={segment.pk}"
    context["rules"] = list(segment.rules.all())
    return render(request, "customers/segments/detail.html", context)


@needs(VIEW, model=Segment)
@require_safe
def segment_count(request: SignedInRequest, segment: Segment) -> HttpResponse:
    """The count alone, for the list."""
    try:
        count: int | None = count_of(segment.conditions, request.user)
    except ValidationError:
        count = None
    return render(request, "customers/segments/_count.html", {"count": count})


@needs(CHANGE)
def segment_add(request: SignedInRequest) -> HttpResponse:
    """A new segment."""
    return _edit(request, None)


@needs(CHANGE, model=Segment)
def segment_edit(request: SignedInRequest, segment: Segment) -> HttpResponse:
    """Change a segment of one's own."""
    return _edit(request, segment)


@needs(CHANGE)
@require_POST
def segment_builder(request: SignedInRequest) -> HttpResponse:
    """The builder after a change on the page, with the count where the conditions make sense."""
    conditions = stepped(read_builder(request.POST, request.user), request.POST.get("do", ""))
    return render(request, "customers/segments/_builder.html", _shown(request, conditions, is_asked=False))


@needs(CHANGE, model=Segment, rows="visible_to")
@require_POST
def segment_copy(request: SignedInRequest, segment: Segment) -> HttpResponse:
    """The same conditions as one's own segment."""
    try:
        made = actions.copy_segment(segment, actor=request.user)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
        return redirect(segment)
    messages.success(request, _("Copied as “%(name)s”.") % {"name": made})
    return redirect("customers:segment_edit", made.pk)


@needs(CHANGE, model=Segment)
@require_POST
def segment_delete(request: SignedInRequest, segment: Segment) -> HttpResponse:
    """Take a segment away."""
    try:
        actions.delete_segment(segment, actor=request.user)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
        return redirect(segment)
    messages.success(request, _("“%(name)s” is deleted.") % {"name": segment})
    return redirect("customers:segment_list")


@needs(VIEW)
@require_safe
def rfm_grid(request: SignedInRequest) -> HttpResponse:
    """Customers in reach by recency and frequency."""
    return render(request, "customers/segments/rfm.html", {"grid": grid_of(request.user)})


def _edit(request: SignedInRequest, segment: Segment | None) -> HttpResponse:
    can_share = request.user.reach.has(actions.SHARE_RIGHT)
    form = SegmentForm(request.POST or None, instance=segment, can_share=can_share)
    if request.method != "POST":
        return _page(request, form, segment, _shown(request, segment.conditions if segment else empty_conditions()))
    conditions = read_builder(request.POST, request.user)
    if step := request.POST.get("do", ""):
        form = SegmentForm(initial=request.POST.dict(), can_share=can_share)
        return _page(request, form, segment, _shown(request, stepped(conditions, step), is_asked=step == "count"))
    wrong: dict[str, list[str]] = {}
    if form.is_valid():
        try:
            saved = actions.save_segment(segment, actor=request.user, conditions=conditions, **form.cleaned_data)
        except ValidationError as refusal:
            wrong = _places(refusal, form)
        else:
            messages.success(request, _("Saved."))
            return redirect(saved)
    else:
        wrong = _wrong(conditions, request)
    context = _shown(request, conditions, is_asked=False)
    context["builder"].wrong = wrong
    return _page(request, form, segment, context, status=422)


def _page(
    request: SignedInRequest, form: SegmentForm, segment: Segment | None, shown: dict[str, Any], status: int = 200
) -> HttpResponse:
    title = _("Edit segment") if segment else _("New segment")
    back = segment.get_absolute_url() if segment else reverse("customers:segment_list")
    context = {"form": form, "segment": segment, "title": title, "cancel_url": back, **shown}
    return render(request, "customers/segments/edit.html", context, status=status)


def _shown(request: SignedInRequest, conditions: Conditions, *, is_asked: bool = True) -> dict[str, Any]:
    """The builder and its count; what is wrong is said only where somebody asked, so half-typed rows stay calm."""
    found: dict[str, Any] = {"builder": builder_for(request.user, conditions), "count_words": "", "refusal": ""}
    wrong = _wrong(conditions, request)
    if wrong:
        found["builder"].wrong = wrong if is_asked and request.method == "POST" else {}
        return found
    try:
        found["count_words"] = count_words(count_of(clean_conditions(conditions, request.user), request.user))
    except ValidationError as refusal:
        found["refusal"] = " ".join(refusal.messages)
    return found


def _wrong(conditions: Conditions, request: SignedInRequest) -> dict[str, list[str]]:
    try:
        clean_conditions(conditions, request.user)
    except ValidationError as refusal:
        return dict(refusal.message_dict)
    return {}


def _places(refusal: ValidationError, form: SegmentForm) -> dict[str, list[str]]:
    """What is wrong with conditions by place; what concerns the fields goes to the form."""
    if not hasattr(refusal, "error_dict"):
        refused(form, refusal)
        return {}
    fields = {name: errors for name, errors in refusal.error_dict.items() if name in form.fields}
    if fields:
        refused(form, ValidationError(fields))
    return {name: errors for name, errors in refusal.message_dict.items() if name not in form.fields}
