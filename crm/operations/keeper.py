"""The process above one embedded server: starts it, restarts it when it dies, stops it when nobody holds a lease."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import IO

from crm.operations.embedded import READY, SERVERS, lock
from crm.operations.home import home_folder
from crm.operations.processes import stop_process, wait_until
from crm.operations.progress import Trouble, say
from crm.operations.servers import PostgresServer, ValkeyServer, last_line

LOOK_EVERY_SECONDS = 0.3
START_SECONDS = 60
STOP_SECONDS = 8
ALONE_SECONDS = 2  # others look whether a keeper lives, and hold its lock for a moment
LONGEST_DELAY_SECONDS = 30


def main(name: str) -> None:
    """Keep one server until its last lease is gone."""
    home = home_folder()
    alone = only_one(home / "run" / f"{name}.keeper")
    if alone is None:
        return
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    for nuisance in (signal.SIGINT, signal.SIGHUP):
        signal.signal(nuisance, signal.SIG_IGN)
    try:
        (home / "run" / f"{name}.pid").write_text(str(os.getpid()), encoding="utf-8")
        server = SERVERS[name](home)
        server.prepare()
        keep(server, home / "run" / f"{name}.lease", stopping)
    except Trouble as trouble:
        answer(str(trouble))
        sys.exit(1)


def only_one(path: Path) -> IO[str] | None:
    """The lock of the one keeper, or None where another one lives."""
    deadline = time.monotonic() + ALONE_SECONDS
    while (alone := lock(path, fcntl.LOCK_EX)) is None and time.monotonic() < deadline:
        time.sleep(0.05)
    return alone


def keep(server: PostgresServer | ValkeyServer, lease: Path, stopping: threading.Event) -> None:
    """Start the server, tell the starter, and watch until it is not wanted any more."""
    process = started(server)
    answer(READY)
    delay, begun = 1.0, time.monotonic()
    while not stopping.wait(LOOK_EVERY_SECONDS):
        unused = lock(lease, fcntl.LOCK_EX)
        if unused is not None:
            break  # the open file keeps newcomers waiting until we are gone
        if process.poll() is not None:
            now = time.strftime("%F %T")
            say(f"{now} {server.title} ended with {process.returncode}; starting it again in {delay:.0f} s")
            if time.monotonic() - begun > LONGEST_DELAY_SECONDS:
                delay = 1.0
            if stopping.wait(delay):
                break
            delay, begun = min(delay * 2, LONGEST_DELAY_SECONDS), time.monotonic()
            with contextlib.suppress(Trouble):
                server.prepare()
                process = started(server)
    stop_process(process, server.stop_signal, STOP_SECONDS)


def started(server: PostgresServer | ValkeyServer) -> subprocess.Popen[bytes]:
    """The running server process once it takes connections."""
    process = server.start()
    ready = wait_until(lambda: process.poll() is not None or server.is_ready(), START_SECONDS)
    if not ready or process.poll() is not None:
        stop_process(process, signal.SIGKILL, 5)
        raise Trouble(f"The embedded {server.title} does not start: {last_line(server.log)} (all of it: {server.log})")
    try:
        server.complete()
    except Trouble:  # left running it would keep the next one from starting
        stop_process(process, server.stop_signal, STOP_SECONDS)
        raise
    return process


def answer(line: str) -> None:
    """Tell the command that started us, then let go of its pipe."""
    with contextlib.suppress(OSError):
        os.write(1, f"{line}\n".encode())
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)


if __name__ == "__main__":
    main(sys.argv[1])
