"""What the sidebar and the command palette offer. An app above the kernel appears by adding its line here.

A line is (URL name, label, icon, right, count, key): it is shown where the URL name resolves and the gate grants the
right ("" asks only for a sign-in); count names an attribute of the context processor's counts; key is the second key
after `g`, or for a command the single key that starts it.
"""

from django.utils.translation import gettext_lazy as _

HARBOUR_GATE = "crm.access.gate.may"

HARBOUR_NAVIGATION = [
    (
        "",
        [
            ("workbench", _("Workbench"), "house", "", "", "h"),
            ("notifications:notice_list", _("Notifications"), "bell", "", "notices", "n"),
        ],
    ),
    (
        _("Customers"),
        [
            ("customers:customer_list", _("Customers"), "building-2", "customers.view_customer", "", "c"),
            ("customers:pool_list", _("Pool"), "waves", "customers.view_pool", "", "p"),
            ("customers:contact_list", _("Contacts"), "contact-round", "customers.view_contact", "", ""),
            ("customers:activity_list", _("Follow-ups"), "message-square-text", "customers.view_activity", "", "f"),
            ("customers:transfer_list", _("Transfers"), "arrow-left-right", "customers.transfer_customer", "", "t"),
            ("customers:import_list", _("Imports"), "file-up", "customers.import_customer", "", "i"),
        ],
    ),
    (
        _("Analysis and administration"),
        [
            ("reports:report_list", _("Reports"), "chart-column", "reports.view_report", "", "r"),
            ("jobs:job_list", _("Jobs"), "list-checks", "", "", "j"),
            ("settings:index", _("Settings"), "settings", "", "", "s"),
            ("help:index", _("Help"), "circle-question-mark", "", "", ""),
        ],
    ),
]

HARBOUR_COMMANDS = [
    ("customers:customer_add", _("New customer"), "plus", "customers.add_customer", "", ""),
    ("customers:activity_add", _("New follow-up"), "message-square-text", "customers.add_activity", "", "c"),
    ("customers:import_add", _("Import a spreadsheet"), "file-up", "customers.import_customer", "", ""),
    ("customers:transfer_new", _("Transfer customers"), "arrow-left-right", "customers.transfer_customer", "", ""),
]
