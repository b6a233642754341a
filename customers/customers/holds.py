"""What keeps a customer where it is: facts of apps above this one, each named once in HARBOUR_CUSTOMER_HOLDS."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Case, CharField, Q, QuerySet, Value, When
from django.utils.functional import Promise
from django.utils.module_loading import import_string

from customers.customers.models import Customer


@dataclass(frozen=True)
class Hold:
    """A fact that forbids releasing, recycling or merging a customer as long as it lasts.

    It forbids transfers too, unless it `moves_along`: what it is about goes to the new owner then.

    `rows` answers the ids (never null) of the customers it holds, as a queryset of one column; `sentence` tells a
    person why: "Its contract is still running."
    """

    code: str
    sentence: str | Promise
    rows: Callable[[], QuerySet[Any, Any]]
    moves_along: bool = False


def declared_holds() -> list[Hold]:
    """All holds of the installed apps, in the order of the settings."""
    return [import_string(name) for name in settings.HARBOUR_CUSTOMER_HOLDS]


def transfer_holds() -> list[Hold]:
    """The holds that keep a customer with its owner."""
    return [hold for hold in declared_holds() if not hold.moves_along]


def held(path: str = "pk", holds: Iterable[Hold] | None = None) -> Q:
    """The condition for customers that some hold (of these, or any) keeps; `path` leads to the customer's id."""
    condition = Q(pk__in=[])
    for hold in declared_holds() if holds is None else holds:
        condition |= Q(**{f"{path}__in": hold.rows()})
    return condition


def hold_code(path: str = "pk", holds: Iterable[Hold] | None = None) -> Case:
    """The code of the first hold (of these, or any) that keeps a customer, empty where none does; for annotate()."""
    asked = declared_holds() if holds is None else holds
    rules = [When(**{f"{path}__in": hold.rows()}, then=Value(hold.code)) for hold in asked]
    return Case(*rules, default=Value(""), output_field=CharField())


def hold_sentence(code: str) -> str:
    """The words of a hold by its code; the code itself where its app is gone."""
    return next((str(hold.sentence) for hold in declared_holds() if hold.code == code), code)


def holds_of(customer_ids: Iterable[int]) -> dict[int, list[Hold]]:
    """The holds of each of these customers that has any; one query per declared hold."""
    asked = Customer.objects.filter(pk__in=list(customer_ids))
    found: dict[int, list[Hold]] = {}
    for hold in declared_holds():
        for customer_id in asked.filter(pk__in=hold.rows()).values_list("pk", flat=True):
            found.setdefault(customer_id, []).append(hold)
    return found


def refuse_held(customer_ids: Iterable[int]) -> None:
    """ValidationError with every sentence where one of these customers is held; one query where none is."""
    ids = list(customer_ids)
    if not Customer.objects.filter(held(), pk__in=ids).exists():
        return
    sentences = {hold.code: str(hold.sentence) for holds in holds_of(ids).values() for hold in holds}
    if sentences:
        raise ValidationError([ValidationError(words, code=code) for code, words in sentences.items()])
