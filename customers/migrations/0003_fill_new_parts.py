"""Gives an installation that existed before what the new tables and rights start with."""

from django.db import migrations

# right → standard role → scope, as the catalogue had them when these parts came
NEW_RIGHTS = {
    "crm.manage_company": {"admin": "all"},
    "crm.manage_custom_field": {"admin": "all"},
    "crm.decide_export": {"director": "all", "security": "all"},
    "customers.view_task": {"rep": "own", "director": "below", "marketing": "own", "auditor": "all"},
    "customers.add_task": {"rep": "all", "director": "all", "marketing": "all"},
    "customers.change_task": {"rep": "own", "director": "below", "marketing": "own"},
    "customers.view_comment": {"rep": "own", "director": "below", "auditor": "all"},
    "customers.add_comment": {"rep": "own", "director": "below"},
    "customers.change_comment": {"rep": "own", "director": "below"},
    "customers.manage_allotment": {"director": "all", "admin": "all"},
    "customers.discard_customer": {"director": "below"},
    "customers.protect_customer": {"rep": "own", "director": "below"},
    "customers.decide_extension": {"director": "below"},
    "customers.merge_customer": {"director": "below"},
    "customers.decide_access": {"director": "below"},
    "customers.view_segment": {"rep": "all", "director": "all", "marketing": "all", "auditor": "all"},
    "customers.change_segment": {"rep": "all", "director": "all", "marketing": "all"},
    "customers.share_segment": {"director": "all", "marketing": "all"},
    "customers.manage_classification": {"director": "all"},
    "customers.view_consent": {"rep": "own", "director": "below", "auditor": "all"},
    "customers.record_consent": {"rep": "own", "director": "below"},
}


def grant_new_rights(apps, schema_editor):
    """Standard roles get the rights that are new; what an administrator granted stays as it is."""
    roles = dict(apps.get_model("crm", "Role").objects.values_list("code", "pk"))
    apps.get_model("crm", "Grant").objects.bulk_create(
        [
            apps.get_model("crm", "Grant")(role_id=roles[code], right=right, scope=scope)
            for right, scopes in NEW_RIGHTS.items()
            for code, scope in scopes.items()
            if code in roles
        ],
        ignore_conflicts=True,
    )


def refresh_search_rows(apps, schema_editor):
    """The people of a customer are found by a column of their own now, and the keys of names know places in brackets."""
    names = dict(apps.get_model("customers", "Customer").objects.order_by("pk").values_list("pk", "name"))
    if names:  # a new installation has none, so later versions of this code never run here
        from customers.customers.identity import name_key
        from customers.customers.search import refresh_search

        schema_editor.execute(
            "UPDATE customers_customer c SET name_key = n.key FROM unnest(%s::bigint[], %s::text[]) AS n (id, key) "
            "WHERE c.id = n.id AND c.name_key <> n.key",
            [list(names), [name_key(name) for name in names.values()]],
        )
        refresh_search(list(names))


class Migration(migrations.Migration):
    dependencies = [("customers", "0002_customers_in_depth")]

    operations = [
        migrations.RunPython(grant_new_rights, migrations.RunPython.noop),
        migrations.RunPython(refresh_search_rows, migrations.RunPython.noop),
    ]
