"""Taking what was known of a person out of texts that other parts of the product keep, as the data map says."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.db import connection
from django.db.models import JSONField, Q

from crm.jobs.actions import remove_files as remove_job_files
from crm.jobs.models import Job
from customers.customers.models import Customer
from customers.customers.search import refresh_search
from customers.imports.models import ImportRow, ImportSet
from customers.imports.receiving import remove_files
from customers.privacy.datamap import Fate, fields_with, personal_fields
from customers.privacy.known import Known

# tables with a way of their own
_BY_HAND = {
    "customers.Customer",
    "customers.CustomerSearch",
    "customers.ImportSet",
    "customers.ImportRow",
    "crm.Operation",
}
# where a name counts, too: the condition that ties a row to the companies of the person
_TIED = {
    "crm.Notice": "url ~ ANY(SELECT '^/customers/' || c || '/' FROM unnest(%(companies)s::bigint[]) AS c) "
    "OR subject_type = 'customers.Customer' AND subject_id = ANY(%(companies)s)",
    "crm.JobRow": "object_id = ANY(%(companies)s)",
    "crm.IdempotencyKey": "true",
    "customers.PersonRequest": "contact_ids && %(contacts)s::bigint[]",
    "customers.Merge": "survivor_id = ANY(%(companies)s) OR loser_id = ANY(%(companies)s)",
}
_CONTACT_PART = "contact_"
# what colleagues write at a company in their own words
WRITTEN = ("customers.Activity", "customers.Comment", "customers.Task")
_AT_COMPANIES = "customer_id = ANY(%(companies)s)"


def take_out(known: Known) -> None:
    """Take the values out of every text the map calls replaced; the history has its own door."""
    for label in personal_fields():
        if label not in _BY_HAND and (names := fields_with(label, Fate.REPLACED)):
            _take_out_of(label, names, known)
    _empty_import_rows(known)
    refresh_search(known.companies)


def take_out_of_texts(known: Known) -> None:
    """Take the values out of what colleagues wrote at the companies of the person: follow-ups, comments, tasks."""
    for label in WRITTEN:
        _take_out_of(
            label, [name for name in fields_with(label, Fate.READ) if name != "message_id"], known, _AT_COMPANIES
        )


def empty_company_details(known: Known) -> None:
    """A company keeps its landline; the mobile or e-mail of an erased person that stands there as well goes."""
    mobiles = [value for value in known.reach if value.startswith("+861") and len(value) == 14]
    mails = [value for value in known.reach if "@" in value]
    companies = Customer.objects.filter(pk__in=known.companies)
    companies.filter(phone__in=mobiles).update(phone="")
    companies.filter(email__in=mails).update(email="")


def _take_out_of(label: str, names: list[str], known: Known, only: str = "") -> None:
    model = apps.get_model(label)
    fields = [model._meta.get_field(name) for name in names]
    whole = "concat_ws(' ', " + ", ".join(f"{field.column}::text" for field in fields) + ")"
    given: dict[str, Any] = {"reach": known.reach, "words": known.words}
    given |= {"companies": known.companies, "contacts": known.contact_ids}
    condition = f"privacy_names({whole}, %(reach)s)"
    if label in _TIED:
        condition += f" OR ({_TIED[label]}) AND privacy_names({whole}, %(words)s)"
    elif only:
        condition = f"{only} AND privacy_names({whole}, %(words)s)"
    with connection.cursor() as cursor:
        table, change = model._meta.db_table, ", ".join(map(_without, fields))
        cursor.execute(f"UPDATE {table} SET {change} WHERE {condition}", given)  # noqa: S608 - names of our columns


def _without(field: Any) -> str:
    if isinstance(field, JSONField):
        return f"{field.column} = privacy_without_in({field.column}, %(words)s)"
    text = f"privacy_without({field.column}, %(words)s)"
    return f"{field.column} = {f'left({text}, {field.max_length})' if field.max_length else text}"


def _empty_import_rows(known: Known) -> None:
    """Rows of imports lose their contact and its values; files read for ended imports go, waiting ones keep theirs."""
    made = Q(contact_id__in=known.contact_ids)
    named = Q(fields__contact_phone__in=known.reach) | Q(fields__contact_email__in=known.reach)
    named |= Q(fields__contact_name__in=known.names, customer_id__in=known.companies)
    touched = set(_import_sets_naming(known))
    for row in ImportRow.objects.filter(made | named).select_related("import_set").iterator(chunk_size=500):
        mapping = row.import_set.mapping
        of_company = {int(n) for n, name in mapping.items() if name and not str(name).startswith(_CONTACT_PART)}
        row.cells = [cell if place in of_company else "" for place, cell in enumerate(row.cells)]
        row.fields, row.difference = _without_contact(row.fields), _without_contact(row.difference)
        row.errors = _without_contact(row.errors)
        row.save(update_fields=["cells", "fields", "difference", "errors"])
        touched.add(row.import_set_id)
    _take_out_of("customers.ImportRow", fields_with("customers.ImportRow", Fate.REPLACED), known)
    _empty_import_sets(touched, known)


def _import_sets_naming(known: Known) -> Iterable[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT import_set_id FROM customers_importrow WHERE privacy_names(concat(cells, fields), %s)",
            [known.reach],
        )
        return [pk for (pk,) in cursor.fetchall()]


def _empty_import_sets(touched: set[int], known: Known) -> None:
    ended = (ImportSet.State.APPLIED, ImportSet.State.UNDONE, ImportSet.State.FAILED, ImportSet.State.CANCELLED)
    for import_set in ImportSet.objects.filter(pk__in=touched, state__in=ended):
        remove_files(import_set)
        ImportSet.objects.filter(pk=import_set.pk).update(head=[], file_path="")
        remove_job_files(Job.objects.filter(params__import_set=import_set.pk))
    _take_out_of("customers.ImportSet", ["head"], known)


def _without_contact(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if not name.startswith(_CONTACT_PART)}
