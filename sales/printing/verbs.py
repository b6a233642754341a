"""How the history words what was done with the letterhead and print templates."""

from django.utils.translation import gettext_lazy as _

VERBS = {
    "letterhead_changed": (_("changed the letterhead"), "stamp", ""),
    "logo_changed": (_("changed the logo on documents"), "image", ""),
    "logo_dropped": (_("removed the logo from documents"), "image", "amber"),
    "seal_changed": (_("changed the seal on documents"), "stamp", "amber"),
    "seal_dropped": (_("removed the seal from documents"), "stamp", "amber"),
    "print_template_added": (_("added the print template %(name)s"), "printer", "green"),
    "print_template_changed": (_("changed the print template %(name)s"), "printer", ""),
    "print_template_removed": (_("removed the print template %(name)s"), "printer", "red"),
}
