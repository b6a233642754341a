"""`manage.py check_invariants`: one line each; exit 1 where one fails."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from crm.history.seals import first_broken_seal
from crm.operations.invariants import all_rules, broken


class Command(BaseCommand):
    help = "Check what must hold at every moment, and the seals of the history."

    def handle(self, *args: Any, **options: Any) -> None:
        failed = 0
        found = [(rule.number, rule.sentence, broken(rule)) for rule in all_rules()]
        unfit = first_broken_seal()
        found.append((76, "Every seal fits its operation and the seal before.", [unfit] if unfit else []))
        for number, sentence, ids in found:
            failed += bool(ids)
            self.stdout.write(f"{'FAIL' if ids else 'ok  '}  {number:>3}  {sentence}" + (f" {ids}" if ids else ""))
        if failed:
            raise CommandError(f"{failed} invariants do not hold.")
