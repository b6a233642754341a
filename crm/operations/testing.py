"""`manage.py test`: the servers, a Chromium where one can be had, then pytest."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import playwright

from crm.operations import bootstrap, embedded
from crm.operations.home import ROOT
from crm.operations.progress import Trouble, say, step

# three workers for two cores: tests of starting, killing and browsing mostly wait; tests/conftest.py has the order
ALL_TESTS = ["-n", "3", "--dist", "loadfile", "--no-loadscope-reorder"]
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM = "HARBOUR_CHROMIUM"
NO_BROWSER = "none"
DRIVER_NEEDS = "libatomic1"


def run_tests(words: list[str]) -> int:
    """Run pytest with these arguments, the whole suite without any; pytest's own exit status."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "crm.settings.test"
    embedded.provide_services()
    find_chromium()
    return subprocess.call([sys.executable, "-m", "pytest", *spread(words), *words], cwd=ROOT)


def spread(words: list[str]) -> list[str]:
    """The whole suite keeps two cores busy; a part that was asked for by its path runs in one process."""
    is_part = any((ROOT / word.split("::")[0]).exists() for word in words if not word.startswith("-"))
    return [] if is_part or "-n" in words else ALL_TESTS


def schema_state() -> str:
    """A fingerprint of all migrations: a test database made from others is made again."""
    paths = sorted(path for path in ROOT.glob("*/migrations/*.py") if "node_modules" not in path.parts)
    return hashlib.sha256(b"".join(path.read_bytes() for path in paths) + (ROOT / "uv.lock").read_bytes()).hexdigest()


def find_chromium() -> None:
    """Name a Chromium in the environment: one on PATH, else Debian's own as root; else say what is skipped."""
    found = os.environ.get(CHROMIUM) or _on_path()
    missing = ([] if found else ["chromium"]) + ([] if _driver_starts() else [DRIVER_NEEDS])
    if missing and os.geteuid() == 0 and shutil.which("apt-get"):
        with step("Installing Chromium for the browser tests"):
            try:
                bootstrap.apt_install(missing)
            except Trouble as trouble:
                say(str(trouble))
        found = found or _on_path()
    if not found:
        say("Browser tests are skipped: no Chromium was found (install one or name it in HARBOUR_CHROMIUM).")
    elif not _driver_starts():
        say(f"Browser tests are skipped: Playwright does not start here (it needs {DRIVER_NEEDS}).")
        found = None
    os.environ[CHROMIUM] = found or NO_BROWSER


def _driver_starts() -> bool:
    driver = Path(playwright.__file__).parent / "driver" / "node"
    return not driver.exists() or subprocess.run([driver, "--version"], capture_output=True).returncode == 0


def _on_path() -> str | None:
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)
