"""How prices change: one person asks, another agrees, and on its day the price is in force (TRUST 9.4)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.history.operations import operation
from crm.notifications.actions import new_notice, notify_many
from crm.people.models import User
from crm.records.promises import promised
from customers.customers.identity import clean_line
from sales.products.models import PriceChange, PriceList, PriceListEntry, Product
from sales.products.secrets import hidden_changes

RIGHT = "sales.change_price"
PLANNED_DAYS_AT_MOST = 730
WISHES_AT_MOST = 1000
Field = PriceChange.Field
LIST_FIELDS = (Field.LIST_ENTRY, Field.LIST_FLOOR)
# which column of a product or of an entry a change writes
COLUMN = {
    Field.LIST_PRICE: "list_price",
    Field.MINIMUM_PRICE: "minimum_price",
    Field.COST_PRICE: "cost_price",
    Field.LIST_ENTRY: "price",
    Field.LIST_FLOOR: "minimum_price",
}


@dataclass(frozen=True)
class Wish:
    """A price somebody wants: `after` None takes a minimum, a cost or an entry of a list away."""

    product: Product
    field: str
    after: Decimal | None


def ask_for_prices(
    wishes: Sequence[Wish], *, actor: User, starts_on: date, reason: str, price_list: PriceList | None = None
) -> list[PriceChange]:
    """Ask for new prices, of products or on one list; whoever may decide is told.

    Wishes that change nothing are left out. ValidationError where nothing would change, a price cannot be, or a change
    of the same price waits already.
    """
    _refuse_day(starts_on)
    reason = clean_line(reason)
    if not reason:
        raise ValidationError({"reason": _("Say why the price changes.")})
    if len(wishes) > WISHES_AT_MOST:
        raise ValidationError(_("Ask for at most %(limit)s prices at once.") % {"limit": WISHES_AT_MOST})
    subject: Any = price_list or (wishes[0].product if wishes else None)
    said = _("A change of this price waits already. Withdraw or decide it first.")
    with promised("price_change_one_open", {"starts_on": said}), operation(
        actor, "price_asked", subject, reason=reason, row_count=len(wishes) or 1
    ):  # fmt: skip
        _lock([wish.product.pk for wish in wishes], price_list)
        befores = _prices_now([(wish.product.pk, wish.field) for wish in wishes], price_list)
        made = []
        for wish in wishes:
            _refuse_wish(wish, actor, price_list)
            before = befores[(wish.product.pk, wish.field)]
            if before != wish.after:
                made.append(
                    PriceChange(
                        product=wish.product, price_list=price_list, field=wish.field, before=before, after=wish.after,
                        starts_on=starts_on, reason=reason, asked_by=actor,
                    )
                )  # fmt: skip
        if not made:
            raise ValidationError(_("No price differs from what it is now."), code="nothing")
        _refuse_waiting(made, price_list, said)
        PriceChange.objects.bulk_create(made)
        _tell_deciders(subject, actor, len(made))
    return made


def decide_prices(
    changes: Iterable[PriceChange], *, actor: User, is_agreed: bool, answer: str = ""
) -> list[PriceChange]:
    """Agree to or refuse what somebody else asked for; agreed prices whose day has come are in force at once.

    All or none. ValidationError for one's own wishes, for those decided already, and where prices would not fit
    together (a minimum above its price).
    """
    ids = sorted(change.pk for change in changes)
    if not ids:
        raise ValidationError(_("Choose at least one price change."), code="nothing")
    answer, today = clean_line(answer), timezone.localdate()
    verb = "price_agreed" if is_agreed else "price_refused"
    first = PriceChange.objects.select_related("product").filter(pk=ids[0]).first()
    with operation(actor, verb, first.product if first else None, reason=answer, row_count=len(ids)):
        rows = _hold(ids)
        for row in rows:
            _refuse_decider(row, actor)
        for row in rows:
            row.state = PriceChange.State.AGREED if is_agreed else PriceChange.State.REFUSED
            row.decided_by, row.decided_at, row.answer = actor, timezone.now(), answer
        PriceChange.objects.bulk_update(rows, ["state", "decided_by", "decided_at", "answer"])
        if is_agreed:
            _put_in_force([row for row in rows if row.starts_on <= today])
        _tell_askers(rows, actor, is_agreed=is_agreed)
    return rows


def withdraw_price(change: PriceChange, *, actor: User) -> None:
    """Take one's own wish back while nobody has decided on it, or it has not begun."""
    with operation(actor, "price_withdrawn", change.product):
        (row,) = _hold([change.pk])
        if row.asked_by_id != actor.pk:
            raise PermissionDenied(_("Only who asked for it can withdraw it."))
        if row.state not in (PriceChange.State.OPEN, PriceChange.State.AGREED):
            raise ValidationError(_("This price change is decided already."), code="decided")
        row.state = PriceChange.State.WITHDRAWN
        row.save(update_fields=["state"])


