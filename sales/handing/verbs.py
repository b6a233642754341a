"""How the history words what the application does with the responsibility for records of sales."""

from django.utils.translation import gettext_lazy as _

VERBS = {
    "sales_gathered": (
        _("gave records of customers their owners no longer see to whoever is responsible"), "users-round", "",
    ),
    "sales_left_over": (_("gave what still belonged to %(name)s in sales to a successor"), "users-round", "amber"),
}  # fmt: skip
