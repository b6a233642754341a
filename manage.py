#!/usr/bin/env python3
"""Every command of Harbour CRM; prepares the project's own environment first where that is missing or out of date."""

import os
import sys


def main():
    """Run the command of the command line and leave with its exit status."""
    if sys.version_info < (3, 11):  # noqa: UP036 - an old Python must be able to read this file and say so
        version = ".".join(map(str, sys.version_info[:2]))
        sys.exit("Harbour CRM needs Python 3.11, 3.12 or 3.13; this is Python " + version + ".")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings.dev")
    if os.environ.get("HARBOUR_BOOTSTRAP", "1") == "0":  # an image or server that was prepared by other means
        from django.core.management import execute_from_command_line

        execute_from_command_line(sys.argv)
        return
    from crm.operations import bootstrap

    bootstrap.enter_environment(sys.argv)
    from crm.operations.commands import dispatch

    sys.exit(dispatch(sys.argv))


if __name__ == "__main__":
    main()
