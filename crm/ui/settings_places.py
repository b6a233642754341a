"""The places of the settings index, out of settings.HARBOUR_SETTINGS; each shown where its gate would let one in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings

from crm.ui.navigation import address, gate


@dataclass(frozen=True)
class SettingPlace:
    """A page of the settings with a sentence about it."""

    label: str
    about: str
    icon: str
    url: str


def setting_groups(user: Any) -> list[tuple[str, list[SettingPlace]]]:
    """Headings with the pages this person may open."""
    may = gate()
    groups = []
    for label, lines in settings.HARBOUR_SETTINGS:
        places = [
            SettingPlace(str(name), str(about), icon, address(url) + query)
            for url, query, name, about, icon, right in lines
            if address(url) and (not right or may(user, right))
        ]
        if places:
            groups.append((str(label), places))
    return groups
