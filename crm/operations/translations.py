"""Translations without the gettext programs: strings found in the source, parts merged, catalogues compiled."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import polib

from crm.operations.home import ROOT

LOCALE = ROOT / "crm" / "locale"
SOURCE_FOLDERS = ("crm", "customers", "reports", "sales", "marketing", "service", "templates")
PLAIN = {"_", "gettext", "gettext_lazy", "gettext_noop"}
PLURAL = {"ngettext", "ngettext_lazy"}
CONTEXT = {"pgettext", "pgettext_lazy"}
CONTEXT_PLURAL = {"npgettext", "npgettext_lazy"}
LITERAL = r"""u?(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
TEMPLATE_CALL = re.compile(rf"\b(_|n?p?gettext)\(\s*({LITERAL}(?:\s*,\s*{LITERAL})*)")
HEADER = {
    "Content-Type": "text/plain; charset=UTF-8",
    "Content-Transfer-Encoding": "8bit",
    "Language": "zh_Hans",
    "Plural-Forms": "nplurals=1; plural=0;",
}


class Message(NamedTuple):
    """One string to translate, as a catalogue tells it from others."""

    context: str | None
    text: str
    plural: str


def languages() -> list[Path]:
    """The LC_MESSAGES folder of every language that has translations."""
    return sorted(path for path in LOCALE.glob("*/LC_MESSAGES") if path.is_dir())


def catalogue(folder: Path) -> polib.POFile:
    """Everything translated in one language: django.po, then the parts, a later one wins."""
    merged = polib.POFile()
    merged.metadata = {**HEADER, "Language": folder.parent.name}
    entries: dict[Message, polib.POEntry] = {}
    for path in _sources(folder):
        for entry in polib.pofile(str(path), encoding="utf-8"):
            if not entry.obsolete and "fuzzy" not in entry.flags:
                entries[Message(entry.msgctxt, entry.msgid, entry.msgid_plural)] = entry
    for message in sorted(entries, key=lambda message: (message.text, message.context or "", message.plural)):
        entry = entries[message]
        entry.occurrences, entry.comment, entry.tcomment = [], "", ""
        merged.append(entry)
    return merged


def compile_messages() -> None:
    """Write every django.mo that is missing or older than what it is made from."""
    for folder in languages():
        compiled = folder / "django.mo"
        newest = max(path.stat().st_mtime for path in [folder / "parts", *_sources(folder)] if path.exists())
        if not compiled.exists() or compiled.stat().st_mtime < newest:
            draft = folder / "django.draft"
            catalogue(folder).save_as_mofile(str(draft))
            draft.replace(compiled)


def missing(folder: Path) -> list[Message]:
    """The strings of the source that this language does not translate."""
    known = {
        Message(entry.msgctxt, entry.msgid, entry.msgid_plural)
        for entry in catalogue(folder)
        if (all(entry.msgstr_plural.values()) if entry.msgstr_plural else entry.msgstr)
    }
    return sorted(messages() - known, key=lambda message: (message.text, message.context or ""))


def messages() -> set[Message]:
    """Every translatable string of the project's own Python files and templates."""
    found: set[Message] = set()
    for path in _files(".py"):
        found |= set(python_messages(path.read_text(encoding="utf-8")))
    for path in _files(".html", ".txt"):
        found |= set(template_messages(path.read_text(encoding="utf-8")))
    return {message for message in found if message.text}


def python_messages(source: str) -> Iterator[Message]:
    """The strings a Python file marks with gettext and its relatives."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            words = [item.value for item in node.args if isinstance(item, ast.Constant) and isinstance(item.value, str)]
            yield from _message(name, words)


def template_messages(source: str) -> Iterator[Message]:
    """The strings a template marks with translate and blocktranslate."""
    from django.utils.translation.template import templatize  # noqa: PLC0415 - compiling needs no Django

    for call in TEMPLATE_CALL.finditer(templatize(source)):
        words = [ast.literal_eval(literal) for literal in re.findall(LITERAL, call.group(2))]
        yield from _message(call.group(1), words)


def _message(name: str, words: list[str]) -> Iterator[Message]:
    if name in PLAIN and words:
        yield Message(None, words[0], "")
    elif name in PLURAL and len(words) > 1:
        yield Message(None, words[0], words[1])
    elif name in CONTEXT and len(words) > 1:
        yield Message(words[0], words[1], "")
    elif name in CONTEXT_PLURAL and len(words) > 2:
        yield Message(words[0], words[1], words[2])


def _sources(folder: Path) -> list[Path]:
    whole = folder / "django.po"
    return [*([whole] if whole.exists() else []), *sorted((folder / "parts").glob("*.po"))]


def _files(*suffixes: str) -> Iterator[Path]:
    for name in SOURCE_FOLDERS:
        for path in sorted((ROOT / name).rglob("*")):
            if path.suffix in suffixes and "migrations" not in path.parts:
                yield path
