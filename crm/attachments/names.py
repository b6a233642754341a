"""Names of files as people gave them, made harmless."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 120
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)
_INVISIBLE = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def clean_name(name: str) -> str:
    """The last part of a path without control, invisible and direction characters, at most 120 long, its end kept."""
    last = re.split(r"[/\\]", name)[-1]
    visible = "".join(c for c in last if unicodedata.category(c) not in _INVISIBLE)
    plain = re.sub(r'[<>:"|?*]', "_", unicodedata.normalize("NFC", visible))
    tidy = " ".join(plain.split()).strip(". ")
    stem, dot, end = tidy.rpartition(".")
    if dot and len(tidy) > LONGEST:
        tidy = f"{stem[: LONGEST - len(end) - 1].rstrip()}.{end}"
    return f"_{tidy}" if _RESERVED.match(tidy) else tidy[:LONGEST]


def extension(name: str) -> str:
    """The end of a name, in small letters; nothing where there is none."""
    stem, dot, end = name.rpartition(".")
    return end.lower() if dot and stem else ""


def hidden_ends(name: str) -> list[str]:
    """The ends within a name before its last one: `invoice.exe.pdf` hides `exe`."""
    return [part.strip().lower() for part in name.split(".")[1:-1]]
