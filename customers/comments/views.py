"""Pages of comments."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from crm.access.gate import SignedInRequest, may, needs
from crm.api.once import made_once
from crm.attachments.panels import strips_of
from crm.attachments.receiving import received
from crm.records.forms import refused
from customers.activities.models import Activity
from customers.comments import actions
from customers.comments.forms import CommentForm
from customers.comments.models import Comment
from customers.customers.models import Customer

ADD, CHANGE = "customers.add_comment", "customers.change_comment"
SHOWN = 200


@needs(ADD, model=Customer)
@require_POST
def comment_add(request: SignedInRequest, customer: Customer) -> HttpResponse:
    """Comment on a customer; sent twice, it is said once."""
    return _add(request, customer, None)


@needs(ADD, model=Activity)
@require_POST
def activity_comment(request: SignedInRequest, activity: Activity) -> HttpResponse:
    """Comment on a follow-up."""
    return _add(request, activity.customer, activity)


@needs("customers.view_comment", model=Activity)
@require_safe
def activity_talk(request: SignedInRequest, activity: Activity) -> HttpResponse:
    """A follow-up and what colleagues said about it, for those who see both."""
    if not Activity.objects.visible_to(request.user).live().filter(pk=activity.pk).exists():
        raise Http404
    return _talk(request, activity, CommentForm())


@needs(CHANGE, model=Comment)
def comment_edit(request: SignedInRequest, comment: Comment) -> HttpResponse:
    """Correct a comment of one's own."""
    form = CommentForm(request.POST or None, initial={"content": comment.content})
    if form.is_valid():
        try:
            actions.update_comment(comment, actor=request.user, content=form.cleaned_data["content"])
        except ValidationError as refusal:
            refused(form, refusal)
        else:
            messages.success(request, _("Comment corrected."))
            return redirect(comment)
    context = {"form": form, "comment": comment, "customer": comment.customer}
    return render(request, "customers/comments/edit.html", context, status=422 if form.errors else 200)


@needs(CHANGE, model=Comment)
@require_POST
def comment_archive(request: SignedInRequest, comment: Comment) -> HttpResponse:
    """Take a comment off the timeline."""
    try:
        actions.archive_comment(comment, actor=request.user)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        messages.success(request, _("Comment archived."))
    return redirect(comment.customer)


def _add(request: SignedInRequest, customer: Customer, activity: Activity | None) -> HttpResponse:
    form = CommentForm(request.POST)
    if form.is_valid():
        content = form.cleaned_data["content"]
        try:
            with received(request.FILES.getlist("files")) as files:
                place, is_new = made_once(
                    request.user,
                    form.cleaned_data["key"],
                    lambda: actions.add_comment(
                        customer, actor=request.user, content=content, activity=activity, files=files
                    ),
                )
        except ValidationError as refusal:
            refused(form, refusal)
        else:
            messages.success(request, _("Comment saved.") if is_new else _("This comment was saved already."))
            return redirect(place)
    if activity is not None:
        return _talk(request, activity, form)
    return render(request, "customers/comments/write.html", {"form": form, "customer": customer}, status=422)


def _talk(request: SignedInRequest, activity: Activity, form: CommentForm) -> HttpResponse:
    customer = activity.customer
    said = Comment.objects.visible_to(request.user).live().filter(activity=activity).select_related("author")
    comments = list(said.order_by("pk")[:SHOWN])
    strips = strips_of(Comment, [comment.pk for comment in comments], request.user)
    for comment in comments:
        comment.files = strips.get(comment.pk)
    context = {
        "activity": activity,
        "customer": customer,
        "comments": comments,
        "files": strips_of(Activity, [activity.pk], request.user).get(activity.pk),
        "form": form if may(request.user, ADD, customer) else None,
    }
    return render(request, "customers/comments/talk.html", context, status=422 if form.errors else 200)
