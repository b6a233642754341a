"""Erase what is past its retention period, or say what would go."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from crm.jobs.running import run_job
from customers.quality.retention.running import keeper_of_runs, preview, start_retention


class Command(BaseCommand):
    help = "Erase what is past its retention period; with --dry-run, only count it."

    def add_arguments(self, parser: CommandParser) -> None:
        """One switch."""
        parser.add_argument("--dry-run", action="store_true", help="write nothing, print what would be erased")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print a line for each class; without --dry-run, run it in this process and print what was erased."""
        if options["dry_run"]:
            for line in preview():
                until = f"before {line.before:%Y-%m-%d %H:%M %Z}" if line.before else "off"
                self.stdout.write(f"{line.kind.code}: {line.count} ({until})")
                for told in line.first:
                    self.stdout.write(f"  {told}")
            return
        keeper = keeper_of_runs()
        if keeper is None:
            raise CommandError("Nobody may run retention: give somebody the right customers.run_retention.")
        try:
            job = start_retention(keeper)
        except ValidationError as refusal:
            raise CommandError(" ".join(refusal.messages)) from refusal
        run_job(job.pk)
        job.refresh_from_db()
        if job.state != job.State.DONE:
            raise CommandError(job.error or f"The run is {job.state}.")
        for code, count in job.result["counts"].items():
            self.stdout.write(f"{code}: {count}")
        self.stdout.write(f"Erased: {job.done}.")
