"""Names of companies and people that do not exist, and what is said in follow-ups; the words are in words.json."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

_WORDS = json.loads(Path(__file__).with_name("words.json").read_text(encoding="utf-8"))
BRANDS: list[str] = _WORDS["brands"].split()
TRADES: list[tuple[str, str]] = list(_WORDS["trades"].items())  # with the code of the industry
EAST: list[tuple[str, str]] = list(_WORDS["east"].items())  # with the code of the region
NORTH: list[tuple[str, str]] = list(_WORDS["north"].items())
POSITIONS: dict[str, tuple[str, ...]] = {place: tuple(at.split()) for place, at in _WORDS["positions"].items()}
STREETS: list[str] = _WORDS["streets"].split()
SURNAMES: str = _WORDS["surnames"]
GIVEN: list[str] = _WORDS["given"].split()
TITLES: list[tuple[str, str]] = list(_WORDS["titles"].items())  # with the decision power
SAID: dict[str, list[str]] = _WORDS["said"]
RELEASE_REASONS: list[str] = _WORDS["released_because"]
FORMS = ["有限公司"] * 8 + ["股份有限公司"] * 2 + ["集团有限公司"]


def company_name(random: Random, brand: str, place: str, trade: str) -> str:
    """The full name of a company that does not exist."""
    return f"{place}{brand}{trade}{random.choice(FORMS)}"


def person_name(random: Random) -> str:
    """A Chinese name."""
    return random.choice(SURNAMES) + random.choice(GIVEN)


def mobile(random: Random) -> str:
    """A mobile number in E.164, recognisably made up: four zeros after the prefix."""
    return f"+861{random.choice(('38', '39', '58', '86'))}0000{random.randrange(10_000):04d}"
