"""A whole copy of the product, started as people start it, for stories that need real workers and real faults."""

from __future__ import annotations

import fcntl
import http.cookiejar
import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

import psycopg

from crm.operations.processes import tied_to_parent
from crm.operations.servers import PostgresServer, free_port

ROOT = Path(__file__).resolve().parents[2]
READY = "Harbour CRM is ready at"


def prepared_home() -> Path:
    """A home made once in this run, as `run` makes it before it serves: with all tables and the demo company."""
    home = Path(os.environ["HARBOUR_PREPARED"])
    with home.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not home.exists():
            first = Copy()
            first.manage("prepare")
            if left := first.interrupt():
                raise RuntimeError(f"the first copy did not end: {left}")
            first.home.rename(home)
    return home


def begin_prepared(home: Path) -> None:
    """Fill a home as that first copy left its own, with everything that a first start takes long to make."""
    home.mkdir(exist_ok=True)
    subprocess.run(["cp", "-a", f"{prepared_home()}/.", home], check=True)
    (home / "valkey" / "port").unlink()  # copies that start at the same time must not want the same one


class Copy:
    """`manage.py run` with its own home and port."""

    def __init__(self) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="harbour-copy-"))
        self.home.chmod(0o755)  # as root the database runs as another user and must reach its folder
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        dropped = ("DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE", "PYTEST_")
        self.env = {key: value for key, value in os.environ.items() if not key.startswith((*dropped, "HARBOUR_"))}
        self.env |= {"HARBOUR_HOME": str(self.home), "HARBOUR_PORT": str(self.port), "HARBOUR_DEMO": "1"}
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start where the first copy of this run of the tests ended, and wait for the ready line."""
        begin_prepared(self.home)
        self.run(60)

    def run(self, seconds: float) -> None:
        """Start in the home as it is and wait for the ready line."""
        log = (self.home / "run.log").open("w")
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "run"], cwd=ROOT, env=self.env, stdout=log, stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL, start_new_session=True, text=True, preexec_fn=tied_to_parent(signal.SIGTERM),
        )  # fmt: skip
        deadline = time.monotonic() + seconds
        while READY not in (text := (self.home / "run.log").read_text()):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"no ready line:\n{text[-2000:]}")
            time.sleep(0.2)

    def stop(self) -> list[int]:
        """Interrupt; what is still alive then. The data goes with it."""
        left = self.interrupt()
        shutil.rmtree(self.home, ignore_errors=True)
        return left

    def interrupt(self) -> list[int]:
        """End as with Ctrl-C; what is still alive after 15 seconds."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline and ((self.process and self.process.poll() is None) or self.find()):
            time.sleep(0.2)
        return self.find()

    def find(self, *words: str) -> list[int]:
        """Processes of this copy whose command line holds all words."""
        marker = f"HARBOUR_HOME={self.home}".encode()
        found = []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit() or int(entry.name) == os.getpid():
                continue
            try:
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                mine = marker in (entry / "environ").read_bytes().split(b"\0") or str(self.home) in line
            except OSError:
                continue
            if mine and line and all(word in line for word in words):
                found.append(int(entry.name))
        return found

    def kill(self, *words: str) -> int:
        """kill -9 every process of this copy whose command line holds all words; how many."""
        victims = self.find(*words)
        for victim in victims:
            try:
                os.kill(victim, signal.SIGKILL)
            except ProcessLookupError:
                continue
        return len(victims)

    def manage(self, *words: str) -> str:
        """The output of a management command against this copy."""
        done = subprocess.run(
            [sys.executable, "manage.py", *words], cwd=ROOT, env=self.env, capture_output=True, text=True, timeout=300
        )
        if done.returncode:
            raise RuntimeError(f"{words}: {done.stdout[-1000:]}{done.stderr[-2000:]}")
        return done.stdout.strip()

    def sql(self, statement: str) -> str:
        """Run SQL as somebody with psql would; the first value, or the number of rows."""
        with psycopg.connect(PostgresServer(self.home).url, autocommit=True) as connection:
            done = connection.execute(statement)
            return str(done.fetchone()[0] if done.description else done.rowcount)

    def wait_until_well(self, seconds: float = 60) -> None:
        """Wait until pages answer again after something was killed; what the copy said where they do not."""
        deadline = time.monotonic() + seconds
        while self.browser().status("/readyz") != 200:
            if time.monotonic() > deadline:
                raise RuntimeError(f"not well again:\n{(self.home / 'run.log').read_text()[-2000:]}")
            time.sleep(0.3)

    def api(self, username: str) -> Api:
        """An API client that acts as a person."""
        return Api(self.base, self.manage("api_token", username).split()[-1])

    def browser(self) -> Browser:
        """A person without JavaScript."""
        return Browser(self.base)


