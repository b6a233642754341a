"""The filters of the list of products."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.records.filters import IdsFilter, RecordFilterSet, WordsFilter, day_filter
from sales.products.categories import categories_in_order
from sales.products.models import Product, ProductCategory

STATES: list[tuple[str, Any]] = [
    ("on", pgettext_lazy("product", "on sale")),
    ("off", pgettext_lazy("product", "not on sale")),
]


class ProductFilter(RecordFilterSet):
    """What products can be narrowed down by; archived ones only where they are asked for."""

    q = django_filters.CharFilter(method="matching", label=_("Search"), max_length=100)
    category = IdsFilter("category", kind="category", words=("none",), label=_("Category"), method="in_categories")
    state = WordsFilter(choices=STATES, method="in_state", label=_("State"))
    service = WordsFilter("service", choices=[c for c in Product.Service.choices if c[0]], label=_("Service to book"))
    created_from = day_filter("created_at", "date__gte", _("Created from"))
    created_until = day_filter("created_at", "date__lte", _("Created until"))
    archived = django_filters.BooleanFilter(method="as_is", label=_("Archived"), widget=forms.CheckboxInput)

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The rows; those in the recycle bin only where they are asked for."""
        rows: Any = super().filter_queryset(queryset)
        found: QuerySet[Any] = rows.archived() if self.form.cleaned_data.get("archived") else rows.live()
        return found

    def as_is(self, rows: QuerySet[Any], name: str, value: bool) -> QuerySet[Any]:
        """What filter_queryset has done already."""
        return rows

    def in_categories(self, rows: QuerySet[Any], name: str, value: list[int | str]) -> QuerySet[Any]:
        """Products of these categories and of those below them."""
        if not value:
            return rows
        ids = [word for word in value if isinstance(word, int)]
        below = ProductCategory.objects.filter(path__overlap=ids)
        condition = Q(category__in=below)
        return rows.filter(condition | Q(category=None) if "none" in value else condition)

    def in_state(self, rows: QuerySet[Any], name: str, value: list[str]) -> QuerySet[Any]:
        """Products on sale, or not on sale; both words together are no limit."""
        return rows.filter(is_on_sale=value == ["on"]) if len(value) == 1 else rows

    def matching(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Products whose code, name or pinyin holds the text."""
        text = value.strip()
        letters = text.lower().replace(" ", "")
        return rows.filter(Q(name__icontains=text) | Q(code__icontains=text) | Q(letters__contains=letters))

    def choice_form(self) -> forms.Form:
        """The form with everything there is to choose."""
        form: forms.Form = self.form
        del form.fields["q"]
        found = [(row.pk, name) for row, name in categories_in_order()]
        form.fields["category"].widget.choices = [("", ""), ("none", _("none")), *found]
        return form
