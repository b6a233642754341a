"""Doing what the dry run said, part after part; what changed since the check is refused, not overwritten."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models.fields.json import KeyTextTransform
from django.utils.translation import gettext as _

from crm.company.actions import company_setting
from crm.jobs.kinds import Tally
from crm.people.models import Department, User
from customers.customers.search import refresh_search
from customers.duplicates.checking import REFUSED, hold_identity
from customers.imports.custom import (
    OWN,
    THEIRS,
    claim_changes,
    claim_for_rows,
    custom_part,
    release_rows,
    settle_claims,
)
from customers.imports.matching import (
    CONTACT_ATTRIBUTES,
    CUSTOMER_ATTRIBUTES,
    Found,
    Importer,
    customers_by,
    customers_with_code,
    details_in,
    known_details,
    locked_customers,
    same_company,
)
from customers.imports.models import ImportRow, ImportSet
from customers.imports.room import Holders, Room, lifts_limits
from customers.imports.writing import insert_contacts, insert_customers, update_contacts, update_customers
from customers.pool.capacity import hold_quota

Outcome = ImportRow.Outcome
_SEARCHED = frozenset({"name", "short_name", "credit_code", "phone", "email", *CONTACT_ATTRIBUTES})


def apply_rows(import_set: ImportSet, first: int, last: int) -> Tally:
    """Create and change what the rows from `first` to `last` say; rows done before are left alone."""
    rows = list(
        import_set.rows.filter(
            row_number__range=(first, last), is_applied=False, outcome__in=[Outcome.CREATED, Outcome.CHANGED]
        )
        .annotate(owner=KeyTextTransform("owner_id", "fields"), name_value=KeyTextTransform("name_key", "fields"))
        .defer("cells", *([] if company_setting("duplicates.exact") == REFUSED else ["fields"]))
        .order_by("row_number")
    )
    refused = _create(import_set, [row for row in rows if row.outcome == Outcome.CREATED])
    refused += _change(import_set, [row for row in rows if row.outcome == Outcome.CHANGED])
    ImportRow.objects.bulk_update(refused, ["outcome", "errors", "customer_id"], batch_size=500)
    return Tally(done=len(rows) - len(refused), failed=len(refused))


def intake_department(user: User) -> Department:
    """Where customers go that nobody owns; the importer's own department where the company named none."""
    department = Department.objects.intake() or user.department
    if department is None:
        raise ValidationError(_("No department receives new customers. Name one in the settings."))
    return department


def _create(import_set: ImportSet, rows: list[Any]) -> list[ImportRow]:
    if not rows:
        return []
    holders = Holders(import_set)
    room = _held_room(import_set, holders, rows)
    taken = customers_by(import_set.match_key, [row.match_value for row in rows])
    is_by_name = import_set.match_key == ImportSet.MatchKey.NAME
    namesakes = {} if is_by_name else customers_by(ImportSet.MatchKey.NAME, [row.name_value for row in rows])
    codes = customers_with_code([row.credit_code for row in rows])
    owners = _able_owners(rows)
    details = {row.pk: details_in(row.fields) for row in rows} if company_setting("duplicates.exact") == REFUSED else {}
    brought = [value for found in details.values() for _kind, value in found]
    hold_identity(brought)
    known = known_details(brought)
    good: list[int] = []
    refused: list[ImportRow] = []
    for row in rows:
        kind = next((kind for kind, value in details.get(row.pk, []) if value in known), "")
        if row.match_value in taken or any(
            same_company(row.credit_code, one) for one in namesakes.get(row.name_value, [])
        ):
            refused.append(_refuse(row, "appeared_meanwhile"))
        elif row.credit_code in codes:
            refused.append(_refuse(row, "code_taken"))
        elif row.owner and int(row.owner) not in owners:
            refused.append(_refuse(row, "owner_gone"))
        elif full := room.refusal(holders.of(row.owner)):
            refused.append(_refuse(row, full[0], **full[1]))
        elif kind:
            refused.append(_refuse(row, f"{kind}_taken"))
        else:
            good.append(row.pk)
            room.take(holders.of(row.owner))
            known.update(value for _kind, value in details.get(row.pk, []))
    late = claim_for_rows(import_set, good, OWN) | claim_for_rows(import_set, good, THEIRS)
    release_rows(late)
    refused += [_refuse(row, "value_taken") for row in rows if row.pk in late]
    good = [pk for pk in good if pk not in late]
    user = import_set.requested_by
    department = user.department if import_set.becomes_own and user.department else intake_department(user)
    refresh_search(insert_customers(import_set, good, department.pk))
    settle_claims(good)
    return refused


