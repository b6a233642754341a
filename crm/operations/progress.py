"""What a person at the terminal is told: a line for each step that takes its time, one sentence for trouble."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Iterator

PATIENCE_SECONDS = 1.0


class Trouble(Exception):
    """Something a person must settle; the message is the one sentence they read."""


def say(line: str) -> None:
    """Print one line for the person at the terminal; stdout stays free for the answers of commands."""
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()


@contextlib.contextmanager
def step(name: str) -> Iterator[None]:
    """Announce `name` when the enclosed work takes more than a second."""
    announcement = threading.Timer(PATIENCE_SECONDS, say, [f"{name} …"])
    announcement.daemon = True
    announcement.start()
    try:
        yield
    finally:
        announcement.cancel()
