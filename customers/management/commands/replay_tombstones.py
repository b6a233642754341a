"""Follow the tombstones again after a backup was restored."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from customers.privacy.replaying import replay_tombstones
from customers.privacy.tombstones import log_path


class Command(BaseCommand):
    help = "Erase again who was erased, and stop again what was withdrawn, since the backup that was restored."

    def add_arguments(self, parser: CommandParser) -> None:
        """Where the log lies, when it is not the one of this copy."""
        parser.add_argument("--log", type=Path, default=log_path())

    def handle(self, *args: Any, **options: Any) -> None:
        """Replay; safe to run any number of times."""
        log: Path = options["log"]
        if not log.is_file():
            raise CommandError(f"There is no log of tombstones at {log}. Name it with --log.")
        done = replay_tombstones(log)
        self.stdout.write(
            f"Erased again: {done.erased}. Withdrawals repeated: {done.withdrawn}. Nothing to do: {done.unchanged}."
        )
