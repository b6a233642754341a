"""Strings are found in source and templates, parts are merged, every string has its Chinese."""

import polib
import pytest

from crm.operations import translations
from crm.operations.translations import Message


def test_python_strings_are_found_with_context_and_plural():
    source = 'a = _("One") + pgettext("verb", "Post") + ngettext("%(n)s row", "%(n)s rows", n) + _(f"no {n}")'

    assert set(translations.python_messages(source)) == {
        Message(None, "One", ""),
        Message("verb", "Post", ""),
        Message(None, "%(n)s row", "%(n)s rows"),
    }


def test_template_strings_are_found_with_context_and_plural():
    source = (
        "{% load i18n %}{% translate 'Save' %} {% translate \"Open\" context 'state' %}"
        "{% blocktranslate count n=n %}{{ n }} row{% plural %}{{ n }} rows{% endblocktranslate %}"
        '{% translate "It\'s" as title %}'
    )

    assert set(translations.template_messages(source)) == {
        Message(None, "Save", ""),
        Message("state", "Open", ""),
        Message(None, "%(n)s row", "%(n)s rows"),
        Message(None, "It's", ""),
    }


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A language of its own with two parts."""
    monkeypatch.setattr(translations, "LOCALE", tmp_path)
    parts = tmp_path / "zh_Hans" / "LC_MESSAGES" / "parts"
    parts.mkdir(parents=True)
    (parts / "a.po").write_text('msgid "Save"\nmsgstr "保存"\n\nmsgid "Draft"\nmsgstr ""\n', encoding="utf-8")
    (parts / "b.po").write_text('msgctxt "state"\nmsgid "Save"\nmsgstr "已存"\n', encoding="utf-8")
    return parts.parent


def test_parts_become_one_compiled_catalogue(folder):
    translations.compile_messages()

    compiled = {(entry.msgctxt, entry.msgid): entry.msgstr for entry in polib.mofile(str(folder / "django.mo"))}
    assert compiled == {(None, "Save"): "保存", ("state", "Save"): "已存"}


def test_a_string_without_a_translation_is_missing(folder, monkeypatch):
    wanted = {Message(None, "Save", ""), Message(None, "Draft", ""), Message(None, "Unknown", "")}
    monkeypatch.setattr(translations, "messages", lambda: wanted)

    assert [message.text for message in translations.missing(folder)] == ["Draft", "Unknown"]


def test_every_string_of_the_product_is_translated():
    assert translations.missing(translations.LOCALE / "zh_Hans" / "LC_MESSAGES") == []
