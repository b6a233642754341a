"""What an administrator does with custom fields and their choices; what records hold always stays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db.models import Max, Model
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from crm.customfields.conditions import holds, is_set
from crm.customfields.definitions import FIELDS_AT_MOST, claim_fields, forget_fields, records_with_fields
from crm.customfields.fields import KINDS, cleaned, kind_of, unique_key
from crm.customfields.keys import check_key, key_of
from crm.customfields.kinds import line
from crm.customfields.models import CustomChoice, CustomField, CustomUnique
from crm.history.operations import operation

if TYPE_CHECKING:
    from crm.people.models import User

CHOICES_AT_MOST = 200
EXAMPLES = 5
BATCH = 5000


def add_field(
    *, actor: User, model: str, kind: str, key: str = "", choices: Sequence[str] = (), **fields: Any
) -> CustomField:
    """A new field at the end of its record, with its choices; its key is made of the label where none is given."""
    found = CustomField(model=model, kind=kind, key=key or key_of(fields.get("label", "")), **fields)
    labels = list(dict.fromkeys(filter(None, map(line, choices))))
    with operation(actor, "custom_field_added", found, facts={"record": model, "kind": kind}):
        known = claim_fields(model).everything
        if len(known) >= FIELDS_AT_MOST:
            raise ValidationError(
                _("A record has at most %(limit)s custom fields, those out of use included.")
                % {"limit": FIELDS_AT_MOST},
                code="too_many",
            )
        found.position = max((one.position for one in known), default=0) + 1
        _check(found)
        _check_choices(found, labels)
        found.full_clean()
        found.save(force_insert=True)
        for place, label in enumerate(labels, 1):
            _insert_choice(found, label, place)
    forget_fields()
    return found


def change_field(field: CustomField, *, actor: User, **fields: Any) -> None:
    """Change what may change: never kind and key. Unique is refused while records share a value."""
    with operation(actor, "custom_field_changed", field):
        known = {one.pk: one for one in claim_fields(field.model).everything}
        found = known[field.pk]
        was_unique = found.is_unique
        for name, value in fields.items():
            setattr(found, name, value)
        _check(found)
        found.full_clean()
        found.save()
        if found.is_unique and not was_unique:
            _take_unique_values(found)
        elif was_unique and not found.is_unique:
            CustomUnique.objects.filter(field=found).delete()
    forget_fields()


def switch_field(field: CustomField, *, actor: User, is_active: bool) -> None:
    """Offer a field everywhere, or no longer; the values stay with their records."""
    change_field(field, actor=actor, is_active=is_active)


def move_field(field: CustomField, *, actor: User, is_up: bool) -> None:
    """Swap a field with its neighbour; at the end nothing happens."""
    with operation(actor, "custom_field_moved", field):
        _move(claim_fields(field.model).everything, field, is_up)
    forget_fields()


def remove_field(field: CustomField, *, actor: User) -> None:
    """Delete a field no record has a value in."""
    with operation(actor, "custom_field_removed", field, facts={"record": field.model, "key": field.key}):
        claim_fields(field.model)
        if _records(field).filter(is_set(field)).exists():
            raise ValidationError(_("Records hold values of “%(name)s”. Take it out of use instead.") % {"name": field})
        field.delete()
    forget_fields()


def add_choice(field: CustomField, *, actor: User, label: str) -> CustomChoice:
    """A further choice, at the end."""
    with operation(actor, "custom_field_changed", field, facts={"choice": label}):
        claim_fields(field.model)
        text = line(label)
        known = list(field.choices.values_list("label", flat=True))
        _check_choices(field, [*known, text])
        last = field.choices.aggregate(last=Max("position"))["last"] or 0
        found = _insert_choice(field, text, last + 1)
    forget_fields()
    return found


def change_choice(choice: CustomChoice, *, actor: User, **fields: Any) -> None:
    """Change the label of a choice, or take it out of use; records that have it keep it."""
    with operation(actor, "custom_field_changed", choice.field, facts={"choice": choice.label}):
        claim_fields(choice.field.model)
        for name, value in fields.items():
            setattr(choice, name, value)
        if not choice.is_active:
            _refuse_default(choice)
        choice.full_clean()
        choice.save()
    forget_fields()


def move_choice(choice: CustomChoice, *, actor: User, is_up: bool) -> None:
    """Swap a choice with its neighbour."""
    with operation(actor, "custom_field_changed", choice.field, facts={"choice": choice.label}):
        claim_fields(choice.field.model)
        _move(list(choice.field.choices.all()), choice, is_up)
    forget_fields()


def remove_choice(choice: CustomChoice, *, actor: User) -> None:
    """Delete a choice no record has."""
    with operation(actor, "custom_field_changed", choice.field, facts={"choice": choice.label}):
        claim_fields(choice.field.model)
        _refuse_default(choice)
        if _records(choice.field).filter(holds(choice.field, [choice.value])).exists():
            raise ValidationError(_("Records hold “%(name)s”. Take it out of use instead.") % {"name": choice})
        choice.delete()
    forget_fields()


def _check(field: CustomField) -> None:
    """ValidationError by field where a definition makes no sense."""
    if field.kind not in KINDS:
        raise ValidationError({"kind": _("There is no such kind.")})
    kind = kind_of(field)
    try:
        check_key(field.key)
    except ValidationError as refusal:
        raise ValidationError({"key": refusal.messages}) from refusal
    if field.model not in records_with_fields():
        raise ValidationError({"model": _("This record has no custom fields.")})
    if field.is_unique and not kind.may_be_unique:
        raise ValidationError({"is_unique": _("Only texts and numbers can be unique.")})
    if field.is_personal and not kind.may_be_personal:
        raise ValidationError({"is_personal": _("A value of this kind is in reach where the record is.")})
    if field.default is not None and not kind.can_be_typed:
        raise ValidationError({"default": _("This kind has no default.")})
    if field.is_unique and field.default is not None:
        raise ValidationError({"default": _("A unique field has no default: two records would share it.")})
    if field.default is not None:
        try:
            field.default = cleaned(field, field.default)
        except ValidationError as refusal:
            raise ValidationError({"default": refusal.messages}) from refusal


def _check_choices(field: CustomField, labels: Sequence[str]) -> None:
    if not kind_of(field).has_choices:
        if labels:
            raise ValidationError({"choices": _("This kind has no choices.")})
        return
    if not labels or len(labels) > CHOICES_AT_MOST:
        raise ValidationError({"choices": _("Give between 1 and %(limit)s choices.") % {"limit": CHOICES_AT_MOST}})
    if len({label.casefold() for label in labels}) < len(labels) or not all(labels):
        raise ValidationError({"choices": _("Each choice needs a name of its own.")})
    if any(len(label) > 60 or any(mark in label for mark in ",，;；、|") for label in labels):
        raise ValidationError({"choices": _("A choice has at most 60 characters, and no comma, semicolon or bar.")})


def _insert_choice(field: CustomField, label: str, position: int) -> CustomChoice:
    taken = {"none", *field.choices.values_list("value", flat=True)}
    found = CustomChoice(field=field, value=key_of(label, taken), label=label, position=position)
    found.full_clean()
    found.save(force_insert=True)
    return found


def _refuse_default(choice: CustomChoice) -> None:
    default = choice.field.default
    if choice.value in (default if isinstance(default, list) else [default]):
        raise ValidationError(_("“%(name)s” is the default. Choose another one first.") % {"name": choice})


def _move(rows: Sequence[Any], row: Any, is_up: bool) -> None:
    places = list(rows)
    at = next(place for place, one in enumerate(places) if one.pk == row.pk)
    to = at - 1 if is_up else at + 1
    if 0 <= to < len(places):
        places[at], places[to] = places[to], places[at]
    for place, one in enumerate(places, 1):
        one.position = place
    type(row)._default_manager.bulk_update(places, ["position"])


def _records(field: CustomField) -> Any:
    model: type[Model] = records_with_fields()[field.model]
    return model._default_manager


def _take_unique_values(field: CustomField) -> None:
    """Note every value in use; ValidationError with examples where records share one."""
    rows = _records(field).filter(is_set(field)).order_by("pk").values_list("pk", "custom")
    held: dict[str, int] = {}
    shared: dict[str, str] = {}
    for pk, custom in rows.iterator(chunk_size=BATCH):
        value = custom[field.key]
        if held.setdefault(unique_key(value), pk) != pk:
            shared[unique_key(value)] = "****" if field.is_personal else str(value)
    if shared:
        raise ValidationError(
            {
                "is_unique": _("%(count)s values stand on several records: %(examples)s. Make them differ first.")
                % {"count": len(shared), "examples": _examples(shared.values())}
            }
        )
    CustomUnique.objects.bulk_create(
        (CustomUnique(field=field, value=value, object_id=pk) for value, pk in held.items()), batch_size=BATCH
    )


def _examples(values: Iterable[str]) -> str:
    found = list(values)
    return pgettext("list", ", ").join(found[:EXAMPLES]) + ("…" if len(found) > EXAMPLES else "")
