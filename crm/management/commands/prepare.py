"""Everything between an empty database and the first page, in one process: what `run` does before it serves."""

from __future__ import annotations

import hashlib
import json
import os
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand
from django.db import Error

from crm.approvals.delivered import bring_flows_up_to_date
from crm.operations import assets, translations
from crm.operations.progress import say, step

# fonts for PDF files are read from their folder, the rest belongs to parts of packages no page uses: compressing them
# took longer than everything else of a first start
UNUSED_STATIC = ["NotoSansSC-*", "rest_framework", "redoc", "htmx-4*", "htmax*", "ext"]
DEMO_USER, DEMO_PASSWORD = "rep", "harbour-demo"


class Command(BaseCommand):
    help = "Migrate, compile translations, collect static files and load demo data into an empty database."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Set everything up and answer with one line of JSON; trouble is one sentence and exit status 1."""
        try:
            with step("Checking the program"):
                self.check()  # a page address that cannot be loaded is told here, not by a server that never answers
            with step("Compiling translations"):
                translations.compile_messages()
            with ThreadPoolExecutor(1) as beside, step("Bringing database and static files up to date"):
                collected = beside.submit(collect_static)
                call_command("migrate", interactive=False, verbosity=0)
                collected.result()
            if settings.IS_DEMO and not has_users() and "seed_demo" in get_commands():
                with step("Loading the demo company"):
                    call_command("seed_demo", stdout=self.stderr)
            if has_users():
                bring_flows_up_to_date()
        except Error as refusal:
            self._give_up(f"The database refused: {str(refusal).splitlines()[0]}")
        except Exception as trouble:
            self._give_up(
                f"Setting up failed: {type(trouble).__name__}: {str(trouble).splitlines()[0] if str(trouble) else ''}"
            )
        self.stdout.write(json.dumps({"demo": has_demo(), "users": has_users()}))

    def _give_up(self, sentence: str) -> None:
        log = Path(settings.HOME) / "logs" / "prepare.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text(traceback.format_exc(), encoding="utf-8")
        say(f"{sentence} (all of it: {log})")
        raise SystemExit(1)


def has_users() -> bool:
    """Whether anybody can sign in."""
    return bool(get_user_model().objects.exists())


def has_demo() -> bool:
    """Whether the demo people are in the database, with their well-known password."""
    user = get_user_model().objects.filter(username=DEMO_USER, is_active=True).first()
    return settings.IS_DEMO and user is not None and user.check_password(DEMO_PASSWORD)


def collect_static() -> None:
    """Collect the static files where one of them, or a package that brings some, has changed."""
    marker = Path(settings.STATIC_ROOT) / ".collected"
    state = static_state()
    if marker.exists() and marker.read_text(encoding="utf-8") == state:
        return
    call_command("collectstatic", interactive=False, verbosity=0, clear=True, ignore_patterns=UNUSED_STATIC)
    marker.write_text(state, encoding="utf-8")


def static_state() -> str:
    """A fingerprint of the sources of all static files."""
    digest = hashlib.sha256(assets.state().encode())
    for name in ("uv.lock", "crm/settings/base.py"):
        digest.update((settings.ROOT / name).read_bytes())
    for folder in settings.STATICFILES_DIRS:
        for path in sorted(Path(folder).rglob("*")):
            if path.is_file():
                facts = os.stat(path)
                digest.update(f"{path} {facts.st_size} {facts.st_mtime_ns}\n".encode())
    return digest.hexdigest()
