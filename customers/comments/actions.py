"""What colleagues say to each other about a customer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.attachments.actions import attach_files
from crm.attachments.receiving import CheckedFile
from crm.history.operations import operation
from crm.people.models import User
from customers.activities.actions import clean_content
from customers.activities.models import Activity
from customers.comments.mentions import mentioned_in, tell_mentioned
from customers.comments.models import Comment
from customers.customers.actions import hold_customer
from customers.customers.models import Customer

EDIT_HOURS = 24
LONGEST_CONTENT = 2000


def add_comment(
    customer: Customer,
    *,
    actor: User,
    content: str,
    activity: Activity | None = None,
    files: Sequence[CheckedFile] = (),
) -> Comment:
    """Say something about a customer or one of its follow-ups; those named with @ are told."""
    text = _tidy(content)
    if activity is not None and (activity.customer_id != customer.pk or activity.archived_at is not None):
        raise ValidationError(_("This follow-up is not one of this customer any more."))
    people = mentioned_in(text, customer, author=actor)
    comment = Comment(
        customer=customer, activity=activity, author=actor, content=text, mentioned_ids=[one.pk for one in people]
    )
    with operation(actor, "comment_added", comment, anchor_id=customer.pk):
        hold_customer(customer)
        comment.save(force_insert=True)
        attach_files(comment, files, actor=actor)
        _tell(comment, people)
    return comment


def update_comment(comment: Comment, *, actor: User, content: str) -> Comment:
    """Correct a comment of one's own within 24 hours; whoever is named only now is told."""
    text = _tidy(content)
    people = mentioned_in(text, comment.customer, author=actor)
    with operation(actor, "comment_changed", comment, anchor_id=comment.customer_id):
        hold_customer(comment.customer)
        locked = _live(comment)
        _refuse_late(locked, actor)
        locked.content, locked.mentioned_ids = text, [one.pk for one in people]
        locked.changed_at = timezone.now()
        locked.save(update_fields=["content", "mentioned_ids", "changed_at"])
        _tell(locked, people)
    return locked


def archive_comment(comment: Comment, *, actor: User) -> None:
    """Take a comment off the timeline: its author within 24 hours, or whoever may archive the customer."""
    with operation(actor, "comment_archived", comment, anchor_id=comment.customer_id):
        customer = hold_customer(comment.customer)
        locked = _live(comment)
        if not actor.reach.covers("customers.archive_customer", customer):
            _refuse_late(locked, actor)
        locked.archived_at = locked.changed_at = timezone.now()
        locked.save(update_fields=["archived_at", "changed_at"])


def _tell(comment: Comment, people: list[User]) -> None:
    tell_mentioned(
        people, about=comment, author=comment.author, text=comment.content, dedupe_key=f"mention:comment:{comment.pk}"
    )


def _tidy(content: str) -> str:
    text = clean_content(content)
    if not text:
        raise ValidationError({"content": _("Write what you want to say.")})
    if len(text) > LONGEST_CONTENT:
        raise ValidationError(
            {"content": _("%(count)s characters are too many; %(limit)s fit.")
             % {"count": len(text), "limit": LONGEST_CONTENT}}
        )  # fmt: skip
    return text


def _refuse_late(comment: Comment, actor: User) -> None:
    if comment.author_id != actor.pk:
        raise PermissionDenied(_("Only its author changes a comment."))
    if comment.created_at <= timezone.now() - timedelta(hours=EDIT_HOURS):
        raise ValidationError(
            _("A comment can be corrected for %(hours)s hours. Write another one.") % {"hours": EDIT_HOURS}
        )


def _live(comment: Comment) -> Comment:
    locked = Comment.objects.select_for_update(of=("self",), no_key=True).get(pk=comment.pk)
    if locked.archived_at is not None:
        raise ValidationError(_("This comment is archived."), code="archived")
    return locked
