"""What roles may do with reports."""

from django.utils.translation import gettext_lazy as _

from crm.access.rights import ALL, Right

RIGHTS = [
    Right(
        "reports.view_report",
        _("See reports over what one may see"),
        _("Reports"),
        {"rep": ALL, "director": ALL, "marketing": ALL, "finance": ALL, "auditor": ALL},
        has_rows=False,
    ),
    Right(
        "reports.export_report",
        _("Download reports as PDF and spreadsheet"),
        _("Reports"),
        {"rep": ALL, "director": ALL, "marketing": ALL, "finance": ALL, "auditor": ALL},
        has_rows=False,
    ),
]
