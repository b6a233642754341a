"""Tells of the notices written so far what they are about: by their address, or by the request they ask about."""

from django.db import migrations

BY_ADDRESS = {"customers.Customer": "/customers/", "customers.Contact": "/contacts/", "customers.Task": "/tasks/"}
BY_REQUEST = """
UPDATE crm_notice n SET subject_type = 'customers.Customer', subject_id = asked.customer_id
  FROM (SELECT 'extension_asked' AS kind, 'extension:' || id AS key, customer_id FROM customers_recycleextension
        UNION ALL SELECT 'access_asked', 'access:' || id, customer_id FROM customers_accessrequest) asked
 WHERE n.kind = asked.kind AND n.dedupe_key = asked.key
"""


def name_subjects(apps, schema_editor):
    """Old notices are hidden with what they tell of, as new ones are."""
    for label, place in BY_ADDRESS.items():
        schema_editor.execute(
            "UPDATE crm_notice SET subject_type = %s, subject_id = substring(url from %s)::bigint WHERE url ~ %s",
            [label, f"^{place}([0-9]{{1,18}})/", f"^{place}[0-9]{{1,18}}/"],
        )
    schema_editor.execute(BY_REQUEST)


class Migration(migrations.Migration):
    dependencies = [
        ("crm", "0003_notices_know_their_subject"),
        ("customers", "0007_removing_finds_what_names_a_row"),
    ]

    operations = [migrations.RunPython(name_subjects, migrations.RunPython.noop)]
