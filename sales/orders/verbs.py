"""How the history words what was done with orders and deliveries."""

from django.utils.translation import gettext_lazy as _

VERBS = {
    "order_opened": (_("opened the order %(name)s"), "package", "green"),
    "order_changed": (_("changed the order %(name)s"), "package", ""),
    "delivery_planned": (_("planned the delivery %(name)s"), "truck", ""),
    "delivery_changed": (_("changed the delivery %(name)s"), "truck", ""),
    "delivery_delivered": (_("recorded that %(name)s was delivered"), "truck", "green"),
    "delivery_cancelled": (_("cancelled the delivery %(name)s"), "circle-x", "amber"),
    "delivery_link_made": (_("made a link to %(name)s for the customer"), "link", ""),
    "delivery_link_revoked": (_("took the links to %(name)s back"), "ban", "amber"),
    "delivery_accepted": (_("recorded that %(name)s was accepted"), "package-check", "green"),
    "delivery_refused": (_("recorded that %(name)s was refused"), "package-x", "red"),
}
