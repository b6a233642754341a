"""`manage.py lint`: style, types, import contracts, migrations and templates; the list of steps is here."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from crm.operations import embedded
from crm.operations.home import ROOT
from crm.operations.progress import say


def steps() -> list[tuple[str, list[str]]]:
    """Every check as its name and command line."""
    tools = Path(sys.executable).parent
    manage = [sys.executable, "-W", "ignore", "manage.py"]
    return [
        ("style", [str(tools / "ruff"), "check", "--quiet", "."]),
        ("format", [str(tools / "ruff"), "format", "--quiet", "--check", "."]),
        ("system checks", [*manage, "check"]),
        ("missing migrations", [*manage, "makemigrations", "--check", "--dry-run"]),
        ("templates", [*manage, "check_templates"]),
        ("import contracts", [str(tools / "lint-imports"), "--no-logo"]),
        ("types", [str(tools / "mypy")]),
    ]


def lint() -> int:
    """Run every check, show what failed; 0 when nothing did."""
    embedded.provide_settings()
    environment = {**os.environ, "HARBOUR_BOOTSTRAP": "0", "DJANGO_SETTINGS_MODULE": "crm.settings.test"}
    failed = []
    for name, command in steps():
        done = subprocess.run(
            command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, check=False,
        )  # fmt: skip
        say(f"{'ok    ' if done.returncode == 0 else 'FAIL  '}{name}")
        if done.returncode:
            failed.append(name)
            say(done.stdout.rstrip())
    if failed:
        say(f"lint: {', '.join(failed)} failed")
    return 1 if failed else 0
