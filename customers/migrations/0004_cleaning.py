"""What a uniform spelling would change, and the rights to look at and run the retention rules."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
from django.db import migrations, models

# right → standard role → scope, as the catalogue had them when this part came
NEW_RIGHTS = {
    "customers.view_retention": {"admin": "all", "security": "all", "auditor": "all"},
    "customers.run_retention": {"admin": "all", "security": "all"},
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


class Migration(migrations.Migration):
    dependencies = [("customers", "0003_fill_new_parts")]

    operations = [
        migrations.AddField(
            model_name="customerquality",
            name="proposals",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=24),
                default=list,
                help_text="fields a uniform spelling changes",
                size=None,
            ),
        ),
        migrations.AddIndex(
            model_name="customerquality",
            index=django.contrib.postgres.indexes.GinIndex(fields=["proposals"], name="quality_proposals"),
        ),
        migrations.RunPython(grant_new_rights, migrations.RunPython.noop),
    ]
