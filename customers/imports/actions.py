"""An import, verb by verb: receive, read again, map, check, repair, apply, undo."""

from __future__ import annotations

from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.access.masks import may_match_contact_details
from crm.history.operations import operation
from crm.jobs.actions import start_job
from crm.jobs.models import Job
from crm.people.models import User
from crm.records.custom import CustomSheetField
from customers.customers.resources import ANY_OWNER, CustomerResource
from customers.imports.custom import THEIRS
from customers.imports.mapping import PERSONAL, best_match_key, remember
from customers.imports.models import ImportSet
from customers.imports.receiving import locked_import, refuse_unless_mappable, remove_files

OWN_ROWS = 2000
FILES_KEPT = timedelta(days=7)
State = ImportSet.State


@transaction.atomic
def map_columns(
    import_set: ImportSet,
    mapping: dict[str, str],
    *,
    actor: User,
    mode: str = ImportSet.Mode.BOTH,
    match_key: str = "",
    empty_clears: bool = False,
    has_lawful_basis: bool = False,
    exceeds_limit: bool = False,
    limit_reason: str = "",
) -> ImportSet:
    """Say which column is which field and how customers are matched; remembered for the next such file.

    `exceeds_limit` lets owners hold more than their limit, for the reason given; the history keeps both.
    """
    locked = locked_import(import_set)
    refuse_unless_mappable(locked)
    chosen = {str(at): name for at, name in mapping.items() if name}
    match_key = match_key or best_match_key(chosen)
    _check_mapping(locked, chosen, actor, mode, match_key, has_lawful_basis=has_lawful_basis)
    _check_limits(actor, limit_reason, exceeds_limit=exceeds_limit)
    locked.mapping, locked.mode, locked.match_key = chosen, mode, match_key
    locked.empty_clears, locked.has_lawful_basis, locked.state = empty_clears, has_lawful_basis, State.UPLOADED
    locked.exceeds_limit, locked.limit_reason = exceeds_limit, limit_reason.strip()[:200] if exceeds_limit else ""
    locked.save()
    remember(locked)
    return locked


def _check_mapping(
    import_set: ImportSet, mapping: dict[str, str], actor: User, mode: str, match_key: str, *, has_lawful_basis: bool
) -> None:
    allowed = CustomerResource.importable(actor)
    names = list(mapping.values())
    if any(not at.isdecimal() or int(at) >= import_set.width for at in mapping):
        raise ValidationError(_("The mapping names a column the file does not have."), code="unknown_column")
    if unknown := [name for name in names if name not in allowed]:
        raise ValidationError(_("You may not fill the field %(name)s.") % {"name": unknown[0]}, code="unknown_field")
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise ValidationError(
            _("Two columns are mapped to %(field)s.") % {"field": allowed[twice].header}, code="mapped_twice"
        )
    if mode not in ImportSet.Mode.values or match_key not in ImportSet.MatchKey.values:
        raise ValidationError(_("Choose how rows are matched and what they may do."), code="unknown_choice")
    if match_key not in names:
        label = ImportSet.MatchKey(match_key).label
        raise ValidationError(_("Map the column to match by: %(field)s.") % {"field": label}, code="no_key")
    if mode != ImportSet.Mode.UPDATE and "name" not in names:
        raise ValidationError(_("Map the column with the customer name."), code="no_name")
    names_people = any(name.startswith("contact_") for name in names)
    needed = [
        field
        for field in allowed.values()
        if isinstance(field, CustomSheetField) and field.required and (names_people or not THEIRS.owns(field.attribute))
    ]
    if mode != ImportSet.Mode.UPDATE and (lacking := [field for field in needed if field.attribute not in names]):
        raise ValidationError(
            _("Map the column for the required field %(field)s.") % {"field": lacking[0].header}, code="no_required"
        )
    if match_key == ImportSet.MatchKey.PHONE and not may_match_phones(actor):
        raise ValidationError(_("You may not match by phone."), code="no_right")
    personal = {name for name, field in allowed.items() if field.mask == "custom"}
    if (PERSONAL | personal) & set(names) and not has_lawful_basis:
        raise ValidationError(
            {"has_lawful_basis": _("Confirm that we may hold these contact details.")}, code="no_lawful_basis"
        )


def _check_limits(actor: User, reason: str, *, exceeds_limit: bool) -> None:
    if exceeds_limit and not actor.reach.has(ANY_OWNER):
        text = _("You may not let owners hold more than their limit.")
        raise ValidationError({"exceeds_limit": text}, code="no_right")
    if exceeds_limit and not reason.strip():
        raise ValidationError({"limit_reason": _("Say why owners may hold more than their limit.")}, code="no_reason")


