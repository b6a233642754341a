"""Every string a person can read exists in Chinese and in English."""

import re

import pytest

from crm.operations import translations

FOLDERS = translations.languages()
PLACEHOLDERS = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.parent.name)
def test_no_string_of_the_source_lacks_its_translation(folder):
    assert [message.text for message in translations.missing(folder)] == []


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.parent.name)
def test_translations_keep_every_placeholder(folder):
    wrong = []
    for entry in translations.catalogue(folder):
        wanted = set(PLACEHOLDERS.findall(entry.msgid_plural or entry.msgid))
        for text in [entry.msgstr, *entry.msgstr_plural.values()]:
            if text and set(PLACEHOLDERS.findall(text)) != wanted:
                wrong.append((entry.msgid, text))
    assert wrong == []


def test_message_ids_are_english():
    chinese = [message.text for message in translations.messages() if re.search(r"[\u4e00-\u9fff]", message.text)]
    assert chinese == []


def test_chinese_copy_follows_the_house_style():
    banned = re.compile(r"您|成功[！。]?$|^请(?!求)|[\u4e00-\u9fff][,;:?!]|\.\.\.|[“”]")
    offending = [
        (entry.msgid, text)
        for entry in translations.catalogue(next(folder for folder in FOLDERS if "zh" in folder.parent.name))
        for text in [entry.msgstr, *entry.msgstr_plural.values()]
        if banned.search(text)
    ]
    assert offending == []
