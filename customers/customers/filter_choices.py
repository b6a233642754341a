"""What the filter page offers to choose from."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from crm.people.models import Department, User
from crm.records.custom import custom_people
from customers.base_data.models import CustomerLevel, CustomerStage, Industry, LeadSource, Region, Tag
from customers.customers.filters import CustomerFilter
from customers.pool.models import Pool
from customers.segments.models import Segment

Choices = list[tuple[Any, str]]


def filter_form(filters: CustomerFilter, user: User) -> forms.Form:
    """The form of a filter set with everything there is to choose."""
    form: forms.Form = filters.form
    del form.fields["q"]
    offered: dict[str, Choices] = {
        "owner": [("me", _("me")), ("none", _("nobody")), *_pairs(User.objects.active())],
        "stage": _pairs(CustomerStage.objects.all()),
        "level": _pairs(CustomerLevel.objects.all()),
        "source": _pairs(LeadSource.objects.all()),
        "tags": _pairs(Tag.objects.all()),
        "industry": _pairs(Industry.objects.all()),
        "region": _pairs(Region.objects.filter(rank__lte=2)),
        "department": _pairs(Department.objects.all()),
        "pool": _pairs(Pool.objects.all()),
        "segment": _pairs(Segment.objects.visible_to(user)),
    }
    for name, choices in offered.items():
        widget = form.fields[name].widget
        is_single = not isinstance(widget, forms.CheckboxSelectMultiple)
        widget.choices = [("", ""), *choices] if is_single else choices
    custom_people(form, filters, User.objects.active())
    return form


def _pairs(rows: Any) -> Choices:
    return [(row.pk, str(row)) for row in rows]
