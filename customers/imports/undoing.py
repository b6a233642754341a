"""Taking an import back: what nobody touched since goes, the rest is listed with its reason."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.utils.translation import gettext_noop

from crm.attachments.models import Attachment
from crm.customfields.values import release_records
from crm.jobs.kinds import Tally
from crm.people.models import User
from customers.contacts.models import Contact
from customers.customers.custom import CONTACT, CUSTOMER
from customers.customers.models import Customer, CustomerSearch
from customers.customers.search import refresh_search
from customers.duplicates.references import references_to
from customers.imports.custom import OWN, THEIRS, Whose, claim_changes, custom_part, is_custom
from customers.imports.matching import CONTACT_ATTRIBUTES, CUSTOMER_ATTRIBUTES, Found, locked_customers
from customers.imports.models import ImportRow, ImportSet
from customers.imports.writing import update_contacts, update_customers

Outcome = ImportRow.Outcome
TOUCHED = gettext_noop("kept: somebody has worked on it since")
GONE = gettext_noop("kept: it is archived, in a pool or gone")
KEPT_FIELDS = gettext_noop("kept because changed since")


def undo_rows(import_set: ImportSet, first: int, last: int, actor: User) -> Tally:
    """Take back the applied rows from `first` to `last`; rows that stay get a note."""
    rows = list(import_set.rows.filter(row_number__range=(first, last), is_applied=True).order_by("row_number"))
    kept = _remove(import_set, [row for row in rows if row.outcome == Outcome.CREATED])
    kept += _restore([row for row in rows if row.outcome == Outcome.CHANGED], actor)
    ImportRow.objects.filter(pk__in=[row.pk for row in rows]).update(is_applied=False)
    ImportRow.objects.bulk_update(kept, ["undo_note"], batch_size=500)
    return Tally(done=len(rows) - len(kept), failed=len(kept))


def _remove(import_set: ImportSet, rows: list[ImportRow]) -> list[ImportRow]:
    ids = [row.customer_id for row in rows if row.customer_id]
    alive = set(Customer.objects.filter(pk__in=ids).order_by("pk").select_for_update().values_list("pk", flat=True))
    touched = _touched(import_set, alive)
    kept = []
    for row in rows:
        if row.customer_id not in alive or row.customer_id in touched:
            row.undo_note = GONE if row.customer_id not in alive else TOUCHED
            kept.append(row)
    free = alive - touched
    release_records(CONTACT, list(Contact.objects.filter(customer_id__in=free).values_list("pk", flat=True)))
    release_records(CUSTOMER, free)
    Contact.objects.filter(customer_id__in=free).delete()
    CustomerSearch.objects.filter(customer_id__in=free).delete()
    customers = Customer.objects.filter(pk__in=free)
    customers._raw_delete(customers.db)  # everything that may point here was asked for by _touched
    return kept


def _touched(import_set: ImportSet, ids: set[int]) -> set[int]:
    """Customers with a change that is not this import's, or with anything that points to them besides its contact."""
    context = import_set.operation.context_id if import_set.operation else None
    events: Any = Customer._meta.get_field("events").related_model
    touched = set(
        events.objects.filter(pgh_obj_id__in=ids).exclude(pgh_context_id=context).values_list("pgh_obj_id", flat=True)
    )
    own_contacts = import_set.rows.filter(customer_id__in=ids).values_list("contact_id", flat=True)
    people = Contact.objects.filter(customer_id__in=ids)
    touched |= set(people.exclude(pk__in=[pk for pk in own_contacts if pk]).values_list("customer_id", flat=True))
    contact_events: Any = Contact._meta.get_field("events").related_model
    changed = contact_events.objects.filter(customer_id__in=ids).exclude(pgh_context_id=context)
    touched |= set(changed.values_list("customer_id", flat=True))
    files = Attachment.objects.filter(anchor_id__in=ids)
    touched |= set(files.values_list("anchor_id", flat=True))
    for model, column in _pointing_here():
        touched |= set(model.objects.filter(**{f"{column}__in": ids}).values_list(column, flat=True))
    return touched


def _pointing_here() -> Iterable[tuple[Any, str]]:
    for relation in Customer._meta.related_objects:
        model = relation.related_model
        if model not in (Contact, CustomerSearch) and not relation.field.name.startswith("pgh_"):
            yield model, relation.field.attname


def _restore(rows: list[ImportRow], actor: User) -> list[ImportRow]:
    customers = locked_customers([row.customer_id for row in rows if row.customer_id])
    used = _used([row.contact_id for row in rows if row.contact_id])
    kept, changes, people, leaving = [], {}, {}, []
    for row in rows:
        customer = customers.get(row.customer_id or 0)
        if customer is None or customer.status == "pool":
            row.undo_note = GONE
            kept.append(row)
            continue
        back = {name: old for name, (old, new) in row.difference.items() if _holds(customer, name, new)}
        if row.contact_id and customer.contact_id == row.contact_id and row.contact_id not in used:
            leaving.append(row.contact_id)
        changes[customer.pk] = {n: v for n, v in back.items() if n in CUSTOMER_ATTRIBUTES or OWN.owns(n)}
        part = {n: v for n, v in back.items() if n in CONTACT_ATTRIBUTES or THEIRS.owns(n)}
        if customer.contact_id and part and not row.contact_id:  # a contact the import made has nothing to go back to
            people[customer.contact_id] = part
        if lost := [name for name in row.difference if not _holds(customer, name, row.difference[name][1])]:
            row.undo_note = f"{KEPT_FIELDS}:{','.join(lost)}"
            kept.append(row)
    release_records(CONTACT, leaving)
    late = _claim_back(changes, OWN)
    late_people = _claim_back(people, THEIRS)
    late |= {pk for pk, one in customers.items() if one.contact_id in late_people}
    for row in rows:
        if row.customer_id in late and row not in kept:
            row.undo_note = f"{KEPT_FIELDS}:{','.join(filter(is_custom, row.difference))}"
            kept.append(row)
    update_customers({pk: _only_known(fields) | custom_part(fields, OWN) for pk, fields in changes.items()}, actor)
    update_contacts(
        {
            pk: {n: v for n, v in fields.items() if n in CONTACT_ATTRIBUTES} | custom_part(fields, THEIRS)
            for pk, fields in people.items()
        },
        actor,
    )
    Contact.objects.filter(pk__in=leaving).delete()
    refresh_search(list(customers))
    return kept


def _claim_back(changes: dict[int, dict[str, Any]], whose: Whose) -> set[int]:
    """Take unique values again; where others have one meanwhile, the record keeps its custom values as they are."""
    late = claim_changes(changes, whose)
    for pk in late:
        changes[pk] = {name: value for name, value in changes[pk].items() if not whose.owns(name)}
    return late


def _holds(customer: Found, name: str, value: Any) -> bool:
    if is_custom(name):
        return bool(customer.values.get(name) == value)
    return (customer.values[name] or None) == (value or None)


def _only_known(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name in CUSTOMER_ATTRIBUTES}


def _used(contact_ids: Collection[int]) -> set[int]:
    """Those of these contacts that something points to: a follow-up, a task, a consent, a file."""
    kind, used = ContentType.objects.get_for_model(Contact), set()
    for found in references_to(Contact) if contact_ids else ():
        name = found.field.attname
        rows = found.model._base_manager.filter(**{f"{name}__in": contact_ids})
        rows = rows.filter(content_type=kind) if found.is_generic else rows
        used |= set(rows.values_list(name, flat=True))
    return used
