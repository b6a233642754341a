"""What roles may do with customers; the scopes are those of the permission matrix."""

from django.utils.translation import gettext_lazy as _

from crm.access.rights import ALL, BELOW, OWN, Right

_CUSTOMERS = _("Customers")
_POOL = _("Public pool")
_EXCHANGE = _("Import and export")

RIGHTS = [
    Right(
        "customers.own_customer",
        _("Be responsible for customers"),
        _CUSTOMERS,
        {"rep": ALL, "director": ALL},
        has_rows=False,
        duty="business",
    ),
    Right(
        "customers.view_customer",
        _("See customers"),
        _CUSTOMERS,
        {"rep": OWN, "director": BELOW, "marketing": ALL, "finance": ALL, "auditor": ALL},
    ),
    Right(
        "customers.view_contact_details",
        _("See phone and e-mail in full without uncovering them"),
        _CUSTOMERS,
        {},
    ),
    Right(
        "customers.reveal_contact_details",
        _("Uncover one masked phone or e-mail (logged)"),
        _CUSTOMERS,
        {"rep": OWN, "director": BELOW},
    ),
    Right(
        "customers.add_customer",
        _("Add customers"),
        _CUSTOMERS,
        {"rep": ALL, "director": ALL, "marketing": ALL},
        has_rows=False,
        duty="business",
    ),
    Right(
        "customers.change_customer", _("Change customers"), _CUSTOMERS, {"rep": OWN, "director": BELOW}, duty="business"
    ),
    Right(
        "customers.archive_customer",
        _("Archive customers and put them back"),
        _CUSTOMERS,
        {"director": BELOW},
        duty="business",
    ),
    Right(
        "customers.share_customer",
        _("Share single customers"),
        _CUSTOMERS,
        {"rep": OWN, "director": BELOW},
        duty="business",
    ),
    Right(
        "customers.view_history",
        _("Read the change history of customers"),
        _CUSTOMERS,
        {"rep": OWN, "director": BELOW, "auditor": ALL},
    ),
    Right(
        "customers.view_contact",
        _("See contacts"),
        _CUSTOMERS,
        {"rep": OWN, "director": BELOW, "finance": ALL, "auditor": ALL},
    ),
    Right(
        "customers.add_contact",
        _("Add contacts"),
        _CUSTOMERS,
        {"rep": OWN, "director": BELOW},
        duty="business",
    ),
    Right(
        "customers.change_contact", _("Change contacts"), _CUSTOMERS, {"rep": OWN, "director": BELOW}, duty="business"
    ),
    Right("customers.view_activity", _("See follow-ups"), _CUSTOMERS, {"rep": OWN, "director": BELOW, "auditor": ALL}),
    Right(
        "customers.add_activity", _("Write follow-ups"), _CUSTOMERS, {"rep": OWN, "director": BELOW}, duty="business"
    ),
    Right(
        "customers.change_activity",
        _("Correct own follow-ups within 24 hours"),
        _CUSTOMERS,
        {"rep": OWN, "director": BELOW},
        duty="business",
    ),
    Right(
        "customers.view_pool",
        _("See the public pools of the own department"),
        _POOL,
        {"rep": ALL, "director": ALL, "marketing": ALL, "auditor": ALL},
        has_rows=False,
    ),
    Right(
        "customers.claim_customer",
        _("Claim customers from a pool"),
        _POOL,
        {"rep": OWN, "director": BELOW},
        duty="business",
    ),
    Right(
        "customers.release_customer",
        _("Release customers into a pool"),
        _POOL,
        {"rep": OWN, "director": BELOW},
        duty="business",
    ),
    Right("customers.assign_customer", _("Assign customers to a person"), _POOL, {"director": BELOW}, duty="business"),
    Right("customers.manage_pool", _("Keep pools and their rules"), _POOL, {"admin": ALL}, has_rows=False),
    Right("customers.transfer_customer", _("Move customers in bulk"), _CUSTOMERS, {"director": BELOW}, duty="business"),
    Right(
        "customers.import_customer",
        _("Import customers from spreadsheets"),
        _EXCHANGE,
        {"rep": OWN, "director": BELOW, "marketing": ALL, "admin": ALL},
    ),
    Right(
        "customers.import_any_owner",
        _("Set owner, department and dates by import"),
        _EXCHANGE,
        {"admin": ALL},
        has_rows=False,
    ),
    Right("customers.export_customer", _("Export customers"), _EXCHANGE, {"rep": OWN, "director": BELOW}),
    Right("customers.export_contact_details", _("Export phone and e-mail in full"), _EXCHANGE, {"director": BELOW}),
    Right(
        "customers.lookup_customer",
        _("Ask whether a customer exists"),
        _CUSTOMERS,
        {"rep": ALL, "director": ALL, "marketing": ALL},
        has_rows=False,
    ),
]
