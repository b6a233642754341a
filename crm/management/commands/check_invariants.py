"""`manage.py check_invariants`: one line each; exit 1 where one fails."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from crm.operations.invariants import all_rules, broken


class Command(BaseCommand):
    help = "Run the SQL invariant checks."

    def handle(self, *args: Any, **options: Any) -> None:
        failed = 0
        for rule in all_rules():
            ids = broken(rule)
            failed += bool(ids)
            self.stdout.write(
                f"{'FAIL' if ids else 'ok  '}  {rule.number:>3}  {rule.sentence}" + (f" {ids}" if ids else "")
            )
        if failed:
            raise CommandError(f"{failed} invariants do not hold.")
