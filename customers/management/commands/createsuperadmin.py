"""The first administrator of a real installation."""

import getpass
import os
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from crm.access.models import Role
from crm.access.standard_roles import load_standard_roles
from crm.history.operations import operation
from crm.people.actions import add_user
from crm.people.models import Department, User
from customers.base_data.loading import load_base_data

ADVICE = (
    "A system administrator keeps accounts and gives nobody roles: that is the security administrator's duty, and one "
    "person never holds both. Create that account with --security-username NAME."
)


class Command(BaseCommand):
    help = "Create the first system administrator and, with --security-username, the security administrator."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Names by option; passwords by HARBOUR_ADMIN_PASSWORD and HARBOUR_SECURITY_PASSWORD, or asked for."""
        parser.add_argument("--username", default=os.environ.get("HARBOUR_ADMIN_USERNAME", "admin"))
        parser.add_argument("--name", default="")
        parser.add_argument("--security-username", default=os.environ.get("HARBOUR_SECURITY_USERNAME", ""))
        parser.add_argument("--company", default="公司", help="name of the first department")
        parser.add_argument("--no-input", "--noinput", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Create the accounts with their roles, all or nothing."""
        wanted = [("admin", options["username"], options["name"], "HARBOUR_ADMIN_PASSWORD")]
        if options["security_username"]:
            wanted.append(("security", options["security_username"], "", "HARBOUR_SECURITY_PASSWORD"))
        passwords = [self._password(username, key, options["no_input"]) for _role, username, _name, key in wanted]
        try:
            with transaction.atomic():
                self._prepare(options["company"])
                for (role, username, name, _key), password in zip(wanted, passwords, strict=True):
                    self._create(role, username, name, password)
        except ValidationError as refusal:
            raise CommandError(" ".join(refusal.messages))
        self.stdout.write(f"Created: {', '.join(username for _role, username, _name, _key in wanted)}.")
        if not options["security_username"] and not User.objects.active().filter(roles__duty="security").exists():
            self.stdout.write(ADVICE)

    def _password(self, username: str, key: str, is_silent: bool) -> str:
        password = os.environ.get(key, "")
        if password:
            return password
        if is_silent:
            raise CommandError(f"Set {key} to the password of {username}.")
        password = getpass.getpass(f"Password of {username}: ")
        if password != getpass.getpass("Once more: "):
            raise CommandError("The two passwords differ.")
        return password

    def _prepare(self, company: str) -> None:
        load_standard_roles()
        load_base_data()
        if not Department.objects.exists():
            with operation(None, "department_added", via="system"):
                root = Department.objects.create(name=company, takes_intake=True)
                root.path = [root.pk]
                root.save(update_fields=["path"])

    def _create(self, role: str, username: str, name: str, password: str) -> None:
        user = add_user(
            actor=None,
            username=username,
            name=name or username,
            password=password,
            department=Department.objects.intake(),
        )
        with operation(None, "administrator_created", user, via="system"):
            user.roles.add(Role.objects.get(code=role))
