"""What every list filter shares: it knows the person, and says so when a value makes no sense."""

from __future__ import annotations

from typing import Any, ClassVar

import django_filters
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _


class RecordFilterSet(django_filters.FilterSet):
    """A FilterSet over rows already scoped to `user`; personal fields may only be matched by those who see them."""

    masked_filters: ClassVar[tuple[str, ...]] = ()

    def __init__(self, params: MultiValueDict[str, Any] | None, queryset: QuerySet[Any], user: Any) -> None:
        self.user = user
        super().__init__(params if params is not None else QueryDict(), queryset=queryset)

    def rows(self) -> QuerySet[Any]:
        """The filtered rows; ValidationError naming the filter and the value where one is wrong."""
        if not self.is_valid():
            messages = []
            for name, errors in self.form.errors.items():
                label = self.filters[name].label if name in self.filters else name
                messages.append(_("Filter “%(name)s”: %(error)s") % {"name": label or name, "error": " ".join(errors)})
            raise ValidationError(messages, code="bad_filter")
        found: QuerySet[Any] = self.qs
        return found
