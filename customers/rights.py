"""What roles may do with customers; the scopes are those of the permission matrix."""

from django.utils.translation import gettext_lazy as _

from crm.access.rights import ALL, BELOW, OWN, Right

_CUSTOMERS = _("Customers")
_POOL = _("Public pool")
_EXCHANGE = _("Import and export")
_PRIVACY = _("Privacy")

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
    Right(
        "customers.view_task",
        _("See tasks"),
        _CUSTOMERS,
        {"rep": OWN, "director": BELOW, "marketing": OWN, "auditor": ALL},
    ),
    Right(
        "customers.add_task",
        _("Plan tasks"),
        _CUSTOMERS,
        {"rep": ALL, "director": ALL, "marketing": ALL},
        has_rows=False,
        duty="business",
    ),
    Right(
        "customers.change_task",
        _("Change, move and finish tasks"),
        _CUSTOMERS,
        {"rep": OWN, "director": BELOW, "marketing": OWN},
        duty="business",
    ),
    Right("customers.view_comment", _("Read comments"), _CUSTOMERS, {"rep": OWN, "director": BELOW, "auditor": ALL}),
    Right("customers.add_comment", _("Write comments"), _CUSTOMERS, {"rep": OWN, "director": BELOW}, duty="business"),
    Right(
        "customers.change_comment",
        _("Correct own comments"),
        _CUSTOMERS,
        {"rep": OWN, "director": BELOW},
        duty="business",
    ),
    Right(
        "customers.manage_allotment",
        _("Keep the rules that hand out leads"),
        _POOL,
        {"director": ALL, "admin": ALL},
        has_rows=False,
    ),
    Right(
        "customers.discard_customer",
        _("Discard potential customers with a reason"),
        _POOL,
        {"director": BELOW},
        duty="business",
    ),
    Right(
        "customers.protect_customer",
        _("Protect customers from the pool"),
        _POOL,
        {"rep": OWN, "director": BELOW},
        duty="business",
    ),
    Right(
        "customers.decide_extension",
        _("Decide on extensions before customers go back to the pool"),
        _POOL,
        {"director": BELOW},
        duty="business",
    ),
    Right("customers.merge_customer", _("Merge customers"), _CUSTOMERS, {"director": BELOW}, duty="business"),
    Right(
        "customers.decide_access",
        _("Decide who gets access to a customer"),
        _CUSTOMERS,
        {"director": BELOW},
        duty="business",
    ),
    Right(
        "customers.view_segment",
        _("See segments"),
        _CUSTOMERS,
        {"rep": ALL, "director": ALL, "marketing": ALL, "auditor": ALL},
        has_rows=False,
    ),
    Right(
        "customers.change_segment",
        _("Make and change segments"),
        _CUSTOMERS,
        {"rep": ALL, "director": ALL, "marketing": ALL},
        has_rows=False,
    ),
    Right(
        "customers.share_segment",
        _("Offer segments to everyone"),
        _CUSTOMERS,
        {"director": ALL, "marketing": ALL},
        has_rows=False,
    ),
    Right(
        "customers.manage_classification",
        _("Keep the rules that set levels and tags"),
        _CUSTOMERS,
        {"director": ALL},
        has_rows=False,
    ),
    Right("customers.view_consent", _("See consents"), _PRIVACY, {"rep": OWN, "director": BELOW, "auditor": ALL}),
    Right(
        "customers.record_consent",
        _("Record consents and withdrawals"),
        _PRIVACY,
        {"rep": OWN, "director": BELOW},
        duty="business",
    ),
    Right(
        "customers.view_retention",
        _("See what the retention rules would erase"),
        _PRIVACY,
        {"admin": ALL, "security": ALL, "auditor": ALL},
        has_rows=False,
    ),
    Right(
        "customers.run_retention",
        _("Erase what is past its retention period"),
        _PRIVACY,
        {"admin": ALL, "security": ALL},
        has_rows=False,
    ),
]
