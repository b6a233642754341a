"""Fill empty base data lists and add what the public catalogues gained."""

from typing import Any

from django.core.management.base import BaseCommand

from customers.base_data.loading import load_base_data


class Command(BaseCommand):
    help = "Load stages, levels, sources, tags, industries, regions and holidays where they are missing."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Load and say how many rows each list got."""
        counts = load_base_data()
        self.stdout.write(", ".join(f"{count} {name}" for name, count in counts.items()))
