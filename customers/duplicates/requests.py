"""Asking the director of an owner for a customer, and the answer: access for a time, or a look at whose it is."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from crm.history.operations import operation
from crm.notifications.actions import notify
from crm.people.models import Department, User
from crm.ui.formats import long_day
from customers.customers.models import Customer
from customers.customers.sharing import share_customer
from customers.duplicates.models import AccessRequest

RIGHT = "customers.decide_access"
_State = AccessRequest.State


def ask_for_customer(customer: Customer, *, actor: User, kind: str, reason: str) -> AccessRequest:
    """Ask for access to a customer of another, or say that it is one's own; its director is told once.

    ValidationError where nobody owns it, where the person sees it already, or has asked and waits.
    """
    reason = reason.strip()
    if not reason:
        raise ValidationError({"reason": _("Say why.")})
    with operation(actor, "access_asked", customer, anchor_id=customer.pk, reason=reason):
        locked = Customer.objects.select_for_update(of=("self",), no_key=True).get(pk=customer.pk)
        if locked.archived_at is not None or locked.owner is None:
            raise ValidationError(_("Nobody owns this customer, so there is nobody to ask."))
        if locked.owner_id == actor.pk:
            raise ValidationError(_("This customer is yours."))
        if kind == AccessRequest.Kind.ACCESS and Customer.objects.visible_to(actor).filter(pk=locked.pk).exists():
            raise ValidationError(_("You see this customer already."))
        try:
            with transaction.atomic():
                asked = AccessRequest.objects.create(customer=locked, kind=kind, asked_by=actor, reason=reason)
        except IntegrityError as fault:
            raise ValidationError(_("You have asked for this customer already; its director decides.")) from fault
        _tell_directors(asked)
    return asked


def decide_request(asked: AccessRequest, *, actor: User, grants: bool, answer: str = "") -> AccessRequest:
    """Grant a request (access: to read for 30 days) or refuse it with a reason; whoever asked is told."""
    verb = "access_granted" if grants else "access_refused"
    with operation(actor, verb, asked.customer, anchor_id=asked.customer_id, reason=answer):
        customer = Customer.objects.select_for_update(of=("self",), no_key=True).get(pk=asked.customer_id)
        locked = AccessRequest.objects.select_for_update(of=("self",), no_key=True).get(pk=asked.pk)
        if locked.state != _State.OPEN:
            raise ValidationError(_("Somebody has decided about this already."), code="decided")
        if locked.asked_by_id == actor.pk:
            raise ValidationError(_("You cannot decide about what you asked for yourself."), code="own")
        if not grants and not answer.strip():
            raise ValidationError({"answer": _("Say why not.")})
        locked.state, locked.answer = _State.GRANTED if grants else _State.REFUSED, answer.strip()
        locked.decided_by, locked.decided_at = actor, timezone.now()
        locked.save(update_fields=["state", "answer", "decided_by", "decided_at"])
        if grants and locked.kind == AccessRequest.Kind.ACCESS:
            share_customer(customer, actor=actor, colleague=locked.asked_by)
        _tell_asker(locked, customer)
    return locked


def directors_of(customer: Customer) -> list[User]:
    """Who decides about a customer: the nearest head above its owner, else those of its departments who may decide."""
    path = list(Department.objects.filter(pk=customer.department_id).values_list("path", flat=True))
    above = path[0] if path else []
    departments = Department.objects.select_related("head").in_bulk(above)
    for pk in reversed(above):
        head = departments[pk].head
        if head and head.is_active and head.pk != customer.owner_id and head.reach.covers(RIGHT, customer):
            return [head]
    return [user for user in _able(above) if user.pk != customer.owner_id and user.reach.covers(RIGHT, customer)]


def _able(department_ids: list[int]) -> QuerySet[User]:
    return User.objects.able_to_own(RIGHT).filter(department__in=department_ids)


def _tell_directors(asked: AccessRequest) -> None:
    for director in directors_of(asked.customer):
        with translation.override(director.language):
            text = (
                _("%(person)s asks for access to “%(name)s”.")
                if asked.kind == AccessRequest.Kind.ACCESS
                else _("%(person)s says that “%(name)s” is theirs.")
            ) % {"person": asked.asked_by, "name": asked.customer}
        url = reverse("customers:access_decide", args=[asked.pk])
        notify(director, "access_asked", text, about=asked.customer, url=url, dedupe_key=f"access:{asked.pk}")


def _tell_asker(asked: AccessRequest, customer: Customer) -> None:
    """Name the customer to who sees it now; whoever asked by phone alone never learned its name."""
    asker, is_granted = asked.asked_by, asked.state == _State.GRANTED
    is_seen = Customer.objects.visible_to(asker).filter(pk=customer.pk).exists()
    with translation.override(asker.language):
        words = {
            "name": customer, "department": customer.department, "day": long_day(timezone.localdate(asked.asked_at)),
        }  # fmt: skip
        text = f"{_answer_words(is_granted, is_seen) % words} {asked.answer}".strip()
    about, url = (customer, customer.get_absolute_url()) if is_seen else (None, "")
    notify(asker, "access_decided", text, about=about, url=url, dedupe_key=f"access-decided:{asked.pk}")


def _answer_words(is_granted: bool, is_seen: bool) -> str:
    if is_seen:
        granted, refused = _("Your request for “%(name)s” was granted."), _("Your request for “%(name)s” was refused.")
    else:
        granted = _("Your request of %(day)s for a customer of %(department)s was granted.")
        refused = _("Your request of %(day)s for a customer of %(department)s was refused.")
    return granted if is_granted else refused
