"""How the history words what was done with opportunities."""

from django.utils.translation import gettext_lazy as _

VERBS = {
    "opportunity_created": (_("opened the opportunity %(name)s"), "target", "green"),
    "opportunity_changed": (_("changed the opportunity %(name)s"), "target", ""),
    "opportunity_moved": (_("moved the opportunity %(name)s to another stage"), "flag", ""),
    "opportunity_won": (_("won the opportunity %(name)s"), "trophy", "green"),
    "opportunity_lost": (_("lost the opportunity %(name)s"), "circle-x", "red"),
    "opportunity_reopened": (_("opened the opportunity %(name)s again"), "undo-2", ""),
}
