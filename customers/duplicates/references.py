"""Everything that points to a record, found in the models themselves, so that a later table cannot be forgotten."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db.models import Exists, Field, ForeignKey, Model, OuterRef, Q, QuerySet, UniqueConstraint

# what stays with the record it was written about, and why
STAYS: Mapping[str, str] = MappingProxyType(
    {
        "customers.CustomerSearch.customer": "derived; made anew after a merge",
        "customers.CustomerScore.customer": "derived each night",
        "customers.CustomerQuality.customer": "derived each night",
        "customers.DuplicateCandidate.first": "is about the record as it was",
        "customers.DuplicateCandidate.second": "is about the record as it was",
        "customers.Tombstone.contact_id": "tells which record was erased; never changed",
        "customers.Merge.survivor": "is the merge itself",
        "customers.Merge.loser": "is the merge itself",
        "customers.TransferRow.customer": "tells what a transfer did to the record as it was",
        "customers.ImportRow.customer_id": "tells what an import did to the record as it was",
        "customers.ImportRow.contact_id": "tells what an import did to the record as it was",
        "crm.Operation.anchor_id": "history is never rewritten",
    }
)
# columns that hold the id of a customer or a contact without a foreign key
_PLAIN = {"customers.Customer": ("anchor_id", "customer_id"), "customers.Contact": ("contact_id",)}


@dataclass(frozen=True)
class Reference:
    """A column that points to a record; `is_generic` where the row names the kind of record too."""

    model: type[Model]
    field: Field[Any, Any]
    is_generic: bool = False

    @property
    def label(self) -> str:
        """What it is called: `customers.Contact.customer`."""
        return f"{self.model._meta.label}.{self.field.name}"

    def rows(self, target: Model) -> QuerySet[Any]:
        """The rows that point to a record."""
        found = self.model._base_manager.filter(**{self.field.attname: target.pk})
        return found.filter(content_type=ContentType.objects.get_for_model(target)) if self.is_generic else found

    def move(self, source: Model, target: Model) -> list[int]:
        """Let the rows of one record point to another; the ids of those that moved.

        A row that would stand there twice (the same star, the same share) stays, and so does one that would point
        to its own record.
        """
        ids = list(self._movable(source, target).order_by("pk").values_list("pk", flat=True))
        if ids:
            self.model._base_manager.filter(pk__in=ids).update(**{self.field.attname: target.pk})
        return ids

    def move_back(self, ids: list[int], source: Model, target: Model) -> int:
        """Let rows that moved from `source` point to it again, as far as they still point to `target`; how many."""
        rows = self.rows(target).filter(pk__in=ids)
        return rows.update(**{self.field.attname: source.pk}) if ids else 0

    def _movable(self, source: Model, target: Model) -> QuerySet[Any]:
        rows = self.rows(source)
        for names, condition in _unique_sets(self.model, self.field):
            there = self.rows(target).filter(condition, **{name: OuterRef(name) for name in names})
            rows = rows.exclude(condition & Q(Exists(there)))
        for other in self.model._meta.concrete_fields:
            if other is not self.field and isinstance(other, ForeignKey) and other.related_model is type(target):
                rows = rows.exclude(**{other.attname: target.pk})
        return rows.exclude(pk=target.pk) if self.model is type(target) else rows


def references_to(target: type[Model]) -> list[Reference]:
    """Every column that points to records of a model and moves with them, in the order of the models."""
    return [found for found in all_references_to(target) if found.label not in STAYS]


def all_references_to(target: type[Model]) -> Iterator[Reference]:
    """Every column that points to records of a model; row events apart, which are history."""
    plain = _PLAIN.get(target._meta.label, ())
    for model in apps.get_models():
        if hasattr(model, "pgh_tracked_model") or model._meta.proxy or not model._meta.managed:
            continue
        names = {field.name for field in model._meta.concrete_fields}
        for field in model._meta.concrete_fields:
            if field.related_model is target or (field.name in plain and not field.is_relation):
                yield Reference(model, field)
            elif field.name == "object_id" and "content_type" in names:
                yield Reference(model, field, is_generic=True)


def _unique_sets(model: type[Model], field: Field[Any, Any]) -> Iterator[tuple[list[str], Q]]:
    """The other columns of every promise that a row stands once per record, with the rows it holds for."""
    if field.unique:
        yield [], Q()
    for constraint in model._meta.constraints:
        if isinstance(constraint, UniqueConstraint) and field.name in constraint.fields:
            yield [name for name in constraint.fields if name != field.name], constraint.condition or Q()
    for together in model._meta.unique_together:
        if field.name in together:
            yield [name for name in together if name != field.name], Q()
