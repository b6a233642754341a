"""Users, departments and roles."""

import secrets

import factory
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.hashers import make_password
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.test import Client

from crm.access.models import Role
from crm.access.standard_roles import load_standard_roles
from crm.people.models import Department, User

PASSWORD = "harbour-demo"


class DepartmentFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Department

    name = factory.Sequence(lambda n: f"Department {n}")

    @factory.post_generation
    def place(self, create, extracted, **kwargs):
        self.path = [*(self.parent.path if self.parent else []), self.pk]
        self.save(update_fields=["path"])


class UserFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = User
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"user{n}")
    name = factory.LazyAttribute(lambda user: user.username.title())
    password = factory.LazyFunction(lambda: make_password(PASSWORD))
    is_demo = True
    language = "en"


def role_named(code: str) -> Role:
    """One of the nine standard roles, with its standard grants."""
    role = Role.objects.filter(code=code).first()
    if role is None:
        load_standard_roles()
        role = Role.objects.get(code=code)
    return role


def make_department(name: str = "", parent: Department | None = None, **fields) -> Department:
    """A department at its place in the tree; the same name under the same parent is made once."""
    if name and (found := Department.objects.filter(name=name, parent=parent).first()):
        return found
    return DepartmentFactory(parent=parent, **({"name": name} if name else {}), **fields)


def make_user(username: str = "", role: str = "", department: Department | None = None, **fields) -> User:
    """An active person with one standard role ("" for none) in a department (a shared one where none is named)."""
    named = {"username": username} if username else {}
    user = UserFactory(department=department or make_department("Sales"), **named, **fields)
    if role:
        user.roles.add(role_named(role))
    return user


def sign_in(user: User) -> Client:
    """A browser in which this person is signed in, with the session that signing in leaves, written at once."""
    store, client = SessionStore(), Client()
    held = {
        SESSION_KEY: str(user.pk),
        BACKEND_SESSION_KEY: "allauth.account.auth_backends.AuthenticationBackend",
        HASH_SESSION_KEY: user.get_session_auth_hash(),
    }
    session = Session.objects.create(
        session_key=secrets.token_hex(16), session_data=store.encode(held), expire_date=store.get_expiry_date()
    )
    client.cookies[settings.SESSION_COOKIE_NAME] = session.pk
    return client