def may_match_phones(user: User) -> bool:
    """Whether a person may find customers by their phone: who may not see a field may not match by it."""
    return may_match_contact_details(user) or user.reach.has(ANY_OWNER)


def start_check(import_set: ImportSet, *, actor: User) -> Job:
    """Begin the dry run in the background; nothing is written to customers."""
    with transaction.atomic():
        locked = locked_import(import_set)
        refuse_unless_mappable(locked)
        _check_mapping(
            locked, locked.mapping, actor, locked.mode, locked.match_key, has_lawful_basis=locked.has_lawful_basis
        )
        if not locked.total:
            raise ValidationError(_("There are no rows below the headers."), code="no_rows")
        if locked.becomes_own and locked.total > OWN_ROWS:
            raise ValidationError(
                _("You can import %(limit)s rows at once; the file has %(count)s.")
                % {"limit": OWN_ROWS, "count": locked.total},
                code="too_many_rows",
            )
        job = start_job(
            "customer-import-check",
            _("Check of %(file)s") % {"file": locked.file_name},
            requested_by=actor,
            params={"import_set": locked.pk},
        )
        locked.state, locked.job, locked.error, locked.counts = State.CHECKING, job, "", {"rows": locked.counts["rows"]}
        locked.save()
    return job


@transaction.atomic
def start_apply(import_set: ImportSet, *, actor: User) -> Job:
    """Begin to write what the check found, as one operation of the history."""
    locked = locked_import(import_set)
    if locked.state != State.CHECKED:
        raise ValidationError(_("This import is %(state)s.") % {"state": locked.get_state_display()})
    if not _planned(locked):
        raise ValidationError(_("There is nothing to write: no row is new or changed."), code="no_rows")
    _refuse_without_rows(locked)
    facts = {**locked.counts, "exceeds_limit": locked.exceeds_limit}
    with operation(
        actor, "customers_imported", locked, via="import", row_count=_planned(locked), reason=locked.limit_reason,
        facts=facts,
    ) as entry:  # fmt: skip
        job = start_job(
            "customer-import-apply",
            _("Import of %(file)s") % {"file": locked.file_name},
            requested_by=actor,
            params={"import_set": locked.pk},
            operation=entry,
        )
        locked.state, locked.job, locked.operation, locked.error = State.APPLYING, job, entry, ""
        locked.save()
    return job


def start_undo(import_set: ImportSet, *, actor: User) -> Job:
    """Begin to take back what the import wrote and nobody touched since."""
    with operation(
        actor,
        "customer_import_undone",
        import_set,
        via="import",
        row_count=_planned(import_set),
        undoes=import_set.operation,
    ) as entry:
        locked = locked_import(import_set)
        if locked.state != State.APPLIED or locked.operation_id is None:
            raise ValidationError(_("This import is %(state)s.") % {"state": locked.get_state_display()})
        _refuse_without_rows(locked)
        job = start_job(
            "customer-import-undo",
            _("Undo of %(file)s") % {"file": locked.file_name},
            requested_by=actor,
            params={"import_set": locked.pk},
            operation=entry,
        )
        locked.state, locked.job, locked.error = State.UNDOING, job, ""
        locked.save()
    return job


def count_outcomes(import_set: ImportSet) -> dict[str, int]:
    """Count the rows by outcome and keep the counts with the import."""
    found = dict(import_set.rows.order_by().values_list("outcome").annotate(Count("pk")))
    counts = {name: found.get(name, 0) for name in ("created", "changed", "unchanged", "duplicate", "refused")}
    import_set.counts = {"rows": import_set.counts.get("rows", 0), **counts}
    ImportSet.objects.filter(pk=import_set.pk).update(counts=import_set.counts)
    return counts


def delete_old_files() -> int:
    """Remove uploaded files nobody went on with for a week; how many. Their rows in staging stay as the record."""
    old = ImportSet.objects.filter(created_at__lt=timezone.now() - FILES_KEPT).exclude(file_path="")
    idle = [one for one in old.only("file_path", "state") if not one.is_busy]
    for import_set in idle:
        remove_files(import_set)
    return ImportSet.objects.filter(pk__in=[one.pk for one in idle]).update(file_path="", head=[])


def _planned(import_set: ImportSet) -> int:
    return int(import_set.counts.get("created", 0)) + int(import_set.counts.get("changed", 0))


def _refuse_without_rows(import_set: ImportSet) -> None:
    if not import_set.rows.exists():
        raise ValidationError(_("The rows of this import were erased when their time was over."), code="no_rows")
