"""Keys of fields and values of choices, made of their labels: small letters, digits, single underscores."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

KEY_LENGTH = 30
_KEY = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_OTHER = re.compile(r"[^a-z0-9]+")


def key_of(label: str, taken: Collection[str] = ()) -> str:
    """A key for a label, Chinese by its pinyin; numbered where it is taken."""
    from pypinyin import lazy_pinyin  # noqa: PLC0415 - costs 0.8 s to import, so only where it is needed

    words = lazy_pinyin(unicodedata.normalize("NFKC", label))
    plain = unicodedata.normalize("NFD", "_".join(words).lower()).encode("ascii", "ignore").decode()
    key = _OTHER.sub("_", plain)[:KEY_LENGTH].strip("_")
    key = key if key[:1].isalpha() else f"f_{key}".rstrip("_")[:KEY_LENGTH]
    found, number = key, 2
    while found in taken:
        found, number = f"{key[: KEY_LENGTH - 4]}_{number}", number + 1
    return found


def check_key(key: str) -> None:
    """ValidationError where a key cannot be one."""
    if len(key) > KEY_LENGTH or not _KEY.fullmatch(key):
        raise ValidationError(
            _("A key has at most %(limit)s small letters, digits and single underscores, and begins with a letter.")
            % {"limit": KEY_LENGTH},
            code="bad_key",
        )
