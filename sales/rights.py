"""What roles may do with sales documents; the scopes are those of the permission matrix (TRUST 9.2)."""

from django.utils.translation import gettext_lazy as _

from crm.access.rights import ALL, BELOW, OWN, Right

_PRODUCTS = _("Products")
_DOCUMENTS = _("Sales documents")
_MONEY = _("Payments and invoices")

_LOOKS = {"rep": OWN, "director": BELOW, "finance": ALL, "auditor": ALL}
_WRITES = {"rep": OWN, "director": BELOW}
_EVERYBODY = {
    "rep": ALL, "director": ALL, "marketing": ALL, "agent": ALL, "technician": ALL, "finance": ALL, "admin": ALL,
    "auditor": ALL,
}  # fmt: skip

RIGHTS = [
    # ── products ──
    Right("sales.view_product", _("See products and list prices"), _PRODUCTS, _EVERYBODY, has_rows=False),
    Right(
        "sales.view_floor_price",
        _("See minimum prices"),
        _PRODUCTS,
        {"director": ALL, "finance": ALL, "auditor": ALL},
        has_rows=False,
    ),
    Right("sales.view_cost", _("See cost and margin"), _PRODUCTS, {"finance": ALL, "auditor": ALL}, has_rows=False),
    Right("sales.change_product", _("Keep products and categories"), _PRODUCTS, {"admin": ALL}, has_rows=False),
    Right(
        "sales.change_price",
        _("Ask for and decide on price changes (two people)"),
        _PRODUCTS,
        {"finance": ALL},
        has_rows=False,
        duty="business",
    ),
    Right("sales.export_product", _("Export products"), _PRODUCTS, {"finance": ALL, "admin": ALL}, has_rows=False),
    Right("sales.manage_sales_data", _("Keep tax rates, contract types, stages"), _PRODUCTS, {"admin": ALL},
          has_rows=False),
    Right("sales.manage_printing", _("Keep the letterhead and print templates"), _PRODUCTS, {"admin": ALL},
          has_rows=False),
    # ── opportunities ──
    Right("sales.view_opportunity", _("See opportunities"), _DOCUMENTS, _LOOKS),
    Right("sales.add_opportunity", _("Add opportunities"), _DOCUMENTS, _WRITES, duty="business"),
    Right("sales.change_opportunity", _("Change, win and lose opportunities"), _DOCUMENTS, _WRITES, duty="business"),
    Right("sales.export_opportunity", _("Export opportunities"), _DOCUMENTS, {"rep": OWN, "director": BELOW}),
    # ── requirements ──
    Right("sales.view_requirement", _("See requirements"), _DOCUMENTS, {"rep": OWN, "director": BELOW, "auditor": ALL}),
    Right("sales.add_requirement", _("Write requirements"), _DOCUMENTS, _WRITES, duty="business"),
    Right("sales.change_requirement", _("Change, submit and withdraw requirements"), _DOCUMENTS, _WRITES,
          duty="business"),
    Right(
        "sales.check_requirement",
        _("Record the technical check of a requirement"),
        _DOCUMENTS,
        {"technician": ALL},
        has_rows=False,
        duty="business",
    ),
    # ── quotes ──
    Right("sales.view_quote", _("See quotes"), _DOCUMENTS, _LOOKS),
    Right("sales.add_quote", _("Write quotes"), _DOCUMENTS, _WRITES, duty="business"),
    Right("sales.change_quote", _("Change, submit, withdraw and send quotes"), _DOCUMENTS, _WRITES, duty="business"),
    Right("sales.export_quote", _("Export quotes and requirements"), _DOCUMENTS,
          {"rep": OWN, "director": BELOW, "finance": ALL}),
    # ── contracts ──
    Right("sales.view_contract", _("See contracts"), _DOCUMENTS, _LOOKS),
    Right("sales.add_contract", _("Write contracts"), _DOCUMENTS, _WRITES, duty="business"),
    Right("sales.change_contract", _("Change, submit, withdraw and sign contracts"), _DOCUMENTS, _WRITES,
          duty="business"),
    Right(
        "sales.waive_contract_file",
        _("Let a contract count as signed without a file"),
        _DOCUMENTS,
        {"director": BELOW},
        duty="business",
    ),
    Right(
        "sales.end_contract",
        _("Suspend, resume, terminate and close contracts"),
        _DOCUMENTS,
        {"director": BELOW},
        duty="business",
    ),
    Right("sales.export_contract", _("Export contracts and orders"), _DOCUMENTS,
          {"rep": OWN, "director": BELOW, "finance": ALL}),
    # ── orders ──
    Right("sales.view_order", _("See orders and deliveries"), _DOCUMENTS, _LOOKS),
    Right("sales.change_order", _("Plan and record deliveries"), _DOCUMENTS, _WRITES, duty="business"),
    # ── payments ──
    Right("sales.view_payment", _("See payments and receivables"), _MONEY, _LOOKS),
    Right("sales.add_payment", _("Claim payments"), _MONEY, {"rep": OWN, "director": BELOW, "finance": ALL},
          duty="business"),
    Right("sales.change_payment", _("Change, submit and withdraw claims"), _MONEY,
          {"rep": OWN, "director": BELOW, "finance": ALL}, duty="business"),
    Right("sales.confirm_payment", _("Confirm, allocate and match payments"), _MONEY, {"finance": ALL},
          duty="business"),
    Right("sales.reverse_payment", _("Reverse payments"), _MONEY, {"finance": ALL}, duty="business"),
    Right("sales.import_bank_line", _("Import and match bank statements"), _MONEY, {"finance": ALL}, has_rows=False,
          duty="business"),
    Right("sales.export_payment", _("Export payments and receivables"), _MONEY,
          {"rep": OWN, "director": BELOW, "finance": ALL}),
    Right("sales.close_period", _("Close and reopen accounting periods"), _MONEY, {"finance": ALL}, has_rows=False,
          duty="business"),
    # ── invoices ──
    Right("sales.view_invoice", _("See invoices"), _MONEY, _LOOKS),
    Right("sales.add_invoice", _("Apply for invoices"), _MONEY, {"rep": OWN, "director": BELOW, "finance": ALL},
          duty="business"),
    Right("sales.change_invoice", _("Change, submit and withdraw applications"), _MONEY,
          {"rep": OWN, "director": BELOW, "finance": ALL}, duty="business"),
    Right("sales.issue_invoice", _("Record issued invoices and red letters"), _MONEY, {"finance": ALL},
          duty="business"),
    Right("sales.manage_billing", _("Keep billing data of customers"), _MONEY,
          {"rep": OWN, "director": BELOW, "finance": ALL}, duty="business"),
    Right("sales.manage_quota", _("Keep invoice quotas"), _MONEY, {"finance": ALL}, has_rows=False, duty="business"),
    Right("sales.export_invoice", _("Export invoices and reissues"), _MONEY,
          {"rep": OWN, "director": BELOW, "finance": ALL}),
    # ── reissues ──
    Right("sales.view_reissue", _("See reissues"), _MONEY, _LOOKS),
    Right("sales.add_reissue", _("Ask for reissues"), _MONEY, {"rep": OWN, "director": BELOW, "finance": ALL},
          duty="business"),
    Right("sales.change_reissue", _("Change, submit and withdraw reissues"), _MONEY,
          {"rep": OWN, "director": BELOW, "finance": ALL}, duty="business"),
]  # fmt: skip
