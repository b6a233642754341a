"""The files kept with products: pictures, data sheets; they belong to no customer."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from crm.attachments.policies import AttachPolicy
from sales.products.models import Product


def _products(user: Any, right: str) -> Any:
    return Product.objects.within(user, right)


def _hold(product: Product, actor: Any) -> None:
    locked = Product.objects.select_for_update(of=("self",), no_key=True).get(pk=product.pk)
    if locked.archived_at is not None:
        raise ValidationError(_("This was archived meanwhile."), code="archived")


PRODUCT_FILES = AttachPolicy(
    "product", "sales.view_product", "sales.change_product", _products, lambda row: None, _hold
)
