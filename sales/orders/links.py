"""The link under which a customer accepts or refuses a delivery."""

from __future__ import annotations

from datetime import date, timedelta

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.history.operations import operation
from crm.people.models import User
from sales.links.actions import end_links, make_link
from sales.links.models import CustomerLink
from sales.orders.actions import hold_delivery, hold_order
from sales.orders.models import Delivery

DAYS_AT_MOST = 90


def make_delivery_link(delivery: Delivery, *, actor: User, until: date) -> tuple[CustomerLink, str]:
    """Make the link under which the customer answers a delivery that left the house; the secret is told once.

    Earlier links end. `until` is the last day of the link.
    """
    with operation(actor, "delivery_link_made", delivery, anchor_id=delivery.order.customer_id):
        hold_order(delivery.order)
        locked = hold_delivery(delivery, Delivery.State.DELIVERED)
        today = timezone.localdate()
        if not today <= until <= today + timedelta(days=DAYS_AT_MOST):
            raise ValidationError({"until": _("From today on, at most %(count)s days.") % {"count": DAYS_AT_MOST}})
        return make_link(locked, actor=actor, until=until)


def revoke_delivery_links(delivery: Delivery, *, actor: User) -> int:
    """Take the links of a delivery back; how many were still alive."""
    with operation(actor, "delivery_link_revoked", delivery, anchor_id=delivery.order.customer_id):
        hold_order(delivery.order)
        ended = end_links(hold_delivery(delivery, *Delivery.State.values))
        if not ended:
            raise ValidationError(_("No link of this delivery is open."), code="state")
    return ended


def living_link(delivery: Delivery) -> CustomerLink | None:
    """The link the customer has now."""
    return delivery.links.filter(revoked_at=None, answered_at=None, expires_at__gt=timezone.now()).first()


def why_over(link: CustomerLink, delivery: Delivery) -> str:
    """Why nothing can be answered any more under a link, in words for the customer; "" where it can."""
    if link.answered_at is not None or delivery.state in (Delivery.State.ACCEPTED, Delivery.State.REFUSED):
        return _("This delivery has been answered.")
    if link.revoked_at is not None or delivery.state != Delivery.State.DELIVERED:
        return _("This link was taken back. Ask for a new one.")
    if not link.is_alive:
        return _("This link is no longer valid. Ask for a new one.")
    return ""
