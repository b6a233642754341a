"""The small, realistic demo company."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from customers.demo.loading import load_demo


class Command(BaseCommand):
    help = "Load the demo company into an empty database (deterministic)."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """`--seed N` tells another story."""
        parser.add_argument("--seed", type=int, default=1)

    def handle(self, *args: Any, **options: Any) -> None:
        """Load and say in one line what is there now."""
        try:
            counts = load_demo(options["seed"])
        except ValidationError as refusal:
            raise CommandError(" ".join(refusal.messages))
        told = ", ".join(f"{count} {name}" for name, count in counts.items())
        self.stdout.write(f"Demo company: {told}.")
