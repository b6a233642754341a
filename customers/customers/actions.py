"""What can be done with a customer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.customfields.files import keep_files
from crm.customfields.values import changed_values, keep_unique, new_values
from crm.history.changes import row_changes, with_operations
from crm.history.operations import operation
from crm.people.models import Department, User
from crm.records.numbering import next_numbers
from crm.records.promises import promised
from crm.records.stale import fingerprint
from customers.contacts.models import Contact
from customers.customers.covered import refuse_unknown_details
from customers.customers.custom import CONTACT, CUSTOMER, PREFIX, refuse_unknown_custom, told_label
from customers.customers.identity import clean_credit_code, clean_line, clean_phone, name_key
from customers.customers.models import Customer
from customers.customers.search import refresh_search
from customers.duplicates.checking import refuse_duplicates
from customers.pool.capacity import hold_place

OWN_RIGHT = "customers.own_customer"
EDITABLE = (
    "name", "short_name", "credit_code", "stage", "level", "industry", "region", "source", "size", "address", "phone",
    "email", "website", "remark", "tag_ids", "next_follow_on",
)  # fmt: skip
# what tells one customer from another
IDENTITY = ("name", "credit_code", "phone", "email", "website")
# what a form watches for changes by others
WATCHED = (*(Customer._meta.get_field(name).attname for name in EDITABLE), "custom")  # type: ignore[union-attr]


def create_customer(
    *,
    actor: User,
    owner: User | None,
    values: Mapping[str, Any],
    contact: Mapping[str, Any] | None = None,
    duplicate_reason: str = "",
    via: str = "",
    department: Department | None = None,
    external_id: str = "",
) -> Customer:
    """Add a customer, a lead of its owner or a potential one nobody owns, with its main contact.

    `department` is where one nobody owns arrives, `external_id` how another system calls it.

    ValidationError by field where a value cannot be, where the same customer is known and no reason is given (a known
    credit code is refused with a reason too), or where the owner cannot own or holds as many as they may.
    """
    given = dict(values)
    custom = given.pop("custom", None)
    ready = tidy(given)
    person = _tidy_contact(contact) if contact else None
    customer = _new_customer(ready, owner, department, actor, external_id)
    with _one_credit_code(), operation(actor, "customer_created", customer, reason=duplicate_reason, via=via):
        if owner is not None:
            hold_place(owner)
        refuse_duplicates(actor, ready, person, reason=duplicate_reason)
        customer.custom = new_values(CUSTOMER, custom)
        customer.number = next_numbers("customer")[0]
        customer.save(force_insert=True)
        keep_unique(CUSTOMER, customer.pk, {}, customer.custom)
        keep_files(customer, {}, actor=actor)
        if person:
            _add_first_contact(customer, person, (contact or {}).get("custom"), actor)
        refresh_search([customer.pk])
    return customer


def _new_customer(
    values: Mapping[str, Any], owner: User | None, department: Department | None, actor: User, external_id: str
) -> Customer:
    """A customer as it would be saved, without number and custom values; ValidationError by field."""
    if owner is not None:
        _refuse_owner(owner)
    customer = Customer(
        **values, number="", external_id=external_id, owner=owner, created_by=actor, changed_by=actor,
        department=department or _department_of(owner, actor), name_key=name_key(values["name"]),
        status=Customer.Status.LEAD if owner else Customer.Status.POTENTIAL,
        received_at=timezone.now() if owner else None,
    )  # fmt: skip
    customer.clean_fields(exclude=["number", "custom", *_given_relations(customer)])
    return customer


def update_customer(
    customer: Customer, *, actor: User, values: Mapping[str, Any], seen: str = "", duplicate_reason: str = ""
) -> Customer:
    """Change the details of a customer; `seen` is the fingerprint of what the form showed.

    ValidationError with code `stale` and who changed what, where the customer is not as it was seen.
    """
    given = dict(values)
    custom = given.pop("custom", {})
    ready = tidy(given, customer)
    with _one_credit_code(), operation(actor, "customer_changed", customer, anchor_id=customer.pk,
                                       reason=duplicate_reason):  # fmt: skip
        locked = Customer.objects.select_for_update(of=("self",), no_key=True).get(pk=customer.pk)
        refuse_archived(locked)
        if seen and seen != fingerprint(locked, WATCHED):
            raise ValidationError([ValidationError(text, code="stale") for text in _changed_meanwhile(locked, actor)])
        changed = {name: value for name, value in ready.items() if getattr(locked, name) != value}
        refuse_unknown_details(actor, locked, changed)
        before = locked.custom
        changed |= _changed_custom(locked, actor, custom)
        identity = {name: changed.get(name, "") for name in IDENTITY}
        refuse_duplicates(actor, identity, reason=duplicate_reason, without=locked.pk)
        for name, value in changed.items():
            setattr(locked, name, value)
        locked.name_key = name_key(locked.name)
        locked.changed_at, locked.changed_by = timezone.now(), actor
        locked.clean_fields(exclude=[f.name for f in Customer._meta.concrete_fields if f.name not in changed])
        locked.save()
        keep_files(locked, before, actor=actor)
        refresh_search([locked.pk])
    return locked


def _changed_custom(customer: Customer, actor: User, given: Mapping[str, Any]) -> dict[str, Any]:
    before, after = customer.custom, changed_values(CUSTOMER, given, customer.custom)
    refuse_unknown_custom(actor, customer, CUSTOMER, before, after)
    keep_unique(CUSTOMER, customer.pk, before, after)
    return {"custom": after} if after != before else {}


def archive_customer(customer: Customer, *, actor: User, reason: str = "") -> Any:
    """Put a customer into the recycle bin; answers with the operation, for undo."""
    with operation(actor, "customer_archived", customer, anchor_id=customer.pk, reason=reason) as entry:
        locked = Customer.objects.select_for_update(of=("self",), no_key=True).get(pk=customer.pk)
        refuse_archived(locked)
        locked.archived_at = locked.changed_at = timezone.now()
        locked.changed_by = actor
        locked.save(update_fields=["archived_at", "changed_at", "changed_by"])
    return entry


def unarchive_customer(customer: Customer, *, actor: User) -> None:
    """Take a customer out of the recycle bin."""
    with _one_credit_code(), operation(actor, "customer_unarchived", customer, anchor_id=customer.pk):
        locked = Customer.objects.select_for_update(of=("self",), no_key=True).get(pk=customer.pk)
        if locked.archived_at is None:
            raise ValidationError(_("This customer is not archived."))
        if locked.merged_into_id is not None:
            raise ValidationError(_("This customer was merged into another. Take the merge back instead."))
        locked.archived_at, locked.changed_at, locked.changed_by = None, timezone.now(), actor
        locked.save(update_fields=["archived_at", "changed_at", "changed_by"])


def tidy(values: Mapping[str, Any], before: Customer | None = None) -> dict[str, Any]:
    """The editable values as they are kept; ValidationError by field. Unknown names are refused by name."""
    if unknown := set(values) - set(EDITABLE):
        raise ValidationError({name: _("This field cannot be set here.") for name in unknown})
    ready, wrong = dict(values), {}
    cleaners: dict[str, Any] = {
        "name": clean_line, "short_name": clean_line, "address": clean_line, "credit_code": clean_credit_code,
        "phone": lambda text: clean_phone(text, is_strict=True), "email": lambda text: clean_line(text).lower(),
        "remark": clean_text, "tag_ids": lambda ids: list(dict.fromkeys(ids)),
    }  # fmt: skip
    for name, clean in cleaners.items():
        if name in ready:
            try:
                ready[name] = clean(ready[name] or ("" if name != "tag_ids" else []))
            except ValidationError as refusal:
                if before is None or ready[name] != getattr(before, name):
                    wrong[name] = refusal.messages
    if "name" in ready and not ready["name"]:
        wrong["name"] = [_("A customer needs a name.")]
    if wrong:
        raise ValidationError(wrong)
    return ready


def clean_text(text: str) -> str:
    """Several lines without control characters."""
    return "\n".join(clean_line(line) for line in text.replace("\r\n", "\n").split("\n")).strip()


def hold_customer(customer: Customer) -> Customer:
    """The customer, locked for work on it; ValidationError where it is archived or in a pool."""
    locked = Customer.objects.select_for_update(of=("self",), no_key=True).get(pk=customer.pk)
    refuse_at_rest(locked)
    return locked


def refuse_at_rest(customer: Customer) -> None:
    """ValidationError for a customer nobody works on: archived or in a pool."""
    refuse_archived(customer)
    if customer.status == Customer.Status.POOL:
        raise ValidationError(_("“%(name)s” is in the pool. Claim it first.") % {"name": customer}, code="in_pool")


def refuse_archived(customer: Customer) -> None:
    """ValidationError for a customer in the recycle bin."""
    if customer.archived_at is not None:
        raise ValidationError(_("“%(name)s” is archived. Put it back first.") % {"name": customer}, code="archived")


def field_label(attribute: str) -> str:
    """The words for a field of a customer, by the name of its column; `custom.key` for a custom field."""
    if attribute.startswith(PREFIX):
        return told_label(attribute)
    return next(str(field.verbose_name) for field in Customer._meta.concrete_fields if field.attname == attribute)


def _add_first_contact(
    customer: Customer, person: Mapping[str, Any], custom: Mapping[str, Any] | None, actor: User
) -> None:
    """The main contact of a new customer; what is wrong with its custom values is said by `contact.custom.key`."""
    try:
        made = Contact.objects.create(
            customer=customer, is_primary=True, created_by=actor, changed_by=actor, custom=new_values(CONTACT, custom),
            **person,
        )  # fmt: skip
        keep_unique(CONTACT, made.pk, {}, made.custom)
    except ValidationError as refusal:
        wrong = refusal.error_dict.items()
        raise ValidationError({f"contact.{name}": errors for name, errors in wrong}) from refusal


def _tidy_contact(contact: Mapping[str, Any]) -> dict[str, Any] | None:
    ready = {
        name: clean_line(value or "") for name, value in contact.items() if name in ("name", "job_title", "wechat")
    }
    wrong = {}
    try:
        ready["phone"] = clean_phone(contact.get("phone", "") or "", is_strict=True)
    except ValidationError as refusal:
        wrong["contact_phone"] = refusal.messages
    ready["email"] = clean_line(contact.get("email", "") or "").lower()
    if not ready.get("name") and any(ready.values()):
        wrong["contact_name"] = [_("The main contact needs a name.")]
    if wrong:
        raise ValidationError(wrong)
    return ready if ready.get("name") else None


def _refuse_owner(owner: User) -> None:
    if not owner.is_active or not owner.reach.has(OWN_RIGHT):
        raise ValidationError({"owner": _("%(name)s cannot own customers.") % {"name": owner}})
    if owner.department_id is None:
        raise ValidationError({"owner": _("%(name)s belongs to no department.") % {"name": owner}})


def _department_of(owner: User | None, actor: User) -> Department:
    if owner is not None and owner.department is not None:
        return owner.department
    sees_all = actor.reach.scopes.get("customers.view_customer") == "all"
    place = (Department.objects.intake() if sees_all else None) or actor.department or Department.objects.intake()
    if place is None:
        raise ValidationError(_("No department receives new customers; an administrator chooses one."))
    return place


def _given_relations(customer: Customer) -> Iterable[str]:
    return ("department", "owner", "created_by", "changed_by", "pool", "previous_owner")


def _changed_meanwhile(customer: Customer, actor: User) -> list[str]:
    latest = with_operations(row_changes(Customer, customer.pk, size=1, fields=WATCHED))
    if not latest:
        return [_("This customer has changed since you opened the form.")]
    entry = latest[0].operation
    who = entry.actor if entry else None
    labels = [field_label(part.name) for part in latest[0].fields]
    words = {"name": who or _("Somebody"), "fields": ", ".join(labels) or _("this customer")}
    return [
        _("%(name)s changed %(fields)s while you had this form open.") % words,
        _("Your entries are kept below. Compare, then save again."),
    ]


def _one_credit_code() -> AbstractContextManager[None]:
    return promised("customer_credit_code_once", {"credit_code": _("Another customer has this credit code.")})
