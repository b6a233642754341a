"""Bring the translations up to date: merge the parts, tell what is missing, compile."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from crm.operations import translations


class Command(BaseCommand):
    help = "Merge the translation parts into django.po, list what is not translated, compile."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """One switch."""
        parser.add_argument("--compile-only", action="store_true", help="compile what is there and nothing else")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write django.po and django.mo of every language; fail when a string has no translation."""
        if options["compile_only"]:
            translations.compile_messages()
            return
        gaps = 0
        for folder in translations.languages():
            translations.catalogue(folder).save(str(folder / "django.po"))
            for message in translations.missing(folder):
                gaps += 1
                self.stdout.write(f"{folder.parent.name}: not translated: {message.text!r}")
        translations.compile_messages()
        if gaps:
            raise CommandError(f"{gaps} strings have no translation.")
        self.stdout.write(f"{len(translations.messages())} strings, all translated.")