def apply_due_prices() -> int:
    """Put the agreed prices in force whose day has come; how many. Safe to run twice.

    What no longer fits (a minimum above the price of today) is refused with words instead.
    """
    due = PriceChange.objects.due(timezone.localdate()).order_by("product_id", "price_list_id", "pk")
    done = 0
    for (product_id, _list_id), group in groupby(due, key=lambda row: (row.product_id, row.price_list_id)):
        with operation(None, "price_in_force", Product.objects.get(pk=product_id), via="system"):
            rows = [row for row in _hold([row.pk for row in group]) if row.state == PriceChange.State.AGREED]
            try:
                with transaction.atomic():
                    _put_in_force(rows)
                done += len(rows)
            except ValidationError as refusal:
                PriceChange.objects.filter(pk__in=[row.pk for row in rows]).update(
                    state=PriceChange.State.REFUSED, answer=" ".join(refusal.messages)[:200]
                )
    return done


# ── checks ──


def _refuse_day(day: date) -> None:
    today = timezone.localdate()
    if not today <= day <= today + timedelta(days=PLANNED_DAYS_AT_MOST):
        raise ValidationError({"starts_on": _("Choose a day from today on, at most two years ahead.")})


def _refuse_wish(wish: Wish, actor: User, price_list: PriceList | None) -> None:
    name = wish.product.code
    if (wish.field in LIST_FIELDS) != (price_list is not None) or wish.field in hidden_changes(actor):
        raise PermissionDenied(_("Your role does not include this price."))
    if wish.product.archived_at is not None:
        raise ValidationError(_("“%(name)s” is archived. Put it back first.") % {"name": name}, code="archived")
    if price_list is not None and price_list.currency != wish.product.currency:
        raise ValidationError(_("%(name)s is sold in another currency than this list.") % {"name": name})
    if wish.after is None:
        if wish.field == Field.LIST_PRICE:
            raise ValidationError(_("%(name)s needs a list price.") % {"name": name})
        return
    if not wish.after.is_finite() or wish.after < 0 or wish.after >= Decimal(10) ** 12:
        raise ValidationError(_("%(name)s: this is no price.") % {"name": name})
    if wish.after != round(wish.after, 4):
        raise ValidationError(_("%(name)s: a price has at most four decimals.") % {"name": name})


def _refuse_waiting(made: Sequence[PriceChange], price_list: PriceList | None, said: str) -> None:
    waiting = set(
        PriceChange.objects.filter(state__in=["open", "agreed"], price_list=price_list)
        .filter(product_id__in=[row.product_id for row in made])
        .values_list("product_id", "field")
    )
    if taken := [row.product.code for row in made if (row.product_id, row.field) in waiting]:
        raise ValidationError(f"{', '.join(dict.fromkeys(taken))}: {said}", code="waiting")


def _refuse_decider(row: PriceChange, actor: User) -> None:
    if row.field in hidden_changes(actor) or not actor.reach.has(RIGHT):
        raise PermissionDenied(_("Your role does not include this price."))
    if row.asked_by_id == actor.pk:
        raise PermissionDenied(_("Somebody else decides on prices you asked for."))
    if row.state != PriceChange.State.OPEN:
        raise ValidationError(
            _("%(name)s: this price change is decided already.") % {"name": row.product.code}, code="decided"
        )


# ── reading and writing ──


def _lock(product_ids: Iterable[int], price_list: PriceList | None = None) -> None:
    """Products in order of their ids, then the list: in this order everywhere."""
    list(
        Product.objects.filter(pk__in=set(product_ids)).order_by("pk").select_for_update(no_key=True).values_list("pk")
    )
    if price_list is not None:
        PriceList.objects.select_for_update(no_key=True).get(pk=price_list.pk)


