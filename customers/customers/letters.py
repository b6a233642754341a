"""Pinyin of names for search: whole syllables and initials."""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from typing import Any

# characters whose reading depends on the word: names with one go through the phrase dictionary, ten times slower
_SEVERAL_READINGS = frozenset(
    "重长行乐都会朝曾单解仇区查盖葛缪尉万俟翟覃朴盛洗厦蚌石弹调度恶发干给更冠核横哄华荷几系夹降角校结劲卷卡空累了丽量绿落蒙没模宁屏铺强且翘色杀扇舍什省似宿帖通为尾相兴秀旋叶衣隐应佣予与约晕扎着种转传藏"
)
_WORD = re.compile(r"[a-z0-9]+")


@lru_cache(maxsize=20_000)
def letters_of(name: str) -> str:
    """`pinyin initials latin` of a name, in small letters: 恒曜精密 → `hengyaojingmi hyjm`."""
    syllables = _syllables(name)
    whole, initials = "".join(syllables), "".join(syllable[0] for syllable in syllables if syllable)
    words = " ".join(_WORD.findall(unicodedata.normalize("NFKC", name).lower()))
    return " ".join(dict.fromkeys(part for part in (whole, initials, words) if part))


def matched_part(name: str, text: str) -> str:
    """The part of a name that a text found, be it typed as it is, in pinyin or by initials; "" where none is."""
    wanted = text.strip().casefold()
    at = name.casefold().find(wanted)
    if at >= 0:
        return name[at : at + len(wanted)]
    syllables, typed = _syllables(name), wanted.replace(" ", "")
    if len(syllables) != len(name) or not typed.isascii():
        return ""
    at = "".join(syllable[0] for syllable in syllables).find(typed)
    if at >= 0:
        return name[at : at + len(typed)]
    starts = [sum(map(len, syllables[:place])) for place in range(len(syllables) + 1)]
    at = "".join(syllables).find(typed)
    if at not in starts:
        return ""
    first = starts.index(at)
    last = next(place for place, start in enumerate(starts) if start >= at + len(typed))
    return name[first:last]


def _syllables(name: str) -> list[str]:
    if any(character in _SEVERAL_READINGS for character in name):
        from pypinyin import lazy_pinyin  # noqa: PLC0415 - costs 0.8 s to import, so only where it is needed

        return [part.lower() for part in lazy_pinyin(name, errors=_latin_words)]
    found: list[str] = []
    for character in name:
        if syllable := _reading(character):
            found.append(syllable)
        elif character.isascii() and character.isalnum():
            found.append(character.lower())
    return found


def _latin_words(rest: str) -> Any:
    return _WORD.findall(rest.lower())


@cache
def _reading(character: str) -> str:
    """The first reading of a character; "" where it has none."""
    from pypinyin.pinyin_dict import pinyin_dict  # noqa: PLC0415 - costs 0.8 s to import, so only where it is needed

    return _plain(pinyin_dict.get(ord(character), "").split(",")[0])


def _plain(syllable: str) -> str:
    letters = unicodedata.normalize("NFD", syllable).replace("u\u0308", "v")  # 吕 is typed lv
    return "".join(c for c in letters if c.isascii()).lower()
