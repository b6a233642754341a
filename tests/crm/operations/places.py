"""Home folders and processes of their own for tests that start whole copies."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from crm.operations.servers import free_port as free_port

ROOT = Path(__file__).resolve().parents[3]
NOT_INHERITED = ("DATABASE_URL", "REDIS_URL", "HARBOUR_", "DJANGO_", "PYTEST_")


@contextmanager
def home_of_its_own() -> Iterator[Path]:
    """An empty place for a home folder that the database's own user can walk to; removed afterwards."""
    place = Path(tempfile.mkdtemp(prefix="harbour-test-"))
    place.chmod(0o711)
    try:
        yield place / "home"
    finally:
        wait_for(lambda: not processes_of(place))
        shutil.rmtree(place, ignore_errors=True)


def environment(home: Path, **settings: str) -> dict[str, str]:
    """The environment of a copy that lives in this home folder only."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(NOT_INHERITED)}
    return {**kept, "HARBOUR_HOME": str(home), "HARBOUR_DEMO": "0", **settings}


def manage(home: Path, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """One finished command of the copy."""
    return subprocess.run(
        [sys.executable, "manage.py", *words], cwd=ROOT, env=environment(home, **settings),
        capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL, check=False,
    )  # fmt: skip


def processes_of(place: Path) -> list[str]:
    """The command lines of all processes that belong to a copy under this folder."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if not entry.name.isdigit() or int(entry.name) == os.getpid():
                continue
            words = (entry / "cmdline").read_bytes()
            if words and (str(place).encode() in words or f"={place}/".encode() in (entry / "environ").read_bytes()):
                found.append(words.replace(b"\0", b" ").decode(errors="replace"))
        except OSError:
            continue
    return found


def wait_for(is_so: Callable[[], bool], seconds: float = 20) -> bool:
    """Whether a condition came true within the time."""
    deadline = time.monotonic() + seconds
    while not is_so() and time.monotonic() < deadline:
        time.sleep(0.1)
    return is_so()
