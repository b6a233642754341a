"""What can be done with a product; its prices change in sales.products.pricing only, by two people."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.history.models import Operation
from crm.history.operations import operation
from crm.people.models import User
from crm.records.promises import promised
from crm.records.stale import fingerprint
from customers.customers.actions import clean_text
from customers.customers.identity import clean_line
from customers.customers.letters import letters_of
from sales.products.models import Product, TaxRate

EDITABLE = ("code", "name", "spec", "category", "unit", "currency", "tax_rate", "is_delivered", "service", "remark")
# what a form watches for changes by others
WATCHED = ("code", "name", "spec", "category_id", "unit", "currency", "tax_rate", "is_delivered", "service", "remark")
ROWS_AT_MOST = 10_000


def create_product(*, actor: User, values: Mapping[str, Any]) -> Product:
    """Add a product: off sale and without a price, until two people have agreed on one."""
    ready = tidy(values)
    product = Product(**ready, list_price=Decimal(0), is_on_sale=False, created_by=actor)
    with _code_once(), operation(actor, "product_created", product):
        refuse_wrong(product, set(ready) | {"tax_rate"}, rates_today())
        product.save(force_insert=True)
    return product


def change_product(product: Product, *, actor: User, values: Mapping[str, Any], seen: str = "") -> Product:
    """Change what is said of a product; documents that have it already keep what they say.

    `seen` is the fingerprint of what the form showed; ValidationError with code `stale` where it was changed since.
    """
    ready = tidy(values)
    with _code_once(), operation(actor, "product_changed", product):
        locked = Product.objects.select_for_update(of=("self",), no_key=True).get(pk=product.pk)
        _refuse_archived(locked)
        if seen and seen != fingerprint(locked, WATCHED):
            raise ValidationError(_("This product has changed since you opened the form."), code="stale")
        changed = {name for name, value in ready.items() if getattr(locked, name) != value}
        if "currency" in changed and locked.list_price:
            raise ValidationError({"currency": _("A product that has a price keeps its currency.")})
        for name in changed:
            setattr(locked, name, ready[name])
        refuse_wrong(locked, changed, rates_today() if "tax_rate" in changed else set())
        locked.changed_at = timezone.now()
        locked.save()
    return locked


def put_on_sale(product: Product, *, actor: User) -> None:
    """Offer a product on new documents."""
    with operation(actor, "product_put_on_sale", product):
        locked = Product.objects.select_for_update(of=("self",), no_key=True).get(pk=product.pk)
        _refuse_archived(locked)
        if not locked.list_price:
            raise ValidationError(_("This product has no price yet. Ask for one first."), code="no_price")
        _switch(locked, is_on_sale=True)


def take_off_sale(product: Product, *, actor: User) -> None:
    """Offer a product on new documents no longer."""
    with operation(actor, "product_taken_off_sale", product):
        _switch(Product.objects.select_for_update(of=("self",), no_key=True).get(pk=product.pk), is_on_sale=False)


def switch_products(rows: QuerySet[Any], *, actor: User, is_on_sale: bool) -> Operation:
    """Put many products on sale (those that have a price) or take them off; ValidationError where none is meant."""
    ids = list(rows.order_by("pk").values_list("pk", flat=True)[: ROWS_AT_MOST + 1])
    if len(ids) > ROWS_AT_MOST:
        raise ValidationError(_("Choose at most %(limit)s products.") % {"limit": ROWS_AT_MOST}, code="too_many")
    with transaction.atomic():
        meant = Product.objects.live().filter(pk__in=ids, is_on_sale=not is_on_sale)
        if is_on_sale:
            meant = meant.exclude(list_price=0)
        locked = list(meant.order_by("pk").select_for_update(no_key=True).values_list("pk", flat=True))
        if not locked:
            raise ValidationError(_("None of the chosen products can be switched."), code="nothing")
        verb = "products_put_on_sale" if is_on_sale else "products_taken_off_sale"
        with operation(actor, verb, row_count=len(locked)) as entry:
            Product.objects.filter(pk__in=locked).update(is_on_sale=is_on_sale, changed_at=timezone.now())
    return entry


def archive_product(product: Product, *, actor: User) -> None:
    """Put a product into the recycle bin; documents that have it keep it."""
    with operation(actor, "product_archived", product):
        locked = Product.objects.select_for_update(of=("self",), no_key=True).get(pk=product.pk)
        _refuse_archived(locked)
        locked.archived_at = locked.changed_at = timezone.now()
        locked.save(update_fields=["archived_at", "changed_at"])


def unarchive_product(product: Product, *, actor: User) -> None:
    """Take a product out of the recycle bin."""
    with operation(actor, "product_unarchived", product):
        locked = Product.objects.select_for_update(of=("self",), no_key=True).get(pk=product.pk)
        if locked.archived_at is None:
            raise ValidationError(_("This product is not archived."))
        locked.archived_at, locked.changed_at = None, timezone.now()
        locked.save(update_fields=["archived_at", "changed_at"])


def _switch(product: Product, *, is_on_sale: bool) -> None:
    if product.is_on_sale == is_on_sale:
        raise ValidationError(_("This product is on sale.") if is_on_sale else _("This product is not on sale."))
    product.is_on_sale, product.changed_at = is_on_sale, timezone.now()
    product.save(update_fields=["is_on_sale", "changed_at"])


def tidy(values: Mapping[str, Any]) -> dict[str, Any]:
    """The editable values as they are kept; unknown names are refused by name."""
    if unknown := set(values) - set(EDITABLE):
        raise ValidationError({name: _("This field cannot be set here.") for name in unknown})
    ready = dict(values)
    for name in ("code", "name", "spec", "unit"):
        if name in ready:
            ready[name] = clean_line(ready[name] or "")
    if "remark" in ready:
        ready["remark"] = clean_text(ready["remark"] or "")
    return ready


def rates_today() -> set[Decimal]:
    """The tax rates a product may have from today on."""
    return set(TaxRate.objects.valid_on(timezone.localdate()).values_list("rate", flat=True))


def refuse_wrong(product: Product, changed: set[str], rates: set[Decimal]) -> None:
    """Complete a product whose values were changed; ValidationError by field where one cannot be."""
    if "name" in changed:
        product.letters = letters_of(product.name)[:400]
    product.clean_fields(exclude=["created_by", "created_at", "changed_at", "category"])
    if "tax_rate" in changed and product.tax_rate not in rates:
        raise ValidationError({"tax_rate": _("No tax rate of this height is valid today.")})
    category = product.category
    if "category" in changed and category is not None and not category.is_active:
        raise ValidationError({"category": _("“%(name)s” is no longer in use.") % {"name": category}})


def _refuse_archived(product: Product) -> None:
    if product.archived_at is not None:
        raise ValidationError(_("“%(name)s” is archived. Put it back first.") % {"name": product}, code="archived")


def _code_once() -> AbstractContextManager[None]:
    return promised("sales_product_code_key", {"code": _("Another product has this code.")})
