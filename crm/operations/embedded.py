"""Sharing the embedded servers between all commands of one home folder.

Each server is the child of a *keeper*: a small process that starts it, restarts it when it dies and stops it as soon as
nobody holds a lease. A lease is a shared file lock, so the kernel takes it back whatever way its holder ends.

    run/<name>.lease   shared lock of every process that uses the server; the keeper stops the server when it is free
    run/<name>.start   held while somebody starts the keeper
    run/<name>.keeper  held by the keeper for as long as it lives
    run/<name>.pid     the keeper's process id
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import os
import select
import signal
import subprocess
import sys
from pathlib import Path
from typing import IO

from crm.operations.home import ROOT, export_secrets, given, make_home
from crm.operations.processes import wait_until
from crm.operations.progress import Trouble, say, step
from crm.operations.servers import PostgresServer, ValkeyServer

SERVERS: dict[str, type[PostgresServer] | type[ValkeyServer]] = {"postgres": PostgresServer, "valkey": ValkeyServer}
VARIABLES = {"postgres": "DATABASE_URL", "valkey": "REDIS_URL"}
READY = "ready"


def lock(path: Path, mode: int) -> IO[str] | None:
    """The opened and locked file, or None when somebody else holds it."""
    file = open(path, "w", encoding="utf-8")  # noqa: SIM115 - kept open: closing it gives the lock back
    try:
        fcntl.flock(file, mode | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file


class Lease:
    """The right to use one embedded server for as long as this object lives."""

    def __init__(self, home: Path, name: str) -> None:
        self.home, self.name, self.owner = home, name, os.getpid()
        self.server = SERVERS[name](home)
        self.file = self._wait_for(".lease", fcntl.LOCK_SH)
        self.starting: IO[str] | None = None
        self.keeper: subprocess.Popen[str] | None = None

    def begin(self) -> None:
        """Start the keeper where none lives."""
        self._start_keeper(self._wait_for(".start", fcntl.LOCK_EX))

    def finish(self) -> str:
        """The server's address once it takes connections."""
        if self.starting is not None:
            self._hear_keeper()
        return self.server.url

    def look_after(self) -> None:
        """Start another keeper when ours was killed; a later look hears what it says, so that none of them waits."""
        if self.starting is not None:
            if self._keeper_speaks():
                self._hear_keeper()
        elif self._keeper_is_gone() and (starting := lock(self.path(".start"), fcntl.LOCK_EX)):
            self._start_keeper(starting)

    def release(self) -> None:
        """Give the lease back; the last one out waits until the server has stopped."""
        if self.file.closed or os.getpid() != self.owner:
            return
        try:
            fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.file.close()
            return
        with contextlib.suppress(OSError, ValueError):
            keeper = int(self.path(".pid").read_text(encoding="utf-8"))
            if not self._keeper_is_gone():
                os.kill(keeper, signal.SIGTERM)
            wait_until(self._keeper_is_gone, 14)
        self.file.close()

    def path(self, suffix: str) -> Path:
        """One of the files the processes agree by."""
        return self.home / "run" / f"{self.name}{suffix}"

    def _start_keeper(self, starting: IO[str]) -> None:
        with contextlib.ExitStack() as undone:
            undone.enter_context(starting)
            if self._keeper_is_gone():
                self.keeper = self._new_keeper()
                self.starting = starting
                undone.pop_all()

    def _new_keeper(self) -> subprocess.Popen[str]:
        if isinstance(self.server, PostgresServer) and self.server.is_elsewhere and not self.server.data.exists():
            say(f"Other users cannot reach {self.home}, so the database is kept in {self.server.data}.")
        with open(self.home / "logs" / "services.log", "a", encoding="utf-8") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "crm.operations.keeper", self.name], cwd=ROOT, text=True,
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, start_new_session=True,
            )  # fmt: skip

    def _keeper_speaks(self) -> bool:
        line = self.keeper.stdout if self.keeper is not None else None
        return line is not None and bool(select.select([line], [], [], 0)[0])

    def _hear_keeper(self) -> None:
        """Wait for the one line of a new keeper, and let other commands go on."""
        if self.starting is None or self.keeper is None or self.keeper.stdout is None:
            return
        with self.starting, self.keeper.stdout:
            self.starting = None
            answer = self.keeper.stdout.readline().strip()
        if answer != READY:
            raise Trouble(
                answer or f"The embedded {self.server.title} does not start; see {self.home}/logs/services.log."
            )

    def _keeper_is_gone(self) -> bool:
        if self.keeper is not None:
            self.keeper.poll()
        free = lock(self.path(".keeper"), fcntl.LOCK_SH)  # shared: two that ask at once are not taken for a keeper
        if free is not None:
            free.close()
        return free is not None

    def _wait_for(self, suffix: str, mode: int) -> IO[str]:
        held: list[IO[str]] = []

        def taken() -> bool:
            file = lock(self.path(suffix), mode)
            held.extend([file] if file else [])
            return bool(held)

        if not wait_until(taken, 60):
            raise Trouble(
                f"The embedded {self.server.title} in {self.home} is being started or stopped by another command."
            )
        return held[0]


def provide_settings() -> Path:
    """Name servers and secrets of the home folder in the environment where nobody gave others; start nothing."""
    home = make_home()
    for name, variable in VARIABLES.items():
        if not given(variable):
            os.environ[variable] = SERVERS[name](home).url
    export_secrets(home)
    return home


def provide_services() -> list[Lease]:
    """Have the embedded servers up for as long as this process lives, unless the environment names others."""
    home = make_home()
    leases: list[Lease] = []
    with step("Starting the embedded servers"):
        try:
            for name, variable in VARIABLES.items():
                if not given(variable):
                    leases.append(Lease(home, name))
                    leases[-1].begin()
            for lease in leases:
                os.environ[VARIABLES[lease.name]] = lease.finish()
        except BaseException:
            release(leases)
            raise
    export_secrets(home)
    atexit.register(release, leases)
    return leases


def release(leases: list[Lease]) -> None:
    """Give all leases back."""
    for lease in leases:
        lease.release()
