"""What the customer says about a delivery, through a link of their own or through us."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.utils import translation
from django.utils.translation import gettext as _

from crm.notifications.actions import notify
from crm.people.models import User
from customers.customers.actions import clean_text
from customers.customers.identity import clean_line
from sales.links.models import CustomerLink
from sales.orders.actions import answer_delivery
from sales.orders.models import Delivery

LONGEST_NOTE = 2000


def accept_delivery(
    delivery: Delivery, *, actor: User | None, name: str, note: str = "", address: str | None = None,
    link: CustomerLink | None = None,
) -> Delivery:  # fmt: skip
    """The customer accepts a delivery: `actor` is who of us records it, None where the customer did it by `link`."""
    return _answer(delivery, actor, True, name, note, address, link)


def refuse_delivery(
    delivery: Delivery, *, actor: User | None, name: str, note: str, address: str | None = None,
    link: CustomerLink | None = None,
) -> Delivery:  # fmt: skip
    """The customer refuses a delivery and says why; its quantities are open again."""
    return _answer(delivery, actor, False, name, note, address, link)


def _answer(
    delivery: Delivery, actor: User | None, is_accepted: bool, name: str, note: str, address: str | None,
    link: CustomerLink | None,
) -> Delivery:  # fmt: skip
    who, said = clean_line(name)[:80], clean_text(note)
    wrong = {}
    if not who:
        wrong["name"] = _("Write the name of who answers for the customer.")
    if len(said) > LONGEST_NOTE:
        wrong["note"] = _("At most %(count)s characters.") % {"count": LONGEST_NOTE}
    if not is_accepted and not said:
        wrong["note"] = _("Write what is wrong with the delivery.")
    if wrong:
        raise ValidationError(wrong)
    answered = answer_delivery(
        delivery, actor=actor, is_accepted=is_accepted, name=who, note=said, address=address, link=link
    )
    if actor is None:
        _tell_owner(answered, who)
    return answered


def _tell_owner(delivery: Delivery, who: str) -> None:
    order = delivery.order
    if order.owner is None or not order.owner.is_active:
        return
    with translation.override(order.owner.language):
        words = {"name": who, "delivery": delivery.number}
        if delivery.state == Delivery.State.ACCEPTED:
            text = _("%(name)s accepted the delivery %(delivery)s") % words
        else:
            text = _("%(name)s refused the delivery %(delivery)s") % words
    notify(
        order.owner, "delivery_answered", text, about=order, url=order.get_absolute_url(),
        dedupe_key=f"delivery-answered:{delivery.pk}",
    )  # fmt: skip
