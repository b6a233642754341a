"""`manage.py process_outbox`: what the sweeper and the workers do, once, in the foreground."""

from typing import Any

from django.core.management.base import BaseCommand

from crm.jobs.running import process_everything


class Command(BaseCommand):
    help = "Do all waiting outbox rows and jobs once, in the foreground."

    def handle(self, *args: Any, **options: Any) -> None:
        rows, jobs = process_everything()
        self.stdout.write(f"{rows} outbox rows, {jobs} jobs.")
