"""Gives the standard roles of an installation that existed before the rights of sales and approvals."""

from django.db import migrations

_LOOKS = {"rep": "own", "director": "below", "finance": "all", "auditor": "all"}
_WRITES = {"rep": "own", "director": "below"}
_CLAIMS = {"rep": "own", "director": "below", "finance": "all"}
_FINANCE = {"finance": "all"}
_ADMIN = {"admin": "all"}

# right → standard role → scope, as the catalogue had them when these parts came
NEW_RIGHTS = {
    "crm.view_approval": {"rep": "own", "director": "below", "technician": "own", "finance": "all", "auditor": "all"},
    "crm.decide_approval": {"director": "all", "technician": "all", "finance": "all"},
    "crm.delegate_approval": {"director": "all", "technician": "all", "finance": "all"},
    "crm.manage_flow": _ADMIN,
    "sales.view_product": dict.fromkeys(
        ["rep", "director", "marketing", "agent", "technician", "finance", "admin", "auditor"], "all"
    ),
    "sales.view_floor_price": {"director": "all", "finance": "all", "auditor": "all"},
    "sales.view_cost": {"finance": "all", "auditor": "all"},
    "sales.change_product": _ADMIN,
    "sales.change_price": _FINANCE,
    "sales.export_product": {"finance": "all", "admin": "all"},
    "sales.manage_sales_data": _ADMIN,
    "sales.manage_printing": _ADMIN,
    "sales.view_opportunity": _LOOKS,
    "sales.add_opportunity": _WRITES,
    "sales.change_opportunity": _WRITES,
    "sales.export_opportunity": _WRITES,
    "sales.view_requirement": {"rep": "own", "director": "below", "auditor": "all"},
    "sales.add_requirement": _WRITES,
    "sales.change_requirement": _WRITES,
    "sales.check_requirement": {"technician": "all"},
    "sales.view_quote": _LOOKS,
    "sales.add_quote": _WRITES,
    "sales.change_quote": _WRITES,
    "sales.export_quote": _CLAIMS,
    "sales.view_contract": _LOOKS,
    "sales.add_contract": _WRITES,
    "sales.change_contract": _WRITES,
    "sales.waive_contract_file": {"director": "below"},
    "sales.end_contract": {"director": "below"},
    "sales.export_contract": _CLAIMS,
    "sales.view_order": _LOOKS,
    "sales.change_order": _WRITES,
    "sales.view_payment": _LOOKS,
    "sales.add_payment": _CLAIMS,
    "sales.change_payment": _CLAIMS,
    "sales.confirm_payment": _FINANCE,
    "sales.reverse_payment": _FINANCE,
    "sales.import_bank_line": _FINANCE,
    "sales.export_payment": _CLAIMS,
    "sales.close_period": _FINANCE,
    "sales.view_invoice": _LOOKS,
    "sales.add_invoice": _CLAIMS,
    "sales.change_invoice": _CLAIMS,
    "sales.issue_invoice": _FINANCE,
    "sales.manage_billing": _CLAIMS,
    "sales.manage_quota": _FINANCE,
    "sales.export_invoice": _CLAIMS,
    "sales.view_reissue": _LOOKS,
    "sales.add_reissue": _CLAIMS,
    "sales.change_reissue": _CLAIMS,
}


def grant_new_rights(apps, schema_editor):
    """Standard roles get the rights that are new; what an administrator granted stays as it is."""
    roles = dict(apps.get_model("crm", "Role").objects.values_list("code", "pk"))
    grant = apps.get_model("crm", "Grant")
    grant.objects.bulk_create(
        [
            grant(role_id=roles[code], right=right, scope=scope)
            for right, scopes in NEW_RIGHTS.items()
            for code, scope in scopes.items()
            if code in roles
        ],
        ignore_conflicts=True,
    )


class Migration(migrations.Migration):
    dependencies = [("sales", "0001_initial")]

    operations = [migrations.RunPython(grant_new_rights, migrations.RunPython.noop)]
