"""A large synthetic company."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

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
        if not options["verbosity"]:
            return
        self.stdout.write(
            f"{options['customers']} customers and {options['activities']} follow-ups in {seconds:.1f} s "
            f"({options['customers'] / seconds:.0f} customers a second)."
        )
        if options["opportunities"] or options["tickets"]:
            self.stdout.write("--opportunities and --tickets are ignored: there are no such records yet.")
