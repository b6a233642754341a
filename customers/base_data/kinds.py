"""The lists an administrator keeps, and what their settings pages show of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings
from django.utils.functional import Promise
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from customers.base_data.models import (
    CustomerLevel,
    CustomerStage,
    Holiday,
    Industry,
    LeadSource,
    Region,
    Tag,
)


@dataclass(frozen=True)
class Kind:
    """One list: its model, the fields of its form, the columns of its page, the right it takes besides."""

    slug: str
    model: Any
    title: str | Promise
    about: str | Promise
    icon: str
    fields: Sequence[str]
    columns: Sequence[str]
    is_ordered: bool = False
    can_switch: bool = True
    can_remove: bool = False
    searches: Sequence[str] = ("name",)
    right: str = ""


LISTS = [
    Kind("stages", CustomerStage, _("Customer stages"), _("The steps of the talks, in their order."), "flag",
         ("name", "tone", "stuck_after_days"), ("tone", "stuck_after_days"), is_ordered=True),
    Kind("levels", CustomerLevel, _("Customer levels"),
         _("How much a customer matters, and how often to follow up."), "layers",
         ("name", "tone", "follow_up_days", "service_policy"), ("follow_up_days", "service_policy"),
         is_ordered=True),
    Kind("tags", Tag, _("Tags"), _("Coloured words on customers, in groups."), "tags", ("name", "group", "tone"),
         ("group", "tone"), is_ordered=True),
    Kind("sources", LeadSource, _("Sources"), _("Where customers come from."), "route", ("name",), (),
         is_ordered=True),
    Kind("industries", Industry, _("Industries"), _("GB/T 4754: sections and divisions."), "briefcase",
         ("code", "name", "name_en", "parent"), ("code", "name_en", "parent"),
         searches=("name", "code", "name_en")),
    Kind("regions", Region, _("Regions"), _("GB/T 2260: provinces, cities, districts."), "map",
         ("code", "name", "parent"), ("code", "path_name"), can_switch=False, searches=("path_name", "code")),
    Kind("holidays", Holiday, _("Holidays"), _("Statutory holidays and make-up working days."), "calendar-days",
         ("day", "name", "is_working"), ("day", "is_working"), can_switch=False, can_remove=True),
]  # fmt: skip


@cache
def kinds() -> dict[str, Kind]:
    """All lists by slug, those of the apps above included."""
    found: list[Kind] = [kind for name in settings.HARBOUR_BASE_DATA for kind in import_string(name)]
    return {kind.slug: kind for kind in found}
