"""Icons named anywhere are in the sprite's list, and the list has none that the icon package lacks."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
IN_TEMPLATES = re.compile(
    r'{%\s*i\s+"([a-z0-9-]+)"|(?<!-)\bicon="([a-z0-9-]+)"|{%\s*tag\s+\S+\s+"[a-z]+"\s+"([a-z0-9-]+)"'
)
IN_PYTHON = re.compile(r'\bicon\("([a-z0-9-]+)"|\bicon="([a-z0-9-]+)"')


def named():
    return set((ROOT / "static/icons/names.txt").read_text().split())


def used(folders, suffix, pattern):
    for folder in folders:
        for path in sorted((ROOT / folder).rglob(f"*{suffix}")):
            for match in pattern.finditer(path.read_text(encoding="utf-8")):
                yield str(path.relative_to(ROOT)), next(filter(None, match.groups()))


def test_every_icon_a_page_names_is_in_the_sprite(settings):
    navigation = [("navigation", line[2]) for _label, lines in settings.HARBOUR_NAVIGATION for line in lines]
    commands = [("commands", line[2]) for line in settings.HARBOUR_COMMANDS]
    pages = [
        *used(["templates"], ".html", IN_TEMPLATES),
        *used(["crm", "customers", "sales", "reports"], ".py", IN_PYTHON),
    ]

    assert [(place, name) for place, name in [*navigation, *commands, *pages] if name not in named()] == []


def test_the_icon_package_has_every_icon_of_the_list():
    icons = ROOT / "node_modules/lucide-static/icons"
    if not icons.is_dir():
        pytest.skip("the icon package is not installed")

    assert [name for name in sorted(named()) if not (icons / f"{name}.svg").exists()] == []


def test_the_list_is_sorted_and_says_nothing_twice():
    lines = (ROOT / "static/icons/names.txt").read_text().split()

    assert lines == sorted(set(lines))
