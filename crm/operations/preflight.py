"""What must hold before anything is installed or started: told in one sentence, before the first minute of waiting."""

from __future__ import annotations

import os
import socket
import sys

from crm.operations.home import make_home
from crm.operations.progress import Trouble

NEEDS_HOME = {"run", "test"}


def check(argv: list[str]) -> None:
    """Refuse what cannot work: a wrong Python, a full disk, a port in use."""
    if not (3, 11) <= sys.version_info[:2] <= (3, 13):
        version = ".".join(map(str, sys.version_info[:2]))
        raise Trouble(f"Harbour CRM needs Python 3.11, 3.12 or 3.13; this is Python {version} ({sys.executable}).")
    command = argv[1] if len(argv) > 1 else ""
    if command in NEEDS_HOME:
        make_home()
    if command == "run":
        check_port(port())


def port() -> int:
    """The port HARBOUR_PORT names, 8000 by default."""
    given = os.environ.get("HARBOUR_PORT") or "8000"
    if not given.isdecimal() or not 0 < int(given) < 65536:
        raise Trouble(f"HARBOUR_PORT must be a number from 1 to 65535, not {given!r}.")
    return int(given)


def check_port(number: int) -> None:
    """Refuse a port somebody else listens on."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", number))
        except PermissionError:
            raise Trouble(f"Port {number} may not be used by this user; set HARBOUR_PORT to one above 1023.")
        except OSError:
            raise Trouble(
                f"Port {number} is already in use; stop the program that uses it or set HARBOUR_PORT to another one."
            )
