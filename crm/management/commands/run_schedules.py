"""`manage.py run_schedules`: what beat does, once, in the foreground."""

from typing import Any

from django.core.management.base import BaseCommand

from crm.jobs.running import run_schedules


class Command(BaseCommand):
    help = "Run every schedule that is due and not yet claimed."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(", ".join(run_schedules()) or "Nothing was due.")