def _hold(ids: Sequence[int]) -> list[PriceChange]:
    product_ids = PriceChange.objects.filter(pk__in=ids).values_list("product_id", flat=True)
    _lock(list(product_ids))
    rows = PriceChange.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=ids).order_by("pk")
    return list(rows.select_related("product", "asked_by", "price_list"))


def _prices_now(keys: Iterable[tuple[int, str]], price_list: PriceList | None) -> dict[tuple[int, str], Decimal | None]:
    wanted = list(keys)
    ids = {pk for pk, _field in wanted}
    rows: dict[int, Any] = (
        {row.product_id: row for row in PriceListEntry.objects.filter(price_list=price_list, product_id__in=ids)}
        if price_list is not None
        else Product.objects.in_bulk(ids)
    )
    return {(pk, field): getattr(rows.get(pk), COLUMN[Field(field)], None) for pk, field in wanted}


def _put_in_force(rows: Sequence[PriceChange]) -> None:
    """Write agreed prices; all of one product (or of one entry) together, so that they are checked together."""
    if not rows:
        return
    ordered = sorted(rows, key=lambda row: (row.product_id, row.price_list_id or 0, row.pk))
    for (product_id, list_id), group in groupby(ordered, key=lambda row: (row.product_id, row.price_list_id)):
        values = {COLUMN[Field(row.field)]: row.after for row in group}
        if list_id is None:
            _write_product(product_id, values)
        else:
            _write_entry(product_id, list_id, values)
    now = timezone.now()
    for row in rows:
        row.state, row.applied_at = PriceChange.State.APPLIED, now
    PriceChange.objects.bulk_update(rows, ["state", "applied_at"])


def _write_product(product_id: int, values: dict[str, Decimal | None]) -> None:
    product = Product.objects.get(pk=product_id)
    for name, value in values.items():
        setattr(product, name, value)
    _refuse_floor_above(product.code, product.list_price, product.minimum_price)
    product.changed_at = timezone.now()
    product.save(update_fields=[*values, "changed_at"])


def _write_entry(product_id: int, list_id: int, values: dict[str, Decimal | None]) -> None:
    found = PriceListEntry.objects.filter(product_id=product_id, price_list_id=list_id).first()
    entry = found or PriceListEntry(product_id=product_id, price_list_id=list_id)
    for name, value in values.items():
        setattr(entry, name, value)
    code = Product.objects.values_list("code", flat=True).get(pk=product_id)
    if entry.price is None:
        if "price" not in values:
            raise ValidationError(_("%(name)s has no price on this list yet.") % {"name": code}, code="no_price")
        if found is not None:
            found.delete()
        return
    _refuse_floor_above(code, entry.price, entry.minimum_price)
    entry.save()


def _refuse_floor_above(code: str, price: Decimal, floor: Decimal | None) -> None:
    if floor is not None and floor > price:
        raise ValidationError(
            _("%(name)s: price and minimum price would not fit together. Decide both changes together.")
            % {"name": code},
            code="floor",
        )


# ── telling ──


def _tell_deciders(subject: Any, actor: User, count: int) -> None:
    notices = []
    for person in User.objects.able_to_own(RIGHT).exclude(pk=actor.pk):
        with translation.override(person.language):
            text = ngettext(
                "%(name)s asks for a new price: %(subject)s",
                "%(name)s asks for %(count)s new prices: %(subject)s",
                count,
            ) % {"name": actor, "count": count, "subject": subject}
        about = subject if isinstance(subject, Product) else None
        key = f"price-asked:{subject._meta.model_name}:{subject.pk}:{timezone.now():%Y%m%d%H%M%S%f}"
        notices.append(
            new_notice(person, "price_asked", text, about=about, url="/sales/products/prices/", dedupe_key=key)
        )
    notify_many(notices)


def _tell_askers(rows: Sequence[PriceChange], actor: User, *, is_agreed: bool) -> None:
    notices = []
    for row in rows:
        with translation.override(row.asked_by.language):
            words = (
                _("%(name)s agreed to the new price of %(subject)s.")
                if is_agreed
                else _("%(name)s refused the new price of %(subject)s.")
            )
            text = words % {"name": actor, "subject": row.product}
        notices.append(
            new_notice(
                row.asked_by, "price_decided", text, about=row.product, url=row.product.get_absolute_url(),
                dedupe_key=f"price-decided:{row.pk}",
            )
        )  # fmt: skip
    notify_many(notices)
