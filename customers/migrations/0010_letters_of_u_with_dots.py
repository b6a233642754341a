"""Names with 吕, 旅, 绿 and their like are found by the v people type; older search rows held a u."""

from django.db import migrations

_CHARACTERS = "侣吕女屡履律恧捋掠旅榈氯滤率略疟稆绿缕膂虐虑衄褛钕铝锊闾驴"


def refresh_search_rows(apps, schema_editor):
    """The letters of the names concerned, drawn anew."""
    customers = apps.get_model("customers", "Customer").objects
    concerned = set(customers.filter(name__regex=f"[{_CHARACTERS}]").values_list("pk", flat=True))
    concerned |= set(customers.filter(short_name__regex=f"[{_CHARACTERS}]").values_list("pk", flat=True))
    people = apps.get_model("customers", "Contact").objects.filter(name__regex=f"[{_CHARACTERS}]")
    concerned |= set(people.values_list("customer_id", flat=True))
    if concerned:  # a new installation has none, so later versions of this code never run here
        from customers.customers.search import refresh_search

        ids = sorted(concerned)
        for start in range(0, len(ids), 1000):
            refresh_search(ids[start : start + 1000])


class Migration(migrations.Migration):
    dependencies = [("customers", "0009_importset_exceeds_limit_importset_limit_reason")]

    operations = [migrations.RunPython(refresh_search_rows, migrations.RunPython.noop)]
