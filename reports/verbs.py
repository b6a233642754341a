"""How the history words what reports record."""

from django.utils.translation import gettext_lazy as _

VERBS = {
    "report_requested": (_("asked for a report as a file"), "chart-column", ""),
}
