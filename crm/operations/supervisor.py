"""`manage.py run`: servers, set-up, web, workers and beat as children of one process that restarts what dies."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

from crm.operations import embedded, preflight
from crm.operations.home import ROOT, given, make_home
from crm.operations.processes import kill_group, tied_to_parent, wait_until
from crm.operations.progress import Trouble, say, step
from crm.operations.servers import last_line, open_log, redis_answers

LOOK_EVERY_SECONDS = 0.3
READY_SECONDS = 120
STOP_SECONDS = 7
LIVED_WELL_SECONDS = 60
LONGEST_DELAY_SECONDS = 15  # nobody waits longer for pages, however often they were killed
SIGN_INS = """Demo sign-ins (password of all: harbour-demo):
  rep, rep2            sales representatives, 华东区     rep3        sales representative, 华北区
  director, director2  managers of 华东区 and 华北区     vp          manager of 销售部
  marketing, agent, technician, finance   one of each
  admin  system administrator     security  security administrator     auditor  read-only auditor"""


class Interrupted(BaseException):
    """Somebody asked this copy to stop."""


@dataclass
class Child:
    """One process of the copy that is started again when it ends."""

    name: str
    command: list[str]
    home: Path
    settings: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    start_again_at: float = 0.0
    delay: float = 1.0
    ends: int = 0

    @property
    def log(self) -> Path:
        """Where everything it says is kept."""
        return self.home / "logs" / f"{self.name}.log"

    def start(self) -> None:
        """Start it, tied to this process."""
        with open_log(self.log) as log:
            self.process = subprocess.Popen(
                self.command, cwd=ROOT, env={**os.environ, **self.settings}, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, start_new_session=True, preexec_fn=tied_to_parent(),
            )  # fmt: skip
        self.started_at = time.monotonic()

    def look_after(self) -> None:
        """Start it again when it has ended, later each time it ends soon."""
        now = time.monotonic()
        if self.process is None:
            if now >= self.start_again_at:
                self._try_to_start()
        elif self.process.poll() is not None:
            if now - self.started_at > LIVED_WELL_SECONDS:
                self.delay = 1.0
            kill_group(self.process)
            self._start_later(f"ended ({self.process.returncode})")
            self.process = None

    def is_gone(self) -> bool:
        """Whether no process of it is left."""
        return self.process is None or self.process.poll() is not None

    def _try_to_start(self) -> None:
        try:
            self.start()
        except (OSError, subprocess.SubprocessError) as fault:  # no memory, no room on the disk
            self._start_later(f"cannot be started ({fault})")

    def _start_later(self, reason: str) -> None:
        say(f"{self.name} {reason}; starting it again in {self.delay:.0f} s. Log: {self.log}")
        self.start_again_at = time.monotonic() + self.delay
        self.delay, self.ends = min(self.delay * 2, LONGEST_DELAY_SECONDS), self.ends + 1


def run(words: list[str]) -> int:
    """Serve this copy until it is told to stop; the exit status."""
    if words:
        raise Trouble("`run` takes no arguments; its settings come from the environment (see docs/operations.md).")
    home = make_home()
    alone = embedded.lock(home / "run" / "run.lock", fcntl.LOCK_EX)
    if alone is None:
        raise Trouble(f"Harbour CRM already runs on {home}; stop it or set HARBOUR_HOME to another folder.")
    preflight.check_port(preflight.port())
    for wish in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(wish, _interrupt)
    os.environ.setdefault("HARBOUR_DEMO", "1")
    leases: list[embedded.Lease] = []
    children: list[Child] = []
    try:
        check_given_servers()
        leases = embedded.provide_services()
        found = set_up()
        children = processes(home)
        for child in children:
            child.start()
        wait_for_pages(children)
        announce(found)
        watch(children, leases)
    except Interrupted:
        return 0
    finally:
        for wish in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(wish, signal.SIG_IGN)
        stop(children)
        embedded.release(leases)
    return 0


def processes(home: Path) -> list[Child]:
    """Web, workers and beat of this copy."""
    python = sys.executable
    celery = [python, "-m", "celery", "-A", "crm.celery"]
    quiet = ["--loglevel=INFO", "--without-gossip", "--without-mingle", "--without-heartbeat"]
    worker_limits = {"HARBOUR_STATEMENT_TIMEOUT": "60", "HARBOUR_IDLE_TRANSACTION_TIMEOUT": "60"}
    bulk_limits = {"HARBOUR_STATEMENT_TIMEOUT": "600", "HARBOUR_IDLE_TRANSACTION_TIMEOUT": "600"}
    ordinary = [*celery, "worker", "-n", "ordinary@%h", "-Q", "critical,default", "-c", "2", *quiet]
    bulk = [*celery, "worker", "-n", "bulk@%h", "-Q", "bulk", "-c", "1", *quiet]
    beat = [*celery, "beat", "--loglevel=WARNING", "--pidfile=", "-s", str(home / "run" / "beat-schedule")]
    return [
        Child("web", [python, "-m", "gunicorn", "-c", "python:crm.operations.web", "crm.wsgi:application"], home),
        Child("worker", ordinary, home, worker_limits),
        Child("worker-bulk", bulk, home, bulk_limits),
        Child("beat", beat, home, worker_limits),
    ]


def set_up() -> dict[str, Any]:
    """Database, translations, static files and demo data; what the database holds now."""
    unlimited = {"HARBOUR_STATEMENT_TIMEOUT": "0", "HARBOUR_IDLE_TRANSACTION_TIMEOUT": "0"}
    process = subprocess.Popen(
        [sys.executable, "manage.py", "prepare"], cwd=ROOT, env={**os.environ, **unlimited, "HARBOUR_BOOTSTRAP": "0"},
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, start_new_session=True, preexec_fn=tied_to_parent(),
    )  # fmt: skip
    try:
        answer, _ = process.communicate()
    except BaseException:
        kill_group(process)
        process.wait()
        raise
    if process.returncode:
        raise Trouble("Harbour CRM was not started: its database could not be set up (the reason stands above).")
    return dict(json.loads(answer.splitlines()[-1]))


def check_given_servers() -> None:
    """Refuse servers that were named in the environment and do not answer."""
    import psycopg  # noqa: PLC0415 - only where a server of somebody else is used

    if given("DATABASE_URL"):
        try:
            psycopg.connect(_address("DATABASE_URL"), connect_timeout=5).close()
        except psycopg.Error as refusal:
            raise Trouble(f"The database that DATABASE_URL names cannot be used: {str(refusal).splitlines()[0]}")
    if given("REDIS_URL") and not redis_answers(_address("REDIS_URL")):
        raise Trouble("The Redis that REDIS_URL names does not answer.")


def wait_for_pages(children: list[Child]) -> None:
    """Return when pages answer; refuse to go on when the web process keeps ending."""
    web = children[0]

    def answered() -> bool:
        for child in children:
            child.look_after()
        return web.ends > 1 or _healthy()

    with step("Starting the web server and the workers"):
        in_time = wait_until(answered, READY_SECONDS, LOOK_EVERY_SECONDS)
    if not in_time or web.ends > 1:
        raise Trouble(f"The web server does not start: {last_line(web.log)} (all of it: {web.log})")


def announce(found: dict[str, Any]) -> None:
    """Tell where the pages are and who may sign in."""
    lines = [f"Harbour CRM is ready at http://127.0.0.1:{preflight.port()}"]
    if found["demo"]:
        lines.append(SIGN_INS)
    elif not found["users"]:
        lines.append("Nobody can sign in yet: make the first administrator with `python3 manage.py createsuperadmin`.")
    lines.append("Ctrl-C stops it.")
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


def watch(children: list[Child], leases: list[embedded.Lease]) -> None:
    """Keep everything running until somebody interrupts."""
    while True:
        time.sleep(LOOK_EVERY_SECONDS)
        for lease in leases:
            try:
                lease.look_after()
                follow(lease, children)
            except (Trouble, OSError, ValueError) as fault:  # a server that dies right now; the next look finds it
                say(f"A server could not be looked after ({type(fault).__name__}: {fault}); trying again.")
        for child in children:
            child.look_after()


def follow(lease: embedded.Lease, children: list[Child]) -> None:
    """Start everything anew at the address of a server that had to move."""
    variable, address = embedded.VARIABLES[lease.name], lease.server.url
    if os.environ[variable] != address:
        say(f"The embedded {lease.server.title} has another address now; starting everything that uses it again.")
        os.environ[variable] = address
        stop(children)


def stop(children: list[Child]) -> None:
    """End all children: politely, then for good."""
    for child in children:
        if child.process is not None and child.process.poll() is None:
            child.process.terminate()
    wait_until(lambda: all(child.is_gone() for child in children), STOP_SECONDS)
    for child in children:
        if child.process is not None:
            kill_group(child.process)
            child.process.wait()


def _healthy() -> bool:
    address = f"http://127.0.0.1:{preflight.port()}/healthz"
    host = os.environ.get("HARBOUR_ALLOWED_HOSTS", "").split(",")[0].strip() or "127.0.0.1"
    try:
        with urllib.request.urlopen(urllib.request.Request(address, headers={"Host": host}), timeout=3) as answer:
            return bool(answer.status == 200)
    except (OSError, ValueError):
        return False


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise Interrupted


def _address(variable: str) -> str:
    if path := os.environ.get(f"{variable}_FILE"):
        return Path(path).read_text(encoding="utf-8").strip()
    return os.environ[variable]