class Api:
    """Calls with a token; answers (status, JSON)."""

    def __init__(self, base: str, token: str) -> None:
        self.root, self.token = f"{base}/api/v1/", token

    def call(
        self, method: str, path: str, body: object = None, content: tuple[str, bytes] | None = None
    ) -> tuple[int, Any]:
        url = path if path.startswith("http") else urllib.parse.urljoin(self.root, path)
        kind, raw = content or ("application/json", json.dumps(body).encode() if body is not None else None)
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": kind}
        if method == "POST":
            headers["Idempotency-Key"] = secrets.token_hex(12)
        request = urllib.request.Request(url, raw, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as refusal:
            return refusal.code, json.loads(refusal.read() or b"null")

    def get(self, path: str) -> Any:
        status, answer = self.call("GET", path)
        assert status == 200, (path, status, answer)
        return answer

    def upload(self, path: str, name: str, raw: bytes, fields: dict[str, str]) -> tuple[int, Any]:
        mark = secrets.token_hex(12)
        parts = [
            f'--{mark}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
            for key, value in fields.items()
        ]
        head = f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="{urllib.parse.quote(name)}"\r\n'
        parts.append(head.encode() + b"Content-Type: application/octet-stream\r\n\r\n" + raw + b"\r\n")
        body = b"".join(parts) + f"--{mark}--\r\n".encode()
        return self.call("POST", path, content=(f"multipart/form-data; boundary={mark}", body))

    def wait(self, job: int, seconds: float = 240) -> dict[str, Any]:
        """The job once it has ended."""
        deadline, answer = time.monotonic() + seconds, None
        while time.monotonic() < deadline:
            try:
                answer = self.get(f"jobs/{job}/")
            except urllib.error.URLError:  # something was just killed; it comes back
                time.sleep(0.3)
                continue
            if answer["state"] in ("done", "failed", "cancelled"):
                return answer
            time.sleep(0.3)
        raise RuntimeError(f"job {job} has not ended: {answer}")


class Browser:
    """Cookies, forms, links; no scripts."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))

    def open(self, path: str, fields: dict[str, str] | None = None) -> tuple[int, str, str]:
        """(status, text, final address)."""
        url = urllib.parse.urljoin(self.base, path)
        body = urllib.parse.urlencode(fields).encode() if fields is not None else None
        request = urllib.request.Request(url, body, {"Referer": url, "Origin": self.base})
        try:
            with self.opener.open(request, timeout=60) as answer:
                return answer.status, answer.read().decode(errors="replace"), answer.url
        except urllib.error.HTTPError as refusal:
            return refusal.code, refusal.read().decode(errors="replace"), refusal.url

    def status(self, path: str) -> int:
        """The status of a page, 0 where nobody answers."""
        try:
            return self.open(path)[0]
        except (urllib.error.URLError, OSError):
            return 0

    def sign_in(self, username: str, password: str = "harbour-demo") -> bool:
        _, html, _ = self.open("/accounts/login/")
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', html)
        fields = {"csrfmiddlewaretoken": token.group(1), "login": username, "password": password}
        status, _, where = self.open("/accounts/login/", fields)
        return status == 200 and "/accounts/login" not in where
