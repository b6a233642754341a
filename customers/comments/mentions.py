"""Colleagues named with @ in a text: who they are, whether they may be told, and telling them once."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext as _

from crm.notifications.actions import notify
from crm.people.models import User
from customers.customers.models import Customer

if TYPE_CHECKING:
    from customers.activities.models import Activity
    from customers.comments.models import Comment

MENTIONS_AT_MOST = 20
LONGEST_NAME = 60
# not inside an e-mail address
_SIGN = re.compile(r"(?<![\w.+-])@(?=\S)")


def mentioned_in(text: str, customer: Customer, *, author: User) -> list[User]:
    """The colleagues a text names as @name or @username, the longest name that fits; the author never.

    ValidationError where a name belongs to two people, or where one of them does not see the customer.
    """
    people = _people_in(text)
    hidden = [person for person in people if not _sees(person, customer)]
    if hidden:
        names = ", ".join(str(person) for person in hidden)
        raise ValidationError(
            {"content": _("%(names)s cannot see this customer. Add them to the team first, or take the @ away.")
             % {"names": names}}
        )  # fmt: skip
    return [person for person in people if person != author]


def tell_mentioned(people: list[User], *, about: Activity | Comment, author: User, text: str, dedupe_key: str) -> None:
    """Put a notice about what somebody wrote at a customer into the inbox of each, in the language of each."""
    for person in people:
        with translation.override(person.language):
            words = {"name": author, "customer": about.customer.name, "text": " ".join(text.split())[:80]}
            told = _("%(name)s mentioned you at “%(customer)s”: %(text)s") % words
        notify(person, "mention", told, about=about, url=about.get_absolute_url(), dedupe_key=dedupe_key)


def _people_in(text: str) -> list[User]:
    starts = [found.end() for found in _SIGN.finditer(text)][:MENTIONS_AT_MOST]
    if not starts:
        return []
    wanted = {text[start : start + length] for start in starts for length in range(1, LONGEST_NAME + 1)}
    by_name: dict[str, list[User]] = defaultdict(list)
    for person in User.objects.active().filter(Q(name__in=wanted) | Q(username__in=wanted)).order_by("pk"):
        for name in {person.name, person.username}:
            by_name[name].append(person)
    found: dict[int, User] = {}
    for start in starts:
        names = [name for name in by_name if name and text.startswith(name, start)]
        if not names:
            continue
        people = by_name[max(names, key=len)]
        if len(people) > 1:
            raise ValidationError(
                {"content": _("Several colleagues are called %(name)s. Write @ and a user name: %(usernames)s.")
                 % {"name": people[0].name, "usernames": ", ".join(person.username for person in people)}}
            )  # fmt: skip
        found[people[0].pk] = people[0]
    return list(found.values())


def _sees(person: User, customer: Customer) -> bool:
    return Customer.objects.visible_to(person).filter(pk=customer.pk).exists()
