"""How alike two normalised names are, 0 to 100, measured by PostgreSQL: letters changed, places weighed less."""

from __future__ import annotations

from customers.customers.identity import PLACES

SAME, PLACE_MISSING, OTHER_PLACE = 100, 0.9, 0.6


def core_sql(key: str) -> str:
    """A name without the places it begins with; the whole where it is nothing but a place."""
    return f"coalesce(nullif(regexp_replace({key}, '{PLACES}', ''), ''), {key})"


def place_sql(key: str, core: str) -> str:
    """The places a name begins with, given its core; empty where it names none."""
    return f"left({key}, length({key}) - length({core}))"


def likeness_sql(one: str, other: str) -> str:
    """The likeness of two normalised names; sister companies in two places are less alike than a forgotten place.

    Equal names have 100; else 100 × (1 − changed characters ÷ length), of the names without their places.
    """
    core, other_core = core_sql(one), core_sql(other)
    of_parts = part_likeness_sql(core, other_core, place_sql(one, core), place_sql(other, other_core))
    return f"CASE WHEN {one} = {other} THEN {SAME} ELSE {of_parts} END"


def part_likeness_sql(core: str, other_core: str, place: str, other_place: str) -> str:
    """The likeness of two different names whose cores and places are known already."""
    changed = f"(1 - levenshtein({core}, {other_core})::numeric / greatest(length({core}), length({other_core})))"
    return (
        f"floor(100 * {changed} * CASE WHEN {place} = {other_place} THEN 1 "
        f"WHEN '' IN ({place}, {other_place}) THEN {PLACE_MISSING} ELSE {OTHER_PLACE} END)::int"
    )
