"""A large synthetic company."""

import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.utils.module_loading import import_string

from customers.demo.scale import load_scale


class Command(BaseCommand):
    help = "Add a large synthetic company by COPY; history triggers are off while it loads."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """How many of each record."""
        parser.add_argument("--customers", type=int, required=True)
        parser.add_argument("--activities", type=int, default=0)
        parser.add_argument("--opportunities", type=int, default=0)
        parser.add_argument("--tickets", type=int, default=0)

    def handle(self, *args: Any, **options: Any) -> None:
        """Load and say how fast that was."""
        started = time.monotonic()
        load_scale(options["customers"], options["activities"])
        seconds = time.monotonic() - started
        further = {name: _timed(path, options[name]) for name, path in settings.HARBOUR_SCALE.items() if options[name]}
        if not options["verbosity"]:
            return
        self.stdout.write(
            f"{options['customers']} customers and {options['activities']} follow-ups in {seconds:.1f} s "
            f"({options['customers'] / seconds:.0f} customers a second)."
        )
        for name, (written, seconds) in further.items():
            self.stdout.write(f"{written} {name} in {seconds:.1f} s ({written / seconds:.0f} a second).")
        if options["tickets"]:
            self.stdout.write("--tickets is ignored: there are no such records yet.")


def _timed(path: str, count: int) -> tuple[int, float]:
    """How many rows a part has written, and in how many seconds."""
    started = time.monotonic()
    written: int = import_string(path)(count)
    return written, time.monotonic() - started
