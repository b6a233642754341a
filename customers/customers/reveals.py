"""Uncovering one masked phone or e-mail: audited, and only so often a day."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from crm.history.models import Operation
from crm.history.operations import operation
from crm.people.models import User
from customers.contacts.models import Contact
from customers.customers.custom import PREFIX, personal_value
from customers.customers.identity import display_phone
from customers.customers.models import Customer

RIGHT = "customers.reveal_contact_details"
VERB = "contact_revealed"
FIELDS = ("phone", "email", "wechat")
DAILY, DAILY_FOR_LEADERS = 50, 200


class Reason(models.TextChoices):
    """What a value is uncovered for."""

    CALL = "call", pgettext_lazy("reveal", "call")
    EMAIL = "email", pgettext_lazy("reveal", "write an e-mail")
    VISIT = "visit", pgettext_lazy("reveal", "visit")
    CORRECT = "correct", pgettext_lazy("reveal", "check the details")
    OTHER = "other", pgettext_lazy("reveal", "other")


def daily_limit(user: User) -> int:
    """How many values a person may uncover a day: more for those who lead a department."""
    return DAILY_FOR_LEADERS if user.reach.scopes.get(RIGHT) in ("department", "below", "all") else DAILY


def reveal(subject: Customer | Contact, field: str, *, actor: User, reason: str) -> str:
    """The full value of a contact field, once the uncovering and what it is for are in the history."""
    customer = subject if isinstance(subject, Customer) else subject.customer
    label = subject._meta.label
    custom = personal_value(label, subject.custom, field) if field.startswith(PREFIX) else None
    if custom is None and (field not in FIELDS or not hasattr(subject, field)):
        raise ValidationError(_("There is nothing to uncover here."), code="bad_field")
    if customer.status == Customer.Status.POOL or not actor.reach.covers(RIGHT, customer):
        raise PermissionDenied(_("You may see this record, but not do this with it."))
    if reason not in Reason.values:
        raise ValidationError(_("Say what you need it for."), code="no_reason")
    words, facts = str(Reason(reason).label), {"field": field, "reason": reason}
    with operation(actor, VERB, subject, anchor_id=customer.pk, reason=words, facts=facts):
        held = User.objects.select_for_update(of=("self",), no_key=True).filter(pk=actor.pk)
        held.order_by().values_list("pk").first()
        midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
        done = Operation.objects.filter(actor=actor, verb=VERB, at__gte=midnight).count()
        if done > daily_limit(actor):
            raise ValidationError(
                _("You have uncovered %(limit)s values today; more are possible tomorrow.")
                % {"limit": daily_limit(actor)},
                code="limit",
            )
        value: str = getattr(subject, field) if custom is None else custom
    return display_phone(value) if field == "phone" else value
