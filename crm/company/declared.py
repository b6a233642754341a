"""The settings of the company, as the apps declare them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils.module_loading import import_string

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    Words = str | _StrPromise


@dataclass(frozen=True)
class Setting:
    """One setting: the type of its default says its kind; `choices` offers words for values, bounds hold for numbers.

    A text of several lines has `lines` > 1; a number that `may_be_off` is 0 or within its bounds.
    """

    key: str
    group: Words
    label: Words
    default: bool | int | str
    hint: Words = ""
    low: int = 0
    high: int = 100_000
    choices: tuple[tuple[str, Words], ...] = ()
    lines: int = 1
    may_be_off: bool = False


@cache
def declared() -> dict[str, Setting]:
    """All settings by key, in the order of settings.HARBOUR_COMPANY."""
    lists: list[list[Setting]] = [import_string(name) for name in settings.HARBOUR_COMPANY]
    return {setting.key: setting for found in lists for setting in found}


def defaults() -> dict[str, Any]:
    """Every setting with the value it has unless an administrator chose another."""
    return {key: setting.default for key, setting in declared().items()}
