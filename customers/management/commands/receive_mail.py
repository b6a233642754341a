"""`manage.py receive_mail`: one mail on standard input, for the pipe of a mail server."""

from __future__ import annotations

import os
import sys
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from crm.records.forms import has_code
from customers.activities.mail_in import UNKNOWN_ADDRESS, receive_for_address
from customers.activities.mail_reading import BYTES_AT_MOST


class Command(BaseCommand):
    help = "Log one mail from standard input as follow-ups of the person whose address it was sent to."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("recipient", nargs="*", help="the envelope recipients, where the mail server knows them")

    def handle(self, *args: Any, **options: Any) -> None:
        raw = sys.stdin.buffer.read(BYTES_AT_MOST + 1)
        try:
            made = receive_for_address(raw, options["recipient"])
        except ValidationError as refusal:
            # what mail servers turn into a bounce: no such user, or a mail that is no good
            code = os.EX_NOUSER if has_code(refusal, UNKNOWN_ADDRESS) else os.EX_DATAERR
            raise CommandError(" ".join(refusal.messages), returncode=code)
        self.stdout.write(f"{len(made)} follow-ups logged.")
