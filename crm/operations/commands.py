"""What each command of manage.py needs before it runs."""

from __future__ import annotations

import os

from crm.operations import progress

WITHOUT_SERVERS = frozenset(
    ["check", "check_templates", "collectstatic", "compilemessages", "diffsettings", "findstatic"]
)
WITHOUT_SERVERS |= frozenset(["help", "makemessages", "messages", "startapp", "version"])


def dispatch(argv: list[str]) -> int:
    """Run one command inside the environment; its exit status. Trouble is one sentence on stderr."""
    name = argv[1] if len(argv) > 1 else "help"
    wants_help = bool({"-h", "--help", "--version"} & set(argv[1:]))
    try:
        if name == "run" and not wants_help:
            from crm.operations import supervisor  # noqa: PLC0415 - each command loads only what it needs

            return supervisor.run(argv[2:])
        if name == "test":
            from crm.operations import testing  # noqa: PLC0415

            return testing.run_tests(argv[2:])
        if name == "lint" and not wants_help:
            from crm.operations import linting  # noqa: PLC0415

            return linting.lint()
        return run_django(argv, with_servers=name not in WITHOUT_SERVERS and not wants_help)
    except progress.Trouble as trouble:
        progress.say(str(trouble))
        return 1
    except KeyboardInterrupt:
        return 130


def run_django(argv: list[str], with_servers: bool) -> int:
    """Run a Django command against the same settings and servers as `run`."""
    from crm.operations import embedded  # noqa: PLC0415

    for limit in ("HARBOUR_STATEMENT_TIMEOUT", "HARBOUR_IDLE_TRANSACTION_TIMEOUT"):
        os.environ.setdefault(limit, "0")  # the limits are for web requests
    embedded.provide_settings() if not with_servers else embedded.provide_services()
    from django.core.exceptions import ImproperlyConfigured  # noqa: PLC0415
    from django.core.management import execute_from_command_line  # noqa: PLC0415
    from django.db import OperationalError  # noqa: PLC0415

    try:
        execute_from_command_line(argv)
    except ImproperlyConfigured as fault:
        raise progress.Trouble(f"A setting is wrong: {fault}")
    except OperationalError as refusal:
        if not str(refusal).startswith("connection"):
            raise
        raise progress.Trouble(f"The database cannot be used: {str(refusal).splitlines()[0]}")
    return 0
