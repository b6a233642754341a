"""How gunicorn serves the application: `gunicorn -c python:crm.operations.web crm.wsgi:application`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from gunicorn.glogging import Logger

from crm.operations.processes import die_with_parent

bind = f"{os.environ.get('HARBOUR_BIND') or '127.0.0.1'}:{os.environ.get('HARBOUR_PORT') or '8000'}"
worker_class = "gthread"
workers = int(os.environ.get("HARBOUR_WEB_WORKERS") or 2)
threads = int(os.environ.get("HARBOUR_WEB_THREADS") or 4)
timeout = 60
graceful_timeout = 5
keepalive = 5
max_requests = 20_000
max_requests_jitter = 2_000
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - heartbeat files only, never on a slow disk
limit_request_line = 8190
accesslog = "-"
access_log_format = '%(t)s "%(m)s %(U)s" %(s)s %(B)s bytes %(M)s ms'  # without the query: it may hold names and numbers
control_socket_disable = True


class AccessLogger(Logger):  # type: ignore[misc, unused-ignore]
    """Writes down requests without the keys that some addresses hold."""

    def atoms(self, resp: Any, req: Any, environ: Any, request_time: Any) -> dict[str, Any]:
        """The parts of a line."""
        from crm.operations.logs import without_secrets  # noqa: PLC0415 - the master reads this file without settings

        parts: dict[str, Any] = super().atoms(resp, req, environ, request_time)
        return {**parts, "U": without_secrets(parts["U"] or "")}


logger_class = AccessLogger


def post_fork(server: object, worker: object) -> None:
    """A worker ends with its master, however that ends."""
    die_with_parent()
