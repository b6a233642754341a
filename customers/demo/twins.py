"""Some companies stand in the demo twice, as they do everywhere: typed by two people, met at two fairs."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from customers.customers.identity import name_key
from customers.demo.lives import Life
from customers.demo.names import FORMS

PAIRS, EACH = 10, 9
_PLACE = 2  # the names of the eastern places have two characters


def repeat_some(lives: Sequence[Life], department_id: int) -> int:
    """Turn some later customers of a department into earlier ones under another spelling; how many."""
    mine = [life for life in lives if life.today()["department_id"] == department_id and life.today()["owner_id"]]
    pairs = list(zip(mine[2::EACH], mine[6::EACH], strict=False))[:PAIRS]
    for place, (original, repeat) in enumerate(pairs):
        _become(repeat, original, _WAYS[place % len(_WAYS)])
        if place % 2 == 0:
            repeat.contacts[0] |= {name: original.contacts[0][name] for name in ("name", "phone", "job_title")}
    return len(pairs)


def _become(repeat: Life, original: Life, spell: Callable[[str, str], str]) -> None:
    name = original.first["name"]
    form = next(form for form in sorted(set(FORMS), key=len, reverse=True) if name.endswith(form))
    told = spell(name.removesuffix(form), form)
    same = {key: original.first[key] for key in ("short_name", "industry_id", "region_id", "address")}
    repeat.first |= {**same, "name": told, "name_key": name_key(told), "credit_code": ""}


def _in_brackets(word: str, form: str) -> str:
    return f"{word[_PLACE:]}（{word[:_PLACE]}）{form}"


def _other_form(word: str, form: str) -> str:
    return f"{word}{'有限责任公司' if form == '有限公司' else '有限公司'}"


def _left_out(word: str, form: str) -> str:
    return f"{word[:-3]}{word[-2:]}{form}"


def _without_place(word: str, form: str) -> str:
    return f"{word[_PLACE:]}{form}"


def _as_it_is(word: str, form: str) -> str:
    return f"{word}{form}"


_WAYS = (_in_brackets, _other_form, _left_out, _without_place, _as_it_is)
