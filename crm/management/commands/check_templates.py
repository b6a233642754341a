"""Compile every template and refuse what the content security policy would block."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.template import TemplateSyntaxError
from django.template.loader import get_template

BLOCKED = {
    "an inline style": re.compile(r"<style\b|\sstyle\s*=", re.IGNORECASE),
    "an inline script": re.compile(r"<script\b(?![^>]*\bsrc\s*=)(?![^>]*application/json)", re.IGNORECASE),
    "an event handler attribute": re.compile(r"<[^>]*\son[a-z]+\s*=", re.IGNORECASE),
    "an address of another site": re.compile(
        r"<(?:script|link|img)\b[^>]*(?:src|href)\s*=\s*[\"']?(?:https?:)?//", re.IGNORECASE
    ),
}
WITHOUT_POLICY = ("mail", "print")  # read by mail programs and by WeasyPrint, which know no policy


class Command(BaseCommand):
    help = "Compile every template; refuse inline styles, scripts, handlers and foreign addresses."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Print one line per fault and fail when there is one."""
        folder = settings.ROOT / "templates"
        faults = [fault for path in sorted(folder.rglob("*.html")) for fault in faults_of(path, folder)]
        for fault in faults:
            self.stdout.write(fault)
        if faults:
            raise CommandError(f"{len(faults)} faults in templates.")


def faults_of(path: Path, folder: Path) -> Iterator[str]:
    """What is wrong with one template."""
    name = str(path.relative_to(folder))
    try:
        get_template(name)
    except TemplateSyntaxError as fault:
        yield f"{name}: {fault}"
    if any(word in path.stem or word in path.parent.parts for word in WITHOUT_POLICY):
        return
    text = re.sub(r"(?s)\{#.*?#\}|\{% comment.*?endcomment %\}", "", path.read_text(encoding="utf-8"))
    for what, pattern in BLOCKED.items():
        if pattern.search(text):
            yield f"{name}: {what} is blocked by the content security policy"
