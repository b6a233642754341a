"""`manage.py bench`: the performance promises, one line NAME, RATIO, LIMIT each; exit 1 where one is broken."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from crm.settings import environment

MODULES = (
    "sizes", "pages", "timelines", "exports", "imports", "transfers", "duplicates", "segments", "claims", "recycling",
    "documents", "printing",
)  # fmt: skip


class Command(BaseCommand):
    help = "Measure the performance promises on a seeded database of HARBOUR_BENCH_CUSTOMERS customers."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--only", default="", help="measure only the modules whose name contains this")

    def handle(self, *args: Any, **options: Any) -> None:
        size = environment.number("HARBOUR_BENCH_CUSTOMERS", 1_000_000)
        settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "testserver"]
        call_command("collectstatic", interactive=False, verbosity=0)
        broken = 0
        for module in MODULES:
            if options["only"] not in module:
                continue
            for figure in import_module(f"tests.benchmarks.{module}").measure(self.prepare, size):
                self.stdout.write(str(figure))
                self.stdout.flush()
                broken += not figure.holds
        if broken:
            raise CommandError(f"{broken} promises are not kept.")

    def prepare(self, size: int) -> None:
        """Use (make and seed where missing) the bench database of this size from here on."""
        name = f"harbour_bench_{size}"
        if not _exists(name):
            with connection.cursor() as cursor:
                cursor.execute(
                    f"CREATE DATABASE \"{name}\" TEMPLATE template0 LC_CTYPE 'C.UTF-8'"
                )  # name from a number
            _use(name)
            call_command("migrate", verbosity=0)
            call_command("seed_scale", customers=size, activities=size * 3, verbosity=0)
        _use(name)
        call_command("migrate", verbosity=0)


def _exists(name: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_database WHERE datname = %s)", [name])
        return bool(cursor.fetchone()[0])


def _use(name: str) -> None:
    connection.close()
    connection.settings_dict["NAME"] = name
