"""How the history words what was done with requirements."""

from django.utils.translation import gettext_lazy as _

VERBS = {
    "requirement_added": (_("wrote down a requirement"), "clipboard-list", "green"),
    "requirement_changed": (_("changed the requirement %(name)s"), "clipboard-list", ""),
    "requirement_submitted": (_("put the requirement %(name)s up for approval"), "send", ""),
    "requirement_withdrawn": (_("withdrew the requirement %(name)s"), "undo-2", ""),
    "requirement_checked": (_("recorded the technical check of %(name)s"), "clipboard-check", ""),
    "requirement_voided": (_("gave up the requirement %(name)s"), "file-x", "red"),
}