def _held_room(import_set: ImportSet, holders: Holders, rows: list[Any]) -> Room:
    """What the owners of these rows may take now; until the transaction ends nobody else takes anything for them."""
    wanted = {holder for row in rows if (holder := holders.of(row.owner)) is not None}
    hold_quota(wanted)
    return Room(holders, () if lifts_limits(import_set) else wanted)


def _able_owners(rows: list[Any]) -> set[int]:
    wanted = {int(row.owner) for row in rows if row.owner}
    return set(User.objects.able_to_own().filter(pk__in=wanted).values_list("pk", flat=True)) if wanted else set()


def _refuse(row: ImportRow, code: str, /, **values: Any) -> ImportRow:
    row.outcome, row.errors, row.customer_id = Outcome.REFUSED, {"": [code, values]}, row.customer_id
    return row


def _change(import_set: ImportSet, rows: list[ImportRow]) -> list[ImportRow]:
    if not rows:
        return []
    importer = Importer(import_set.requested_by)
    customers = locked_customers([row.customer_id for row in rows if row.customer_id])
    codes = customers_with_code([row.credit_code for row in rows])
    good: list[tuple[ImportRow, Found]] = []
    refused = []
    for row in rows:
        customer = customers.get(row.customer_id or 0)
        if customer is None or not importer.may_change(customer):
            refused.append(_refuse(row, "exists_not_yours"))
        elif customer.status == "pool":
            refused.append(_refuse(row, "in_pool"))
        elif any(customer.values.get(name) != before for name, (before, _after) in row.difference.items()):
            refused.append(_refuse(row, "changed_meanwhile"))
        elif codes.get(row.credit_code, customer.pk) != customer.pk:
            refused.append(_refuse(row, "code_taken"))
        else:
            good.append((row, customer))
    late = _claim(import_set, good)
    refused += [_refuse(row, "value_taken") for row, _customer in good if row.pk in late]
    good = [(row, customer) for row, customer in good if row.pk not in late]
    _write_changes(good, import_set.requested_by)
    settle_claims([row.pk for row, customer in good if not customer.contact_id])
    return refused


def _claim(import_set: ImportSet, good: list[tuple[ImportRow, Found]]) -> set[int]:
    """Take the unique values rows bring to known customers and to their contacts; the rows that came too late."""
    lost = claim_changes({customer.pk: _news(row) for row, customer in good}, OWN)
    late = {row.pk for row, customer in good if customer.pk in lost}
    rest = [(row, customer) for row, customer in good if row.pk not in late]
    lost = claim_changes({customer.contact_id: _news(row) for row, customer in rest if customer.contact_id}, THEIRS)
    people = {row.pk for row, customer in rest if customer.contact_id in lost}
    people |= claim_for_rows(import_set, [row.pk for row, customer in rest if not customer.contact_id], THEIRS)
    release_rows(people)
    claim_changes({customer.pk: _olds(row) for row, customer in rest if row.pk in people}, OWN)
    return late | people


def _olds(row: ImportRow) -> dict[str, Any]:
    return {name: old for name, (old, _new) in row.difference.items()}


def _news(row: ImportRow) -> dict[str, Any]:
    return {name: new for name, (_old, new) in row.difference.items()}


def _write_changes(good: list[tuple[ImportRow, Found]], actor: User) -> None:
    after = {customer.pk: _news(row) for row, customer in good}
    update_customers(
        {pk: _part(fields, CUSTOMER_ATTRIBUTES) | custom_part(fields, OWN) for pk, fields in after.items()}, actor
    )
    people = {
        customer: _part(after[customer.pk], CONTACT_ATTRIBUTES) | custom_part(after[customer.pk], THEIRS)
        for _row, customer in good
    }
    update_contacts({c.contact_id: fields for c, fields in people.items() if c.contact_id and fields}, actor)
    made = insert_contacts({c.pk: fields for c, fields in people.items() if not c.contact_id and fields}, actor)
    for row, customer in good:
        row.is_applied, row.contact_id = True, made.get(customer.pk)
    ImportRow.objects.filter(pk__in=[row.pk for row, _customer in good]).update(is_applied=True)
    ImportRow.objects.bulk_update([row for row, _customer in good if row.contact_id], ["contact_id"], batch_size=500)
    refresh_search([pk for pk, fields in after.items() if _SEARCHED & fields.keys()])


def _part(fields: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: fields[name] for name in names if name in fields}
