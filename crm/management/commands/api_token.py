"""`manage.py api_token USERNAME`: print a new token, once."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from crm.api.tokens import issue_token
from crm.people.models import User


class Command(BaseCommand):
    help = "Make an API token for a person and print it; it cannot be shown again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--scopes", default="", help="comma-separated words; none: all the person may do")
        parser.add_argument("--name", default="command line")

    def handle(self, *args: Any, **options: Any) -> None:
        person = User.objects.filter(username=options["username"]).first()
        if person is None:
            raise CommandError(f"There is no user {options['username']}.")
        scopes = [word.strip() for word in options["scopes"].split(",") if word.strip()]
        try:
            _token, text = issue_token(person, actor=None, name=options["name"], scopes=scopes)
        except ValidationError as refusal:
            raise CommandError(" ".join(refusal.messages))
        self.stdout.write(text)
