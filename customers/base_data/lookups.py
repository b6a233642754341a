"""Entries of the base data by name and id, loaded once for many rows."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from crm.people.models import Department, User
from crm.records.sheets import AMBIGUOUS, header_key
from customers.base_data.models import CustomerLevel, CustomerStage, Industry, LeadSource, Region, Tag

_REGION_RANK_WORDS = re.compile(r"(特别行政区|壮族自治区|回族自治区|维吾尔自治区|自治区|自治州|地区|省|市|盟)$")
_DISTRICT_WORDS = re.compile(r"(?<=..)(新区|区|县|旗)$")


class Lookups:
    """Ids by what people write (`ids`), names by id (`name`); each list is read when it is first asked for."""

    def __init__(self) -> None:
        self._ids: dict[str, dict[str, int]] = {}
        self._names: dict[str, dict[int, str]] = {}

    def ids(self, kind: str) -> dict[str, int]:
        """The ids of a list by key; AMBIGUOUS where a key fits several entries."""
        if kind not in self._ids:
            self._load(kind)
        return self._ids[kind]

    def name(self, kind: str, entry_id: int) -> str:
        """The name of an entry, "" where it is gone."""
        if kind not in self._names:
            self._load(kind)
        return self._names[kind].get(entry_id, "")

    def offered(self, kind: str, at_most: int) -> list[str]:
        """The names one may choose; none of a list longer than that."""
        names = [words[0] for _id, words, may_choose in _ENTRIES[kind]() if may_choose]
        return names if len(names) <= at_most else []

    def choices(self, kind: str) -> list[tuple[str, str]]:
        """Each entry one may choose: the first word that means it alone, and its name (with that word, if another)."""
        ids, chosen = self.ids(kind), []
        for entry_id, words, may_choose in _ENTRIES[kind]():
            word = next((word for word in words if word and ids.get(header_key(word)) == entry_id), "")
            if may_choose and word:
                chosen.append((word, words[0] if word == words[0] else f"{words[0]} ({word})"))
        return chosen

    def _load(self, kind: str) -> None:
        entries = list(_ENTRIES[kind]())
        self._names[kind] = {entry_id: words[0] for entry_id, words, _may_choose in entries}
        ids: dict[str, int] = {}
        for entry_id, words, may_choose in entries:
            for key in {header_key(word) for word in words if word} if may_choose else ():
                ids[key] = entry_id if ids.get(key, entry_id) == entry_id else AMBIGUOUS
        self._ids[kind] = ids


_Entry = tuple[int, list[str], bool]


def _base(model: Any) -> Iterable[_Entry]:
    for pk, name, is_active in model.objects.values_list("id", "name", "is_active"):
        yield pk, [name], is_active


def _industries() -> Iterable[_Entry]:
    for row in Industry.objects.values_list("id", "name", "name_en", "code", "is_active"):
        yield row[0], list(row[1:4]), row[4]


def _regions() -> Iterable[_Entry]:
    """Provinces, cities and districts; a short name means the highest division that bears it."""
    taken: set[str] = set()
    for pk, path_name, name, code, rank in (
        Region.objects.order_by("rank", "code").values_list("id", "path_name", "name", "code", "rank")
    ):  # fmt: skip
        steps = path_name.split()
        short = [_REGION_RANK_WORDS.sub("", step) or step for step in steps]
        words = ["".join(steps), "".join(short), "".join([*short[:-1], steps[-1]]), code]
        words.append("".join([*short[:-1], _DISTRICT_WORDS.sub("", short[-1])]))  # 上海浦东
        bare = {header_key(word) for word in (name, short[-1])}
        words += [] if rank < 3 and bare & taken else list(bare)
        taken |= bare
        yield pk, [path_name, *words], True


def _people() -> Iterable[_Entry]:
    owners = set(User.objects.able_to_own().values_list("pk", flat=True))
    for pk, name, username in User.objects.values_list("id", "name", "username"):
        yield pk, [name, username], pk in owners


def _departments() -> Iterable[_Entry]:
    for pk, name in Department.objects.values_list("id", "name"):
        yield pk, [name], True


_ENTRIES = {
    "stages": lambda: _base(CustomerStage),
    "levels": lambda: _base(CustomerLevel),
    "sources": lambda: _base(LeadSource),
    "tags": lambda: _base(Tag),
    "industries": _industries,
    "regions": _regions,
    "people": _people,
    "departments": _departments,
}
