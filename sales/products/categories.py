"""The tree of product categories: read in its order, and changed by whoever keeps products."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import AbstractContextManager

from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import Max
from django.utils.translation import gettext as _

from crm.history.operations import operation
from crm.people.models import User
from crm.records.promises import promised
from customers.customers.identity import clean_line
from sales.products.models import ProductCategory

DEPTH_AT_MOST = 6


def categories_in_order(*, only_active: bool = False) -> list[tuple[ProductCategory, str]]:
    """Every category right after the one above it, with its name from the root down ("Software / MES")."""
    below: dict[int | None, list[ProductCategory]] = defaultdict(list)
    for row in ProductCategory.objects.order_by("position", "pk"):
        below[row.parent_id].append(row)

    def walk(parent_id: int | None, above: str) -> Iterator[tuple[ProductCategory, str]]:
        for row in below[parent_id]:
            name = f"{above} / {row.name}" if above else row.name
            if row.is_active or not only_active:
                yield row, name
            yield from walk(row.pk, name)

    return list(walk(None, ""))


def add_category(*, actor: User, name: str, parent: ProductCategory | None = None) -> ProductCategory:
    """A new category, the last one below its parent."""
    category = ProductCategory(name=_clean(name), parent=parent)
    with _name_once(), operation(actor, "category_added", category):
        _lock_tree()
        _refuse_depth(parent, 1)
        siblings = ProductCategory.objects.filter(parent=parent)
        category.position = (siblings.aggregate(last=Max("position"))["last"] or 0) + 1
        category.save(force_insert=True)
        category.path = [*(_path(parent)), category.pk]
        category.save(update_fields=["path"])
    return category


def change_category(
    category: ProductCategory, *, actor: User, name: str, parent: ProductCategory | None, is_active: bool
) -> None:
    """Rename a category, put it below another one, or offer it no longer; what is below moves along."""
    with _name_once(), operation(actor, "category_changed", category):
        _lock_tree()
        locked = ProductCategory.objects.get(pk=category.pk)
        above = ProductCategory.objects.get(pk=parent.pk) if parent else None
        if above is not None and locked.pk in above.path:
            raise ValidationError({"parent": _("A category cannot lie below itself.")}, code="loop")
        locked.name, locked.is_active = _clean(name), is_active
        if locked.parent_id != (above.pk if above else None):
            _move_below(locked, above)
        locked.save()


def move_category(category: ProductCategory, *, actor: User, is_up: bool) -> None:
    """Swap a category with its neighbour below the same parent; at the end nothing happens."""
    with operation(actor, "category_moved", category):
        _lock_tree()
        rows = list(ProductCategory.objects.filter(parent_id=category.parent_id).order_by("position", "pk"))
        at = next(place for place, row in enumerate(rows) if row.pk == category.pk)
        to = at - 1 if is_up else at + 1
        if 0 <= to < len(rows):
            rows[at], rows[to] = rows[to], rows[at]
        for place, row in enumerate(rows, 1):
            row.position = place
        ProductCategory.objects.bulk_update(rows, ["position"])


def _move_below(category: ProductCategory, above: ProductCategory | None) -> None:
    """Write new paths for a category and everything below it."""
    rows = list(ProductCategory.objects.filter(path__contains=[category.pk]).exclude(pk=category.pk))
    height = max((len(row.path) - len(category.path) for row in rows), default=0) + 1
    _refuse_depth(above, height)
    before, category.path = len(category.path), [*_path(above), category.pk]
    category.parent = above
    siblings = ProductCategory.objects.filter(parent=above)
    category.position = (siblings.aggregate(last=Max("position"))["last"] or 0) + 1
    for row in rows:
        row.path = [*category.path, *row.path[before:]]
    ProductCategory.objects.bulk_update(rows, ["path"])


def _refuse_depth(above: ProductCategory | None, height: int) -> None:
    if len(_path(above)) + height > DEPTH_AT_MOST:
        raise ValidationError({"parent": _("At most %(limit)s levels of categories.") % {"limit": DEPTH_AT_MOST}})


def _path(category: ProductCategory | None) -> list[int]:
    return list(category.path) if category else []


def _clean(name: str) -> str:
    text = clean_line(name)
    if not text:
        raise ValidationError({"name": _("A category needs a name.")})
    return text


def _lock_tree() -> None:
    """Two changes of the tree never meet: together they could close a circle."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('product categories'))")


def _name_once() -> AbstractContextManager[None]:
    return promised("product_category_name_once", {"name": _("There is a category of this name already.")})
