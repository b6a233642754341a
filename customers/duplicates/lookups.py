"""Whether a company is known: where it is, never how to reach it; logged, and only so often a minute and a day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core import signing
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.history.operations import operation
from crm.people.models import User
from crm.ui.formats import long_day
from customers.customers.identity import clean_credit_code, clean_line, clean_phone
from customers.customers.models import Customer
from customers.duplicates.asking import VERB, refuse_too_often
from customers.duplicates.checking import Match, find_duplicates

_SALT = "customer-look-up"
_VALID_SECONDS = 3600


@dataclass(frozen=True)
class Answer:
    """One customer that fits: where it is, and its name to those who asked by name or code or may see it.

    `key` stands for it in a request to its director; "" where there is nobody to ask.
    """

    name: str
    place: str
    likeness: str
    url: str
    key: str


def look_up_customer(*, actor: User, name: str = "", credit_code: str = "", phone: str = "") -> list[Answer]:
    """Customers of this or nearly this name, of this code or phone; ValidationError when asked too often."""
    name, phone = clean_line(name), clean_phone(phone)
    code = clean_credit_code(credit_code)
    asked = [word for word, value in (("name", name), ("credit_code", code), ("phone", phone)) if value]
    with transaction.atomic():
        held = User.objects.select_for_update(of=("self",), no_key=True).filter(pk=actor.pk)
        held.order_by().values_list("pk").first()
        refuse_too_often(actor)
        with operation(actor, VERB, facts={"by": asked}):
            found = find_duplicates(actor, name=name, credit_code=code, phones=[phone])
            answers: dict[int, Answer] = {}
            for by, matches in [*found.exact.items(), ("name", found.similar)]:
                for match in matches:
                    answers.setdefault(match.customer.pk, _answer(match, actor, is_named=by != "phone"))
            return list(answers.values())


def customer_of(key: str, actor: User) -> Customer:
    """The customer an answer stood for; ValidationError where the key was not given to this person, or long ago."""
    try:
        pk, asked_by = signing.loads(key, salt=_SALT, max_age=_VALID_SECONDS)
    except signing.BadSignature:
        pk = asked_by = 0
    customer = Customer.objects.live().filter(pk=pk, owner__isnull=False).first() if asked_by == actor.pk else None
    if customer is None:
        raise ValidationError(_("This answer is no longer valid. Look the customer up again."), code="stale")
    return customer


def _answer(match: Match, actor: User, *, is_named: bool) -> Answer:
    customer: Any = match.customer
    may_ask = not match.is_visible and customer.owner_id is not None
    return Answer(
        name=customer.name if is_named or match.is_visible else "",
        place=_place(customer),
        likeness="" if match.score == 100 else _("%(score)s of 100 alike") % {"score": match.score},
        url=customer.get_absolute_url() if match.is_visible else "",
        key=signing.dumps([customer.pk, actor.pk], salt=_SALT) if may_ask else "",
    )


def _place(customer: Customer) -> str:
    if customer.pool is not None:
        return _("in the pool “%(name)s”") % {"name": customer.pool}
    words = {"name": str(customer.department)}
    if customer.protected_until and customer.protected_until >= timezone.localdate():
        words["day"] = long_day(customer.protected_until)
        return _("owned in the department %(name)s, protected until %(day)s") % words
    return (_("owned in the department %(name)s") if customer.owner_id else _("in the department %(name)s")) % words
